"""Assets to files and back: ``work/<period>/<name>``, valid or not written at all.

Concept: https://docs.dagster.io/guides/build/io-managers
"""

import json
from dataclasses import dataclass
from typing import Any

import dagster as dg
from upath import UPath

from slo_assets.storage.deliverables import DELIVERABLES, file_name
from slo_assets.storage.files import sha256, write_atomic

#: Metadata of an input that spans several periods: it is always a mapping from period to value.
BY_PERIOD = {"by_period": True}


@dataclass(frozen=True)
class Sealed:
    """An asset's value with the bytes that will be its file, so that both have one checksum."""

    value: Any
    data: bytes

    @property
    def checksum(self) -> str:
        """The sha256 of the bytes, which is also the data version."""
        return sha256(self.data)


def seal(asset: str, value: Any) -> Sealed:
    """Turn an asset's value into the bytes of its file.

    Raises:
        SchemaError: a document does not fit its schema, so that it never becomes a file.
    """
    if asset not in DELIVERABLES:
        from slo_assets.storage.event_tables import from_event_log

        return Sealed(value, from_event_log(value))
    from slo_assets.storage.canonical import canonical
    from slo_assets.storage.schemas import validate

    validate(value, DELIVERABLES[asset].name)
    return Sealed(value, canonical(value))


def unseal(asset: str, data: bytes) -> Any:
    """An asset's value from the bytes of its file."""
    if asset in DELIVERABLES:
        return json.loads(data)
    from slo_assets.storage.event_tables import to_event_log

    return to_event_log(data)


class WorkFiles(dg.UPathIOManager):
    """One file for each asset and period."""

    def get_path_for_partition(self, context: dg.InputContext | dg.OutputContext, path: UPath, partition: str) -> UPath:
        """``<base>/<period>/<name>``."""
        return path.parent / partition / file_name(context.asset_key.path[-1])

    def dump_to_path(self, context: dg.OutputContext, obj: Sealed, path: UPath) -> None:
        """Write a sealed value, atomically."""
        write_atomic(path, obj.data)

    def load_from_path(self, context: dg.InputContext, path: UPath) -> Any:
        """Read a value."""
        return unseal(context.asset_key.path[-1], path.read_bytes())

    def load_input(self, context: dg.InputContext) -> Any:
        """Read a period's value, or a mapping of those that exist where the input spans several periods."""
        if not (context.definition_metadata or {}).get("by_period"):
            return super().load_input(context)
        base = self._get_path_without_extension(context)
        paths = {key: self.get_path_for_partition(context, base, key) for key in context.asset_partition_keys}
        return {key: self.load_from_path(context, path) for key, path in paths.items() if path.exists()}


class WorkFilesIOManager(dg.ConfigurableIOManagerFactory[WorkFiles]):
    """Keeps work files below an output folder or fsspec URL."""

    output: str

    def create_io_manager(self, context: dg.InitResourceContext) -> WorkFiles:
        """The IO manager of a run."""
        return WorkFiles(base_path=UPath(self.output) / "work")
