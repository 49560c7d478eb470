"""A Qwen2-VL of 89 thousand random weights, made here: it takes interleaved images and answers nonsense."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% for b in m.content %}{% if b.type == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ b.text }}{% endif %}{% endfor %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
IMAGE_TOKEN = "<|image_pad|>"
_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", IMAGE_TOKEN]


def make_vlm(folder: Path, seed: int = 0, template: str = TEMPLATE, max_positions: int = 4096) -> Path:
    """Write a checkpoint (safetensors) to ``folder``; the same seed gives the same weights."""
    import torch
    import transformers

    library: Any = transformers
    tokenizer = byte_tokenizer()
    end, pad, start_of_image, end_of_image, image = (
        tokenizer.convert_tokens_to_ids(_SPECIALS[i]) for i in (2, 0, 3, 4, 5)
    )
    text = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    text |= {"num_key_value_heads": 2, "vocab_size": len(tokenizer), "max_position_embeddings": max_positions}
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 3, 3]}
    config = library.Qwen2VLConfig(
        text_config={**text, "rope_parameters": rope, "eos_token_id": end, "pad_token_id": pad, "bos_token_id": None},
        vision_config={"depth": 1, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 1},
        image_token_id=image,
        vision_start_token_id=start_of_image,
        vision_end_token_id=end_of_image,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = library.Qwen2VLForConditionalGeneration(config)
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = end, pad
    # As in the published Qwen2-VL: left alone, sampling would always draw the likeliest token.
    model.generation_config.do_sample, model.generation_config.top_k = True, 1
    model.save_pretrained(folder)
    images = library.Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=112 * 112)
    videos = library.Qwen2VLVideoProcessor()
    library.Qwen2VLProcessor(images, tokenizer, videos, chat_template=template).save_pretrained(folder)
    return folder


def byte_tokenizer() -> Any:
    """A tokenizer of single bytes."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    library: Any = transformers
    return library.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=[*_SPECIALS, "<|video_pad|>"],
    )
