"""Assets to files and back: ``work/<period>/<name>``, valid or not written at all, and as recorded or not read.

Concept: https://docs.dagster.io/guides/build/io-managers
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import dagster as dg
from upath import UPath

from slo_assets.periods import Period
from slo_assets.records import MADE_FROM, Records, made_from_key, unfinished
from slo_assets.storage.deliverables import DELIVERABLES, WORKFLOW_STATE, file_name
from slo_assets.storage.files import sha256, write_atomic

if TYPE_CHECKING:
    from slo_assets.domain.event_log import EventLog
    from slo_assets.storage.publisher import Publisher

#: Metadata of an input that spans several periods: it is always a mapping from period to value.
BY_PERIOD = {"by_period": True}

#: Seconds that another run may take from writing a file to having it recorded, and between two looks.
PATIENCE, PAUSE = 60.0, 0.5


class DriftError(RuntimeError):
    """A file is not the one that was recorded; the message says which, what was expected and what to do."""


@dataclass(frozen=True)
class Sealed:
    """An asset's value with the bytes that will be its file, so that both have one checksum.

    Attributes:
        value: the document or event log.
        data: its bytes.
        sources: data versions of the sources that it was made from, by name.
    """

    value: Any
    data: bytes
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def checksum(self) -> str:
        """The sha256 of the bytes, which is also the data version."""
        return sha256(self.data)


def seal(asset: str, value: Any, sources: Mapping[str, str] = MappingProxyType({})) -> Sealed:
    """Turn an asset's value into the bytes of its file.

    Args:
        asset: the asset's key.
        value: its document or event log.
        sources: data versions of the sources that it was made from, by name.

    Raises:
        SchemaError: a document does not fit its schema, so that it never becomes a file.
    """
    if asset not in DELIVERABLES:
        from slo_assets.storage.event_tables import from_event_log

        return Sealed(value, from_event_log(value), sources)
    from slo_assets.storage.canonical import canonical
    from slo_assets.storage.schemas import validate

    validate(value, DELIVERABLES[asset].name)
    return Sealed(value, canonical(value), sources)


def unseal(asset: str, data: bytes) -> Any:
    """An asset's value from the bytes of its file."""
    if asset in DELIVERABLES:
        import orjson

        return orjson.loads(data)
    return _event_log(data)


@lru_cache(maxsize=1)
def _event_log(data: bytes) -> "EventLog":
    """A month's log, which several of its assets read one after another; none of them changes it."""
    from slo_assets.storage.event_tables import to_event_log

    return to_event_log(data)


