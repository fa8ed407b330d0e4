"""What the tests ask for, and how they read what was written."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

MONTHS = 3
LINES = 12_000
SEED = 1
LAST_INSTANT = datetime(2025, 11, 24, 12, tzinfo=UTC)
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def content_of(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as source:
            return source.read()
    return path.read_bytes()


def logs_of(out: Path) -> list[Path]:
    return sorted(path for path in (out / "logs").rglob("*") if path.is_file())


def lines_of(path: Path) -> list[str]:
    return content_of(path).decode().splitlines(keepends=True)


def instants_of(path: Path) -> list[datetime]:
    """The first instant of each line that has one."""
    found = (re.search(r"\d{4}-\d\d-\d\d[T ][\d:.]{12}(Z| -0\d:00)", line) for line in lines_of(path))
    return [datetime.fromisoformat(match[0].replace(" -0", "-0")) for match in found if match]


def telemetry_of(out: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((out / "telemetry").glob("*.json")):
        yield path.name, json.loads(path.read_text(encoding="utf-8"))


def digest_of(out: Path) -> str:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    parts = [f"{path.relative_to(out).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
