"""Regular expressions, paths and time zones as a configuration gives them, refused with the remedy."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any

import re2
from pydantic import AfterValidator, BeforeValidator, StringConstraints


def compiled(pattern: str) -> Any:
    """A regular expression as RE2, which reads a line in linear time: no rule can hang a run.

    It is compiled in Latin-1 mode over the UTF-8 bytes of the pattern, so that lines need no decoding.

    Raises:
        re2.error: RE2 refuses the pattern.
    """
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return re2.compile(pattern.encode(), options)


def _compilable(pattern: str) -> str:
    try:
        compiled(pattern)
    except re2.error as problem:
        reason = problem.args[0].decode(errors="replace")
        msg = (
            f"the regular expression does not compile: {reason}. Remedy: mend it; RE2 has no lookahead or "
            "backreference and repeats nothing more than 1000 times"
        )
        raise ValueError(msg) from problem
    bare = re.sub(r"(?s)\\.", "", pattern)
    names = _GROUP.findall(bare)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:  # RE2 would take the first of them and say nothing
        msg = f"the group {twice} is given twice. Remedy: rename one of them, or write two rules"
        raise ValueError(msg)
    if _MANY_BYTES.search(bare):
        msg = (
            "a character outside of ASCII is several bytes, of which [] and repetitions take one. "
            "Remedy: write (?:µ|u) for [µu], and (?:µ)+ for µ+"
        )
        raise ValueError(msg)
    return pattern


_GROUP = re.compile(r"\(\?P?<(\w+)>")
_MANY_BYTES = re.compile(r"\[[^\]]*[^\x00-\x7f]|[^\x00-\x7f][*+?{]")


def _named_groups(pattern: str) -> str:
    expression = compiled(pattern)
    if expression.groups > len(expression.groupindex):
        msg = "a group has no name. Remedy: write (?P<name>…), or (?:…) where nobody asks for what it holds"
        raise ValueError(msg)
    return pattern


Pattern = Annotated[str, AfterValidator(_compilable)]
RulePattern = Annotated[Pattern, AfterValidator(_named_groups)]

_NAME, _KEY = r"[^\s.\[\]/{}]+", r"\[[^\[\]]+\]"
_STEP = rf"(?:{_NAME}(?:{_KEY})?|{_KEY})"
_PATH = re.compile(rf"/?{_STEP}(?:\.{_STEP})*")
_RECORDS = re.compile(rf"{_NAME}(?:\[\])?(?:\.{_NAME}(?:\[\])?)*")


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        msg = "that is no path. Remedy: write name.name, or name[key] for an attribute or for a key with points"
        raise ValueError(msg)
    return text


def _records(text: str) -> str:
    if not _RECORDS.fullmatch(text) or "[]" not in text:
        msg = "that is no path of records. Remedy: write name.name[], with [] after each name that holds a list"
        raise ValueError(msg)
    return text


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
FieldPath = Annotated[str, AfterValidator(_path)]
RecordsPath = Annotated[str, AfterValidator(_records)]
Paths = Annotated[
    tuple[FieldPath, ...], BeforeValidator(_listed, json_schema_input_type=FieldPath | tuple[FieldPath, ...])
]


def _zone(name: str) -> str:
    import zoneinfo

    try:
        zoneinfo.ZoneInfo(name)
    except (KeyError, ValueError, OSError) as problem:
        near = difflib.get_close_matches(name, zoneinfo.available_timezones(), n=1)
        remedy = f"write {near[0]}" if near else "write an IANA name such as UTC or Europe/Berlin"
        msg = f"no such time zone. Remedy: {remedy}"
        raise ValueError(msg) from problem
    return name


Zone = Annotated[str, AfterValidator(_zone)]
