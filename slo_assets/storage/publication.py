"""What readers see: ``published/<period>/`` with a period's deliverables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from upath import UPath

from slo_assets.domain.workflow import INITIAL
from slo_assets.storage.deliverables import WORKFLOW_STATE
from slo_assets.storage.files import sha256, write_atomic


@dataclass(frozen=True)
class Publication:
    """The published deliverables of one period.

    Args:
        folder: ``published/<period>``.
    """

    folder: UPath

    def state(self) -> str:
        """The period's state as it was published last; the initial one where none can be read."""
        try:
            document = json.loads((self.folder / WORKFLOW_STATE.file).read_bytes())
            return str(document["workflowState"]["currentState"])
        except (OSError, ValueError, KeyError, TypeError):
            return INITIAL

    def publish(self, files: Mapping[str, bytes]) -> None:
        """Write the deliverables, the workflow state last: once that is new, the whole set is."""
        for name in sorted(files, key=lambda name: name == WORKFLOW_STATE.file):
            path = self.folder / name
            if not path.exists() or path.read_bytes() != files[name]:
                write_atomic(path, files[name])

    def differing(self, checksums: Mapping[str, str]) -> list[str]:
        """The files that are missing or whose bytes are not those of the checksum (hex), by name."""
        paths = {name: self.folder / name for name in checksums}
        return [
            name for name, path in paths.items() if not path.exists() or sha256(path.read_bytes()) != checksums[name]
        ]
