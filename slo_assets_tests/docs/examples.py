"""Examples of JSON and YAML in a document, held against what the software writes and reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from slo_assets.config import parse_config
from slo_assets.storage.schemas import validate
from slo_assets_tests.situations import SHIPPED_CONFIG

#: Stands for what an example leaves out: a value, the rest of a list, a part of a text.
GAP = "…"
SCHEMA = re.compile(r"schema: ([a-z-]+)")
EXCERPT = re.compile(r"(\S+\.jsonl?)(?: (/\S*))?")


def check_configuration(text: str) -> None:
    """Load a part of a configuration in place of the shipped one's.

    Raises:
        ConfigError: names line, value and remedy of each mistake.
    """
    shipped = yaml.safe_load(SHIPPED_CONFIG.read_text(encoding="utf-8"))
    parse_config(yaml.safe_dump({**shipped, **yaml.safe_load(text)}, sort_keys=False))


def check_document(text: str, schema: str) -> None:
    """Validate a whole document.

    Raises:
        SchemaError: names what does not fit.
    """
    validate(json.loads(text), schema)


def part(folders: Iterable[Path], name: str, pointer: str) -> Any:
    """A part of a file, from the first of the folders that has it; a name may be a pattern, and lines are a list.

    Raises:
        LookupError: there is no such file, or no such part.
    """
    found = next((path for folder in folders for path in sorted(folder.glob(name))), None)
    if found is None:
        raise LookupError(name)
    text = found.read_text(encoding="utf-8")
    value = [json.loads(line) for line in text.splitlines()] if found.suffix == ".jsonl" else json.loads(text)
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def differences(shown: Any, written: Any, place: str = "") -> Iterator[str]:
    """Where an example is no excerpt of what is written: keys may be left out, everything else is as it is."""
    if shown == GAP:
        return
    if isinstance(shown, dict) and isinstance(written, dict):
        for key, value in shown.items():
            if key in written:
                yield from differences(value, written[key], f"{place}/{key}")
            else:
                yield f"{place}/{key} is not there"
    elif isinstance(shown, list) and isinstance(written, list):
        cut = bool(shown) and shown[-1] == GAP
        items = shown[:-1] if cut else shown
        if len(items) > len(written) or (len(items) < len(written) and not cut):
            yield f"{place} has {len(written)} items"
        for number, (item, real) in enumerate(zip(items, written, strict=False)):
            yield from differences(item, real, f"{place}/{number}")
    elif not _same(shown, written):
        yield f"{place} is {json.dumps(written, ensure_ascii=False)}"


def _same(shown: Any, written: Any) -> bool:
    if isinstance(shown, str) and isinstance(written, str):
        return re.fullmatch(re.escape(shown).replace(GAP, ".*"), written) is not None
    return type(shown) is type(written) and shown == written
