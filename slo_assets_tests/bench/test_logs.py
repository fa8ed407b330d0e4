"""``slo-assets bench logs``: real runs with tiny logs, and what is made of results."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Invocation
from rich.console import Console

from slo_assets import tables
from slo_assets.bench import logs, ours, report
from slo_assets.bench.contenders import CONTENDERS, DUCKDB, EVERYTHING, GROWN, LOOP, MTAIL, MTAIL_RULES, Contender
from slo_assets.bench.inputs import Piece
from slo_assets.bench.job import Measured
from slo_assets.bench.logs import MB, Result, Size, requirements
from slo_assets.cli import cli

BY_KEY = {contender.key: contender for contender in CONTENDERS}
SECONDS = {
    EVERYTHING: 1.0,
    GROWN: 0.08,
    DUCKDB: 2.0,
    "polars": 1.0,
    "ripgrep": 0.5,
    MTAIL: 2.0,
    MTAIL_RULES: 4.0,
    LOOP: 0.1,
}


def bench_logs(*arguments: str) -> Invocation:
    return CliRunner().invoke(cli, ["bench", "logs", "--rounds", "1", *arguments])


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    done = bench_logs("--megabytes", "0.3", "--json")
    assert done.exit_code == 0, done.stderr
    return dict(json.loads(done.stdout))


def installed(printed: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in printed["sizes"][0]["contenders"] if entry["installed"]]


def test_every_contender_is_listed_and_those_that_are_there_find_each_beat(printed: dict[str, Any]) -> None:
    (size,) = printed["sizes"]

    assert [entry["contender"] for entry in size["contenders"]] == list(BY_KEY)
    assert {EVERYTHING, GROWN, LOOP} <= {entry["contender"] for entry in installed(printed)}
    assert size["completedBeats"] > 0
    for entry in installed(printed):
        assert entry["problem"] is None
        assert [run["beats"] for run in entry["rounds"]] == [entry["expectedBeats"]]
        assert entry["seconds"] > 0
        assert entry["peakBytes"] > MB


def test_json_has_the_parts_of_our_time_and_the_share_of_new_lines(printed: dict[str, Any]) -> None:
    everything, grown = printed["sizes"][0]["contenders"][:2]

    assert 0 < everything["rounds"][0]["laps"]["read"] <= everything["seconds"]
    assert grown["shareOfWhole"] > 0
    assert grown["shareOfWholeExtraction"] > 0
    assert grown["bytesPerSecond"] is None
    assert len(printed["requirements"]) == 5


def install_only(monkeypatch: pytest.MonkeyPatch, *contenders: Contender) -> None:
    missing = {key: replace(contender, package="no-such-package") for key, contender in BY_KEY.items()}
    there = {contender.key: contender for contender in contenders}
    monkeypatch.setattr(logs, "CONTENDERS", tuple((missing | there).values()))


def test_the_table_is_for_people_and_the_logs_can_be_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install_only(monkeypatch, BY_KEY[LOOP])
    (tmp_path / "own.log").write_text(ours.TINY * 1000, encoding="utf-8")

    done = bench_logs("--megabytes", "0.05,0.1", "--input", str(tmp_path / "own.log"), "--keep", str(tmp_path / "kept"))

    assert done.exit_code == 0, done.stderr
    assert done.stdout.count("not installed") == 2 * (len(BY_KEY) - 1)
    assert done.stdout.count("not measured") == 5
    assert "0.1 MB, round 1 of 1: Python loop, one pattern: " in done.stderr
    kept = [tmp_path / "kept" / size / "logs" / logs.LOG_NAME for size in ("0.05-mb", "0.1-mb")]
    assert [len(log.read_text(encoding="utf-8").splitlines()) for log in kept] == [
        round(megabytes * MB) // len(ours.TINY.encode()) for megabytes in (0.05, 0.1)
    ]


def test_a_contender_that_fails_is_named_and_the_others_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    install_only(monkeypatch, Contender("unheard-of", "Unheard-of", ours.everything), BY_KEY[LOOP])

    done = bench_logs("--megabytes", "0.05")

    assert done.exit_code == 1
    assert "Unheard-of: failed: StopIteration" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Python loop, one pattern: 0." in done.stderr


def sample(change: Callable[[Result], None] = lambda _: None) -> Size:
    """100 MB, of which the slow ones read 20, with made-up figures."""
    results = []
    for contender in CONTENDERS:
        size = 20 * MB if contender.slow else MB if contender.key == GROWN else 100 * MB
        seconds = SECONDS[contender.key]
        laps = {"read": seconds / 2} if contender.key in {EVERYTHING, GROWN} else {}
        result = Result(contender, "1.0", size, 7, [Measured(seconds, 500 * MB, 7, laps)])
        change(result)
        results.append(result)
    return Size(Piece(Path("log"), 100 * MB, 7), results)


def shown(size: Size) -> str:
    console = Console(file=io.StringIO(), width=tables.WIDTH)
    console.print(report.closing([size], requirements([size])))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def row(text: str, name: str) -> str:
    (found,) = [line for line in text.splitlines() if name in line]
    return " ".join(found.replace(name, "").split())


def test_a_slice_counts_by_its_own_size() -> None:
    size = sample()

    assert size.times_as_fast(MTAIL_RULES) == pytest.approx(20)
    assert row(shown(size), "mtail, all rules and times") == "20.0 4.000 5.0 500 20.00 1.0, a slice"
    assert row(shown(size), "mtail, one rule") == "20.0 2.000 10.0 500 10.00 1.0, a slice"


def test_the_median_of_the_rounds_counts_and_the_most_memory() -> None:
    runs = [Measured(seconds, peak * MB, 7, {}) for seconds, peak in ((9, 1), (1, 3), (2, 2))]
    result = Result(BY_KEY[DUCKDB], "1.0", 100 * MB, 7, runs)

    assert (result.seconds, result.peak_bytes, result.speed) == (2, 3 * MB, 50 * MB)


def test_new_lines_have_a_share_instead_of_a_speed() -> None:
    text = shown(sample())

    assert row(text, "slo_assets, 1 % new lines, extraction") == "1.0 0.040 – 500 – 8.0 % of the whole"
    assert row(text, "slo_assets, 1 % new lines, everything") == "1.0 0.080 – 500 – 8.0 % of the whole"


def test_requirements_are_met_missed_or_not_measured() -> None:
    def change(result: Result) -> None:
        if result.contender.key == DUCKDB:
            result.version, result.runs = None, []

    size = sample(change)

    assert [requirement.verdict for requirement in requirements([size])] == [
        "not measured", "missed", "missed", "met", "missed",
    ]  # fmt: skip
    assert "as fast as DuckDB with one rule, ≥ 1 ×: not measured" in shown(size)
    assert "as fast as mtail with all rules and times, ≥ 40 ×: missed (20 ×)" in shown(size)
    assert "peak memory, ≤ 600 MB: met (500 MB)" in shown(size)


def test_a_contender_that_counts_differently_has_no_figures() -> None:
    def change(result: Result) -> None:
        if result.contender.key == MTAIL_RULES:
            result.runs = [replace(result.runs[0], beats=6)]

    size = sample(change)

    assert size.of(MTAIL_RULES).problem == "found 6 completed beats where the log has 7"
    assert row(shown(size), "mtail, all rules and times") == "– – – – – counts differently"
    assert requirements([size])[1].verdict == "not measured"


def test_different_counts_exit_with_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install_only(monkeypatch, BY_KEY[LOOP])
    timeless = ours.TINY.replace("2025-01-01T00:00:00.000Z ", "")
    (tmp_path / "own.log").write_text(ours.TINY + timeless, encoding="utf-8")

    done = bench_logs("--megabytes", "0.05", "--input", str(tmp_path / "own.log"))

    assert done.exit_code == 1
    assert "Python loop, one pattern: found " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "nowhere.log"], "'nowhere.log' does not exist"),
        (["--megabytes", "10,ten"], "no list of different sizes"),
        (["--megabytes", "0"], "no list of different sizes"),
        (["--megabytes", "0.00001"], "more megabytes"),
        (["--keep", str(Path(__file__).parent)], "is not empty"),
    ],
)
def test_wrong_use_exits_with_2_and_says_what_is_wrong(arguments: list[str], message: str) -> None:
    done = bench_logs(*arguments)

    assert done.exit_code == 2
    assert message in done.stderr.replace("\n", " ")
