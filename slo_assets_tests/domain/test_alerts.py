"""What people are told: once for each cause, again when it gets worse, and of its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_assets.config import JOURNAL, Alerts, SloConfig
from slo_assets.domain.alerts import (
    LONGEST,
    SEVERITIES,
    WATCHES,
    Alert,
    CheckResult,
    Condition,
    Known,
    News,
    Observation,
    alert,
    changes,
    of_budgets,
    of_checks,
    of_compliance,
    of_receiver,
    receivers_of,
    watch_of,
)
from slo_assets.domain.documents import Document
from slo_assets_tests.situations import config_with, documents, event_log, shipped_config, telemetry_files

RULES = Alerts.model_validate({"recoveredAfterMinutes": 10})
MINUTE = 60.0
NOW = 1_763_985_600.0  # 2025-11-24T12:00:00Z


def rules(**settings: Any) -> Alerts:
    receivers = {
        "chat": {"kind": "slack", "url": {"env": "CHAT"}},
        "pager": {"kind": "pagerduty", "routingKey": {"env": "PAGER"}, "minSeverity": "error"},
        "boss": {"kind": "webhook", "url": {"env": "BOSS"}},
    }
    return Alerts.model_validate({"receivers": receivers, **settings})


def condition(cause: str = "a", level: float = 1.0, **fields: Any) -> Condition:
    values: dict[str, Any] = {"scope": f"scope of {cause}", "kind": "budget", "severity": "warning", "title": cause}
    return Condition(**{**values, "cause": cause, "level": level, **fields})


def seen(*conditions: Condition, looked: tuple[str, ...] = ("a", "b"), unreadable: tuple[str, ...] = ()) -> Observation:
    return Observation(
        {one.cause: one for one in conditions},
        frozenset(f"scope of {cause}" for cause in looked),
        frozenset(f"scope of {cause}" for cause in unreadable),
    )


class People:
    """Those who are told, look by look."""

    def __init__(self, known: Mapping[str, Known] | None = None) -> None:
        self.known = dict(known or {})

    def told(self, what: Observation, minute: float = 0, *, quiet: bool = False) -> list[tuple[str, str]]:
        news, self.known = changes(self.known, what, RULES, NOW + minute * MINUTE, quiet=quiet)
        return [(one.action, one.condition.cause) for one in news]


# --- news -----------------------------------------------------------------------------------------------------------


def test_something_wrong_is_told_once() -> None:
    people = People()

    assert people.told(seen(condition())) == [("trigger", "a")]
    assert people.told(seen(condition())) == []


def test_it_is_told_again_when_it_gets_worse_and_not_when_it_eases() -> None:
    people = People()
    people.told(seen(condition(level=50)))

    assert people.told(seen(condition(level=80))) == [("trigger", "a")]
    assert people.told(seen(condition(level=50))) == []
    assert people.told(seen(condition(level=80))) == []


def test_its_end_is_told_once_it_has_been_well_for_a_while() -> None:
    people = People()
    people.told(seen(condition()))

    assert people.told(seen(), minute=1) == []
    assert people.told(seen(), minute=10.9) == []
    assert people.told(seen(), minute=11) == [("resolve", "a")]
    assert people.told(seen(), minute=12) == []


def test_what_flickers_is_told_once() -> None:
    people = People()
    told = [people.told(seen(*([condition()] if minute % 2 else [])), minute) for minute in range(1, 60)]

    assert [news for news in told if news] == [[("trigger", "a")]]


def test_what_comes_back_after_its_end_is_told_again() -> None:
    people = People()
    people.told(seen(condition()))
    people.told(seen(), minute=1)
    people.told(seen(), minute=11)

    assert people.told(seen(condition()), minute=12) == [("trigger", "a")]


def test_the_first_look_tells_nobody_and_neither_does_the_end_of_what_it_saw() -> None:
    people = People()

    assert people.told(seen(condition("a"), condition("b")), quiet=True) == []
    assert people.told(seen(condition("a", level=2.0)), minute=1) == [("trigger", "a")]
    assert people.told(seen(condition("a", level=2.0)), minute=30) == []


def test_what_cannot_be_looked_at_is_neither_well_nor_wrong_anew() -> None:
    people = People()
    people.told(seen(condition()))

    assert people.told(seen(unreadable=("a",)), minute=60) == []
    assert people.told(seen(condition()), minute=61) == []


def test_what_is_no_longer_watched_is_closed_at_once_and_not_called_well() -> None:
    told = ("chat", "pager", "boss", JOURNAL, "gone")

    news, known = changes({"a": Known(condition(), told)}, seen(looked=()), rules(), NOW)

    # Who reads messages is spared a message for everything that was wrong in an old month.
    assert [(one.action, one.receivers) for one in news] == [("close", ("pager", "boss", JOURNAL))]
    assert "it may still be so" in news[0].condition.facts[0][1]
    assert known == {}


def test_the_end_goes_to_all_who_were_told_of_any_level() -> None:
    config = rules(default=["chat", "pager"], recoveredAfterMinutes=0)
    _, known = changes({}, seen(condition(severity="warning")), config, NOW)
    _, known = changes(known, seen(condition(level=2.0, severity="error")), config, NOW)

    news, _ = changes(known, seen(), config, NOW)

    assert news == [News("resolve", news[0].condition, ("chat", "pager"))]
    assert news[0].condition.title == "a"


LOOKS = st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), max_size=3), min_size=1, max_size=30)


@given(LOOKS, st.integers(0, 15))
def test_beginnings_and_ends_take_turns_and_levels_rise_in_between(looks: list[dict[str, int]], minutes: int) -> None:
    people, open_at = People(), dict[str, float]()

    for number, look in enumerate([*looks, {}, {}, {}]):
        found = seen(*(condition(cause, level) for cause, level in look.items()), looked=("a", "b", "c"))
        for action, cause in people.told(found, number * minutes):
            if action == "trigger":
                assert look[cause] > open_at.get(cause, 0)
                open_at[cause] = look[cause]
            else:
                assert cause not in look
                del open_at[cause]
        assert all(open_at[cause] >= level for cause, level in look.items())
    assert minutes < 5 or not open_at


# --- who is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("teams", "severity", "told"),
    [
        ((), "warning", ("chat",)),
        (("on-call",), "error", ("pager",)),
        (("on-call", "owning-team"), "error", ("pager", "boss")),
        (("on-call", "owning-team"), "warning", ("boss",)),
        (("nobody's",), "warning", ("chat",)),
        (("on-call",), "warning", (JOURNAL,)),
    ],
)
def test_teams_have_receivers_and_what_no_receiver_takes_goes_to_the_journal(
    teams: tuple[str, ...], severity: Any, told: tuple[str, ...]
) -> None:
    config = rules(routes={"on-call": ["pager"], "owning-team": ["boss"]}, default=["chat"])

    assert receivers_of(condition(teams=teams, severity=severity), config) == told


def test_a_receiver_that_takes_nothing_is_not_told_so_itself() -> None:
    config = rules(default=["chat", "boss"])

    assert receivers_of(of_receiver("chat", "", 1, "silence"), config) == ("boss",)
    assert receivers_of(of_receiver("chat", "", 1, "silence"), rules(default=["chat"])) == (JOURNAL,)


def test_without_any_configuration_the_journal_has_it_all() -> None:
    assert receivers_of(condition(), shipped_config().alerts) == (JOURNAL,)


# --- budgets and objectives -----------------------------------------------------------------------------------------

BEAT = "2025-11-{day:02d}T10:00:{second:02d}Z ✅ BeatExecutor: Beat 1 (canvas:create) completed in {ms}ms\n"
FAILURE = "2025-11-{day:02d}T10:00:{second:02d}Z ❌ BeatExecutor: Beat 1 (canvas:create) failed\n"


def month(failures: int, config: SloConfig) -> Mapping[str, Document]:
    """November with a thousand canvas operations, some of which failed, none of them three times in a row."""
    lines = [
        (FAILURE if n % 5 == 0 and n < failures * 5 else BEAT).format(day=1 + n // 50, second=n % 50, ms=10)
        for n in range(1000)
    ]
    now = "2025-11-24T12:00:00Z"
    log = event_log({"a.log": "".join(lines)}, "2025-11", now, config)
    return documents(log, telemetry_files({}), "2025-11", now, config)


def fixed(document: dict[str, Any]) -> None:
    objectives = {"availability": 99.9, "latency": {"p95": 100, "p99": 200}, "errorRate": 1.0}
    document["components"]["canvas-component"]["objectives"] = objectives


CONFIG = config_with(fixed)


@pytest.mark.parametrize(
    ("failures", "level", "severity"), [(4, None, ""), (5, 50, "warning"), (8, 80, "error"), (10, 100, "critical")]
)
def test_a_budget_is_told_by_the_highest_threshold_that_it_crossed(
    failures: int, level: float | None, severity: str
) -> None:
    budgets = month(failures, CONFIG)["error-budgets"]

    found = [one for one in of_budgets(budgets, "there") if one.cause.endswith("/canvas-component/error-rate")]

    assert [(one.level, one.severity) for one in found] == ([] if level is None else [(level, severity)])


def test_a_budget_s_alert_says_what_how_much_since_when_and_what_to_do() -> None:
    budgets = month(8, CONFIG)["error-budgets"]

    found = next(one for one in of_budgets(budgets, "out/2025-11/error-budgets.json") if "error-rate" in one.cause)

    assert found.title == "canvas-component: 80 % of the error-rate budget of 2025-11 is used"
    assert found.since == "2025-11-01T10:00:35Z"
    assert found.teams == ("owning-team", "engineering-manager")
    assert dict(found.facts) == {
        "How much": "8 of 10 events (80.0%), 2 left",
        "Objective": "1 %",
        "Projected": "Will not consume 100%: 80.0% will be used by 2025-11-30",
        "Policy step": "at 80 %: Put reliability work before features. (owning-team, engineering-manager)",
        "Look at": "out/2025-11/error-budgets.json",
    }


@pytest.mark.parametrize(
    ("failures", "told"),
    [(7, None), (8, ("warning", "is at risk")), (10, ("warning", "is at risk")), (11, ("error", "has failed"))],
)
def test_an_objective_is_told_when_it_is_at_risk_and_when_it_has_failed(
    failures: int, told: tuple[str, str] | None
) -> None:
    made = month(failures, CONFIG)

    found = [
        one
        for one in of_compliance(made["sla-compliance-report"], made["error-budgets"], CONFIG, "there")
        if one.cause == "slo/2025-11/canvas-component/errorRate"
    ]

    assert [(one.severity, one.title) for one in found] == (
        [(told[0], f"canvas-component: the error rate objective of 2025-11 {told[1]}")] if told else []
    )


def test_before_the_first_step_of_the_policy_the_first_step_applies() -> None:
    def quick(document: dict[str, Any]) -> None:
        fixed(document)
        document["components"]["canvas-component"]["objectives"]["latency"] = {"p95": 5, "p99": 5}

    config = config_with(quick)
    made = month(0, config)

    found = next(iter(of_compliance(made["sla-compliance-report"], made["error-budgets"], config, "there")))

    assert found.cause == "slo/2025-11/canvas-component/latency"
    assert dict(found.facts)["How much"] == "p95 10 ms against 5 ms, p99 10 ms against 5 ms; confidence high"
    assert dict(found.facts)["Policy step"].startswith("at 50 %: Review the period's anomalies")
    assert found.teams == ("owning-team",)


def test_a_component_that_the_configuration_has_lost_is_told_to_the_default_receivers() -> None:
    made = month(11, CONFIG)

    def without_canvas(document: dict[str, Any]) -> None:
        del document["components"]["canvas-component"]

    found = list(of_compliance(made["sla-compliance-report"], made["error-budgets"], config_with(without_canvas), "x"))

    assert {one.teams for one in found} == {()}
    assert dict(found[0].facts)["Policy step"] == "none: no escalation policy names one"


# --- checks ---------------------------------------------------------------------------------------------------------


def failed(name: str, asset: str = "error_budgets", **fields: Any) -> CheckResult:
    values = {"period": "2025-11", "passed": False, "told": "something", "at": "2025-11-24T12:00:00Z", "run": "r1"}
    return CheckResult(asset, name, **{**values, **fields})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("logs_readable", "failed check"),
        ("no_file_drift", "drift"),
        ("no_code_drift", "drift"),
        ("no_drift", "failed check"),
        ("logs_on_time", "late data"),
        ("open_month_fresh", "late data"),
        ("audit_trail_whole", "drift"),
        ("budgets_left", None),
        ("objectives_met", None),
    ],
)
def test_a_check_s_name_says_what_kind_of_alert_it_is(name: str, kind: str | None) -> None:
    assert [one.kind for one in of_checks([failed(name)])] == ([] if kind is None else [kind])


def test_every_check_has_its_place_in_the_table() -> None:
    assert WATCHES[-1].checks == "*"
    assert {watch.checks for watch in WATCHES if watch.every_period} == {"no_file_drift", "audit_trail_whole"}


def test_a_passed_check_is_not_told() -> None:
    assert list(of_checks([failed("logs_readable", passed=True)])) == []


@pytest.mark.parametrize(("grave", "severity"), [(False, "warning"), (True, "error")])
def test_a_check_that_says_error_is_an_error(grave: bool, severity: str) -> None:
    assert [one.severity for one in of_checks([failed("logs_readable", grave=grave)])] == [severity]


def test_the_first_findings_are_told_and_the_count_of_all() -> None:
    found = next(iter(of_checks([failed("logs_readable", findings=("one", "two"), count=70)])))

    assert found.title == "Check logs_readable failed on error_budgets of 2025-11"
    assert found.facts[:3] == (("How much", "70 findings"), ("Finding 1", "one"), ("Finding 2", "two"))
    assert found.run == "r1"


def test_new_code_is_one_cause_for_all_assets_and_each_changed_file_is_one_of_its_own() -> None:
    assets = ("error_budgets", "sli_metrics")

    together = list(of_checks([failed("no_code_drift", asset) for asset in assets]))
    alone = list(of_checks([failed("no_file_drift", asset) for asset in assets]))

    assert [one.title for one in together] == ["Check no_code_drift failed on error_budgets, sli_metrics of 2025-11"]
    assert len({one.cause for one in alone}) == 2
    assert watch_of("no_code_drift").together


# --- the message ----------------------------------------------------------------------------------------------------


def message(told: Condition, config: SloConfig | None = None) -> Alert:
    return alert(News("trigger", told, ("chat",)), "id-1", config or shipped_config(), NOW)


@given(st.text(max_size=2000))
def test_every_text_of_a_message_is_one_printable_line_of_bounded_length(text: str) -> None:
    made = message(condition(title=text, facts=(("What", text),)))

    for told in (made.headline, made.dedup_key, made.facts[0][1]):
        assert told.isprintable()
        assert len(told) <= max(LONGEST * 11, 4000)
    assert Alert.from_json(made.to_json()) == made


def test_a_message_leads_to_the_run_in_the_ui() -> None:
    def with_ui(document: dict[str, Any]) -> None:
        document["alerts"] = {"uiUrl": "https://dagster.example.org/"}

    assert message(condition(run="r1")).url == ""
    assert message(condition(run="r1"), config_with(with_ui)).url == "https://dagster.example.org/runs/r1"
    assert message(condition(), config_with(with_ui)).url == "https://dagster.example.org"


def test_beginning_and_end_of_a_cause_have_one_key_and_another_application_another_one() -> None:
    def renamed(document: dict[str, Any]) -> None:
        document["application"] = "other"

    assert message(condition()).dedup_key == message(replace(condition(), title="else")).dedup_key
    assert message(condition()).dedup_key != message(condition(), config_with(renamed)).dedup_key


def test_a_condition_survives_being_kept() -> None:
    kept = condition(facts=(("a", "b"),), teams=("x",), since="2025-11-01T00:00:00Z")

    assert Condition.from_json(kept.to_json()) == kept
    assert set(SEVERITIES) == {"info", "warning", "error", "critical"}
