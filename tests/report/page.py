"""An HTML page as the tests see it: its elements in order, its text, and whether every element is closed."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Page(HTMLParser):
    """Parses the page on construction; an element closed out of turn is an AssertionError.

    Attributes:
        elements: (tag, attributes) in order.
        text: all text, pieces joined by spaces, without style sheet and scripts.
        style: the text of the style element, to the byte.
        data, script: the text of the two script elements, to the byte.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.style = self.data = self.script = ""
        self._pieces: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []
        self.text = " ".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in {tag}"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"{tag} closed but never opened"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        elif self._open and self._open[-1] == "script":
            if self.elements[-1][1].get("type") == "application/json":
                self.data += data
            else:
                self.script += data
        else:
            self._pieces.append(data)

    @property
    def skeleton(self) -> list[tuple[str, tuple[str, ...]]]:
        """Tags with the names of their attributes, in order: what must not depend on any text."""
        return [(tag, tuple(attrs)) for tag, attrs in self.elements]

    @property
    def words(self) -> str:
        """The text with every run of white space as one space."""
        return " ".join(self.text.split())

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of all elements with this tag."""
        return [attrs for found, attrs in self.elements if found == tag]

    def having(self, css_class: str) -> list[dict[str, str]]:
        """The attributes of all elements with this class."""
        return [attrs for _, attrs in self.elements if css_class in attrs.get("class", "").split()]
