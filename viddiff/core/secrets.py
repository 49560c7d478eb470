"""No secret reaches a message, a log, a traceback, a journal or a report.

A server may echo the key that it was sent, whole or in part, and a client the address with its password. What went
wrong passes ``redact``, what a model answered ``redact_own``.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import sys
from collections.abc import Iterator
from urllib.parse import quote

SECRET = "[secret]"

#: Variables whose values are secrets, by a word of their names.
_NAME = re.compile(r"(^|_)(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)(_|$)", re.IGNORECASE)
#: User and password in a URL.
_USER = re.compile(r"//([^/\s'\"]*)@")
#: Shorter values are words that occur in any text.
_MIN_CHARS = 6

_VALUE = r"[^\s\"',;&)}\]]"
_FORMS = (
    # Keys by their prefixes, and keys of which a provider shows the ends only.
    re.compile(
        r"\bsk-[\w*.\-]{6,}|\b(?:gsk_|hf_|xai-|nvapi-|pplx-)[\w\-]{16,}|\bAIza[\w\-]{10,}|[\w.\-]+\*{3,}[\w.\-]*"
    ),
    re.compile(r"(?<=\bbearer )[\w*.~+/\-]{6,}=*", re.IGNORECASE),
    re.compile(
        rf"(?<![\w-])((?:authorization|(?:x-)?(?:goog-)?api[-_]?key|password|passwd)[\"']?\s*[:=]\s*[\"']?)"
        rf"(?:(?:bearer|basic) )?{_VALUE}{{6,}}",
        re.IGNORECASE,
    ),
    re.compile(rf"\b((?:key|token|secret)[\"']?\s*[:=]\s*[\"']?)(?=[^\s\"',;&]*\d){_VALUE}{{8,}}", re.IGNORECASE),
    re.compile(r"(//)[^/\s'\"]*(?=@)|(?<![\w/.])[\w.%+~-]+:[^\s/@'\"]+(?=@[\w\[])"),
)
_BASIC = re.compile(r"\b(Basic )([A-Za-z0-9+/]{8,}={0,2})", re.IGNORECASE)


def redact(text: str) -> str:
    """The text without secrets: those that are known, and what looks like one."""
    text = redact_own(text)
    for form in _FORMS:
        text = form.sub(lambda found: ((found.groups() and found[1]) or "") + SECRET, text)
    return _BASIC.sub(lambda found: found[1] + SECRET if _is_password(found[2]) else found[0], text)


def redact_own(text: str) -> str:
    """The text without the secrets of the environment and of the command line."""
    for secret in sorted(set(_own_secrets()), key=len, reverse=True):
        text = text.replace(secret, SECRET)
    return text


def _own_secrets() -> Iterator[str]:
    """The secrets that this process was given, in the forms in which they travel."""
    secrets = [value for name, value in os.environ.items() if _NAME.search(name)]
    for text in (*os.environ.values(), *sys.argv):
        for user in _USER.findall(text):
            secrets += [user, user.partition(":")[2], base64.b64encode(user.encode()).decode()]
    for secret in secrets:
        if len(secret.strip()) >= _MIN_CHARS:
            yield from (secret, secret.strip(), quote(secret, safe=""))


def _is_password(encoded: str) -> bool:
    """Whether a word is the encoded user and password of an HTTP header."""
    try:
        return b":" in base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
