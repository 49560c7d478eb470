from __future__ import annotations

import html
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.report.run_sample import random_run
from tests.report.sample import sample
from tests.report.test_hostile import HOSTILE
from tests.video.clips import write_clip
from tests.view.client import Client, chunks
from tests.view.test_index import put
from viddiff.api import Comparison
from viddiff.core.formatting import slug
from viddiff.core.settings import Settings
from viddiff.core.types import Progress
from viddiff.eval.journal import open_journal
from viddiff.report import write_report
from viddiff.report.media import Media
from viddiff.report.player_clips import ClipChoice
from viddiff.report.runs.page import render_run
from viddiff.view import list_page
from viddiff.view.jobs import ViewJob, Worker
from viddiff.view.server import make_app
from viddiff.view.stored_pages import page_at
from viddiff.view.uploads import display_name

URL = "http://127.0.0.1:8765"
HERE = {"origin": URL}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 12).read_bytes()


def answered(job: ViewJob, progress: Progress) -> Comparison:
    """A comparison without a program: the form is what is tested."""
    progress("comparing", 1, 2)
    return Comparison.from_json(sample().comparison.model_copy(update={"action": job.action}).to_json())


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    (tmp_path / "in").mkdir()
    made = Worker(tmp_path / "in", answered)
    yield made
    made.close()


@pytest.fixture
def client(worker: Worker) -> Client:
    return Client(make_app(worker.folder, Settings(), worker), base_url=URL)


def sent(client: Client, a: bytes, b: bytes, names: tuple[str, str] = ("x.mp4", "x.mp4")) -> str:
    """Send the form; where it leads, or the sentence on the page."""
    files = {"video_a": (names[0], a), "video_b": (names[1], b)}
    answer = client.post("/compare", data={"action": "a squat", "differences": ""}, files=files, headers=HERE)
    if answer.status_code == 303:
        return answer.headers["location"]
    assert answer.status_code == 400
    return html.unescape(re.findall(r'role="alert"><p>(.*?)</p>', answer.text)[0])


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8765", "10.0.0.1", "", "[", "a@evil.example"])
def test_a_foreign_host_is_refused(client: Client, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"},
        {**HERE, "sec-fetch-site": "same-site"},
    ],
)
def test_a_post_from_elsewhere_is_refused(client: Client, headers: dict[str, str]) -> None:
    assert client.post("/compare", headers=headers).status_code == 403


def test_beyond_this_machine_the_token_opens_once_and_the_cookie_stays(worker: Worker) -> None:
    app = make_app(worker.folder, Settings(), worker, host="0.0.0.0", token="right")
    client = Client(app, base_url="http://10.0.0.5:8765")
    assert client.get("/").status_code == 401
    assert client.get("/?token=wrong").status_code == 401
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421
    answer = client.get("/?token=right")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].casefold()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    page = client.get("/")
    assert page.status_code == 200
    assert "right" not in re.findall(r"[\w-]+", page.text.partition("</style>")[2])


