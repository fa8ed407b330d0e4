"""The project's Markdown files, taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from slo_assets_tests.conftest import ROOT

PARSER = MarkdownIt("commonmark").enable("table")
FILES = [path for pattern in ("*.md", "docs/**/*.md", "deploy/*.md") for path in sorted(ROOT.glob(pattern))]

COMMENT = re.compile(r"\s*<!--\s*(.*?)\s*-->\s*", re.DOTALL)
ADDRESS = re.compile(r'(?:src|href|srcset)="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: the word after the fence.
        text: what it holds.
        line: where its fence stands in the file, from 1.
        comment: the HTML comment directly before it; empty where there is none.
    """

    language: str
    text: str
    line: int
    comment: str


@dataclass(frozen=True)
class Document:
    """A Markdown file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def tokens(self) -> list[Token]:
        return PARSER.parse(self.path.read_text(encoding="utf-8"))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        comment = ""
        for token in self.tokens:
            if token.type == "fence":
                assert token.map is not None
                yield Block(token.info.strip(), token.content, token.map[0] + 1, comment)
            found = COMMENT.fullmatch(token.content) if token.type == "html_block" else None
            comment = found[1] if found else ""

    def of_language(self, *languages: str) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.language in languages)

    @cached_property
    def code(self) -> tuple[str, ...]:
        """Code in running text, headings and tables."""
        return tuple(token.content for _, token in self._inline() if token.type == "code_inline")

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Addresses of links and pictures, in Markdown and in HTML."""
        kinds = {"link_open": "href", "image": "src"}
        marked = [str(token.attrs[kinds[token.type]]) for _, token in self._inline() if token.type in kinds]
        html = [token.content for token in self.tokens if token.type == "html_block"]
        html += [token.content for _, token in self._inline() if token.type == "html_inline"]
        return (*marked, *(address for text in html for address in ADDRESS.findall(text)))

    @cached_property
    def anchors(self) -> frozenset[str]:
        """The names of the headings, as GitHub makes them."""
        seen: dict[str, int] = {}
        names = []
        for parent, tokens in self._lines():
            if parent == "heading_open":
                name = slug("".join(token.content for token in tokens if token.type in ("text", "code_inline")))
                names.append(f"{name}-{seen[name]}" if name in seen else name)
                seen[name] = seen.get(name, 0) + 1
        return frozenset(names)

    @cached_property
    def leading_code(self) -> tuple[str, ...]:
        """Code with which a heading or a row of a table begins."""
        begun = [
            tokens[0].content
            for parent, tokens in self._lines()
            if parent in ("heading_open", "row") and tokens and tokens[0].type == "code_inline"
        ]
        return tuple(begun)

    def _inline(self) -> Iterator[tuple[str, Token]]:
        return ((parent, token) for parent, tokens in self._lines() for token in tokens)

    def _lines(self) -> Iterator[tuple[str, list[Token]]]:
        """Each run of text, and what it belongs to: ``row`` for the first cell of a table's row."""
        kinds = [token.type for token in self.tokens]
        for outer, parent, token in zip(["", *kinds], kinds, self.tokens[1:], strict=False):
            if token.type == "inline":
                yield "row" if outer == "tr_open" else parent, token.children or []


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@cache
def document(path: Path) -> Document:
    """A document, taken apart once."""
    return Document(path)


@cache
def documents() -> Mapping[str, Document]:
    """Every document, by its path in the project."""
    return {str(each): each for each in map(document, FILES)}
