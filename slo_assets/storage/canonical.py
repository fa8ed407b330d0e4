"""Documents as bytes: the same document is always the same bytes."""

from __future__ import annotations

import json
import math
from typing import Any


def canonical(document: Any) -> bytes:
    """A document as canonical JSON: UTF-8, keys sorted, two spaces, a number always written in one way.

    A whole number is written without a fraction, whether it came as 43 or 43.0; lists keep their order, which
    is part of their meaning.

    Raises:
        ValueError: NaN or infinity, which JSON does not have.
        TypeError: something that is no JSON value.
    """
    text = json.dumps(_stable(document), ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False)
    return f"{text}\n".encode()


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_stable(item) for item in value]
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    return value
