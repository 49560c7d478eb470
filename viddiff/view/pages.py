"""What all pages of the viewer are made with; text in them is untrusted and escaped by the engine."""

from __future__ import annotations

import html
from datetime import datetime, timezone
from importlib import resources

from jinja2 import PackageLoader
from markupsafe import Markup

from viddiff.report.page import content_policy, environment, template_text


def _template(name: str) -> str:
    return resources.files("viddiff.view").joinpath("templates").joinpath(name).read_text("utf-8")


def render(name: str, script: str | None = None, **values: object) -> str:
    """A page of a template; ``script`` names the one that it runs, None: it runs none."""
    style, code = template_text("report.css") + _template("view.css"), _template(script) if script else None
    policy = content_policy(style, code).replace("form-action 'none'", "form-action 'self'")
    if script:
        policy += "; connect-src 'self'"
    if name == "frame.html.j2":
        policy += "; frame-src 'self'"
    engine = environment().overlay(loader=PackageLoader("viddiff.view"))
    return engine.get_template(name).render(
        style=Markup(style),  # ours; its hash must fit to the byte
        script=Markup(code) if code else None,
        policy=policy,
        **values,
    )


def frame_page(title: str, address: str) -> str:
    """A page that may come from anybody, in a frame that can go nowhere but to this server.

    Args:
        title: of the item whose page it is.
        address: of that page.
    """
    return render("frame.html.j2", title=title, address=address)


def error_page(message: str) -> str:
    """One sentence and the way back."""
    return render("error.html.j2", message=message)


def policy_with_header(page: str) -> str:
    """The content security policy in a page of this server, with what only a header can set."""
    policy = page.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[0]
    return html.unescape(policy) + "; frame-ancestors 'none'"


def date_of(when_s: float) -> str:
    """A moment as ``2026-01-31 09:30 UTC``."""
    try:
        return f"{datetime.fromtimestamp(when_s, timezone.utc):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):  # a file may bear any time
        return "at an unknown time"
