"""Command lines in a document, held against the real parser and the Makefile, without running them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click

from slo_assets.cli import cli
from slo_assets_tests.conftest import ROOT

COMMAND = "slo-assets"
#: Stands for anything in an example, also for nothing.
GAP = "…"


def calls(text: str) -> Iterator[list[str]]:
    """The arguments of each ``slo-assets`` in shell text, its name first, without redirections and what follows."""
    joined = text.replace("\\\n", " ")
    for line in joined.splitlines():
        lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="();<>|&")
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*_words(lexer), ";"]:
            if set(word) <= set("();<>|&"):
                yield from _call(words)
                words = []
            else:
                words.append(word)


def _words(lexer: shlex.shlex) -> Iterator[str]:
    try:
        yield from lexer
    except ValueError:  # an apostrophe in a comment, or a here-document's text
        return


def _call(words: list[str]) -> Iterator[list[str]]:
    """The call in a command's words: after variables, or by its path behind a command that runs others."""
    begin = next((place for place, word in enumerate(words) if "=" not in word), len(words))
    for place, word in enumerate(words):
        if (place == begin and word in (COMMAND, "make")) or word.endswith(f"bin/{COMMAND}"):
            yield [word.rpartition("/")[2], *words[place + 1 :]]
            return


def mistake(arguments: list[str]) -> str | None:
    """What is wrong with a call, in the words of the parser; None where nothing is."""
    name, *given = arguments
    return _of_make(given) if name == "make" else _of_command(cli, [word for word in given if word != GAP])


def _of_command(command: click.Command, given: list[str]) -> str | None:
    context = click.Context(command, info_name=command.name)
    try:
        _, rest, _ = command.make_parser(context).parse_args(list(given))
        if isinstance(command, click.Group) and rest:
            _, chosen, rest = command.resolve_command(context, rest)
            assert chosen is not None
            return _of_command(chosen, rest)
    except click.UsageError as problem:
        return problem.format_message()
    return f"Got unexpected extra arguments ({' '.join(rest)})" if rest else None


def _of_make(given: list[str]) -> str | None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    unknown = [word for word in given if re.fullmatch(r"[a-z-]+", word) and word not in known]
    return f"no such target: {', '.join(unknown)}" if unknown else None
