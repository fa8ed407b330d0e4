"""Documents as bytes: the same document is always the same bytes."""

from __future__ import annotations

import math
from typing import Any

import orjson

LAYOUT = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
#: What else orjson would write as a text or an object.
STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
#: Whole floats from here on have no room in 64 bits, and are written as they came.
WIDE = 2.0**63


def canonical(document: Any) -> bytes:
    """A document as canonical JSON: UTF-8, keys sorted, two spaces, a number always written in one way.

    A whole number is written without a fraction, whether it came as 43 or 43.0; lists keep their order, which
    is part of their meaning.

    Raises:
        ValueError: NaN or infinity, which JSON does not have.
        TypeError: something that is no JSON value, an integer beyond 64 bits, a text that is no Unicode.
    """
    return orjson.dumps(_stable(document), option=LAYOUT | STRICT)


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_stable(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            msg = f"{value} is not JSON compliant"
            raise ValueError(msg)
        return int(value) if value.is_integer() and abs(value) < WIDE else float(value)
    return value
