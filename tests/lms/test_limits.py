"""What models take: who says so, whose word counts, and that requests keep to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.support.frames import frames_of
from tests.support.loaded import noise_footage
from tests.support.models import both, judge_reply
from tests.support.scripted import Asked, chat_reply, scripted_lm
from tests.support.servers import OpenAIServer
from viddiff.api import compare
from viddiff.build import IMAGES_OF_A_QUESTION
from viddiff.core.errors import UsageError
from viddiff.core.settings import ModelLimits, Settings, load_settings
from viddiff.core.types import Difference
from viddiff.lms import LMs, adapter_of
from viddiff.lms.limits import TABLE, check_vision, fit_settings, limits_of, side_of, subsample
from viddiff.programs.differencer import Differencer
from viddiff.programs.image_budget import image_budget
from viddiff.programs.viddiff.baseline import Baseline
from viddiff.programs.viddiff.program import VidDiff
from viddiff.signatures.clip import Clip
from viddiff.signatures.differencer import JudgeDifference

FOOTAGE = noise_footage(2)
frames = frames_of(FOOTAGE)
DIFFERENCES = (Difference(key="0", name="depth", statement="the squat is deeper"),)


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        ("anthropic/claude-sonnet-4-5", "max_images", 100),
        ("anthropic/claude-sonnet-4-5", "max_side_over_20", 2000),
        ("groq/meta-llama/llama-4-scout-17b-16e-instruct", "max_images", 5),
        ("mistral/pixtral-large-latest", "max_images", 8),
        ("openai/gpt-4o", "vision", True),
        ("openai/gpt-4o", "temperature", None),
        ("openai/o3-mini", "vision", False),
        ("openai/gpt-3.5-turbo", "vision", False),
        ("openai/gpt-4", "vision", False),
        ("openai/gpt-4-turbo", "vision", True),
        ("openai/o3", "temperature", False),
        ("openai/gpt-5.1-mini", "temperature", False),
        ("openai/gpt-5-chat-latest", "temperature", True),
        ("deepseek/deepseek-chat", "vision", False),
        ("hosted_vllm/qwen2.5-vl", "vision", None),
        ("ollama_chat/llava", "max_images", None),
    ],
)
def test_what_is_known_of_a_hosted_model(model: str, name: str, value: object) -> None:
    assert getattr(limits_of(model), name) == value


def test_the_users_word_counts_more_and_the_longer_pattern_most() -> None:
    table = {
        "groq/meta-*": ModelLimits(max_images=3),
        "groq/*": ModelLimits(max_images=4, max_side=700),
        "openai/gpt-3.5*": ModelLimits(vision=True),
    }
    assert limits_of("groq/meta-x", table) == ModelLimits(max_images=3, max_side=700)
    assert limits_of("groq/other", table).max_images == 4
    assert limits_of("openai/gpt-3.5-turbo", table).vision is True


def test_a_name_says_nothing_on_a_server_of_the_users() -> None:
    assert limits_of("openai/gpt-3.5-turbo", hosted=False) == ModelLimits()
    lms = LMs("openai/o3", api_base="http://localhost:1/v1", table={"openai/*": ModelLimits(max_images=2)})
    assert lms.limits["vision"] == ModelLimits(max_images=2)


def test_the_table_is_a_part_of_viddiff_toml(own_place: Path) -> None:
    row = '[models."openai/my-vlm*"]\nmax_images = 8\nmax_side = 768\nvision = true\n'
    (own_place / "viddiff.toml").write_text(row)
    settings = load_settings()
    assert settings.models == {"openai/my-vlm*": ModelLimits(max_images=8, max_side=768, vision=True)}
    (own_place / "viddiff.toml").write_text('[models."openai/x"]\nmax_pictures = 8\n')
    with pytest.raises(UsageError, match=r"'models\.openai/x\.max_pictures' cannot be 8.*in VIDDIFF_MODELS or"):
        load_settings()


def test_a_model_that_is_known_not_to_see_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match=r"'openai/gpt-3.5-turbo' takes no images: .*--vision-lm.*vision = true"):
        compare("no_such_a.mp4", "no_such_b.mp4", action="squat", lm="openai/gpt-3.5-turbo")
    with pytest.raises(UsageError, match="takes 1 image in a request"):
        check_vision("openai/x", ModelLimits(max_images=1))
    check_vision("openai/gpt-4o")
    check_vision("hosted_vllm/anything")


def test_many_images_have_a_smaller_side() -> None:
    limits = limits_of("anthropic/claude-sonnet-4-5")
    assert (side_of(limits, 4000, 20), side_of(limits, 4000, 21), side_of(limits, 512, 100)) == (4000, 2000, 512)
    settings = Settings(max_side=4000)
    assert fit_settings(settings, limits, 12) is settings
    assert fit_settings(settings, limits, 150).max_side == 2000
    assert fit_settings(settings, ModelLimits(max_images=10, max_side_over_20=99), 150) is settings
    assert fit_settings(settings, ModelLimits(max_side=768), 12).max_side == 768


def test_frames_are_thinned_evenly_and_the_ends_stay() -> None:
    assert subsample("abcdefg", 3) == ("a", "d", "g")
    assert subsample("abcdefg", 2) == ("a", "g")
    assert subsample("abcdefg", 1) == ("d",)
    assert subsample("abc", 5) == ("a", "b", "c")
    assert all(len(set(subsample(range(n), most))) == min(n, most) for n in range(1, 20) for most in range(1, 20))


def reply(asked: Asked) -> str:
    return both(lambda asked: judge_reply())(asked)


def run(limits: ModelLimits, program: Any = None) -> tuple[Any, list[Asked]]:
    from viddiff.localizer.localizer import Localizer

    lms = LMs(scripted_lm(reply), table={"scripted/*": limits})
    program = VidDiff(lms, localizer=Localizer("uniform"), measure=False) if program is None else program(lms)
    with dspy.context(adapter=adapter_of("chat"), trace=[], disable_history=True):
        outcome = program(
            action="squat",
            video_a=noise_footage(40, seed=1),
            video_b=noise_footage(40, seed=2),
            differences=DIFFERENCES,
        ).outcome
    return outcome, [asked for asked in lms.lms["vision"].engine.asked if asked.images]


def test_a_question_shows_as_many_frames_of_each_video_as_the_model_takes() -> None:
    free, (asked,) = run(ModelLimits())
    assert len(asked.images) == IMAGES_OF_A_QUESTION
    assert free.notices == ()
    tight, (asked,) = run(ModelLimits(max_images=7))
    assert len(asked.images) == 6
    chosen, shown = free.differences[0].frames_a, tight.differences[0].frames_a
    assert len(shown) == 3
    assert (shown[0], shown[-1]) == (chosen[0], chosen[-1])
    assert set(shown) <= set(chosen)
    (notice,) = tight.notices
    assert notice.startswith("1 of 1 questions show fewer frames than were chosen: the vision model takes 7 images")


def test_the_baseline_shows_as_many_frames_as_the_model_takes() -> None:
    outcome, (asked, *_) = run(ModelLimits(max_images=9), lambda lms: Baseline(lms, attempts=1))
    assert len(asked.images) == 8
    assert outcome.notices == ("Only some of the frames were shown: the vision model takes 9 images in a request.",)
    assert len(outcome.differences[0].frames_a) == len(outcome.differences[0].frames_b) == 4


def test_the_images_of_examples_take_room() -> None:
    footage, differencer = noise_footage(4), Differencer()
    clip = Clip.of("A", [footage.sequence.frame(i) for i in range(4)])
    differencer.judge.predict.demos = [dspy.Example(video_a=clip, video_b=clip, statement="it is", answer="a")]
    assert image_budget(ModelLimits(), differencer) is None
    assert image_budget(ModelLimits(max_images=12), differencer) == 4
    with pytest.raises(UsageError, match="the examples of the compiled differencer hold 8"):
        image_budget(ModelLimits(max_images=9), differencer)


@pytest.mark.parametrize(("structured", "sent"), [(True, "json_schema"), (None, None), (False, None)])
def test_a_server_that_takes_a_schema_gets_one(structured: bool | None, sent: str | None) -> None:
    answer = '{"reason": "r", "answer": "a", "confidence": 1, "frames_a": [1], "frames_b": [1]}'
    clips = [Clip.of(name, [FOOTAGE.sequence.frame(i)]) for i, name in enumerate("AB")]
    with OpenAIServer(lambda request: answer) as server:
        table = {"*/vlm": ModelLimits(structured=structured)}
        for model in ("openai/vlm", "hosted_vllm/vlm"):
            lms = LMs(model, api_base=server.url, cache=False, table=table)
            with lms.role("vision"), dspy.context(adapter=adapter_of("json"), disable_history=True):
                said = dspy.Predict(JudgeDifference)(
                    video_a=clips[0], video_b=clips[1], action="squat", measurements=[], statement="it is deeper"
                )
            assert said.answer == "a"
            assert lms.usage[0].calls == 1
        formats = [request.body.get("response_format") for request in server.requests]
    assert [form and form["type"] for form in formats] == [sent, sent]
    if sent:
        (schema, _) = (form["json_schema"]["schema"] for form in formats if form)
        assert set(schema["properties"]) == set(JudgeDifference.output_fields)


def test_a_temperature_is_left_out_where_none_may_be_set() -> None:
    with OpenAIServer(lambda request: chat_reply(number=7)) as server:
        for model in ("openai/strict", "openai/free"):
            lms = LMs(model, api_base=server.url, cache=False, table={"openai/strict": ModelLimits(temperature=False)})
            hot = lms.lms["text"].copy(temperature=0.5)
            with dspy.context(lm=hot, adapter=adapter_of("chat"), disable_history=True):
                ask = dspy.Predict("word -> number: int")
                ask(word="seven")
                ask(word="seven", config={"rollout_id": 1, "temperature": 1.0})
        sent = [request.body.get("temperature") for request in server.requests]
    assert sent == [None, None, 0.5, 1.0]


def test_the_table_in_the_documentation_is_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "backends.md").read_text()
    shown = text.partition("<!-- limits -->\n")[2].partition("<!-- /limits -->")[0].splitlines()
    assert shown == [
        f"| `{pattern}` | "
        + ", ".join(f"{name} = {str(value).lower()}" for name, value in limits.model_dump(exclude_none=True).items())
        + f" | {source} |"
        for pattern, limits, source in TABLE
    ]


def test_the_example_in_the_documentation_can_be_read(own_place: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "backends.md").read_text()
    (own_place / "viddiff.toml").write_text(text.partition("```toml\n")[2].partition("```")[0])
    (limits,) = load_settings().models.values()
    # Every field is explained there.
    assert set(limits.model_dump(exclude_none=True)) == set(ModelLimits.model_fields)
