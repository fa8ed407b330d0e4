"""Everything that touches the world: the clock, the input folder, the output.

What belongs here: access, and nothing that computes a number. Tests replace these instead of patching.
Concept: https://docs.dagster.io/guides/build/external-resources
"""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
from upath import UPath

from slo_assets.config import SloConfig
from slo_assets.periods import Period
from slo_assets.settings import CONFIG_FILE, Settings, clock, read_config
from slo_assets.storage.deliverables import file_name
from slo_assets.storage.files import checksum_of
from slo_assets.storage.io_manager import WorkFilesIOManager

if TYPE_CHECKING:
    from slo_assets.domain.event_log import FileScan
    from slo_assets.domain.quotes import Place, Quote
    from slo_assets.domain.telemetry import Reports
    from slo_assets.logs.workers import Workers
    from slo_assets.page.site import Site
    from slo_assets.storage.publication import Publication
    from slo_assets.storage.publisher import Publisher


class Clock(dg.ConfigurableResource):
    """Tells the time; a fixed instant serves tests, demonstrations and a look at a month as it stood then."""

    fixed: str = ""

    def now(self) -> int:
        """The present instant in microseconds."""
        return clock(self.fixed)


class Output(dg.ConfigurableResource):
    """Where results are kept."""

    url: str

    def publisher(self, period: Period) -> "Publisher":
        """Takes a period through its states, and publishes it."""
        from slo_assets.storage.publisher import Publisher

        return Publisher(UPath(self.url), period)

    def publication(self, period: Period) -> "Publication":
        """The published deliverables of a period."""
        from slo_assets.storage.publication import Publication

        return Publication(UPath(self.url) / "published" / period.key)

    def work(self, period: Period) -> UPath:
        """Where the files of a period are made: ``work/<period>``."""
        return UPath(self.url) / "work" / period.key

    def released(self) -> list[str]:
        """The periods of which there is a release, the oldest first."""
        folder = UPath(self.url) / "releases"
        found = [path for path in folder.iterdir() if path.is_dir()] if folder.exists() else []
        return sorted(path.name for path in found if any(path.glob("*.json")))

    def changed(self, checksums: Mapping[str, str], period: Period) -> list[str]:
        """The assets whose work file of a period is missing or has another checksum (sha256, hex) than given."""
        folder = self.work(period)
        return [asset for asset, made in checksums.items() if checksum_of(folder / file_name(asset)) != made]

    @property
    def site(self) -> "Site":
        """The pages that people look at."""
        from slo_assets.page.site import Site

        return Site(UPath(self.url) / "pages")

    def quotes(self, period: Period) -> UPath:
        """Where the log lines are kept that a period's anomalies name; it can be deleted while the logs are there."""
        return UPath(self.url) / "work" / "quotes" / f"{period.key}.json"

    @property
    def scans(self) -> UPath:
        """Where the scans of log files are kept; it can be deleted at any time."""
        return UPath(self.url) / "work" / "scans"


class Extraction(dg.ConfigurableResource):
    """Who reads the logs: this machine's cores, or a Dask cluster.

    A cluster's workers must reach the logs under the same path or URL, and have the same version installed.
    """

    scheduler: str = ""

    def workers(self, logs: UPath) -> "Workers":
        """Those who read the parts of the log files in a folder."""
        from slo_assets.logs.workers import dask_workers, local_workers

        return dask_workers(self.scheduler, logs) if self.scheduler else local_workers()


class Inputs(dg.ConfigurableResource):
    """What users provide: logs, telemetry files, configuration."""

    folder: str
    output: Output
    clock: Clock
    extraction: Extraction

    def config(self) -> SloConfig:
        """The SLO configuration as it stands in the file."""
        return read_config(self.folder)

    def config_of(self, period: Period) -> SloConfig:
        """The SLO configuration that holds in a period."""
        return self.config().of_period(period)

    def logs(
        self, config: SloConfig, progress: Callable[[str], None] = lambda _: None
    ) -> "tuple[list[FileScan], dict[str, Any]]":
        """What all log files tell up to now, and an account of those that tell nothing.

        Args:
            config: how lines are read, and which components there are.
            progress: told of each file that has to be parsed.
        """
        from slo_assets.logs import memory
        from slo_assets.logs.folder import LogFolder

        logs = UPath(self.folder) / "logs"
        workers = self.extraction.workers(logs)
        return memory.read(LogFolder(logs, self.output.scans, config, self.clock.now(), workers), progress)

    def quotes(self, wanted: "Collection[Place]", period: Period) -> "dict[Place, Quote]":
        """Those of some lines of the logs that are there, or that were found before by the same period."""
        from slo_assets.logs.quotes import Quotes

        return Quotes(UPath(self.folder) / "logs", self.output.scans, self.output.quotes(period)).of(wanted)

    def periods(self, progress: Callable[[str], None] = lambda _: None) -> list[Period]:
        """The periods of which logs or reports tell anything, from the first configured to the current one."""
        config = self.config()
        scans, _ = self.logs(config, progress)
        reports = self.reports().read
        logged = {key for scan in scans for key in scan.months}
        every = Period(config.first_period).until(Period.containing(self.clock.now()))
        return [p for p in every if p.key in logged or any(r.touches(p.start, p.end) for r in reports)]

    def look(self) -> dict[str, str]:
        """What the file system says of every log, every telemetry file and the configuration, without reading any.

        Returns:
            By path, what changes with every change of the file; the reason where a folder cannot be listed.
        """
        from slo_assets.logs.files import UNREADABLE, log_files, version

        folder = UPath(self.folder)
        logs, closed = log_files(folder / "logs")
        found = {str(path): str(problem) for path, problem in closed}
        telemetry = folder / "telemetry"
        reports = sorted(telemetry.glob("*.json"), key=str) if telemetry.exists() else []
        for path in (*logs, *reports, folder / CONFIG_FILE):
            try:
                found[str(path)] = version(path).key
            except UNREADABLE as problem:  # gone, or not to be looked at
                found[str(path)] = type(problem).__name__
        return found

    def written_since(self, moment: float) -> set[str]:
        """The sources of which a log was written to after a moment, without reading any.

        Args:
            moment: seconds since 1970, by the clock of the file system.
        """
        from slo_assets.logs.files import UNREADABLE, log_files, readable_name, version

        folder, sources = UPath(self.folder) / "logs", set()
        for path in log_files(folder)[0]:
            source = self.config().logs.source(readable_name(path, folder))
            try:
                if source and version(path).modified > moment:
                    sources.add(source.name)
            except UNREADABLE:
                continue
        return sources

    def reports(self) -> "Reports":
        """What all telemetry files tell, and why some cannot be used."""
        from slo_assets.logs.reports import read_reports

        return read_reports(UPath(self.folder) / "telemetry")


def default_resources(settings: Settings) -> dict[str, Any]:
    """The resources that the environment asks for."""
    clock_resource, output = Clock(fixed=settings.now), Output(url=settings.output)
    extraction = Extraction(scheduler=settings.dask)
    return {
        "clock": clock_resource,
        "output": output,
        "inputs": Inputs(folder=settings.data, output=output, clock=clock_resource, extraction=extraction),
        "io_manager": WorkFilesIOManager(output=settings.output),
    }
