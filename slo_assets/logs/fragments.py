"""Every log file parsed once: its scan is kept under the hash of its content, the rules and the code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from upath import UPath

from slo_assets.code_version import code_version
from slo_assets.config import SloConfig
from slo_assets.domain.event_log import FileScan
from slo_assets.logs.files import UNREADABLE, content_digest, lines, log_files, open_log, readable_name
from slo_assets.logs.scanner import Scanner
from slo_assets.logs.timestamps import line_instant, name_instant
from slo_assets.storage.event_tables import from_scan, to_scan
from slo_assets.storage.files import write_atomic


@dataclass(frozen=True)
class LogFolder:
    """All logs of an application.

    Args:
        folder: where they are, at any depth.
        cache: where the scans of files are kept; what is missing or damaged there is made again.
        config: rules and components.
        now: the clock; later lines are set aside.
    """

    folder: UPath
    cache: UPath
    config: SloConfig
    now: int

    def read(self, progress: Callable[[str], None] = lambda _: None) -> tuple[list[FileScan], dict[str, Any]]:
        """Scan every file, each content once.

        Args:
            progress: told of each file that had to be parsed.

        Returns:
            The scans in the order of their paths, and an account of the rest: ``quarantine`` (file and
            reason), ``duplicates`` (file and the one it is a copy of) and ``future`` lines by file.
        """
        scans: dict[str, FileScan] = {}
        quarantine: list[dict[str, str]] = []
        duplicates: list[dict[str, str]] = []
        for path in self._dated_first():
            name = readable_name(path, self.folder)
            try:
                digest = content_digest(path)
                if digest in scans:
                    duplicates.append({"file": name, "sameAs": scans[digest].file})
                    continue
                first = self._first_instant(path)
                if first is None:
                    detail = "no line tells a time, and the file's name holds no instant"
                    quarantine.append({"file": name, "reason": "undated", "detail": detail})
                    continue
                kept = self.cache / f"{_key(digest, str(first), self.config)}.parquet"
                known = _load(kept)
                if known is None:
                    progress(name.rsplit("/", 1)[-1])
                whole = known or self._parse(path, first, until=None)
                ahead = bool(whole.runs) and whole.runs[-1][1] > self.now
                scan = self._parse(path, first, until=self.now) if ahead else whole
            except UNREADABLE as problem:
                quarantine.append({"file": name, "reason": "unreadable", "detail": str(problem)})
                continue
            # Outside of the try: that the cache cannot be written is not the log's fault, and must be seen.
            if known is None:
                write_atomic(kept, from_scan(whole))
            scans[digest] = replace(scan, file=name, digest=digest)
        future = {scan.file: scan.future for scan in scans.values() if scan.future}
        account = {"quarantine": quarantine, "duplicates": duplicates, "future": future}
        return sorted(scans.values(), key=lambda scan: scan.file), account

    def _dated_first(self) -> list[UPath]:
        """The files by path, those with an instant in the name first: of two copies, that one knows more."""
        files = log_files(self.folder)
        return sorted(files, key=lambda path: (name_instant(path.name) is None, str(path)))

    def _parse(self, path: UPath, first: int, until: int | None) -> FileScan:
        with open_log(path) as stream:
            return Scanner(self.config, until).scan(lines(stream), first)

    @staticmethod
    def _first_instant(path: UPath) -> int | None:
        with open_log(path) as stream:
            found = next((stamp for line in lines(stream) if (stamp := line_instant(line)) is not None), None)
        return name_instant(path.name) if found is None else found


def _key(digest: str, first: str, config: SloConfig) -> str:
    """A file's scan depends on its content, its first instant, the rules, the components and the code."""
    rules = config.model_dump_json(
        include={"logs": {"rules", "silence_minutes"}, "components": {"__all__": {"prefixes"}}}
    )
    parts = (digest, first, rules, code_version("slo_assets.logs.scanner", "slo_assets.storage.event_tables"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _load(kept: UPath) -> FileScan | None:
    try:
        return _read(kept)
    except UNREADABLE:
        return None


@lru_cache(maxsize=1024)
def _read(kept: UPath) -> FileScan:
    """A kept scan; what a name stands for never changes, so a backfill reads it once."""
    return to_scan(kept.read_bytes())
