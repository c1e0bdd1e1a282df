"""Reads a page strictly, as a tree, and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input"}


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    content: list[str | Element] = field(default_factory=list)

    @property
    def children(self) -> list[Element]:
        """The elements directly inside."""
        return [one for one in self.content if isinstance(one, Element)]

    @property
    def raw(self) -> str:
        """All text inside, as it is."""
        return "".join(one if isinstance(one, str) else one.raw for one in self.content)

    @property
    def text(self) -> str:
        """All text inside, spaces collapsed."""
        return " ".join(self.raw.split())

    def walk(self) -> Iterator[Element]:
        """This element and all below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, tag: str, class_: str | None = None) -> list[Element]:
        """Every element of this name, and of this class where one is given."""
        return [
            one
            for one in self.walk()
            if one.tag == tag and (class_ is None or class_ in one.attributes.get("class", "").split())
        ]

    def one(self, tag: str, class_: str | None = None) -> Element:
        """The only such element."""
        (found,) = self.all(tag, class_)
        return found

    def by_id(self, id: str) -> Element:
        """The only element with this id."""
        (found,) = [one for one in self.walk() if one.attributes.get("id") == id]
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#page", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].content.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].content.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def page_of(html: str) -> Element:
    """The page as a tree. Fails where tags do not nest."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == [reader.root], f"not closed: {[one.tag for one in reader.open[1:]]}"
    return reader.root
