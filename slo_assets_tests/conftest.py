"""Projects of their own for tests: input, output, clock and Dagster instance, with nothing patched."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from upath import UPath

from slo_assets.backfill import QUIET, Backfill, MonthResult, failure
from slo_assets.definitions import build_defs
from slo_assets.instance import OpenSqliteStorage
from slo_assets.ops import OUTCOME
from slo_assets.periods import Period
from slo_assets.resources import default_resources
from slo_assets.settings import Settings
from slo_assets.storage.publisher import Publisher

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
SAMPLE_NOW = "2025-11-24T12:00:00Z"
SAMPLE_MONTHS = ("2025-09", "2025-10", "2025-11")


#: What takes a minute and more, since it waits for processes of its own: begun first, so that no worker is left
#: with it while the others have nothing to do.
LONG = (
    "test_production.py",
    "test_cli.py",
    "docs/test_console.py",
    "browser/test_page.py",
    "browser/test_dagster_ui.py",
    "logs/test_beyond_one_machine.py",
    "test_verification.py",
    "test_code_version.py",
    "test_backfill.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the modules that take longest; all others stay in their order."""
    order = {Path(__file__).parent / name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


@dataclass
class Project:
    """One application: its folders, its clock, and a Dagster instance of its own."""

    data: Path
    output: str
    now: str
    instance: dg.DagsterInstance

    @cached_property
    def definitions(self) -> dg.Definitions:
        return build_defs(resource_overrides=self.resources())

    @cached_property
    def backfill(self) -> Backfill:
        settings = Settings(str(self.data), self.output, self.now)
        return Backfill(self.definitions, self.instance, settings, self.resources()["inputs"])

    def resources(self) -> dict[str, Any]:
        return default_resources(Settings(str(self.data), self.output, self.now))

    def run(self, month: str) -> MonthResult:
        return self.backfill.run(Period(month))

    def execute(self, job: str, op: str, settings: dict[str, Any]) -> dict[str, Any]:
        """Run a job of one step and return what it ended with."""
        run_config = {**QUIET, "ops": {op: {"config": settings}}}
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance, run_config=run_config, raise_on_error=False
        )
        assert result.success, failure(result)
        ended = next(event for event in result.all_events if event.is_successful_output)
        outcome: dict[str, Any] = ended.step_output_data.metadata[OUTCOME].value  # type: ignore[assignment]
        return outcome

    def verify(self, *months: str, roll_back: bool = True) -> dict[str, Any]:
        """What is wrong with each month, by month."""
        found = self.execute("verify", "verify_months", {"periods": list(months), "roll_back": roll_back})
        return {month["period"]: month for month in found["months"]}

    def drifts(self, month: str) -> set[tuple[str, str]]:
        """Kind and asset of each drift of a month; nothing is put back."""
        return {(drift["kind"], drift["asset"]) for drift in self.verify(month, roll_back=False)[month]["drifts"]}

    def publisher(self, month: str) -> Publisher:
        return Publisher(UPath(self.output), Period(month))

    def published(self, month: str, name: str) -> Path:
        return Path(self.output) / "published" / month / f"{name}.json"

    def work(self, month: str, name: str) -> Path:
        return Path(self.output) / "work" / month / name

    def materialization(self, asset: str, month: str) -> dg.AssetMaterialization:
        records = dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[month])
        found = self.instance.fetch_materializations(records, limit=1).records[0].asset_materialization
        assert found is not None
        return found

    def check(self, asset: str, name: str) -> dg.AssetCheckEvaluation:
        """The latest result of a check, of whichever month ran last."""
        key = dg.AssetCheckKey(dg.AssetKey(asset), name)
        record = self.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
        assert record.event is not None
        event = record.event.dagster_event
        assert event is not None
        return event.asset_check_evaluation_data

    def bytes_by_file(self) -> dict[str, bytes]:
        """All work and published files, as readers find them."""
        root = Path(self.output)
        found = [path for kind in ("work", "published") for path in sorted(root.glob(f"{kind}/2*/*.*"))]
        return {str(path.relative_to(root)): path.read_bytes() for path in found}


def local_instance(folder: Path) -> dg.DagsterInstance:
    """A Dagster instance in a folder, its files kept open as ``slo-assets run`` keeps them.

    Opened and closed for each event, they take longer than what is tested. That the records are the same is tested
    in ``test_instance``; commands, servers and daemons that are started for real use Dagster's own storage.
    """
    storage = {"module": OpenSqliteStorage.__module__, "class": OpenSqliteStorage.__name__}
    compute_logs = {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
    settings = {
        "telemetry": {"enabled": False},
        "storage": {"custom": {**storage, "config": {"base_dir": str(folder)}}},
        "compute_logs": compute_logs,
    }
    return dg.DagsterInstance.local_temp(str(folder), overrides=settings)


MakeProject = Callable[..., Project]


@pytest.fixture(scope="session")
def make_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeProject]:
    """Make a project from the text of logs and telemetry files by name, or from a folder that exists."""
    with ExitStack() as stack:

        def make(
            logs: Mapping[str, str] | None = None,
            telemetry: Mapping[str, str] | None = None,
            *,
            data: Path | None = None,
            output: str = "",
            now: str = SAMPLE_NOW,
        ) -> Project:
            root = tmp_path_factory.mktemp("project")
            folder = data or root / "data"
            for kind, files in (("logs", logs or {}), ("telemetry", telemetry or {})):
                for name, text in files.items():
                    path = folder / kind / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
            instance = stack.enter_context(local_instance(root))
            return Project(folder, output or str(root / "output"), now, instance)

        yield make


@pytest.fixture(scope="session")
def sample(make_project: MakeProject, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The shipped sample, with all its months materialized."""
    data = tmp_path_factory.mktemp("sample") / "data"
    shutil.copytree(ROOT / "data", data, ignore=shutil.ignore_patterns("work", "published"))
    project = make_project(data=data)
    results = [project.run(month) for month in SAMPLE_MONTHS]
    assert [result.error for result in results] == [""] * len(results)
    return project


@pytest.fixture(scope="session")
def real(make_project: MakeProject) -> Project:
    """The real input, November 2025 materialized."""
    data = SHARED / "data" / "renderx"
    if not data.exists():
        pytest.skip("the real input is not part of the repository")
    project = make_project(data=data)
    assert project.run("2025-11").error == ""
    return project
