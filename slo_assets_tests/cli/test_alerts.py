"""``slo-assets alerts``: what would be told is shown, what is told is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from slo_assets.cli import cli
from slo_assets_tests.alerts.receiving import Answer, hooks
from slo_assets_tests.conftest import ROOT
from slo_assets_tests.sensors.test_alerts import ALERTS, FAILURES
from slo_assets_tests.situations import SHIPPED_CONFIG


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A project with a month full of failures; alerts began before it was made."""
    root = tmp_path_factory.mktemp("cli-alerts")
    (root / "data" / "logs").mkdir(parents=True)
    (root / "data" / "logs" / "a.log").write_text(FAILURES, encoding="utf-8")
    config = SHIPPED_CONFIG.read_text(encoding="utf-8") + ALERTS
    (root / "data" / "slo-config.yaml").write_text(config, encoding="utf-8")
    (root / "home").mkdir()
    (root / "home" / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    variables = {
        "SLO_ASSETS_DATA": str(root / "data"),
        "SLO_ASSETS_OUTPUT": str(root / "out"),
        "SLO_ASSETS_NOW": "2025-11-24T12:00:00Z",
        "DAGSTER_HOME": str(root / "home"),
        "GOOD": "http://127.0.0.1:9/",
    }
    assert alerts(variables).exit_code == 0
    assert call(variables, "run", "--period", "2025-11").exit_code == 0
    return variables


def call(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner(env=environment).invoke(cli, arguments)


def alerts(environment: dict[str, str], *arguments: str) -> Result:
    return call(environment, "alerts", *arguments)


def test_a_dry_run_shows_what_would_be_told_and_sends_nothing(environment: dict[str, str]) -> None:
    for_people = alerts(environment, "--dry-run")
    for_machines = json.loads(alerts(environment, "--dry-run", "--json").stdout)

    assert for_people.exit_code == 0, for_people.stderr
    title = "canvas-component: 100 % of the error-rate budget of 2025-11 is used"
    assert f"Would tell good: [CRITICAL] {title}" in for_people.stdout
    assert "Policy step: at 100 %" in for_people.stdout
    assert title in [news["alert"]["title"] for news in for_machines["news"]]
    assert for_machines["delivered"] == []


def test_it_tells_once_and_exits_with_1_where_that_fails(environment: dict[str, str]) -> None:
    with hooks("good") as made:
        made["good"].answers = [Answer(500)]
        variables = environment | {"GOOD": made["good"].url}
        failed = alerts(variables, "--json")
        shown = alerts(variables, "--dry-run")

        assert failed.exit_code == 1, failed.stderr
        assert json.loads(failed.stdout)["failed"][0]["problem"] == "it answers 500 Internal Server Error: ok"
        assert "Waits for good (1 attempts; it answers 500" in shown.stdout
        assert len(made["good"].posts) == 1


def test_a_test_is_sent_at_once_and_says_that_it_is_one(environment: dict[str, str]) -> None:
    with hooks("good") as made:
        sent = alerts(environment | {"GOOD": made["good"].url}, "--test", "good")

        assert (sent.exit_code, sent.stdout) == (0, "good: delivered\n")
        assert made["good"].titles == ["This is a test of alerts; nothing is wrong"]


@pytest.mark.parametrize(
    ("arguments", "variable", "code", "says"),
    [
        (("--test", "nobody"), "x", 2, "there is no receiver 'nobody': name one of journal, good"),
        (("--test", "good", "--dry-run"), "x", 2, "--test sends something"),
        (("--test", "good"), "", 1, "the environment variable GOOD is not set"),
        (("--dry-run",), "", 1, "good: the environment variable GOOD is not set"),
    ],
)
def test_what_is_wrong_is_said(
    environment: dict[str, str], arguments: tuple[str, ...], variable: str, code: int, says: str
) -> None:
    done = alerts(environment | {"GOOD": variable}, *arguments)

    assert done.exit_code == code
    assert says in done.stdout + done.stderr


def test_the_journal_is_written_where_nothing_else_is_configured(environment: dict[str, str]) -> None:
    sent = alerts(environment, "--test", "journal")

    assert sent.exit_code == 0
    journal = Path(environment["DAGSTER_HOME"]) / "alerts" / "alerts.jsonl"
    assert "This is a test" in journal.read_text(encoding="utf-8")
