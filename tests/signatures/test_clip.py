"""The Clip type: what reaches the wire, and what does not reach logs and files."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle

import dspy
import pytest
from pydantic import ValidationError

from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from tests.support.scripted import chat_reply, labels_of, scripted_lm
from viddiff.core.errors import InputError
from viddiff.programs.predict import AsyncModule
from viddiff.signatures.clip import Clip, saving_references
from viddiff.signatures.differencer import JudgeDifference

FOOTAGE = noise_footage(6)
frames = frames_of(FOOTAGE)
CLIP_A = Clip.of("A", [FOOTAGE.sequence.frame(i) for i in (0, 2)])
CLIP_B = Clip.of("B", [FOOTAGE.sequence.frame(i) for i in (3, 4, 5)])
REPLY = {"reason": "x", "answer": "a", "confidence": 0.5, "frames_a": [1], "frames_b": [1]}


@pytest.mark.parametrize("adapter", [dspy.ChatAdapter(use_json_adapter_fallback=False), dspy.JSONAdapter()])
def test_labels_and_images_alternate_on_the_wire(adapter: dspy.Adapter) -> None:
    json_form = isinstance(adapter, dspy.JSONAdapter)
    lm = scripted_lm(lambda asked: json.dumps(REPLY) if json_form else chat_reply(**REPLY))
    with dspy.context(lm=lm, adapter=adapter):
        dspy.Predict(JudgeDifference)(
            video_a=CLIP_A, video_b=CLIP_B, action="squat", measurements=[], statement="the squat is deeper"
        )
    (asked,) = lm.engine.asked
    assert asked.images == [FOOTAGE.sequence.store.read(f.ref) for f in (*CLIP_A.frames, *CLIP_B.frames)]
    assert labels_of(asked) == [
        "Video A, frame 1 of 2, t=0.00 s:",
        "Video A, frame 2 of 2, t=0.50 s:",
        "Video B, frame 1 of 3, t=0.75 s:",
        "Video B, frame 2 of 3, t=1.00 s:",
        "Video B, frame 3 of 3, t=1.25 s:",
    ]
    assert "base64" not in asked.prompt + asked.system


def test_requests_find_the_frames_of_the_stores_in_force_alone_in_threads_of_dspy_too() -> None:
    store, clips = FOOTAGE.sequence.store, [CLIP_A, CLIP_B] * 4
    urls = [[store.uri(frame.ref) for frame in clip.frames] for clip in clips]
    shown = Shown()
    assert [shown(clip=clip).urls for clip in clips] == urls
    inside = dspy.Parallel(num_threads=3, disable_progress_bar=True)
    assert [one.urls for one in inside([(shown, {"clip": clip}) for clip in clips])] == urls
    assert asyncio.run(shown.acall(clip=CLIP_A)).urls == urls[0]
    with (
        dspy.context(frame_stores=()),
        pytest.raises(InputError, match="is in no open frame store"),
    ):
        CLIP_A.format()


class Shown(AsyncModule):
    """The images of a clip, as a request has them."""

    def forward(self, clip: Clip) -> dspy.Prediction:
        blocks = [block for block in clip.format() if block["type"] == "image_url"]
        return dspy.Prediction(urls=[block["image_url"]["url"] for block in blocks])


def test_a_clip_prints_as_a_line_and_copies_as_itself() -> None:
    assert str(CLIP_A) == repr(CLIP_A) == f"{CLIP_A}" == "<Video A: 2 frames at 0.00, 0.50 s>"
    assert copy.deepcopy(CLIP_A) == CLIP_A == pickle.loads(pickle.dumps(CLIP_A))
    assert hash(CLIP_A) == hash(copy.deepcopy(CLIP_A))


def test_saving_writes_references_that_read_back() -> None:
    with saving_references():
        saved = CLIP_A.model_dump()
    assert Clip.model_validate(saved) == CLIP_A
    assert "base64" not in str(saved)
    assert "base64" in CLIP_A.model_dump()


def test_a_clip_of_a_program_file_written_before_reads_back() -> None:
    stored = {"video": "A", "frames": [frame.model_dump() for frame in CLIP_A.frames]}
    assert Clip.model_validate(stored) == CLIP_A
    with saving_references():
        assert json.loads(CLIP_A.model_dump_json()) == stored


@pytest.mark.parametrize("label", ["", "a", "AB", "1", "A\n"])
def test_a_label_is_one_capital_letter(label: str) -> None:
    assert Clip.of("D", CLIP_A.frames).label == "D"
    with pytest.raises(ValidationError, match="pattern"):
        Clip.of(label, CLIP_A.frames)


def test_the_instructions_name_every_label_and_no_model_or_key() -> None:
    described = JudgeDifference.output_fields["answer"].json_schema_extra["desc"]
    assert all(f"{label}:" in described for label in "abc")
