"""Drift: where what is there is no longer what was recorded, or what would be made today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from slo_assets.config.versions import Difference

Kind = Literal["file", "schema", "code", "configuration", "data"]
KINDS: Sequence[Kind] = ("file", "schema", "code", "configuration", "data")

#: Kinds of which a published number may be wrong; the others say that it would be made anew today.
GRAVE = frozenset({"file", "schema"})
MISSING = "nothing"


@dataclass(frozen=True)
class Drift:
    """One thing that drifted.

    Attributes:
        kind: what drifted.
        asset: the asset that it concerns.
        period: the month.
        expected: what was recorded, or holds today.
        found: what is there instead.
        remedy: what to do.
    """

    kind: Kind
    asset: str
    period: str
    expected: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return (
            f"{self.kind} drift: {self.asset} of {self.period}: expected {self.expected}, found {self.found}. "
            f"Remedy: {self.remedy}"
        )


def file_drift(
    asset: str, period: str, path: str, recorded: str | None, found: str | None, remedy: str
) -> Iterable[Drift]:
    """Whether a file has other bytes than those recorded.

    Args:
        asset: whose file it is.
        period: the month.
        path: where it is.
        recorded: the sha256 (hex) that was recorded.
        found: that of its bytes; None where it is missing.
        remedy: what to do.
    """
    if recorded is not None and found != recorded:
        state = f"{path} with {found}" if found else f"{MISSING} in {path}"
        yield Drift("file", asset, period, f"sha256 {recorded}", state, remedy)


def code_drift(asset: str, period: str, recorded: str, current: str) -> Iterable[Drift]:
    """Whether an asset's month was made by another version of its code than today's."""
    if recorded != current:
        yield Drift("code", asset, period, f"code version {current}", recorded or MISSING, _again(asset, period))


def data_drift(
    asset: str, period: str, made_from: Mapping[str, str], current: Mapping[str, str | None]
) -> Iterable[Drift]:
    """Which inputs of an asset's month have changed since it was made.

    Args:
        asset: the asset.
        period: the month.
        made_from: the data versions that it was made from, by input.
        current: the ones of today, by input; None for one that is no longer there. Inputs that are absent here are
            not looked at.
    """
    for name, version in made_from.items():
        if name in current and current[name] != version:
            now = current[name] or MISSING
            yield Drift("data", asset, period, f"{name} at {now}", f"made from {version}", _again(asset, period))


def configuration_drift(
    asset: str, period: str, made_with: str, current: str, changes: Sequence[Difference]
) -> Iterable[Drift]:
    """Whether a release was made with another configuration than the one that holds for its period today.

    Args:
        asset: the asset that publishes.
        period: the month.
        made_with: the version of the release's configuration.
        current: the version that follows from the changes.
        changes: in what today's differs.
    """
    if changes:
        told = "; ".join(map(str, changes[:3])) + (f"; and {len(changes) - 3} more" if len(changes) > 3 else "")  # noqa: PLR2004
        remedy = f"materialize {period} again, or give the change an effectiveFrom so that it keeps what it had"
        yield Drift("configuration", asset, period, f"configuration {current} ({told})", made_with, remedy)


def _again(asset: str, period: str) -> str:
    return f"materialize {asset} of {period} and what is made from it: slo-assets run --period {period}"
