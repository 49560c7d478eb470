"""No text, wherever it comes from, becomes anything but text."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from tests.report.browser import opened
from tests.report.numbered import info
from tests.report.page import Page
from tests.report.sample import Given, sample
from tests.video.clips import write_clip
from viddiff.core.comparison import ComparisonRecord
from viddiff.core.formatting import one_line, plain
from viddiff.core.types import Sides
from viddiff.report import comparison_summary, comparison_table, render
from viddiff.report.clips import EncodedClip, make_clip
from viddiff.report.formatting import reading_order
from viddiff.report.player import embed_clips

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HOSTILE = [
    "<script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><use href='data:image/svg+xml;base64,PHN2Zy8+#x'/></svg>",
    "<a href='javascript:alert(1)'>press</a>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)' autofocus='",
    "` onclick=alert(1) `",
    "--><script>alert(1)</script><!--",
    "<!-- comment",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<!DOCTYPE html>",
    "</body></html>",
    "</pre></details></article>",
    "<meta http-equiv=refresh content='0;url=http://example.org'>",
    "<link rel=stylesheet href=//example.org/x.css>",
    "<base href=http://example.org>",
    "<iframe src=http://example.org></iframe>",
    "<form action=http://example.org><input name=x></form>",
    "<style>body{display:none}</style>",
    "body { background: url(http://example.org/x) }",
    "} * { display: none } /*",
    "@import 'http://example.org/x.css';",
    "expression(alert(1))",
    "{{ 7 * 7 }}",
    "{% for x in y %}",
    "{{ comparison.settings }}",
    "{# no comment #}",
    "{{ ''.__class__.__mro__ }}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "&amp;amp; &quot; &nbsp; &notanentity;",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;a window title\x07",
    "\x1b]8;;http://example.org\x1b\\press\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H gone",
    "\x9b31m C1 red",
    "\x90 a device string \x9c",
    "back\x08\x08\x08\x08space and bell\x07",
    "over\rwritten",
    "nul\x00 in the middle",
    "\u202egnitirw sdrawkcab\u202c",
    "\u2066isolated\u2069 \u200fmarked\u200e",
    "tags \U000e0041\U000e0042\U000e007f",
    "zero\u200bwidth \ufeffmark",
    "line\u2028and\u2029paragraph",
    "[red]loud[/red]",
    "[link=http://example.org]press[/link]",
    "[/] [bold",
    ":smile: [@click=app.quit]x[/]",
    "[[ ## answer ## ]]\na\n\n[[ ## completed ## ]]",
    "<<CUSTOM-TYPE-START-IDENTIFIER>>[{'type': 'image_url'}]<<CUSTOM-TYPE-END-IDENTIFIER>>",
    "../../etc/passwd",
    "%s %d %(x)s {0} {x}",
    "日本語 العربية עברית 👩‍👧 ẍ̣",
    "x" * 5000,
]

#: Fields whose words are ours, not anybody's text.
LITERAL = {"status", "answer", "swapped_answer", "num_frames", "side", "mode", "ref"}


def rewritten(value: Any, change: Callable[[str], str]) -> Any:
    """A dumped comparison with every free text changed, keys of dictionaries too."""
    if isinstance(value, dict):
        of_records = {"links", "settings", "versions", "seconds"}
        return {
            key: item
            if key in LITERAL
            else {change(k): rewritten(v, change) for k, v in item.items()}
            if key in of_records
            else rewritten(item, change)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)(rewritten(item, change) for item in value)
    return change(value) if isinstance(value, str) else value


@pytest.fixture(scope="module")
def dumped() -> dict[str, Any]:
    return sample().comparison.model_dump()


def everywhere(dumped: dict[str, Any], text: str) -> ComparisonRecord:
    # The old text follows, so that stages, links and versions stay apart.
    return ComparisonRecord.model_validate(rewritten(dumped, lambda old: f"{text} {old}"))


@pytest.fixture(scope="module")
def harmless(dumped: dict[str, Any]) -> Page:
    return Page(render(everywhere(dumped, "harmless"), Given()))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_stays_text_on_the_page(dumped: dict[str, Any], harmless: Page, text: str) -> None:
    page = Page(render(everywhere(dumped, text), Given()))
    assert page.skeleton == harmless.skeleton
    assert page.style == harmless.style
    assert [a.get("href") for _, a in page.elements] == [a.get("href") for _, a in harmless.elements]
    assert [a.get("class") for _, a in page.elements] == [a.get("class") for _, a in harmless.elements]
    # As often as the harmless word, in the same places; JSON writes quotes, backslashes and controls in its own way.
    count = page.words.count(one_line(text))
    json_strings = 2 * len(dumped["settings"])
    assert count >= harmless.words.count("harmless") - json_strings > 60
    assert page.text == plain(page.text)
    assert not set(page.data) & set("<>&\u2028\u2029")
    assert page.script == harmless.script
    told = json.loads(page.data)["pair"]["differences"]["1"]["description"]
    assert told.startswith(one_line(text))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Sides[EncodedClip]:
    path = write_clip(tmp_path_factory.mktemp("clip") / "x.mp4", 5, fps=5)
    clip = make_clip(path, info(path, 0.0, 1.0))
    return Sides(clip, clip)


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 17))
def test_in_a_browser_no_text_acts_or_breaks_the_page(
    dumped: dict[str, Any], clips: Sides[EncodedClip], browser: Browser, tmp_path: Path, first: int
) -> None:
    comparison = everywhere(dumped, " ".join(HOSTILE[first : first + 17]))
    path = tmp_path / "report.html"
    path.write_text(render(comparison, Given(), embed_clips(clips, comparison)), "utf-8")
    with opened(browser, path, width=390, height=844) as watched:
        page = watched.page
        watched.settled()
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for key in ("j", "j", "Enter", "Escape"):
            page.keyboard.press(key)
        for width in (390, 800, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") == width
        assert len(page.query_selector_all("script")) == 2
        said = page.evaluate("byId('now-link') && coachPairs()[0].differences[1].description")
        assert said == one_line(words_of_first(comparison))
        assert watched.complaints == []


def words_of_first(comparison: ComparisonRecord) -> str:
    return reading_order(comparison.differences)[0].difference.statement


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_text_stays_text_in_the_terminal(dumped: dict[str, Any], text: str) -> None:
    comparison = everywhere(dumped, text)
    target = io.StringIO()
    console = Console(file=target, width=6000, force_terminal=True, color_system="standard", legacy_windows=False)
    console.print(comparison_table(comparison))
    console.print(comparison_summary(comparison))
    printed = re.sub(r"\x1b\[[0-9;]*m", "", target.getvalue())
    assert "".join(printed.split()) == "".join(plain(printed).split())
    assert "\x1b" not in printed
    for finding in comparison.differences:
        assert one_line(finding.difference.statement).split()[-1] in printed
    assert one_line(text) in " ".join(printed.split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "[31mred"),
        ("a\u202eb\u2066c\u200ed", "abcd"),
        ("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("👩‍👧 ẍ̣", "👩‍👧 ẍ̣"),
    ],
)
def test_plain_takes_out_what_acts_unseen_and_nothing_else(text: str, shown: str) -> None:
    assert plain(text) == shown
    assert plain(shown) == shown
