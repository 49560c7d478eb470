"""Compiled programs as files: small, the same after loading, and refused in one sentence when they are not sound."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.programs.compiled import (
    FOOTAGE,
    INSTRUCTIONS,
    artifact,
    card_of,
    clip_of,
    compiled_differencer,
    compiled_proposer,
)
from tests.support.frames import frames_of
from tests.support.models import judge_reply, proposer_reply
from tests.support.scripted import Asked, scripted_lm
from viddiff.core.errors import InputError, UsageError
from viddiff.core.files import MAX_DOCUMENT_BYTES
from viddiff.lms import LMs, adapter_of
from viddiff.programs.compiled.artifact import (
    Artifact,
    artifact_of,
    digest_of,
    embed,
    load,
    restore,
    save,
    strip_demos,
)
from viddiff.programs.compiled.program_loading import artifacts_of, programs_of
from viddiff.programs.differencer import Differencer
from viddiff.programs.predict import AsyncModule
from viddiff.programs.viddiff.program import VidDiff
from viddiff.programs.viddiff.proposer import Proposer
from viddiff.video import FrameStore

frames = frames_of(FOOTAGE)
MARKER = "<<CUSTOM-TYPE-START-IDENTIFIER>>"


def requests_of(program: AsyncModule, adapter: str = "chat") -> list[Asked]:
    """What a program asks, whatever comes back."""
    lm = scripted_lm(lambda asked: judge_reply() if asked.asks_for("answer") else proposer_reply(asked))
    with dspy.context(lm=lm, adapter=adapter_of("json" if adapter == "json" else "chat")):
        try:
            if isinstance(program, Proposer):
                program(action="squat", n_differences=3)
            else:
                program(action="squat", video_a=clip_of("A", 1, 2), video_b=clip_of("B", 3), statement="it is deeper")
        except dspy.AdapterParseError:
            # The scripted replies are in the chat form; the request is what counts.
            assert adapter == "json"
    asked: list[Asked] = lm.engine.asked
    return asked


def rewritten(path: Path, change: Callable[[dict[str, Any]], Any], seal: bool = True) -> Path:
    """The file with a change, and with a digest that fits unless ``seal`` is False."""
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    if seal:
        data["digest"] = digest_of(Artifact.model_validate(data))
        path.write_text(json.dumps(data))
    return path


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save(artifact(), tmp_path / "differencer-gepa")


@pytest.mark.parametrize("adapter", ["chat", "json"])
@pytest.mark.parametrize("make", [compiled_differencer, compiled_proposer])
def test_a_loaded_program_asks_the_same(make: Callable[[], AsyncModule], adapter: str, tmp_path: Path) -> None:
    before = make()
    after = restore(load(save(artifact(before), tmp_path / "program")))
    assert requests_of(after, adapter) == requests_of(before, adapter)
    if isinstance(before, Differencer):
        assert len(requests_of(after)[0].images) == 2 * 16 + 3


def test_saving_again_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    first = load(saved)
    again = save(artifact_of(restore(first), first.card), tmp_path / "again.json")
    assert again.read_bytes() == saved.read_bytes()


def test_a_file_is_small_and_holds_references_but_no_pixels_models_or_labels(tmp_path: Path) -> None:
    path = save(artifact(compiled_differencer(n_demos=3, n_frames=16)), tmp_path / "program")
    assert path.name == "program.json"
    assert path.stat().st_size < 50_000
    text = path.read_text()
    for secret in ("base64", "api_key", "api_base", "header", '"lm"', "secret pair", str(tmp_path)):
        assert secret not in text


def test_a_suffix_may_be_left_out(saved: Path) -> None:
    assert load(saved.with_suffix("")) == load(saved)


def test_a_predictor_with_a_model_of_its_own_is_not_saved() -> None:
    program = compiled_differencer()
    program.judge.predict.lm = scripted_lm(lambda asked: "")
    with pytest.raises(ValueError, match="has a model of its own"):
        artifact(program)


def test_an_example_that_is_no_json_is_not_saved() -> None:
    program = compiled_differencer()
    program.judge.predict.demos[0]["confidence"] = object()
    with pytest.raises(InputError, match=r"An example of 'judge.predict' cannot be saved"):
        artifact(program)


def test_under_another_model_the_request_goes_to_that_model_only(saved: Path) -> None:
    text, vision = (scripted_lm(lambda asked: judge_reply(), f"scripted/{name}") for name in ("text", "vision"))
    program = VidDiff(program=saved, lms=LMs(text, vision))
    assert program.lms is not None
    with program.lms.role("vision"), dspy.context(adapter=adapter_of("chat")):
        program.differencer(action="squat", video_a=clip_of("A", 1), video_b=clip_of("B", 2), statement="it is deep")
    assert (len(text.engine.asked), len(vision.engine.asked)) == (0, 1)
    assert INSTRUCTIONS.splitlines()[1] in vision.engine.asked[0].system
    assert len(vision.engine.asked[0].images) == 2 * 16 + 2


def test_one_program_for_a_stage_by_file_artifact_or_module(saved: Path) -> None:
    proposer = compiled_proposer()
    program = VidDiff(program=[saved, proposer])
    assert program.proposer is proposer
    assert [found.component for found in artifacts_of(program.proposer, program.differencer)] == ["differencer"]
    assert len(programs_of(artifact())) == 1
    assert programs_of(()) == ()
    with pytest.raises(UsageError, match="Two programs are for the differencer"):
        programs_of([saved, artifact()])


def test_a_copy_without_clips_shows_the_rest_of_its_examples(saved: Path) -> None:
    stripped = strip_demos(load(saved))
    [asked] = requests_of(restore(stripped))
    assert len(asked.images) == 3
    assert "the squat is deeper 1" in asked.prompt
    assert digest_of(stripped) == stripped.digest != load(saved).digest


def test_a_copy_with_frames_works_where_they_are_not(saved: Path, tmp_path: Path) -> None:
    path = save(embed(load(saved)), tmp_path / "embedded")
    expected = requests_of(compiled_differencer())
    shown = FrameStore(None)
    for index in (1, 2, 3):  # those of the question itself, which no program carries
        shown.put(FOOTAGE.sequence.store.read(FOOTAGE.sequence.refs[index]))
    with dspy.context(frame_stores=(shown,)):
        with pytest.raises(InputError, match=r"13 of 16 frames .* --embed"):
            restore(load(saved))
        program = restore(load(path))
        for one in (program, program.deepcopy()):
            assert requests_of(one) == expected


def test_frames_are_found_in_the_cache_folder(saved: Path, tmp_path: Path) -> None:
    kept = FrameStore(tmp_path / "cache")
    for ref in FOOTAGE.sequence.refs:
        kept.put(FOOTAGE.sequence.store.read(ref))
    with dspy.context(frame_stores=()):
        assert [store.root for store in restore(load(saved)).stores] == [kept.root]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data.update(schema_version=2), "schema version 2"),
        (lambda data: data.pop("schema_version"), "schema version None"),
        (lambda data: data.update(lm={"model": "x"}), "at 'lm'"),
        (lambda data: data.update(stage="localizer"), "at 'stage'"),
        (lambda data: data["state"]["judge.predict"].update(lm=None), r"at 'state.judge.predict.lm'"),
        (lambda data: data["card"].update(api_base="http://evil"), r"at 'card.api_base'"),
        (lambda data: data["state"]["judge.predict"].update(instructions="x" * 60_000), "at most 50000"),
    ],
)
def test_a_file_of_another_form_is_refused(saved: Path, change: Callable[[dict[str, Any]], Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        load(rewritten(saved, change, seal=False))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data["versions"].update(dspy="3.3.0"), "compiled with dspy 3.3.0"),
        (lambda data: data["versions"].pop("dspy"), r"compiled with dspy \?"),
        (lambda data: data["signatures"].update({"judge.predict": "0" * 64}), "other fields of 'judge.predict'"),
        (lambda data: data["state"].update(extra=data["state"]["judge.predict"]), "has the predictors extra, judge"),
        (lambda data: data.update(stage="proposer"), "the proposer has propose.predict"),
        (lambda data: data["signatures"].clear(), "of different predictors"),
        (lambda data: data["state"].clear(), "of different predictors"),
    ],
)
def test_a_program_for_something_else_is_refused(
    saved: Path, change: Callable[[dict[str, Any]], Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        load(rewritten(saved, change))


def test_an_edited_file_is_found_out(saved: Path) -> None:
    with pytest.raises(InputError, match="changed or damaged since it was written"):
        load(rewritten(saved, lambda data: data["card"].update(calls=1), seal=False))


def demo(data: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = data["state"]["judge.predict"]["demos"][0]
    return first


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data["state"]["judge.predict"].update(instructions=f"{MARKER}x"), "read as an image"),
        (lambda data: demo(data).update(statement=f"{MARKER}http://evil/x.png"), "read as an image"),
        (lambda data: demo(data).update(reason="\x1b[2J"), "Control characters in field 'reason'"),
        (lambda data: demo(data).update(answer="maybe"), "Field 'answer' of an example"),
        (lambda data: demo(data).update(label="a"), "the unknown field 'label'"),
        (lambda data: demo(data)["video_a"]["frames"][0].update(ref="../../etc/passwd"), "is not a frame reference"),
        (lambda data: demo(data)["video_a"]["frames"][0].update(url="http://evil"), "Field 'video_a'"),
        (lambda data: data.update(frames={"0" * 64: "AAAA"}), "does not match its hash"),
        (lambda data: data.update(frames={"0" * 64: "*"}), "is not a JPEG"),
    ],
)
def test_what_must_not_reach_a_prompt_is_refused(
    saved: Path, change: Callable[[dict[str, Any]], Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        restore(load(rewritten(saved, change)))


def test_an_embedded_frame_must_be_a_jpeg_that_is_what_it_is_called(saved: Path) -> None:
    import base64
    import hashlib

    script = b"<svg onload=alert(1)>"
    frames = {hashlib.sha256(script).hexdigest(): base64.b64encode(script).decode()}
    with pytest.raises(InputError, match="is not a JPEG"):
        restore(load(rewritten(saved, lambda data: data.update(frames=frames))))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000, b"\x80\x04pickle", b'{"schema_version": 1}'])
def test_what_is_no_program_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "program.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"program\.json"):
        load(path)


def test_files_that_are_missing_or_huge_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "nothing")
    path = save(artifact(), tmp_path / "program")
    os.truncate(path, MAX_DOCUMENT_BYTES + 1)
    with pytest.raises(InputError, match="larger than"):
        load(path)


def test_another_adapter_than_it_was_compiled_for_is_told(saved: Path) -> None:
    program = VidDiff(program=saved)
    with dspy.context(adapter=adapter_of("json")):
        assert program.own_notices() == ("The differencer was compiled for the chat adapter and asked with json.",)
    with dspy.context(adapter=adapter_of("chat")):
        assert program.own_notices() == ()


def test_the_card_says_what_it_is() -> None:
    made = artifact(optimizer="mipro")
    assert made.label == f"mipro, {made.digest[:12]}"
    assert made.card == card_of(compiled_differencer(), optimizer="mipro")
