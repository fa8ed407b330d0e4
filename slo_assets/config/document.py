"""A YAML document as a model, with each mistake told by file, line, value and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

#: Where a setting stands in the document, from the outside in.
Place = list[str | int]
#: The type of an error whose value is not shown.
MASKED = "masked"


class ConfigError(ValueError):
    """The configuration cannot be used; the message names file, line, value and remedy of each mistake."""


_Document = TypeVar("_Document", bound=BaseModel)
Contradictions = Callable[[_Document], Iterator[tuple[Place, str]]]


def read(text: str, name: str, model: type[_Document], contradictory: Contradictions[_Document]) -> _Document:
    """Read a document from YAML text.

    Args:
        text: the YAML document.
        name: how messages call the file.
        model: what it is.
        contradictory: tells what no single setting shows.

    Raises:
        ConfigError: names line, value and remedy of each mistake.
    """
    try:
        return _parse(text, name, model, contradictory)
    except yaml.MarkedYAMLError as problem:
        line, reason = (problem.problem_mark.line + 1 if problem.problem_mark else 1), problem.problem
    except yaml.reader.ReaderError as problem:
        line, reason = text.count("\n", 0, problem.position) + 1, problem.reason
    except RecursionError:
        line, reason = 1, "something contains itself"
    msg = f"{name}, line {line}: {reason}. Remedy: mend the YAML there; indentation, quotes and brackets are usual."
    raise ConfigError(msg)


def _parse(text: str, name: str, model: type[_Document], contradictory: Contradictions[_Document]) -> _Document:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if root is None:
        msg = f"{name}, line 1: the file is empty. Remedy: copy data/slo-config.yaml and adapt it."
        raise ConfigError(msg)
    wrong = [f"{name}, line {line}: {reason}." for reason, line in _wrong_keys(root)]
    if wrong:
        raise ConfigError("\n".join(wrong))
    try:
        document = model.model_validate(_StringDates.of(text))
    except ValidationError as problem:
        errors = [dict(error) for error in problem.errors(include_url=False)]
        told = [_explain(name, root, error, model) for error in errors if not _follows(error, errors)]
        raise ConfigError("\n".join(dict.fromkeys(told))) from problem
    found = [
        f"{name}, line {_line_of(root, place)}: {_dotted(place)}: {what}." for place, what in contradictory(document)
    ]
    if found:
        raise ConfigError("\n".join(found))
    return document


def _follows(error: dict[str, Any], errors: list[dict[str, Any]]) -> bool:
    """Whether a list is only called too short because an item of it is wrong."""
    depth = len(error["loc"])
    return error["type"] == "too_short" and any(
        len(other["loc"]) > depth and other["loc"][:depth] == error["loc"] for other in errors
    )


class _StringDates(yaml.SafeLoader):
    """YAML without dates: a version or a period stays the text that was written."""

    @classmethod
    def of(cls, text: str) -> Any:
        return yaml.load(text, Loader=cls)  # noqa: S506 - a safe loader with fewer types


_StringDates.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _wrong_keys(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """Keys that are no text or stand twice, and numbers that no machine can hold: what is wrong, and the line."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                yield "a key is no text. Remedy: write it as a word, or in quotes", key.start_mark.line + 1
            elif key.value in seen:
                yield f"key {key.value!r} is given twice. Remedy: keep one of them", key.start_mark.line + 1
            else:
                seen.add(key.value)
            yield from _wrong_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _wrong_keys(item)
    elif node.tag == "tag:yaml.org,2002:int" and len(node.value) > LONGEST_NUMBER:
        yield f"{_shorten(node.value)} is no number to count with. Remedy: give a shorter one", node.start_mark.line + 1


LONGEST_NUMBER = 30

REMEDIES = {
    "missing": "add the key",
    "string_type": "write it in quotes",
    "string_pattern_mismatch": "write it in the form that the pattern names",
    "union_tag_invalid": "write one of these kinds",
    "union_tag_not_found": "give it a kind",
}


def _explain(name: str, root: yaml.Node, error: dict[str, Any], model: type[BaseModel]) -> str:
    path = _written(root, path_of(error["loc"]))
    line = _line_of(root, path)
    where = _dotted(path) or "the document"
    reason, remedy = reason_of(error, model)
    shown = "" if error["type"] in ("missing", MASKED) or not path else f" is {_shorten(error['input'])}"
    return f"{name}, line {line}: {where}{shown}: {reason}. Remedy: {remedy}."


def path_of(place: Iterable[str | int]) -> Place:
    """The place of an error in the document, without what only the model adds."""
    return [part for part in place if part != "[key]"]


def _written(node: yaml.Node, path: Sequence[str | int]) -> list[str | int]:
    """A path without the kinds that a model adds inside of it, which the document does not have as a key."""
    kept: list[str | int] = []
    for place, part in enumerate(path):
        if isinstance(node, yaml.MappingNode):
            found = next((value for key, value in node.value if key.value == str(part)), None)
            if found is None and place < len(path) - 1:
                continue
            node = node if found is None else found
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        kept.append(part)
    return kept


def reason_of(error: dict[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    """What is wrong with a setting, and the remedy.

    Args:
        error: what the model says of it.
        model: knows which settings there are.
    """
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(path_of(error["loc"])[-1]), _settings(model), n=1)
        return "no such setting", f"write {near[0]}" if near else "remove it"
    reason, _, own = error["msg"].removeprefix("Value error, ").partition(". Remedy: ")
    return reason, own or REMEDIES.get(error["type"], "give a value that fits")


def _settings(model: type[BaseModel]) -> list[str]:
    schema = model.model_json_schema()
    return [key for part in (schema, *schema["$defs"].values()) for key in part["properties"]]


def _dotted(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))


def _shorten(value: Any, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}…"


def _line_of(node: yaml.Node, path: Sequence[str | int]) -> int:
    """The line of the deepest part of a path that the document has."""
    line = node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                return line
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def unknown(name: str, what: str, known: Iterable[str]) -> str:
    """What is said of a name that nothing has, with those that there are."""
    choice = ", ".join(known)
    return f"there is no {what} {name!r}. Remedy: " + (f"add it, or write one of: {choice}" if choice else "add it")
