"""A period on its way through the state machine: calculated, published, rolled back, and every step on record."""

from __future__ import annotations

import datetime as dt
import getpass
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from upath import UPath

from slo_assets.config import Releases as ReleaseSettings
from slo_assets.domain.audit import Entry
from slo_assets.domain.release import Before, Manifest, Origin, manifest
from slo_assets.domain.workflow import BEGINNING, PUBLISHED
from slo_assets.periods import Period
from slo_assets.storage.audit import AuditTrail, state_after
from slo_assets.storage.canonical import canonical
from slo_assets.storage.deliverables import DELIVERABLES, file_name
from slo_assets.storage.files import sha256
from slo_assets.storage.locks import exclusive
from slo_assets.storage.publication import Publication
from slo_assets.storage.releases import ReleaseError, Releases, release_id

#: Audit actions after which a release is the published one.
SWITCHES = ("publish", "rollback")
#: What the entry says with which a run takes a period over.
BEGUN = {"action": "calculate", "result": "begun"}


class ValidationFailedError(RuntimeError):
    """The documents of a period do not belong together; the message names each, and nothing was published."""


@dataclass(frozen=True)
class Published:
    """What became of a publication.

    Attributes:
        release: the release that is published now.
        manifest: its manifest.
        new: whether it was made now; unchanged content makes none.
        previous: the release that was published before; None for the first.
        damaged: files that were not whole after the switch, so that the release before was put back.
        pruned: releases that were not kept any longer.
    """

    release: str
    manifest: Manifest
    new: bool
    previous: str | None
    damaged: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Publisher:
    """The published side of one period.

    Args:
        output: the output folder or URL.
        period: the month.
        actor: who acts; the user and machine where it is empty.
    """

    output: UPath
    period: Period
    actor: str = ""

    @cached_property
    def releases(self) -> Releases:
        """All releases of the period."""
        return Releases(self.output / "releases", self.period)

    @cached_property
    def publication(self) -> Publication:
        """What readers see."""
        return Publication(self.output / "published" / self.period.key)

    @cached_property
    def trail(self) -> AuditTrail:
        """The audit trail of the period."""
        return AuditTrail(self.output / "audit", self.period, self.actor or _whoever(), _wall_clock)

    def begin(self, run_id: str) -> None:
        """Take the period to CALCULATING, once for a run, before it changes any file.

        It waits while another run publishes. A run that is found in the middle has died, or has not come to its end:
        it is on record as failed before this one begins.
        """

        def path(last: Entry | None) -> list[tuple[str, Mapping[str, Any]]]:
            state = state_after(last)
            if last is not None and last.get("runId") == run_id and state == "CALCULATING":
                return []
            return self._beginning(last, run_id)

        with self._alone():
            self.trail.steps(path)

    def calculated(self, asset: str, checksum: str, run_id: str) -> None:
        """Note that an asset's file was written; ``checksum`` is the sha256 (hex) of its bytes."""
        self.trail.note(
            "calculate",
            asset=asset,
            result="success",
            checksums={file_name(asset): f"sha256:{checksum}"},
            runId=run_id,
        )

    def failed(self, asset: str, reason: str, run_id: str) -> None:
        """Take the period to FAILED, unless another run has taken over meanwhile."""
        self.trail.steps(
            lambda last: (
                [("FAILED", {"action": "fail", "asset": asset, "result": "failure", "reason": reason, "runId": run_id})]
                if last is not None and last.get("runId") == run_id and state_after(last) != "FAILED"
                else []
            )
        )

    def publish(
        self, documents: Mapping[str, bytes], problems: Sequence[str], origin: Origin, kept: ReleaseSettings
    ) -> Published:
        """Publish the documents of a period as a release, all together or not at all.

        Args:
            documents: the bytes of all deliverables, by file.
            problems: why they do not belong together; none where they do.
            origin: where they come from.
            kept: how many releases are kept, and whether the one before is put back where the new one is not whole
                after the switch.

        Raises:
            ValidationFailedError: there are problems; the period is FAILED, and what was published still is.
            OSError: the release cannot be written; what was published still is.
        """
        checksums = {file: sha256(data) for file, data in documents.items()}
        release = release_id(checksums)
        named = {d.checksum_key: f"sha256:{checksums[d.file]}" for d in DELIVERABLES.values()}
        about = {"asset": "slo_workflow_state", "checksums": named, "runId": origin.run_id}
        with self._alone():
            self._validate(problems, about)
            previous = self.publication.release()
            whole = not self.publication.differing(checksums) and self.releases.is_whole(release)
            if previous == release and whole:
                self.trail.steps(lambda _: self._finished(release, about, "unchanged"))
                return Published(release, self.releases.manifest(release), new=False, previous=previous)
            entry = self.trail.step(
                "PUBLISHING", "publish", result="begun", release=release, previous=previous, **about
            )
            new = release not in self.releases.ids()
            self._keep(release, documents, named, origin, entry)
            self._switch(release, documents)
            self._record("publish", ("MONITORING",), release=release, **about)
            damaged = tuple(self.publication.differing(checksums))
            if damaged and kept.automatic_rollback:
                reason = f"not whole after the switch: {', '.join(damaged)}"
                self._restore(self._candidates(None, release), reason, origin.run_id)
            pruned = self._prune(kept.keep)
        now = self.publication.release() or release
        return Published(now, self.releases.manifest(now), new, previous, damaged, pruned)

    def unchanged(self, run_id: str) -> bool:
        """End a run that found nothing new: the release that is published stays.

        Returns:
            False where none is published, or not as it was; such a run has to go on.
        """
        with self._alone():
            release = self.expected()
            if release is None or not self.releases.is_whole(release) or self.drifted():
                return False
            about = {"asset": "slo_workflow_state", "runId": run_id}
            self._validate([], about)
            self.trail.steps(lambda _: self._finished(release, about, "unchanged"))
        return True

    def rollback(self, to: str | None, reason: str, run_id: str) -> str:
        """Put a release back, byte for byte.

        Args:
            to: its name; where it is absent, the last good one: the published release itself where its files have
                drifted, else the one that was published before it.
            reason: why, for the audit trail.
            run_id: the run that does it.

        Returns:
            The release that is published now.

        Raises:
            ReleaseError: there is no such release, or none that is whole.
        """
        with self._alone():
            current = self.expected()
            candidates = [to] if to else self._candidates(current, None if self.drifted() else current)
            return self._restore(candidates, reason, run_id)

    def drifted(self) -> dict[str, str | None]:
        """The published files that are not those of the published release, with the checksum found.

        Raises:
            ReleaseError: the release's manifest is missing or damaged.
        """
        release = self.expected()
        return {} if release is None else self.publication.differing(self.releases.checksums(release))

    def expected(self) -> str | None:
        """The release that ought to be published, as the audit trail says; None where none was ever."""
        # Whatever is wrong with the trail's end is told elsewhere, and hides nothing here.
        current, last = self.publication.release(), next(filter(None, self.trail.newest()), None)
        if current and last and last.get("result") == "begun" and last.get("release") == current:
            return current  # the run that switched to it died before it could say so
        return next(self.switched(), None)

    def switched(self) -> Iterator[str]:
        """The releases that were published or put back, the latest first."""
        # Putting one back takes two steps.
        return (release for release, _ in groupby(str(entry["release"]) for entry in self._switches()))

    def put_back(self) -> Entry | None:
        """What was said when the published release was put back; None where a run has published it."""
        last = next(self._switches(), None)
        return last if last and last["action"] == "rollback" else None

    def _switches(self) -> Iterator[Entry]:
        return (
            entry
            for entry in self.trail.newest()
            if entry and entry.get("action") in SWITCHES and entry.get("result") == "success"
        )

    def said_by(self, run_id: str) -> list[Entry]:
        """What a run has put on record since it took the period over, the oldest first."""
        said: list[Entry] = []
        for entry in filter(None, self.trail.newest()):
            if entry.get("runId") == run_id:
                said.append(entry)
            elif any(BEGUN.items() <= one.items() for one in said):
                break
        return said[::-1]

    def released_checksum(self, asset: str) -> str | None:
        """The sha256 (hex) that an asset's file had in the published release; None where none knows of it."""
        release = self.publication.release()
        try:
            found = self.releases.manifest(release) if release else None
        except ReleaseError:
            return None
        if release is None or found is None:
            return None
        if asset in DELIVERABLES:
            return self.releases.checksums(release).get(DELIVERABLES[asset].file)
        return found["inputDataVersions"].get(asset)  # type: ignore[no-any-return]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with exclusive(self.releases.folder / ".lock"):
            yield

    def _beginning(self, last: Entry | None, run_id: str) -> list[tuple[str, Mapping[str, Any]]]:
        state = state_after(last)
        died = f"run {last.get('runId') or 'unknown'} did not come to its end" if last else ""
        said = {
            "FAILED": {"action": "fail", "result": "failure", "reason": died, "runId": run_id},
            "MONITORING": {"action": "monitor", "result": "success", "runId": run_id},
            "CALCULATING": {**BEGUN, "runId": run_id},
        }
        return [(following, said[following]) for following in BEGINNING[state]]

    def _validate(self, problems: Sequence[str], about: Mapping[str, Any]) -> None:
        def path(last: Entry | None) -> list[tuple[str, Mapping[str, Any]]]:
            begun = [] if state_after(last) == "CALCULATING" else self._beginning(last, about["runId"])
            result = "failure" if problems else "success"
            return [*begun, ("VALIDATING", {"action": "validate", "result": result, **about})]

        self.trail.steps(path)
        if problems:
            self.trail.step("FAILED", "fail", result="failure", reason="; ".join(problems), **about)
            raise ValidationFailedError("; ".join(problems))

    def _keep(
        self, release: str, documents: Mapping[str, bytes], named: Mapping[str, str], origin: Origin, entry: Entry
    ) -> None:
        settings = canonical(origin.config.written())
        made = manifest(
            release=release,
            sequence=self.releases.next_sequence(),
            period=self.period,
            checksums=named,
            configuration_checksum=f"sha256:{sha256(settings)}",
            before=self._before(),
            origin=origin,
            entry=entry,
        )
        self.releases.add(made, [*documents.values(), settings])

    def _before(self) -> Before | None:
        """The release published last in this period, else in the latest earlier one."""
        for period in self._periods_back():
            publisher = Publisher(self.output, period, self.actor)
            release = publisher.publication.release()
            if release:
                try:
                    return Before(publisher.releases.manifest(release), publisher.releases.configuration(release))
                except ReleaseError:
                    continue
        return None

    def _periods_back(self) -> list[Period]:
        folder = self.output / "releases"
        known = [path.name for path in folder.iterdir() if path.is_dir()] if folder.exists() else []
        return [Period(key) for key in sorted(known, reverse=True) if key <= self.period.key]

    def _switch(self, release: str, documents: Mapping[str, bytes]) -> None:
        objects = {file: f"releases/{self.period.key}/objects/{sha256(data)}" for file, data in documents.items()}
        self.publication.switch(release, documents, objects)

    def _finished(self, release: str, about: Mapping[str, Any], result: str) -> list[tuple[str, Mapping[str, Any]]]:
        return [
            ("PUBLISHING", {"action": "publish", "result": result, "release": release, **about}),
            ("MONITORING", {"action": "publish", "result": result, "release": release, **about}),
        ]

    def _record(self, action: str, path: Sequence[str], **about: Any) -> None:
        """Say that a switch was made, with the steps that follow from it.

        Without locks, on an object store, another run may have taken the period over meanwhile: then its state stays.
        """
        expected = {"publish": "PUBLISHING", "rollback": "DRIFTED"}[action]
        content = {"action": action, "result": "success", **about}
        if not self.trail.steps(
            lambda last: [(state, content) for state in path] if state_after(last) == expected else []
        ):
            self.trail.note(**content)

    def _candidates(self, current: str | None, without: str | None) -> list[str]:
        """Releases that can be put back, the best first: the current one, then those published before it."""
        known = set(self.releases.ids())
        order = [*([current] if current else []), *self.switched()]
        return [release for release in dict.fromkeys(order) if release in known and release != without]

    def _restore(self, candidates: Sequence[str], reason: str, run_id: str) -> str:
        """Put the first whole release back."""
        documents, release = self._whole(candidates)
        about = {"asset": "slo_workflow_state", "release": release, "reason": reason, "runId": run_id}
        drift = {"action": "rollback", "result": "begun", **about}
        self.trail.steps(lambda last: [("DRIFTED", drift)] if state_after(last) == PUBLISHED else [])
        self._switch(release, documents)
        found = self.publication.differing({file: sha256(data) for file, data in documents.items()})
        if found:
            msg = f"{', '.join(found)} of {self.period.key} cannot be put back in {self.publication.folder}"
            raise ReleaseError(f"{msg}. Remedy: see whether the output can be written to.")
        self._record("rollback", ("ROLLED_BACK", "MONITORING"), **about)
        return release

    def _whole(self, candidates: Sequence[str]) -> tuple[dict[str, bytes], str]:
        problems = []
        for release in candidates:
            try:
                return self.releases.documents(release), release
            except ReleaseError as problem:
                problems.append(str(problem))
        told = " ".join(problems) or "no earlier release is kept. Remedy: materialize the month again."
        msg = f"{self.period.key} cannot be rolled back: {told}"
        raise ReleaseError(msg)

    def _prune(self, keep: int) -> tuple[str, ...]:
        if len(self.releases.ids()) <= keep:
            return ()
        current, latest = self.publication.release(), set()
        for release in self.switched():
            latest.add(release)
            if len(latest) == keep:
                break
        return tuple(self.releases.prune({*latest, *([current] if current else [])}))


def _whoever() -> str:
    """The user and the machine."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user that has no name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def _wall_clock() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
