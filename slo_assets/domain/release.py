"""What a release says of itself: its manifest, and how it differs from the one before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from slo_assets.config import SloConfig
from slo_assets.config.versions import Difference, bumped, differences, later, leaves, level, shown
from slo_assets.periods import Period

Manifest = dict[str, Any]

SCHEMA_VERSION = "1"
#: So many releases back does a manifest tell of.
TRAIL = 12


@dataclass(frozen=True)
class Origin:
    """Where the documents of a release come from.

    Attributes:
        run_id: the run that published them.
        code_versions: by asset, that of the code that made it.
        inputs: data versions by source and by asset that is no document, ``log_events`` for example.
        config: the configuration that holds in the period.
    """

    run_id: str
    code_versions: Mapping[str, str]
    inputs: Mapping[str, str]
    config: SloConfig


@dataclass(frozen=True)
class Before:
    """The release before: of the same period, else the latest of an earlier one.

    Attributes:
        manifest: its manifest.
        settings: the configuration that it was made with, as its user wrote it.
    """

    manifest: Manifest
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class ConfigurationVersion:
    """The version of a release's configuration.

    Attributes:
        version: the one that follows from the change since the release before, and never less than the declared one.
        changes: in what the two configurations differ.
    """

    version: str
    changes: tuple[Difference, ...]

    @classmethod
    def after(cls, before: Before | None, config: SloConfig) -> ConfigurationVersion:
        """The version of a configuration that follows another."""
        if before is None:
            return cls(config.version, ())
        changes = configuration_changes(before.settings, config)
        derived = bumped(before.manifest["version"], level(changes))
        return cls(later(derived, config.version), tuple(changes))


def configuration_changes(before: Mapping[str, Any], config: SloConfig) -> list[Difference]:
    """In what a configuration differs from an earlier one, of which only what its user wrote was kept.

    Both are compared with today's defaults, so that a default that came with a new version of the software is no
    change of the configuration; it is one of the code.
    """
    try:
        settings = SloConfig.model_validate(before).settings()
    except ValidationError:  # a setting that no longer exists: what was written is compared instead
        settings = dict(before)
    return differences(settings, config.settings())


def manifest(
    *,
    release: str,
    sequence: int,
    period: Period,
    checksums: Mapping[str, str],
    configuration_checksum: str,
    before: Before | None,
    origin: Origin,
    entry: Mapping[str, Any],
) -> Manifest:
    """A release's manifest, in the form of the plan's "JSON-Based Versioning".

    Args:
        release: its name.
        sequence: its number within the period, from 1.
        period: the month.
        checksums: ``sha256:`` over its documents, by their keys in the workflow state.
        configuration_checksum: ``sha256:`` over its configuration.
        before: the release before; None for the first of all.
        origin: where its documents come from.
        entry: the audit entry of its publication.
    """
    versioned = ConfigurationVersion.after(before, origin.config)
    same_period = before is not None and before.manifest["period"] == period.key
    earlier = before.manifest["auditTrail"] if before and same_period else []
    told = {
        "timestamp": entry["timestamp"],
        "action": "create",
        "release": release,
        "version": versioned.version,
        "hash": entry["hash"],
    }
    return {
        "version": versioned.version,
        "schema_version": SCHEMA_VERSION,
        "release": release,
        "sequence": sequence,
        "period": period.key,
        "previous": before.manifest["release"] if before and same_period else None,
        "checksums": dict(checksums),
        "lastModified": entry["timestamp"],
        "modifiedBy": entry["actor"],
        "runId": origin.run_id,
        "codeVersions": dict(origin.code_versions),
        "inputDataVersions": dict(origin.inputs),
        "configuration": {
            "declaredVersion": origin.config.version,
            "checksum": configuration_checksum,
            "changes": [str(change) for change in versioned.changes],
        },
        "auditTrail": [*earlier, told][-TRAIL:],
    }


def document_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], most: int
) -> tuple[list[dict[str, str]], int]:
    """The figures in which the documents of two releases differ.

    Args:
        before: parsed documents by file.
        after: the same of the other release.
        most: how many are listed.

    Returns:
        Rows of file, place, before and after, and how many there are in all.
    """
    rows: list[dict[str, str]] = []
    count = 0
    for file in sorted({*before, *after}):
        for place, was, now in leaves(before.get(file), after.get(file)):
            count += 1
            if len(rows) < most:
                rows.append({"file": file, "place": place, "before": shown(was), "after": shown(now)})
    return rows, count


def incoherent(made: Mapping[str, tuple[str, Mapping[str, str]]], period: Period) -> list[str]:
    """Which documents of a period were made from other versions of each other than those at hand.

    Args:
        made: by asset, its checksum and the checksums of what it was made from, by ``asset@period``.
        period: the month; what comes from other months is not looked at.
    """
    return [
        f"{asset} of {period.key} was made from another {other} ({version}) than the one at hand "
        f"({made[other][0]}). Remedy: materialize {asset} and what is made from it"
        for asset, (_, inputs) in made.items()
        for source, version in inputs.items()
        for other, _, month in [source.partition("@")]
        if month == period.key and other in made and made[other][0] != version
    ]
