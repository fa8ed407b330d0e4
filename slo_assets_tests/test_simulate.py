"""The simulator: repeatable bytes, all dialects, the real telemetry's shape, and the oddities on purpose."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from slo_assets.simulate import COMPONENTS, INCIDENTS, Summary, simulate

MONTHS = 3
LINES = 12_000
SEED = 1
LAST_INSTANT = datetime(2025, 11, 24, 12, tzinfo=UTC)
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
DIALECTS = {
    "console": rf"EventBus\.ts:56 {ISO} \S",
    "console without source": rf" {ISO} \S",
    "console without instant": r"EventBus\.ts:329 🎼 ",
    "console with neither": r" Fetch status Object\n",
    "Cypress with LOG": rf"\[({ISO})\] LOG \1 \S",
    "Cypress with two instants": rf"\[({ISO})\] \1 \S",
    "Cypress with one instant": rf"\[{ISO}\] [^\dL]",
    "Serilog in summer": r"\[2025-09-\d\d \d\d:\d\d:\d\d\.\d{3} -04:00\] \[(DBG|INF|WRN|ERR|FTL)\] [\w.]+: ",
    "Serilog in winter": r"\[2025-11-\d\d \d\d:\d\d:\d\d\.\d{3} -05:00\] \[(DBG|INF|WRN|ERR|FTL)\] [\w.]+: ",
    "plain": rf"{ISO} .*\r\n",
    "startup": r"\[LOG\] 🧪 TEST: ",
}
NAMES = (
    r"localhost-\d{13}\.log",
    r"localhost-\d{13}\.log\.gz",
    r"web-variant-localhost-\d{13}\.log",
    r"drop-canvas-component-create-delay-localhost-\d{13}\.log",
    r"startup-and-drop-create-delay-localhost-\d{13}\.log\.zst",
    r"manual-drop-localhost\.log",
    r"component-resize-component-resize\.cy\.ts-\d{13}\.log",
    r"library-drop-library-drop\.cy\.ts-\d{13}\.log",
    r"theme-toggle-theme-toggle\.cy\.ts-\d{13}\.log",
    r"host-sdk-2025-\d\d-\d\d\.log",
    r"slow-timing-between-timestamps\.log",
    r"startup-plugins-\d{13}\.log",
    r"heartbeat-canvas-component-2025-\d\d-\d\d\.log",
)
STEPS = {
    "start": r"🎵 Beat \d+ Started: [^()]+ \(canvas:component:create\)$",
    "success": r"✅ BeatExecutor: Beat \d+ \(library\.component\.drag\.start\.requested\) completed in \d+ms$",
    "failure": r"❌ BeatExecutor: Beat \d+ \(canvas:component:resize:move\) failed: Error: ",
    "failure with a duration": r"❌ BeatExecutor: Beat \d+ \(\S+\) failed after \d+ms: Error: ",
    "mount": r"✅ Plugin mounted successfully: ControlPanelPlugin$",
    "failed mount": r"Failed to mount plugin \w+: Error: ",
    "unmapped": r"BeatExecutor: Beat \d+ \(analytics:page:view\) completed",
    "no failure": r"Cleaned up failed movement ",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    out = tmp_path_factory.mktemp("sample")
    return out, simulate(out, months=MONTHS, lines=LINES, seed=SEED)


def _content(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as source:
            return source.read()
    return path.read_bytes()


def _logs(out: Path) -> list[Path]:
    return sorted(path for path in (out / "logs").rglob("*") if path.is_file())


def _lines(path: Path) -> list[str]:
    return _content(path).decode().splitlines(keepends=True)


def _instants(path: Path) -> list[datetime]:
    """The first instant of each line that has one."""
    found = (re.search(r"\d{4}-\d\d-\d\d[T ][\d:.]{12}(Z| -0\d:00)", line) for line in _lines(path))
    return [datetime.fromisoformat(match[0].replace(" -0", "-0")) for match in found if match]


def _digest(out: Path) -> str:
    files = sorted(path for path in out.rglob("*") if path.is_file())
    parts = [f"{path.relative_to(out).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _telemetry(out: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((out / "telemetry").glob("*.json")):
        yield path.name, json.loads(path.read_text(encoding="utf-8"))


def _is_valid(document: dict[str, Any]) -> bool:
    return all(anomaly["occurrences"] >= 0 for anomaly in document["anomalies"])


def test_the_same_arguments_give_the_same_bytes(sample: tuple[Path, Summary], tmp_path: Path) -> None:
    simulate(tmp_path, months=MONTHS, lines=LINES, seed=SEED)

    assert _digest(tmp_path) == _digest(sample[0])


def test_another_seed_gives_another_sample(sample: tuple[Path, Summary], tmp_path: Path) -> None:
    simulate(tmp_path, months=MONTHS, lines=LINES, seed=SEED + 1)

    assert _digest(tmp_path) != _digest(sample[0])


@pytest.mark.parametrize(("months", "lines"), [(1, 1000), (3, 3000), (4, 30_000), (2, 300_000)])
def test_about_as_many_lines_are_written_as_were_asked_for(months: int, lines: int, tmp_path: Path) -> None:
    summary = simulate(tmp_path, months=months, lines=lines, seed=SEED)

    assert summary.lines == pytest.approx(lines, rel=0.1)


def test_a_large_sample_is_more_files_and_not_larger_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slo_assets.simulate.LINES_PER_FILE", 200)
    simulate(tmp_path, months=1, lines=10_000, seed=SEED)

    names = {path.name for path in _logs(tmp_path)}
    assert {"manual-drop-localhost.log", "manual-drop-localhost_001.log", "manual-drop-localhost_002.log"} <= names
    assert max(len(_lines(path)) for path in _logs(tmp_path)) < 400


def test_the_summary_counts_what_is_on_disk(sample: tuple[Path, Summary]) -> None:
    out, summary = sample
    telemetry = list((out / "telemetry").iterdir())

    assert summary == Summary(
        files=len(_logs(out)),
        lines=sum(len(_lines(path)) for path in _logs(out)),
        bytes=sum(path.stat().st_size for path in [*_logs(out), *telemetry]),
        telemetry_files=len(telemetry),
    )


@pytest.mark.parametrize("form", DIALECTS.values(), ids=DIALECTS.keys())
def test_every_dialect_is_there(form: str, sample: tuple[Path, Summary]) -> None:
    assert any(re.match(form, line) for path in _logs(sample[0]) for line in _lines(path))


@pytest.mark.parametrize("form", STEPS.values(), ids=STEPS.keys())
def test_every_kind_of_line_is_there(form: str, sample: tuple[Path, Summary]) -> None:
    assert any(re.search(form, line) for path in _logs(sample[0]) for line in _lines(path))


@pytest.mark.parametrize("form", NAMES)
def test_every_kind_of_name_is_there(form: str, sample: tuple[Path, Summary]) -> None:
    assert any(re.fullmatch(form, path.name) for path in _logs(sample[0]))


def test_each_month_has_its_folder_and_every_one_of_its_components(sample: tuple[Path, Summary]) -> None:
    for index, month in enumerate(("2025-09", "2025-10", "2025-11")):
        names = {path.name for path in (sample[0] / "logs" / month).iterdir()}
        beating = {name for name in COMPONENTS if any(file.startswith(f"heartbeat-{name}-") for file in names)}
        assert beating == {name for name, component in COMPONENTS.items() if component.months[index]}


def test_theme_is_silent_in_the_third_month(sample: tuple[Path, Summary]) -> None:
    out, _ = sample
    events = re.compile(r"\((app:ui:theme|theme)[:.]")
    november = [path for path in _logs(out) if path.parent.name == "2025-11"]
    named = [document["summary"]["componentsAffected"] for name, document in _telemetry(out) if "2025-11" in name]

    assert not [path.name for path in november if events.search(_content(path).decode())]
    assert not [components for components in named if "theme" in components]


def test_one_file_is_undated(sample: tuple[Path, Summary]) -> None:
    path = sample[0] / "logs" / "sample-telemetry.log"

    assert not re.search(r"\d{4}-\d\d-\d\d|\d{13}", path.name + path.read_text(encoding="utf-8"))


def test_startup_files_and_one_log_are_copies(sample: tuple[Path, Summary]) -> None:
    same = Counter(_content(path) for path in _logs(sample[0]))
    copied = [path.name for path in _logs(sample[0]) if same[_content(path)] > 1]

    assert [name for name in copied if name.endswith("-copy.log")]
    assert len([name for name in copied if name.startswith("startup-plugins-")]) > MONTHS


def test_one_file_spans_each_month_end_but_the_last(sample: tuple[Path, Summary]) -> None:
    months = [{instant.strftime("%Y-%m") for instant in _instants(path)} for path in _logs(sample[0])]

    assert months.count({"2025-09", "2025-10"}) == 1
    assert months.count({"2025-10", "2025-11"}) == 1


def test_the_last_month_stops_at_noon_of_the_24th_but_for_the_skewed_clock(sample: tuple[Path, Summary]) -> None:
    late = {path.name: sum(instant > LAST_INSTANT for instant in _instants(path)) for path in _logs(sample[0])}
    marked = {name: count for name, count in late.items() if name.startswith("skewed-clock-")}

    assert {name: count for name, count in late.items() if count} == marked
    assert len(marked) == 1
    assert 0 < sum(marked.values()) < 50


def test_instants_never_run_backwards_in_a_file(sample: tuple[Path, Summary]) -> None:
    assert all(_instants(path) == sorted(_instants(path)) for path in _logs(sample[0]))


def test_a_heartbeat_file_is_silent_for_over_five_minutes_where_a_gap_is_planned(sample: tuple[Path, Summary]) -> None:
    planned = {incident.component for incident in INCIDENTS if incident.kind == "gap" and incident.month == 0}
    found = set()
    for path in (sample[0] / "logs" / "2025-09").glob("heartbeat-*.log"):
        instants = _instants(path)
        if any((later - earlier).total_seconds() > 300 for earlier, later in pairwise(instants)):
            found.add(re.sub(r"heartbeat-(.+)-2025.*", r"\1", path.name))

    assert found == planned


def test_a_storm_has_over_fifty_operations_of_one_event_in_a_second(sample: tuple[Path, Summary]) -> None:
    form = re.compile(r"(\d{4}-\d\d-\d\dT[\d:]{8}).*BeatExecutor: Beat \d+ \(([^()]+)\)")
    seconds = Counter(
        match.groups() for path in _logs(sample[0]) for line in _lines(path) if (match := form.search(line))
    )

    storms = sum(incident.size for incident in INCIDENTS if incident.kind == "storm")
    assert sum(count > 50 for count in seconds.values()) == storms


def test_an_outage_is_at_least_three_failures_in_a_row_over_its_minutes(sample: tuple[Path, Summary]) -> None:
    (outage,) = (incident for incident in INCIDENTS if incident.kind == "outage" and incident.month == 2)
    form = re.compile(rf"({ISO}) \S BeatExecutor: Beat \d+ \(canvas:[^()]+\) (failed|completed)")
    runs = []
    for path in (sample[0] / "logs" / "2025-11").glob("web-variant-*.log"):
        steps = [match.groups() for line in _lines(path) if (match := form.search(line))]
        for failed, group in groupby(pairwise(steps), key=lambda pair: pair[0][1] == "failed"):
            pairs = list(group)
            if failed and len(pairs) >= 3:
                first, last = (datetime.fromisoformat(instant) for instant in (pairs[0][0][0], pairs[-1][1][0]))
                runs.append((last - first).total_seconds() / 60)

    assert runs == [pytest.approx(outage.size, abs=0.1)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_third_month_spends_most_of_the_control_panels_error_budget(seed: int, tmp_path: Path) -> None:
    simulate(tmp_path, months=MONTHS, lines=42_000, seed=seed)
    form = re.compile(r"BeatExecutor: Beat \d+ \(control:panel:[^()]+\) (failed|completed)")
    rates = []
    for month in ("2025-09", "2025-10", "2025-11"):
        contents = {_content(path) for path in (tmp_path / "logs" / month).iterdir()}
        outcomes = Counter(outcome for content in contents for outcome in form.findall(content.decode()))
        assert outcomes.total() > 300
        rates.append(outcomes["failed"] / outcomes.total())

    assert 0.8 < rates[2] / (1.5 * (rates[0] + rates[1]) / 2) < 0.99


def test_telemetry_has_the_real_shape(sample: tuple[Path, Summary], shared_telemetry: dict[str, Any]) -> None:
    for _, document in _telemetry(sample[0]):
        assert list(document) == list(shared_telemetry)
        assert list(document["metadata"]) == list(shared_telemetry["metadata"])
        assert list(document["summary"]) == list(shared_telemetry["summary"])
        assert {tuple(anomaly) for anomaly in document["anomalies"]} == {tuple(shared_telemetry["anomalies"][0])}


def test_telemetry_uses_the_real_event_keys(sample: tuple[Path, Summary], shared_telemetry: dict[str, Any]) -> None:
    real = {anomaly["event"] for anomaly in shared_telemetry["anomalies"]}
    written = {anomaly["event"] for _, document in _telemetry(sample[0]) for anomaly in document["anomalies"]}

    assert written == real


@pytest.fixture(scope="module")
def shared_telemetry() -> dict[str, Any]:
    root = Path(__file__).parents[2]
    path = root / "shared" / "data" / "renderx" / "telemetry" / "renderx-web-telemetry.json"
    if not path.is_file():
        pytest.skip("the real telemetry is not here")
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def test_each_month_has_valid_telemetry_and_one_file_is_broken(sample: tuple[Path, Summary]) -> None:
    documents = dict(_telemetry(sample[0]))

    assert all(_is_valid(documents[f"renderx-web-telemetry-2025-{month}.json"]) for month in ("09", "10", "11"))
    assert len([name for name, document in documents.items() if not _is_valid(document)]) == 1


def test_telemetry_stays_within_its_time_range_and_before_the_last_instant(sample: tuple[Path, Summary]) -> None:
    for _, document in _telemetry(sample[0]):
        start, end = map(datetime.fromisoformat, document["metadata"]["timeRange"].split(" to "))
        assert end <= LAST_INSTANT
        for anomaly in document["anomalies"]:
            first, last = datetime.fromisoformat(anomaly["firstSeen"]), datetime.fromisoformat(anomaly["lastSeen"])
            assert start <= first < last <= end


def test_an_anomaly_crosses_each_month_end_but_the_last(sample: tuple[Path, Summary]) -> None:
    crossing = {
        (anomaly["firstSeen"][:7], anomaly["lastSeen"][:7])
        for _, document in _telemetry(sample[0])
        for anomaly in document["anomalies"]
        if anomaly["firstSeen"][:7] != anomaly["lastSeen"][:7]
    }

    assert crossing == {("2025-09", "2025-10"), ("2025-10", "2025-11")}


def test_another_first_month_may_be_chosen_and_the_tables_repeat(tmp_path: Path) -> None:
    simulate(tmp_path, months=5, lines=5000, seed=SEED, first="2023-11")

    months = sorted(path.name for path in (tmp_path / "logs").iterdir() if path.is_dir())
    assert months == ["2023-11", "2023-12", "2024-01", "2024-02", "2024-03"]
    themed = [month for month in months if list((tmp_path / "logs" / month).glob("theme-toggle-*"))]
    assert themed == ["2023-11", "2023-12", "2024-02", "2024-03"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"months": 0}, "months is 0. Ask for at least 1."),
        ({"lines": 0}, "lines is 0. Ask for at least 1."),
        ({"first": "2025-13"}, "'2025-13' is no period. Write a calendar month as YYYY-MM"),
    ],
    ids=["months", "lines", "first"],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], message: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"months": MONTHS, "lines": LINES, "seed": SEED} | arguments

    with pytest.raises(ValueError, match=re.escape(message)):
        simulate(tmp_path, **given)
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    mine = tmp_path / "logs" / "mine.log"
    mine.parent.mkdir()
    mine.write_text("mine", encoding="utf-8")

    with pytest.raises(ValueError, match=r"logs is not empty\. Remove it or name another folder"):
        simulate(tmp_path, months=1, lines=1000, seed=SEED)
    assert mine.read_text(encoding="utf-8") == "mine"
