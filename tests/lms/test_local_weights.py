"""Which weights a local model is, and models that cannot be used: each refused in one sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dspy import lm15
from dspy.utils import exceptions as dspy_errors

from tests.support.tiny_vlm import make_vlm
from viddiff.core.errors import BackendError, UsageError
from viddiff.lms import local, local_model
from viddiff.lms.local import LocalVLM, local_lm
from viddiff.lms.local_weights import ModelWeights, commit_of, find_weights, fingerprint, samples

# The template of LLaVA 1.5: all images, then all text.
IMAGES_FIRST = (
    "{% for m in messages %}{{ m.role }}: {% for b in m.content %}{% if b.type == 'image' %}<|image_pad|>{% endif %}"
    "{% endfor %}{% for b in m.content %}{% if b.type == 'text' %}{{ b.text }} {% endif %}{% endfor %}{% endfor %}"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_vlm(tmp_path_factory.mktemp("weights") / "tiny")


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "broken"))


def load(folder: Path) -> None:
    LocalVLM(str(folder), device="cpu").complete(request("x"))


def request(text: str) -> lm15.Request:
    return lm15.Request(model="local/x", messages=(lm15.Message.user(text),), config=lm15.Config(max_tokens=1))


def test_the_model_string_names_the_weights_not_the_machine(folder: Path) -> None:
    lm = local_lm(f"local/{folder}", max_new_tokens=33)
    assert lm.model == f"local/tiny@{fingerprint(folder)}"
    assert str(folder.parent) not in lm.model
    assert lm.kwargs["max_tokens"] == 33, "part of dspy's cache key: a longer answer is another one"


def test_fingerprint_follows_the_content(folder: Path, broken: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    same = fingerprint(broken)
    assert same == fingerprint(folder)
    path = broken / "model.safetensors"
    tensors = load_file(path)
    key = sorted(tensors)[len(tensors) // 2]
    save_file({**tensors, key: tensors[key] + torch.tensor(0.5)}, path, metadata={"format": "pt"})
    retrained = fingerprint(broken)
    assert retrained != same
    (broken / "chat_template.jinja").write_text("other")
    assert fingerprint(broken) not in (same, retrained)


def test_samples_read_every_tensor(folder: Path) -> None:
    path = folder / "model.safetensors"
    raw = path.read_bytes()
    n_header = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + n_header])
    spans = sorted(entry["data_offsets"] for name, entry in header.items() if name != "__metadata__")
    expected = [raw[8 : 8 + n_header]]
    for start, stop in spans:
        data = raw[8 + n_header + start : 8 + n_header + stop]
        expected += [data[:64], data[len(data) // 2 :][:64], data[-64:]]
    assert list(samples(path)) == expected


def drop_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"cposix\nsystem\n(S'touch hacked'\ntR.")


def truncate_weights(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def garble_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 5000)


def lose_a_tensor(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    tensors.popitem()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def drop_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def drop_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def put_images_first(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text(IMAGES_FIRST)


def configure(folder: Path, **settings: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **settings}))


def bring_code(folder: Path) -> None:
    (folder / "evil.py").write_text("raise SystemExit('run!')")
    configure(folder, model_type="evil", auto_map={"AutoConfig": "evil.C", "AutoModelForImageTextToText": "evil.M"})


def be_text_only(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())["text_config"]
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "qwen2", "architectures": ["Qwen2LM"]}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (drop_config, r"'broken' has no config.json: give the folder"),
        (drop_weights, r"'broken' has no safetensors weights, and other formats are not read"),
        (truncate_weights, r"weights of local model 'broken' are damaged: download them again"),
        (garble_weights, r"'model.safetensors' is damaged or not in safetensors format"),
        (lose_a_tensor, r"'broken' cannot be loaded as an image-text model: its files are incomplete"),
        (be_text_only, r"'broken' cannot be loaded as an image-text model"),
        (bring_code, r"of a kind that transformers does not know without running code"),
        (drop_template, r"'broken' has no chat template for images"),
        (put_images_first, r"'broken' takes images separately from the text, so frames would lose their labels"),
    ],
)
def test_a_model_that_cannot_be_used(broken: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(broken)
    with pytest.raises(BackendError, match=message) as caught:
        load(broken)
    assert str(broken) not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not Path("hacked").exists()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ImportError("no", name="num2words"), "'tiny' needs num2words that is not installed: pip install"),
        (MemoryError(), "'tiny' does not fit into memory: use a smaller model"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "'tiny' does not fit into memory"),
    ],
)
def test_a_machine_that_cannot_load_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
) -> None:
    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(local_model, "load", fail)
    with pytest.raises(BackendError, match=message):
        load(folder)


def test_a_load_error_passes_through_dspy_as_it_is(broken: Path) -> None:
    put_images_first(broken)
    lm = local_lm(f"local/{broken}", device="cpu", cache=False)
    with pytest.raises(BackendError, match="lose their labels") as caught:
        lm("say")
    assert isinstance(caught.value, dspy_errors.LMConfigurationError)


@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        ("local/", UsageError, "names no model: write local/FOLDER"),
        ("local//no/such/folder", BackendError, "is neither a folder nor a Hugging Face repository"),
        ("local/name", BackendError, "is neither a folder nor a Hugging Face repository"),
    ],
)
def test_strings_that_name_no_model(model: str, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        local_lm(model)


def test_without_the_extra(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "are_installed", lambda modules: False)
    with pytest.raises(BackendError, match=r"pip install 'viddiff\[local\]'"):
        LocalVLM(str(folder))


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def offline(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub's client without a network, with one repository in its cache."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    cached = tmp_path / "hub" / "models--lab--tiny"
    shutil.copytree(folder, cached / "snapshots" / COMMIT)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)


@pytest.mark.usefixtures("offline")
def test_a_cached_repository_works_offline_and_is_named_by_its_commit() -> None:
    lm = local_lm("local/lab/tiny", device="cpu", max_new_tokens=2, cache=False)
    assert lm.model == "local/lab/tiny@0123456789ab"
    assert len(lm("say")) == 1
    with pytest.raises(BackendError, match="'lab/other' cannot be fetched: check the network"):
        local_lm("local/lab/other")


def test_a_repository_is_pinned_to_the_commit_of_its_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked: list[tuple[str, str | None]] = []

    def model_info(self: Any, repository: str, *, revision: str | None = None, timeout: float) -> Any:
        asked.append((repository, revision))
        return type("Info", (), {"sha": COMMIT})()

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
    assert find_weights("lab/tiny@v1") == ModelWeights("lab/tiny", COMMIT[:12], commit=COMMIT)
    assert asked == [("lab/tiny", "v1")]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("RepositoryNotFoundError", "is not on the Hugging Face hub, or is private"),
        ("GatedRepoError", "is gated: accept its terms"),
        ("RevisionNotFoundError", "has no such revision"),
    ],
)
def test_a_repository_that_the_hub_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str, message: str
) -> None:
    import httpx
    import huggingface_hub
    from huggingface_hub import constants, errors

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))

    def model_info(*_: Any, **__: Any) -> Any:
        response = httpx.Response(404, request=httpx.Request("GET", "https://huggingface.co/x"))
        raise getattr(errors, error)("long\ntext", response=response)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
    with pytest.raises(BackendError, match=f"^Local model 'lab/tiny' {message}"):
        commit_of("lab/tiny", "v9")
