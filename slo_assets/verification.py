"""Months held against what was recorded of them, and against what would be made today.

What belongs here: looking. What a difference means, and how grave it is, is said in ``domain/drift.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import dagster as dg

from slo_assets.code_version import asset_code_version
from slo_assets.domain.drift import Drift, code_drift, configuration_drift, data_drift, file_drift
from slo_assets.periods import Period
from slo_assets.records import Record, Records
from slo_assets.resources import Inputs, Output
from slo_assets.storage.deliverables import DELIVERABLES, LOG_EVENTS, SOURCES, WORKFLOW_STATE, file_name

if TYPE_CHECKING:
    from slo_assets.storage.publisher import Publisher

ASSETS = (LOG_EVENTS, *DELIVERABLES)


@dataclass(frozen=True)
class Findings:
    """What is wrong with a month.

    Attributes:
        period: the month.
        drifts: what drifted.
        audit: which entries of its audit trail were changed, removed, added or moved.
        put_back: the release that was put back since files had drifted.
    """

    period: str
    drifts: tuple[Drift, ...] = ()
    audit: tuple[str, ...] = ()
    put_back: str | None = None

    def __bool__(self) -> bool:
        return bool(self.drifts or self.audit)


@dataclass(frozen=True)
class Verification:
    """Looks for drift.

    Args:
        instance: what Dagster recorded.
        inputs: what users provide today.
        output: where results are kept.
    """

    instance: dg.DagsterInstance
    inputs: Inputs
    output: Output
    _versions: dict[str, dict[str, str]] = field(default_factory=dict, init=False)

    @cached_property
    def records(self) -> Records:
        """What Dagster recorded."""
        return Records(self.instance)

    def periods(self) -> list[Period]:
        """The months that were ever published, the oldest first."""
        return [Period(key) for key in self.output.released()]

    def of(self, period: Period) -> Findings:
        """What is wrong with a month."""
        publisher = self.output.publisher(period)
        records = {asset: self.records.of(asset, period.key) for asset in ASSETS}
        known = {asset: record for asset, record in records.items() if record}
        return Findings(
            period.key,
            (
                *self._file(publisher, known),
                *self._schema(publisher),
                *self._code(period, known),
                *self._configuration(publisher),
                *self._data(period, known),
            ),
            tuple(publisher.trail.faults(self.records.audit_heads(WORKFLOW_STATE.asset, period.key))),
        )

    def _file(self, publisher: Publisher, records: Mapping[str, Record]) -> Iterator[Drift]:
        from slo_assets.storage.files import checksum_of
        from slo_assets.storage.releases import ReleaseError

        period = publisher.period.key
        back = f"slo-assets rollback --period {period}"
        release = publisher.expected()
        checksums: dict[str, str] = {}
        try:
            if release:
                checksums = publisher.releases.checksums(release)
                publisher.releases.documents(release)
        except ReleaseError as problem:
            whole = f"release {release} as it was made"
            again = f"slo-assets run --period {period} --force"
            yield Drift("file", WORKFLOW_STATE.asset, period, whole, str(problem).removesuffix("."), again)
        found = publisher.publication.differing(checksums)
        for deliverable in DELIVERABLES.values():
            if deliverable.file in found:
                shown = str(publisher.publication.folder / deliverable.file)
                recorded = checksums[deliverable.file]
                yield from file_drift(deliverable.asset, period, shown, recorded, found[deliverable.file], back)
        for asset, record in records.items():
            path = self.output.work(publisher.period) / file_name(asset)
            again = f"slo-assets run --period {period}"
            yield from file_drift(asset, period, str(path), record.checksum, checksum_of(path), again)

    def _schema(self, publisher: Publisher) -> Iterator[Drift]:
        from slo_assets.storage.releases import ReleaseError
        from slo_assets.storage.schemas import SchemaError, validate

        period, release = publisher.period.key, publisher.expected()
        try:
            documents = publisher.releases.documents(release) if release else {}
        except ReleaseError:
            return  # it is damaged, which is a drift of the file
        for deliverable in DELIVERABLES.values():
            if deliverable.file in documents:
                try:
                    validate(json.loads(documents[deliverable.file]), deliverable.name)
                except SchemaError as problem:
                    schema = f"a document that fits {deliverable.name}.schema.json"
                    again = f"slo-assets run --period {period}"
                    yield Drift("schema", deliverable.asset, period, schema, str(problem), again)

    def _code(self, period: Period, records: Mapping[str, Record]) -> Iterator[Drift]:
        for asset, record in records.items():
            yield from code_drift(asset, period.key, record.code_version, asset_code_version(asset))

    def _configuration(self, publisher: Publisher) -> Iterator[Drift]:
        from slo_assets.domain.release import Before, ConfigurationVersion
        from slo_assets.storage.releases import ReleaseError

        release = publisher.publication.release()
        try:
            if release is None:
                return
            manifest, settings = publisher.releases.manifest(release), publisher.releases.configuration(release)
        except ReleaseError:
            return  # it is damaged, which is a drift of the file
        config = self.inputs.config_of(publisher.period)
        now = ConfigurationVersion.after(Before(manifest, settings), config)
        period, asset = publisher.period.key, WORKFLOW_STATE.asset
        yield from configuration_drift(asset, period, manifest["version"], now.version, now.changes)

    def _data(self, period: Period, records: Mapping[str, Record]) -> Iterator[Drift]:
        for asset, record in records.items():
            current = {**self._sources(period), **self._recorded(record.made_from)}
            yield from data_drift(asset, period.key, record.made_from, current)

    def _recorded(self, made_from: Mapping[str, str]) -> dict[str, str | None]:
        """The recorded checksums of today of an asset's inputs."""
        months: dict[str, list[str]] = {}
        for name in made_from:
            asset, _, period = name.partition("@")
            if period:
                months.setdefault(asset, []).append(period)
        return {
            f"{asset}@{period}": checksum
            for asset, periods in months.items()
            for period, checksum in self._checksums(asset, periods).items()
        }

    def _checksums(self, asset: str, periods: Iterable[str]) -> dict[str, str | None]:
        found = self.records.checksums(asset, periods)
        return {period: found.get(period) for period in periods}

    def _sources(self, period: Period) -> dict[str, str | None]:
        """The data versions of today of the sources; all months are looked at once."""
        if not self._versions:
            from slo_assets.logs.versions import of_logs, of_reports

            months = sorted({*self.periods(), period})
            scans, aside = self.inputs.logs(self.inputs.config())
            logs, reports = SOURCES
            self._versions[logs] = of_logs(scans, aside, months)
            self._versions[reports] = of_reports(self.inputs.reports(), months)
        return {source: self._versions[source].get(period.key) for source in SOURCES}


def as_json(findings: Iterable[Findings]) -> list[dict[str, Any]]:
    """Findings as JSON values, for machines and for the record of a run."""
    return [
        {
            "period": found.period,
            "drifts": [vars(drift) for drift in found.drifts],
            "audit": list(found.audit),
            "putBack": found.put_back,
        }
        for found in findings
    ]
