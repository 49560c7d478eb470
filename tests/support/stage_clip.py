"""A tiny open_clip model that has learned how the stages of the rendered actions look.

``tests/data/stage_clip.safetensors`` holds its weights in half precision, and of the token embeddings only the rows of
words that captions use. It was made by ``python -m tests.support.stage_clip``, which takes some minutes on one core.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from viddiff.core.types import Stage
from viddiff.synthetic.pairs import ACTIONS, plan_pair

if TYPE_CHECKING:
    import torch
    from torch import Tensor

WEIGHTS = Path(__file__).parents[1] / "data" / "stage_clip.safetensors"
#: Tests look at other people, rooms, cameras and movements: at pairs of other seeds.
TRAINING_SEED = 1_000_003
CONFIG: dict[str, Any] = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "head_width": 64},
    "text_cfg": {"context_length": 32, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1},
}
TEMPLATES = ("{}", "A photo of {}", "A picture of {}.")

_PAIRS, _EVERY = 120, 2
_STEPS, _BATCH, _RATE = 1000, 128, 2e-3
_SCALE = 12.0
_TOKENS = "token_embedding.weight"


def with_cues(stage: Stage) -> Stage:
    """The stage with its cues in the words of the templates."""
    return stage.model_copy(update={"cues": tuple(form.format(cue) for cue in stage.cues for form in TEMPLATES)})


def stage_clip(folder: Path) -> str:
    """Unpack the model and return the string that names it."""
    import open_clip
    import torch
    from safetensors.torch import load_file, save_file

    packed = load_file(WEIGHTS)
    ids, rows = packed.pop("token_ids"), packed.pop("token_rows")
    weights = {name: value.float() for name, value in packed.items()}
    embedding = torch.zeros(CONFIG["text_cfg"]["vocab_size"], rows.shape[1])
    embedding[ids.long()] = rows.float()
    save_file({**weights, _TOKENS: embedding}, folder / "open_clip_model.safetensors")
    preprocess = {"mean": open_clip.OPENAI_DATASET_MEAN, "std": open_clip.OPENAI_DATASET_STD}
    config = {"model_cfg": CONFIG, "preprocess_cfg": preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return f"local-dir:{folder}"


def main() -> None:
    """Train the model and write its weights."""
    import open_clip
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = open_clip.model.CLIP(**CONFIG)
    with torch.no_grad():
        model.logit_scale.fill_(float(np.log(_SCALE)))
    captions = [(action.key, caption) for action in ACTIONS for caption in _captions(action.key)]
    images, labels = _examples(captions)
    tokens = {form: open_clip.SimpleTokenizer(context_length=32)([form.format(text) for _, text in captions])
              for form in TEMPLATES}  # fmt: skip
    keys = [key for key, _ in captions]
    # A frame is told from the captions of its own action only: everybody stands still in the same way.
    rivals = torch.tensor([[one == other for other in keys] for one in keys])
    # Every caption is seen as often as every other.
    rarity = 1.0 / torch.bincount(labels)[labels]
    optimizer = torch.optim.AdamW(model.parameters(), lr=_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=_STEPS)
    forms = list(tokens.values())
    for step in range(_STEPS):
        chosen = torch.multinomial(rarity, _BATCH)
        frames = model.encode_image(_augment(images[chosen]), normalize=True)
        texts = model.encode_text(forms[step % len(forms)], normalize=True)
        logits = (_SCALE * frames @ texts.T).masked_fill(~rivals[labels[chosen]], float("-inf"))
        loss = torch.nn.functional.cross_entropy(logits, labels[chosen])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    _pack(model, torch.unique(torch.cat(forms)))


def _captions(key: str) -> list[str]:
    """The different captions of an action; both rests look the same and share theirs."""
    index = next(i for i, action in enumerate(ACTIONS) if action.key == key)
    return list(dict.fromkeys(cue for stage in plan_pair(index, 0).a.performance.stages for cue in stage.cues))


def _examples(captions: list[tuple[str, str]]) -> tuple[Tensor, Tensor]:
    """Frames as the model takes them, (N, 3, 64, 64), and the position of the caption of each, (N,)."""
    import open_clip
    import torch

    transform = open_clip.image_transform(
        CONFIG["vision_cfg"]["image_size"],
        is_train=False,
        mean=open_clip.OPENAI_DATASET_MEAN,
        std=open_clip.OPENAI_DATASET_STD,
    )
    images, labels = [], []
    for key, caption, frame in _caption_frames():
        images.append(transform(Image.fromarray(frame)))
        labels.append(captions.index((key, caption)))
    return torch.stack(images), torch.tensor(labels)


def _caption_frames() -> Iterator[tuple[str, str, np.ndarray[Any, np.dtype[np.uint8]]]]:
    for index in range(_PAIRS):
        pair = plan_pair(index, TRAINING_SEED)
        for clip in (pair.a, pair.b):
            stages = np.repeat(np.arange(len(clip.performance.stages)), clip.performance.frames)
            for number, frame in enumerate(clip.frames()):
                if number % _EVERY == 0:
                    yield pair.action.key, clip.performance.stages[int(stages[number])].cues[0], frame


def _augment(images: Tensor) -> Tensor:
    """Moved by up to three pixels, brighter or darker."""
    import torch

    down, right = torch.randint(-3, 4, (2,)).tolist()
    light = 1 + 0.15 * torch.randn(len(images), 1, 1, 1)
    return torch.roll(images, (down, right), (2, 3)) * light + 0.1 * torch.randn(len(images), 3, 1, 1)


def _pack(model: torch.nn.Module, ids: Tensor) -> None:
    from safetensors.torch import save_file

    weights = {name: value.detach().half().contiguous() for name, value in model.state_dict().items()}
    rows = weights.pop(_TOKENS)[ids]
    WEIGHTS.parent.mkdir(exist_ok=True)
    part = WEIGHTS.with_suffix(".part")
    save_file({**weights, "token_ids": ids.int(), "token_rows": rows.contiguous()}, part)
    part.replace(WEIGHTS)


if __name__ == "__main__":
    main()
