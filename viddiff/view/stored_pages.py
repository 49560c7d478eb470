"""Pages that lie in the folder, in a frame that can go nowhere.

A report.html or run.html in the folder may come from anybody. (Made again, it would lose the clips and frames that it
holds.) No policy of a page keeps it from leading its window elsewhere, so it is shown in a frame of a page of ours,
whose policy lets that frame go nowhere but to this server. In the frame it is in a sandbox without an origin, reaches
neither the pages nor the cookie of this server, has no network, and of scripts only our own player runs, by its hash.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

from viddiff.core.errors import InputError
from viddiff.report.page import PAGE_SCRIPTS, PLAYER_SCRIPTS, digest_source, template_text
from viddiff.view.documents import read_inside

MAX_PAGE_BYTES = 256 * 2**20
#: What a page of VidDiff never holds: links of the head, which open connections that no policy forbids; a meta element
#: that acts; links that lead elsewhere, which a click with a key held opens in a window that no frame holds. Text is
#: escaped there and holds none of them.
_FOREIGN = re.compile(
    rb"""<link(?!\ rel="icon"\ href="data:,">)
       | <meta(?!\ charset="utf-8">|\ (?:name="[a-z]+"|http-equiv="Content-Security-Policy")\ content="[^"<>]*">)
       | <a[\s/](?<!<a\ )
       | <a\ (?!(?:id="now-link"\ )?href="(?:\#[a-z0-9-]+|pairs/[0-9]+\.html)"(?:\ dir="auto")?>)
       | <area""",
    re.VERBOSE | re.IGNORECASE,
)


@functools.cache
def sandbox_policy() -> str:
    """The content security policy for a page that may come from anybody, in a frame of ours."""
    scripts = ("".join(map(template_text, names)) for names in (PAGE_SCRIPTS, PLAYER_SCRIPTS))
    digests = " ".join(map(digest_source, scripts))
    return (
        "sandbox allow-scripts; default-src 'none'; img-src data:; media-src data: blob:; style-src 'unsafe-inline'; "
        f"script-src {digests}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def page_at(path: Path) -> bytes | None:
    """A page of the folder that VidDiff can have written; None where there is none."""
    try:
        page = read_inside(path, MAX_PAGE_BYTES)
        # In another encoding a browser could see what is not seen here.
        page.decode("utf-8")
    except (InputError, UnicodeDecodeError):
        return None
    return None if _FOREIGN.search(page) else page
