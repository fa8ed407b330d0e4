"""Where pages are kept: ``pages/<period>.html`` and ``pages/index.html``, beside ``published/``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from upath import UPath

from slo_assets.page import html
from slo_assets.storage.files import sha256, write_atomic

INDEX = "index.html"


@dataclass(frozen=True)
class Site:
    """A folder of pages.

    What the index tells of a period is kept in ``entries/<period>.json``, so that a new page reads no other page.

    Args:
        folder: where they are; it can be deleted at any time and made again.
    """

    folder: UPath

    def path(self, period: str) -> UPath:
        """Where a period's page is."""
        return self.folder / f"{period}.html"

    def publish(self, document: dict[str, Any]) -> str:
        """Write the page of a dashboard document, and the index anew.

        Returns:
            The page's sha256.
        """
        entry, page = html.entry(document), html.page(document)
        _write(self.path(entry["period"]), page)
        _write(self._entries / f"{entry['period']}.json", json.dumps(entry, ensure_ascii=False).encode())
        self._write_index()
        return sha256(page)

    @property
    def _entries(self) -> UPath:
        return self.folder / "entries"

    def _write_index(self) -> None:
        """Write the index until it holds every entry: another month's run may have added one meanwhile."""
        written: list[html.Entry] | None = None
        while (entries := self._read_entries()) != written:
            _write(self.folder / INDEX, html.index(entries))
            written = entries

    def _read_entries(self) -> list[html.Entry]:
        return [json.loads(path.read_bytes()) for path in sorted(self._entries.glob("*.json"), key=str)]


def _write(path: UPath, data: bytes) -> None:
    if not path.exists() or path.read_bytes() != data:
        write_atomic(path, data)