class WorkFiles(dg.UPathIOManager):
    """One file for each asset and period.

    A file is read only if it is the one that this run wrote or, where the asset is not in the run, the one that
    was recorded when it was materialized. So nothing is built on what was changed by hand or by another run.
    """

    def __init__(self, base_path: UPath, publisher: Callable[[Period], "Publisher"]) -> None:
        """Keep files below ``base_path`` and tell the trail of each period."""
        super().__init__(base_path)
        self._publisher = publisher
        self._written: dict[tuple[str, str], str] = {}
        self._begun: set[str] = set()
        self._loaded: dict[str, dict[str, str]] = {}

    def get_path_for_partition(self, context: dg.InputContext | dg.OutputContext, path: UPath, partition: str) -> UPath:
        """``<base>/<period>/<name>``."""
        return path.parent / partition / file_name(context.asset_key.path[-1])

    def handle_output(self, context: dg.OutputContext, obj: Sealed) -> None:
        """Write a sealed value, and note in the period's trail that it was calculated."""
        asset, period = context.asset_key.path[-1], context.asset_partition_key
        # The workflow state is the publication's own: its trail has ended when its file is written.
        publisher = None if asset == WORKFLOW_STATE.asset else self._publisher(Period(period))
        if publisher and period not in self._begun:
            publisher.begin(context.run_id)
            self._begun.add(period)
        super().handle_output(context, obj)
        if publisher:
            publisher.calculated(asset, obj.checksum, context.run_id)
        self._written[asset, period] = obj.checksum
        made_from = {**obj.sources, **self._loaded.pop(context.step_key, {})}
        context.add_output_metadata({MADE_FROM: dg.MetadataValue.json(made_from)})

    def dump_to_path(self, context: dg.OutputContext, obj: Sealed, path: UPath) -> None:
        """Write a sealed value, atomically."""
        write_atomic(path, obj.data)

    def load_from_path(self, context: dg.InputContext, path: UPath) -> Any:
        """Read a value."""
        return unseal(context.asset_key.path[-1], path.read_bytes())

    def load_input(self, context: dg.InputContext) -> Any:
        """Read a period's value, or a mapping of those that were materialized where the input spans several periods.

        Raises:
            DriftError: a file is missing or has other bytes than those recorded.
        """
        asset, periods = context.asset_key.path[-1], list(context.asset_partition_keys)
        base = self._get_path_without_extension(context)
        expected = self._recorded(context, asset, periods)
        loaded = self._loaded.setdefault(context.step_context.step.key, {})
        values: dict[str, Any] = {}
        for period in periods:
            path = self.get_path_for_partition(context, base, period)
            data = self._settled(context, path, asset, period, expected)
            if data is None and period not in expected:
                continue
            found = None if data is None else sha256(data)
            if data is None or found != expected.get(period):
                raise DriftError(_drifted(path, asset, period, expected.get(period), found))
            loaded[made_from_key(asset, period)] = expected[period]
            values[period] = unseal(asset, data)
        if (context.definition_metadata or {}).get("by_period"):
            return values
        if not values:
            msg = f"{asset} of {periods[0]} was never materialized. Remedy: materialize it, or the whole month."
            raise DriftError(msg)
        return values[periods[0]]

    def _settled(
        self, context: dg.InputContext, path: UPath, asset: str, period: str, expected: dict[str, str]
    ) -> bytes | None:
        """A file's bytes, and in ``expected`` its checksum, once no other run stands between writing and recording."""
        end = time.monotonic() + PATIENCE
        while True:
            data = path.read_bytes() if path.exists() else None
            if (None if data is None else sha256(data)) == expected.get(period):
                return data
            if time.monotonic() > end or not _made_elsewhere(context, period):
                return data
            time.sleep(PAUSE)
            expected |= self._recorded(context, asset, [period])

    def _recorded(self, context: dg.InputContext, asset: str, periods: list[str]) -> dict[str, str]:
        """The checksums that an asset's files ought to have: by this run, by Dagster, else by the period's release.

        A release is asked where Dagster's records are gone, since it is a record as well.
        """
        known = {period: self._written[asset, period] for period in periods if (asset, period) in self._written}
        others = [period for period in periods if period not in known]
        if others:
            known |= Records(context.instance).checksums(asset, others)
        released = {p: self._publisher(Period(p)).released_checksum(asset) for p in others if p not in known}
        return known | {period: checksum for period, checksum in released.items() if checksum}


def _made_elsewhere(context: dg.InputContext, period: str) -> bool:
    """Whether another run makes a period at the moment."""
    own = context.step_context.run_id
    return any(run.run_id != own for run in unfinished(context.instance, Period(period)))


def _drifted(path: UPath, asset: str, period: str, expected: str | None, found: str | None) -> str:
    remedy = f"materialize {asset} of {period} again and what is made from it, or run slo-assets run --period {period}"
    if expected is None:
        return f"{path} is there, and nothing recorded that {asset} of {period} was materialized. Remedy: {remedy}."
    state = "is missing" if found is None else f"has the checksum {found}"
    return f"{path} {state}; {expected} was recorded when {asset} of {period} was materialized. Remedy: {remedy}."


class WorkFilesIOManager(dg.ConfigurableIOManagerFactory[WorkFiles]):
    """Keeps work files below an output folder or fsspec URL."""

    output: str

    def create_io_manager(self, context: dg.InitResourceContext) -> WorkFiles:
        """The IO manager of a run."""
        from slo_assets.storage.publisher import Publisher

        output = UPath(self.output)
        return WorkFiles(output / "work", lambda period: Publisher(output, period))
