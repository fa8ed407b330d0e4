"""Releases: what was published of a period, each kept whole and never changed.

``releases/<period>/`` holds a manifest for each release and, below ``objects/``, the bytes of its documents and of
its configuration, each under its checksum, so that releases share what they have in common.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from upath import UPath

from slo_assets.domain.release import Manifest
from slo_assets.periods import Period
from slo_assets.storage.canonical import canonical
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets.storage.files import sha256, write_atomic
from slo_assets.storage.schemas import validate

SCHEMA = "release-manifest"
#: So much of a digest makes the name of a release.
ID_DIGITS = 16


class ReleaseError(RuntimeError):
    """A release cannot be used; the message says which, why and what to do."""


def release_id(checksums: Mapping[str, str]) -> str:
    """The name of a release: the first digits of the sha256 over its documents' checksums (hex, by file)."""
    return hashlib.sha256(canonical(dict(checksums))).hexdigest()[:ID_DIGITS]


@dataclass(frozen=True)
class Releases:
    """The releases of one period.

    Args:
        base: the folder or URL of all releases.
        period: the month.
    """

    base: UPath
    period: Period

    @property
    def folder(self) -> UPath:
        """``releases/<period>``."""
        return self.base / self.period.key

    def ids(self) -> list[str]:
        """The names of all releases whose manifest can be read, in the order in which they were made."""
        return [manifest["release"] for manifest in self._manifests()]

    def manifest(self, release: str) -> Manifest:
        """What a release consists of.

        Raises:
            ReleaseError: there is no such release, or its manifest does not fit its schema any more.
        """
        try:
            manifest: Manifest = json.loads(self._manifest_path(release).read_bytes())
            validate(manifest, SCHEMA)
        except FileNotFoundError:
            known = ", ".join(self.ids()) or "none"
            msg = f"{self.period.key} has no release {release}. Remedy: name one of: {known}."
            raise ReleaseError(msg) from None
        except ValueError as problem:
            msg = f"the manifest of release {release} of {self.period.key} is damaged: {problem}. {RESTORE}"
            raise ReleaseError(msg) from problem
        return manifest

    def checksums(self, release: str) -> dict[str, str]:
        """The sha256 (hex) of each document of a release, by file; it has none of what came to the project later."""
        recorded = self.manifest(release)["checksums"]
        held = [deliverable for deliverable in DELIVERABLES.values() if deliverable.checksum_key in recorded]
        return {one.file: recorded[one.checksum_key].removeprefix("sha256:") for one in held}

    def documents(self, release: str) -> dict[str, bytes]:
        """The bytes of a release's documents, by file.

        Raises:
            ReleaseError: a document is missing or does not have its checksum, so that nothing of it can be trusted.
        """
        return {file: self._object(checksum, release, file) for file, checksum in self.checksums(release).items()}

    def configuration(self, release: str) -> dict[str, Any]:
        """The configuration that a release was made with, as the user wrote it.

        Raises:
            ReleaseError: it is missing or damaged.
        """
        checksum = self.manifest(release)["configuration"]["checksum"].removeprefix("sha256:")
        settings: dict[str, Any] = json.loads(self._object(checksum, release, "slo-config"))
        return settings

    def is_whole(self, release: str) -> bool:
        """Whether a release is as it was made: its manifest, its documents and its configuration."""
        try:
            self.documents(release)
            self.configuration(release)
        except ReleaseError:
            return False
        return True

    def add(self, manifest: Manifest, objects: Collection[bytes]) -> None:
        """Keep a release: its objects first, so that a manifest never names what is not there.

        What is damaged of a release with the same content is put right.

        Raises:
            OSError: it cannot be written; what is there already is as it was.
        """
        for data in objects:
            path = self._object_path(sha256(data))
            if not path.exists() or path.read_bytes() != data:
                write_atomic(path, data)
        path = self._manifest_path(manifest["release"])
        if not path.exists() or not self.is_whole(manifest["release"]):
            validate(manifest, SCHEMA)
            write_atomic(path, canonical(manifest))

    def next_sequence(self) -> int:
        """The number of the next release."""
        return max((manifest["sequence"] for manifest in self._manifests()), default=0) + 1

    def prune(self, keep: Collection[str]) -> list[str]:
        """Remove all releases but some, and the objects that none of these has; return what was removed."""
        manifests = {manifest["release"]: manifest for manifest in self._manifests()}
        removed = [release for release in manifests if release not in keep]
        for release in removed:
            self._manifest_path(release).unlink()
        if removed:
            used = {digest for release in keep if release in manifests for digest in _objects_of(manifests[release])}
            for path in list((self.folder / "objects").iterdir()):
                if path.name not in used:
                    path.unlink()
        return removed

    def _manifests(self) -> list[Manifest]:
        paths = self.folder.glob("*.json") if self.folder.exists() else []
        manifests = filter(None, (_readable(path) for path in paths))
        return sorted(manifests, key=lambda manifest: int(manifest["sequence"]))

    def _manifest_path(self, release: str) -> UPath:
        return self.folder / f"{release}.json"

    def _object_path(self, checksum: str) -> UPath:
        return self.folder / "objects" / checksum

    def _object(self, checksum: str, release: str, what: str) -> bytes:
        path = self._object_path(checksum)
        data = path.read_bytes() if path.exists() else None
        if data is None or sha256(data) != checksum:
            found = "is missing" if data is None else f"has the checksum {sha256(data)}"
            msg = f"{what} of release {release} of {self.period.key}, {checksum}, {found} in {path}. {RESTORE}"
            raise ReleaseError(msg)
        return data


RESTORE = "Remedy: put it back from a backup, or materialize the month again."


def _readable(path: UPath) -> Manifest | None:
    """A manifest; None where it is damaged, which hides no other release."""
    try:
        manifest: Manifest = json.loads(path.read_bytes())
        validate(manifest, SCHEMA)
    except ValueError:
        return None
    return manifest


def _objects_of(manifest: Manifest) -> set[str]:
    named = [*manifest["checksums"].values(), manifest["configuration"]["checksum"]]
    return {checksum.removeprefix("sha256:") for checksum in named}
