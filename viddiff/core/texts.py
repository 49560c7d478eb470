"""Text that anybody may have written, on its way into a prompt.

dspy writes pictures into a prompt as marked text, and takes what stands between two marks for content of the request:
in the name of a stage or the key of a statement that would be an image from anywhere.
"""

from __future__ import annotations

import re

#: What both of dspy's marks begin with.
MARKER = "<<CUSTOM-TYPE-"
#: Control characters but tab and line ends, and halves of surrogate pairs (in file names), which cannot be sent.
UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def neutralize(text: str) -> str:
    """The text as text alone: a mark is broken up by a space, a character that cannot be sent becomes U+FFFD."""
    return UNSENDABLE.sub("\ufffd", text.replace(MARKER, "< " + MARKER[1:]))
