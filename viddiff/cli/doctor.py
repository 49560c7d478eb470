"""``viddiff doctor``: what works on this machine, and how to fix what does not."""

from __future__ import annotations

from typing import Any

import click

from viddiff.cli.options import Command, settings_options
from viddiff.cli.output import json_option


@click.command(cls=Command, short_help="Check this machine: decoder, weights, cache, keys, models.")
@click.option("--call", is_flag=True, help="Also ask the configured models a few tiny questions.")
@json_option
@settings_options
def doctor(call: bool, as_json: bool, **flags: Any) -> int:
    """Check Python, libraries, the video decoder, CLIP's weights, the cache folder and which keys are set.

    Keys are named, never shown. Every ✗ comes with a fix.
    """
    import json

    from viddiff.core.settings import load_settings
    from viddiff.doctor.machine import examine

    checks = examine(load_settings(**flags), call=call)
    if as_json:
        click.echo(json.dumps([check.model_dump() for check in checks], indent=2, ensure_ascii=False))
    else:
        for check in checks:
            click.echo(f"{check.mark} {check.name}: {check.found}" + (f"\n    → {check.fix}" if check.fix else ""))
    return max((check.exit_code for check in checks), default=0)
