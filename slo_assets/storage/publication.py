"""What readers see: ``published/<period>/`` with the deliverables of one release, and never a mixture.

On a file system, ``published/<period>`` is a link to a folder with copies of the release's documents, and a switch
replaces that link. An object store has no links: there, the object ``published/<period>.json`` points to the documents
of the release, and those in ``published/<period>/`` follow one by one, for those who read no more than one of them.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from slo_assets.periods import PERIOD_PATTERN, Period
from slo_assets.storage.canonical import canonical
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.files import checksum_of, is_local, sync_folder, write_atomic, write_new

#: Beside the links: folders with copies of releases, by period.
VIEWS = ".views"


def published_periods(output: UPath) -> list[Period]:
    """The periods that are published below an output folder, the earliest first."""
    root = output / "published"
    if not root.exists():
        return []
    return sorted(Period(path.name) for path in root.iterdir() if re.fullmatch(PERIOD_PATTERN, path.name))


@dataclass(frozen=True)
class Publication:
    """The published deliverables of one period.

    Args:
        folder: ``published/<period>``.
    """

    folder: UPath

    def release(self) -> str | None:
        """The release that is published; None where none is."""
        try:
            if is_local(self.folder):
                return Path(self.folder.path).readlink().name.partition(".")[0]
            return str(json.loads(self._pointer.read_bytes())["release"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def read(self, file: str) -> bytes:
        """The bytes of one published file.

        Raises:
            FileNotFoundError: nothing is published, or not that.
        """
        return self.documents([file])[file]

    def documents(self, files: list[str] | None = None) -> dict[str, bytes]:
        """The bytes of published files of one release, by their names, whatever is published meanwhile.

        Args:
            files: their names; all deliverables where it is absent.

        Raises:
            FileNotFoundError: nothing is published, or one of them is not.
        """
        names = files or [deliverable.file for deliverable in DELIVERABLES.values()]
        if is_local(self.folder):
            view = Path(self.folder.path).resolve()
            return {name: (view / name).read_bytes() for name in names}
        pointer, root = json.loads(self._pointer.read_bytes())["documents"], self.folder.parent.parent
        return {name: (root / pointer[name]).read_bytes() for name in names}

    def switch(self, release: str, documents: Mapping[str, bytes], objects: Mapping[str, str]) -> None:
        """Publish the documents of a release in one step.

        Args:
            release: its name.
            documents: their bytes by file.
            objects: where an object store keeps them, by file, relative to the output.

        Raises:
            OSError: they cannot be written; what was published before still is.
        """
        if is_local(self.folder):
            self._switch_link(release, documents)
            return
        pointer = {"release": release, "documents": dict(objects)}
        write_atomic(self._pointer, canonical(pointer))
        for name, data in documents.items():
            write_atomic(self.folder / name, data)

    def differing(self, checksums: Mapping[str, str]) -> dict[str, str | None]:
        """The files whose bytes do not have their checksum (hex), with the one found; None for a missing file."""
        found = {name: checksum_of(self.folder / name) for name in checksums}
        return {name: checksum for name, checksum in found.items() if checksum != checksums[name]}

    def _switch_link(self, release: str, documents: Mapping[str, bytes]) -> None:
        link = Path(self.folder.path)
        views = link.parent / VIEWS / link.name
        views.mkdir(parents=True, exist_ok=True)
        before = link.resolve().name
        view = Path(tempfile.mkdtemp(prefix=f"{release}.", dir=views))
        view.chmod(0o755)
        for name, data in documents.items():
            write_new(view / name, data)
        sync_folder(view)
        scratch = view.with_suffix(f"{view.suffix}.link")
        scratch.symlink_to(Path(VIEWS) / link.name / view.name)
        if link.is_dir() and not link.is_symlink():
            # Somebody's copy of a published folder: no release of ours, and in the way of the link.
            link.rename(views / f"unreleased{view.suffix}")
        scratch.replace(link)
        sync_folder(link.parent)
        self._remove(views, {view.name, before})

    @staticmethod
    def _remove(views: Path, kept: set[str]) -> None:
        """Take away all views but those that somebody may still be reading, and what a killed run left."""
        for other in views.iterdir():
            if other.is_symlink():
                other.unlink()
            elif other.name not in kept and not other.name.startswith("unreleased"):
                shutil.rmtree(other, ignore_errors=True)

    @property
    def _pointer(self) -> UPath:
        return self.folder.parent / f"{self.folder.name}.json"