def test_every_page_has_a_strict_policy(client: Client) -> None:
    for path in ("/", "/none", "/comparison/none/"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/comparison/..%2fsecret", "/run/../../secret"])
def test_no_path_leads_out(client: Client, worker: Worker, path: str) -> None:
    (worker.folder.parent / "secret").write_text("SECRET", encoding="utf-8")
    answer = client.get(path)
    assert answer.status_code == 404
    assert "SECRET" not in answer.text


def test_a_report_that_lies_there_is_framed_in_a_sandbox_and_one_behind_a_link_is_not_served(
    client: Client, worker: Worker
) -> None:
    folder = put(worker.folder / "one")
    (href,) = re.findall(r'href="(comparison/\w+/)"', client.get("/").text)
    (folder / "report.html").write_text("planted", encoding="utf-8")
    frame = client.get(f"/{href}")
    assert "planted" not in frame.text
    assert f'<iframe sandbox="allow-scripts" allow="fullscreen" src="/{href}page"' in frame.text
    assert "; frame-src 'self'" in frame.headers["content-security-policy"]
    assert frame.headers["x-frame-options"] == "DENY"
    answer = client.get(f"/{href}page")
    assert answer.text == "planted"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy
    for where in ("document", "embed"):
        elsewhere = client.get(f"/{href}page", headers={"sec-fetch-dest": where})
        assert (elsewhere.status_code, elsewhere.headers["location"]) == (303, f"/{href}")
    outside = worker.folder.parent / "outside.html"
    outside.write_text("SECRET", encoding="utf-8")
    (folder / "report.html").unlink()
    (folder / "report.html").symlink_to(outside)
    answer = client.get(f"/{href}page")
    assert sample().comparison.video_a.name in answer.text
    assert "SECRET" not in answer.text


@pytest.mark.parametrize(
    "planted",
    [
        b"<link rel=preconnect href=http://evil.example>",
        b'<LINK\nrel="icon" href="data:,">',
        b'<link/rel="icon" href="data:,">',
        b"<meta http-equiv=refresh content='0;url=http://evil.example'>",
        b'<meta name="x" content="0;url=http://evil.example" http-equiv="ref&#114;esh">',
        b'<svg><meta http-equiv="x-dns-prefetch-control" content="on">',
        b'<a href="http://evil.example">',
        b'<a\nhref="#x">',
        b'<a/href="http://evil.example">',
        b'<A HREF="#x" ping="http://evil.example">',
        b'<map><area href="http://evil.example">',
        "<p>\N{LATIN SMALL LETTER E WITH ACUTE}".encode("latin-1"),
        "<link rel=preconnect href=http://evil.example>".encode("utf-16"),
    ],
)
def test_a_page_with_what_viddiff_never_writes_is_made_anew(client: Client, worker: Worker, planted: bytes) -> None:
    folder = put(worker.folder / "one")
    page = write_report(sample().comparison, folder / "report.html", Media(), ClipChoice(clips=False)).read_bytes()
    (href,) = re.findall(r'href="(comparison/\w+/)"', client.get("/").text)
    assert client.get(f"/{href}page").content == page
    (folder / "report.html").write_bytes(page.replace(b"</head>", planted + b"</head>"))
    answer = client.get(f"/{href}page")
    assert planted not in answer.content
    assert sample().comparison.video_a.name in answer.text


def test_a_page_of_a_run_is_taken_for_one_of_ours(tmp_path: Path) -> None:
    run = random_run(4)
    links = {sample.key: f"pairs/{number:05d}.html" for number, sample in enumerate(run.samples, 1)}
    page = render_run(run.result, run.usage, run.outcomes, run.samples, lambda ref: None, links)
    assert '<a href="pairs/' in page
    (tmp_path / "run.html").write_text(page, encoding="utf-8", newline="\n")
    assert page_at(tmp_path / "run.html") == page.encode()


def test_hostile_text_stays_text(client: Client, worker: Worker) -> None:
    put(worker.folder / "0", action="harmless")
    harmless = client.get("/").text.partition("</style>")[2]
    for text in HOSTILE:
        put(worker.folder / "0", action=f"x {text}")
        page = client.get("/").text.partition("</style>")[2]
        assert re.findall("<[a-z/!]+", page) == re.findall("<[a-z/!]+", harmless), text


def test_a_running_evaluation_tells_how_far_it_is(client: Client, worker: Worker) -> None:
    manifest = random_run(2).result.manifest
    (worker.folder / "manifest.json").write_text(manifest.model_dump_json(), encoding="utf-8")
    journal = worker.folder / "journal.jsonl"
    journal.write_text('{"type":"samples","n":3}\n{"type":"sample","sample":"x"}\n', encoding="utf-8")
    (href,) = re.findall(r'href="(run/\w+)/"', client.get("/").text)
    assert "1 of 3 pairs done" in client.get(f"/{href}/").text
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"type":"missing","sample":"y"}\n')
    state = client.get(f"/{href}/state").json()
    text = "Not finished: 2 of 3 pairs done, last entry less than a minute ago"
    assert state == {"ended": False, "state": "unfinished", "text": text, "n_done": 2, "n_all": 3}
    with open_journal(worker.folder):
        assert "Running: 2 of 3 pairs done" in client.get("/").text
        page = client.get(f"/{href}/").text
        assert 'data-state="running"' in page
        assert "viddiff eval --data" not in page
    os.utime(journal, (1e9, 1e9))
    assert "Stopped after 2 of 3 pairs, last entry 2001-09-09 01:46 UTC" in client.get("/").text
    page = client.get(f"/{href}/").text
    assert "<span>viddiff eval</span> <span>--data jmhb/VidDiffBench</span> <span>--videos ROOT</span>" in page
    assert "<span>--out FOLDER</span>" in page
    assert str(worker.folder) not in page


def test_a_long_list_has_pages_and_each_item_is_on_one(
    client: Client, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_page, "ROWS_A_PAGE", 4)
    names = [f"squat {number}" for number in range(9)]
    for name in names:
        put(worker.folder / name, action=name)
    texts = [client.get(f"/?q=squat&order=name&page={page}").text for page in (1, 2, 3)]
    titles = [re.findall(r">(squat \d)</a>", text) for text in texts]
    assert titles == [names[:4], names[4:8], names[8:]]
    assert "5 to 8 of 9" in texts[1]
    links = [re.findall(r'href="/[?](.*?)">(\w+)<', text) for text in texts]
    assert [[name for _, name in found] for found in links] == [["Next"], ["Previous", "Next"], ["Previous"]]
    assert client.get("/?" + html.unescape(links[0][0][0])).text == texts[1]
    for page in ("0", "-1", "x", "1e9", "²"):
        assert "1 to 4 of 9" in client.get("/", params={"page": page}).text
    assert "9 to 9 of 9" in client.get("/?page=9999999").text


