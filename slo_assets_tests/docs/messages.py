"""Messages that a document quotes, found again in the source that prints them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from slo_assets_tests.conftest import ROOT

#: What stands for a text that the source puts in, and for one that the document leaves out.
GAP = "…"
ONE = r"""(?:[\d.,]+ \S+|'[^']*'|"[^"]*"|\S+)"""
#: What may stand where the source puts something in, unless it is a message itself: up to three words or quotations,
#: or a list of them.
ONE = r"""(?:[\d.,]+ \S+|'[^']*'|"[^"]*"|\S+)"""
VALUE = re.compile(rf"{ONE}(?: {ONE}){{,2}}|{ONE}(?:, {ONE})*")
#: So many words tell a message from others.
FEWEST = 2
#: What other software puts before a message of ours.
PREFIX = re.compile(r"(?:Error|Warning): ")


@cache
def texts() -> frozenset[str]:
    """Every text of the source that has a word in it, with a gap for each value that is put in."""
    trees = [ast.parse(path.read_bytes()) for path in sorted((ROOT / "slo_assets").rglob("*.py"))]
    found = {text for tree in trees for node in ast.walk(tree) for text in _texts(node)}
    found |= set(_of_makefile((ROOT / "Makefile").read_text(encoding="utf-8")))
    return frozenset(_spaced(text) for text in found if _tells(text))


def _tells(text: str) -> bool:
    """Whether a text says something by itself; ``… of …`` would give any message."""
    return ":" in text or len(re.findall(r"\w\w+", text)) >= (FEWEST if GAP in text else 1)


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)


def _of_makefile(text: str) -> Iterator[str]:
    """What recipes print, with their variables."""
    for said in re.findall(r'echo "([^"]+)"', text):
        yield re.sub(r"\$\(.*\)|\$\$?\(.*?\)", GAP, said)


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text.strip())


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.sub(rf"{GAP}+", "(.+?)", re.escape(text)))


@cache
def is_printed(message: str) -> bool:
    """Whether a text of the source gives a message, as a whole; up to there, if the message ends with a gap.

    Where the source puts something in, a value may stand, or another message: ``slo-config.yaml, line 3: …`` begins
    with one text of the source and goes on with another.
    """
    said = PREFIX.sub("", _spaced(message), count=1)
    return any(_gives(text, said) for text in texts()) or (
        said.endswith(f" {GAP}") and any(_begins(text, said.removesuffix(f" {GAP}")) for text in texts())
    )


def _begins(text: str, said: str) -> bool:
    words = text.split(" ")
    alike = _pattern(words[0]).fullmatch(said.split(" ", maxsplit=1)[0])
    return alike is not None and any(_gives(" ".join(words[:count]), said) for count in range(FEWEST, len(words)))


def _gives(text: str, said: str) -> bool:
    match = _pattern(text).fullmatch(said)
    return match is not None and all(
        VALUE.fullmatch(value) or (len(value) < len(said) and is_printed(value)) for value in match.groups()
    )