def test_from_the_page_of_a_run_one_reaches_the_report_of_a_pair(client: Client, worker: Worker) -> None:
    run = random_run(2)
    folder = worker.folder / "run"
    (folder / "pairs").mkdir(parents=True)
    (folder / "manifest.json").write_text(run.result.manifest.model_dump_json(), encoding="utf-8")
    (folder / "result.json").write_text(run.result.model_dump_json(), encoding="utf-8")
    (folder / "run.html").write_text('<a href="pairs/00001.html">pair</a>', encoding="utf-8")
    (folder / "pairs" / "00001.html").write_text("the pair", encoding="utf-8")
    (href,) = re.findall(r'href="(run/\w+/)"', client.get("/").text)
    assert f'src="/{href}page/"' in client.get(f"/{href}").text
    assert "pairs/00001.html" in client.get(f"/{href}page/").text
    answer = client.get(f"/{href}page/pairs/00001.html")
    assert answer.text == "the pair"
    assert answer.headers["content-security-policy"].startswith("sandbox")
    for name in ("2", "../run", "..%2frun", "x"):
        assert client.get(f"/{href}page/pairs/{name}.html").status_code == 404
    outside = worker.folder.parent / "outside"
    (folder / "pairs").rename(outside)
    (folder / "pairs").symlink_to(outside)
    assert client.get(f"/{href}page/pairs/00001.html").status_code == 404


def test_two_clips_become_a_comparison_and_are_removed(client: Client, worker: Worker, clip: bytes) -> None:
    where = sent(client, clip, clip, ("../../x.mp4", "../../x.mp4"))
    job = worker.get(where.rpartition("/")[2])
    assert job is not None
    until(lambda: job.has_ended)
    assert (job.state, job.error, job.names) == ("done", "", ("x.mp4", "x.mp4"))
    assert list(worker.temporary.iterdir()) == []
    assert [path.name for path in worker.folder.iterdir()] == [job.result.name if job.result else ""]
    assert {path.name for path in worker.folder.glob("*/*")} == {"comparison.json", "report.html"}
    report = client.get(client.get(where).headers["location"] + "page")
    assert report.status_code == 200
    assert "A squat".casefold() in report.text.casefold()


def test_what_is_no_clip_is_refused_and_removed(client: Client, worker: Worker, clip: bytes) -> None:
    answer = sent(client, clip, b"<html>no video</html>", ("a.mp4", "notes.mp4"))
    assert "notes.mp4" in answer
    assert str(worker.temporary) not in answer
    assert "empty" in sent(client, b"", clip)
    assert list(worker.temporary.iterdir()) == []
    assert worker.jobs == ()


def test_too_large_is_refused_before_and_while_it_is_read(worker: Worker, clip: bytes) -> None:
    app = make_app(worker.folder, Settings(max_video_mb=0.01), worker)
    client = Client(app, base_url=URL)
    assert "larger than 0.01 MB" in sent(client, clip + bytes(20_000), clip)
    answer = client.post("/compare", content=bytes(2 * 2**20), headers=HERE)
    assert answer.status_code == 413
    assert client.post("/compare", content=chunks(), headers=HERE).status_code == 411
    assert list(worker.temporary.iterdir()) == []


def test_a_failure_is_told_and_cancelling_ends(tmp_path: Path, clip: bytes) -> None:
    began, go = threading.Event(), threading.Event()

    def slow(job: ViewJob, progress: Progress) -> Comparison:
        began.set()
        go.wait(5)
        progress("comparing", 1, 2)
        raise AssertionError("not reached after a cancellation")

    worker = Worker(tmp_path, slow)
    client = Client(make_app(tmp_path, Settings(), worker), base_url=URL)
    try:
        first, second = sent(client, clip, clip), sent(client, clip, clip)
        began.wait(5)
        for where in (second, first):
            assert client.post(f"{where}/cancel", headers=HERE).status_code == 303
        go.set()
        until(lambda: all(job.has_ended for job in worker.jobs))
        assert [job.state for job in worker.jobs] == ["cancelled", "cancelled"]
        assert "cancelled" in client.get(first).text
        third = sent(client, clip, clip)
        until(lambda: all(job.has_ended for job in worker.jobs))
        assert "Internal error, AssertionError" in client.get(third).text
        assert list(worker.temporary.iterdir()) == []
    finally:
        worker.close()
    assert not worker.temporary.exists()


@pytest.mark.parametrize("text", [*HOSTILE, "../../x", "", "Kniebeuge: tiefer!", "x" * 300])
def test_names_of_folders_are_harmless(text: str) -> None:
    assert re.fullmatch("[a-z0-9-]{1,40}", slug(text, "comparison"))
    assert 0 < len(display_name(text)) <= 100
    assert "/" not in display_name(text)
