"""What people have to be told: what is wrong at present, and which news that is against what they know.

What is wrong is a :class:`Condition`. Its cause is its identity: it is told once, again only when it gets worse, and
its end is told to those who were told of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from slo_assets.config import JOURNAL, Alerts, AlertSeverity, EscalationStep, SloConfig
from slo_assets.domain.account import visible
from slo_assets.domain.documents import Document
from slo_assets.periods import format_instant

Kind = Literal["budget", "slo", "drift", "failed check", "failed run", "late data", "alerting"]
Action = Literal["trigger", "resolve", "close"]

SEVERITIES: Final[Sequence[AlertSeverity]] = ("info", "warning", "error", "critical")
#: By a budget's status, how grave it is that it was reached.
BUDGET_SEVERITIES: Final[Mapping[str, AlertSeverity]] = {
    "warning": "warning",
    "critical": "error",
    "exhausted": "critical",
}
#: The verdicts that people are told: level, severity, and in words.
VERDICTS: Final[Mapping[str, tuple[float, AlertSeverity, str]]] = {
    "at-risk": (1.0, "warning", "is at risk"),
    "failed": (2.0, "error", "has failed"),
}
OBJECTIVES: Final = {"availability": "availability", "latency": "latency", "errorRate": "error rate"}
#: How people read what is told: of a beginning, its severity.
LABELS: Final[Mapping[str, str]] = {"resolve": "RECOVERED", "close": "CLOSED"}
#: Kinds of receivers that keep what is open, and have to know that it is not any more. People at the turn of a month
#: do not want to be told of everything that was wrong in an old one.
KEEPERS: Final = frozenset({"pagerduty", "webhook", "file"})
#: So many findings of a check are told; the UI has them all.
FINDINGS: Final = 5
#: How long a text may be: a finding may quote a log line.
LONGEST: Final = 500
NAME: Final = 60

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Condition:
    """Something that is wrong at present.

    Attributes:
        scope: what has to be looked at to know whether it is still so.
        cause: its identity.
        title: what is wrong, in a sentence without a full stop.
        period: the month, ``YYYY-MM``; empty where it belongs to none.
        component: whose it is; empty where no component answers for it.
        level: how bad it is; a rise is told anew.
        since: the ISO 8601 instant from which it is known to be so; empty where that is not known.
        facts: what else people need: how much, what is projected, which policy step applies, where to look.
        run: the Dagster run that tells of it.
        teams: whom the escalation policy notifies.
    """

    scope: str
    cause: str
    kind: Kind
    severity: AlertSeverity
    title: str
    period: str = ""
    component: str = ""
    level: float = 0.0
    since: str = ""
    facts: Facts = ()
    run: str = ""
    teams: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As text that :meth:`from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Condition:
        """Read what :meth:`to_json` wrote."""
        raw = json.loads(text)
        return cls(**{**raw, "facts": tuple((a, b) for a, b in raw["facts"]), "teams": tuple(raw["teams"])})


@dataclass(frozen=True)
class Observation:
    """What a look at everything found.

    Attributes:
        conditions: what is wrong, by cause.
        looked: the scopes of which the conditions are all that is wrong.
        unreadable: scopes that could not be looked at, so that nothing is known of them.
    """

    conditions: Mapping[str, Condition]
    looked: frozenset[str]
    unreadable: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Known:
    """A condition that was found before.

    Attributes:
        condition: as it was found, or told last.
        receivers: who was told; nobody where it held already when alerts began.
        absent_since: when it was first found gone, in seconds since 1970; None while it holds.
    """

    condition: Condition
    receivers: tuple[str, ...] = ()
    absent_since: float | None = None


@dataclass(frozen=True)
class News:
    """One thing to tell, and to whom.

    Attributes:
        action: it begins or has got worse (trigger), it is over (resolve), or nobody looks any more (close).
    """

    action: Action
    condition: Condition
    receivers: tuple[str, ...]


@dataclass(frozen=True)
class Alert:
    """A message, as every receiver gets it in its own form.

    Attributes:
        id: the same in every attempt to deliver it, so that a repetition can be told from news.
        dedup_key: the same for the beginning, the worsening and the end of one cause.
        url: where the UI shows more; empty where that is not configured.
    """

    id: str
    dedup_key: str
    action: Action
    application: str
    kind: Kind
    severity: AlertSeverity
    title: str
    period: str
    component: str
    at: str
    since: str
    facts: Facts
    run: str = ""
    url: str = ""

    @property
    def headline(self) -> str:
        """Severity and title in one line."""
        return f"[{LABELS.get(self.action, self.severity.upper())}] {self.title}"

    def to_json(self) -> str:
        """As text that :meth:`from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Alert:
        """Read what :meth:`to_json` wrote."""
        raw = json.loads(text)
        return cls(**{**raw, "facts": tuple((a, b) for a, b in raw["facts"])})


# --- what is news ----------------------------------------------------------------------------------------------


def changes(
    known: Mapping[str, Known], seen: Observation, rules: Alerts, now: float, *, quiet: bool = False
) -> tuple[list[News], dict[str, Known]]:
    """What there is to tell, and what is known afterwards.

    Args:
        known: what was known before, by cause.
        seen: what a look found.
        rules: who is told, and how long something has to be well before that is told.
        now: the present, in seconds since 1970.
        quiet: take everything as known without telling anybody: alerts begin.

    Returns:
        The news, what is wrong before what has recovered, and everything known by cause.
    """
    news: list[News] = []
    after: dict[str, Known] = {}
    for cause, condition in seen.conditions.items():
        before = known.get(cause)
        if before is not None and condition.level <= before.condition.level:
            after[cause] = replace(before, absent_since=None)
            continue
        told = () if quiet else receivers_of(condition, rules)
        news.append(News("trigger", condition, told))
        earlier = () if before is None else before.receivers
        after[cause] = Known(condition, tuple(dict.fromkeys((*earlier, *told))))
    for cause, before in known.items():
        if cause in seen.conditions:
            continue
        if before.condition.scope in seen.unreadable:
            after[cause] = before
            continue
        since = now if before.absent_since is None else before.absent_since
        watched = before.condition.scope in seen.looked
        if watched and now - since < rules.recovered_after_minutes * 60:
            after[cause] = replace(before, absent_since=since)
        else:
            news.append(_recovered(before) if watched else _no_longer_watched(before, rules))
    return [one for one in news if one.receivers], after


def receivers_of(condition: Condition, rules: Alerts) -> tuple[str, ...]:
    """Who is told of a condition: those of its teams, else the default ones; the journal where that is nobody."""
    rank = SEVERITIES.index(condition.severity)
    routed = [receiver for team in condition.teams for receiver in rules.routes.get(team, rules.default)]
    named = dict.fromkeys(routed or rules.default)
    told = tuple(
        name
        for name in named
        if rank >= SEVERITIES.index(rules.all_receivers[name].min_severity)
        and condition.scope != receiver_scope(name)  # it would not arrive
    )
    return told or (JOURNAL,)


def receiver_scope(name: str) -> str:
    """What has to be looked at to know whether a receiver takes alerts."""
    return f"receiver/{name}"


def _recovered(known: Known) -> News:
    return News("resolve", replace(known.condition, facts=_kept(known.condition.facts)), known.receivers)


def _no_longer_watched(known: Known, rules: Alerts) -> News:
    why = ("Why", "it is no longer watched, because its month is over or what was checked is gone; it may still be so")
    there = rules.all_receivers
    keepers = tuple(name for name in known.receivers if name in there and there[name].kind in KEEPERS)
    return News("close", replace(known.condition, facts=(why, *_kept(known.condition.facts))), keepers)


def _kept(facts: Facts) -> Facts:
    """Of a condition's facts, those that hold after its end."""
    return tuple(fact for fact in facts if fact[0] == LOOK)


def dedup_key(cause: str, config: SloConfig) -> str:
    """A cause's identity among those of all applications."""
    return f"slo-assets/{visible(config.application, NAME)}/{visible(cause)}"


def alert(news: News, identity: str, config: SloConfig, now: float) -> Alert:
    """The message of a piece of news: every text in it is one line that changes nothing where it is shown.

    Args:
        news: what there is to tell.
        identity: the message's id.
        config: names the application, and where the UI is.
        now: the present, in seconds since 1970.
    """
    told, ui = news.condition, (config.alerts.ui_url or "").rstrip("/")
    return Alert(
        id=identity,
        dedup_key=dedup_key(told.cause, config),
        action=news.action,
        application=visible(config.application, NAME),
        kind=told.kind,
        severity=told.severity,
        title=visible(told.title),
        period=told.period,
        component=told.component,
        at=format_instant(int(now) * 1_000_000),
        since=told.since,
        facts=tuple((label, visible(text, LONGEST)) for label, text in told.facts),
        run=told.run,
        url=f"{ui}/runs/{told.run}" if ui and told.run else ui,
    )


# --- what can be wrong -----------------------------------------------------------------------------------------

LOOK: Final = "Look at"


def of_budgets(document: Document, place: str) -> Iterator[Condition]:
    """The budgets of which so much is used that a threshold was crossed: the highest one of each.

    Args:
        document: a period's ``error-budgets.json``.
        place: where it is.
    """
    period = document["period"]
    for component, budget_of in document["errorBudgets"].items():
        for what, budget in (("availability", budget_of), ("error-rate", budget_of["errorRate"])):
            if not budget["alerts"]:
                continue
            crossed = budget["alerts"][-1]
            step = crossed["escalation"]
            unit = budget["unit"]
            used = "" if budget["burnRate"] is None else f" ({budget['burnRate']})"
            consumed, allowed, left = (_number(budget[name]) for name in ("consumed", "allowed", "remaining"))
            how_much = f"{consumed} of {allowed} {unit}{used}, {left} left"
            yield Condition(
                scope=f"budget/{period}",
                cause=f"budget/{period}/{component}/{what}",
                kind="budget",
                severity=BUDGET_SEVERITIES[crossed["status"]],
                title=f"{component}: {crossed['threshold']:g} % of the {what} budget of {period} is used",
                period=period,
                component=component,
                level=crossed["threshold"],
                since=crossed["crossedAt"],
                facts=(
                    ("How much", how_much),
                    ("Objective", f"{budget['target']:g} %"),
                    ("Projected", budget["projection"] or budget.get("reason", "unknown")),
                    ("Policy step", _step(step)),
                    (LOOK, place),
                ),
                teams=() if step is None else tuple(step["notify"]),
            )


def _number(figure: float | None) -> str:
    """A figure of a document as people write it."""
    return "unknown" if figure is None else f"{figure:,.4f}".rstrip("0").rstrip(".")


def _step(step: Mapping[str, Any] | None) -> str:
    if step is None:
        return "none: no escalation policy names one"
    return f"at {step['at']:g} %: {step['action']} ({', '.join(step['notify'])})"


def of_compliance(report: Document, budgets: Document, config: SloConfig, place: str) -> Iterator[Condition]:
    """The objectives that are at risk or have failed.

    The policy step is the highest that the objective's budget has reached; before the first, it is the first one,
    since somebody has to be told. Latency has no budget of its own, so that of availability counts.

    Args:
        report: a period's ``sla-compliance-report.json``.
        budgets: the same period's ``error-budgets.json``.
        config: the escalation policies.
        place: where the report is.
    """
    period = report["period"]
    for component, judged in report["complianceReport"]["components"].items():
        budget_of = budgets["errorBudgets"].get(component)
        for objective, called in OBJECTIVES.items():
            verdict = judged[f"{objective}Compliance"]
            if verdict["status"] not in VERDICTS or budget_of is None:
                continue
            level, severity, in_words = VERDICTS[verdict["status"]]
            budget = budget_of["errorRate"] if objective == "errorRate" else budget_of
            step = _reached(_policy(config, component), budget["burnRatePercent"])
            projection = "percentiles cannot be projected" if objective == "latency" else budget["projection"]
            yield Condition(
                scope=f"slo/{period}",
                cause=f"slo/{period}/{component}/{objective}",
                kind="slo",
                severity=severity,
                title=f"{component}: the {called} objective of {period} {in_words}",
                period=period,
                component=component,
                level=level,
                since=report["complianceReport"]["generatedDate"],
                facts=(
                    ("How much", _figures(objective, verdict)),
                    ("Budget used", budget["burnRate"] or budget.get("reason", "unknown")),
                    ("Projected", projection or budget.get("reason", "unknown")),
                    ("Policy step", _step(None if step is None else step.model_dump())),
                    (LOOK, place),
                ),
                teams=() if step is None else step.notify,
            )


def _policy(config: SloConfig, component: str) -> tuple[EscalationStep, ...]:
    return config.escalation_of(component) if component in config.components else ()


def _reached(policy: Sequence[EscalationStep], percent: float | None) -> EscalationStep | None:
    steps = sorted(policy, key=lambda step: step.at)
    reached = [step for step in steps if step.at <= (percent or 0)]
    return next(iter(reached[-1:] or steps[:1]), None)


def _figures(objective: str, verdict: Document) -> str:
    """The figure against its target, with what says how sure that is."""
    if objective == "latency":
        pairs = [(p, _number(verdict[f"{p}Actual"]), _number(verdict[f"{p}Target"])) for p in ("p95", "p99")]
        told = ", ".join(f"{p} {actual} ms against {target} ms" for p, actual, target in pairs)
        return f"{told}; confidence {verdict['confidence']}"
    certainty = f"; {verdict['certainty']}" if "certainty" in verdict else ""
    actual, target = _number(verdict["actual"]), _number(verdict["target"])
    return f"{actual} % against {target} %{certainty}; confidence {verdict['confidence']}"


@dataclass(frozen=True)
class Watch:
    """How a check's result becomes a condition.

    Attributes:
        checks: shell pattern of the check's name.
        kind: what people call it; None where another alert tells the same.
        every_period: also in months that are long closed.
        together: a failure on several assets has one cause, and is told once.
    """

    checks: str
    kind: Kind | None
    every_period: bool = False
    together: bool = False


#: The first that fits a check's name. Of old months only what nobody could have meant is told: a file or an
#: audit trail that changed by itself. New code and a new configuration leave every old month behind, by intention.
WATCHES: Final[Sequence[Watch]] = (
    Watch("budgets_left", None),
    Watch("objectives_met", None),
    Watch("no_file_drift", "drift", every_period=True),
    Watch("audit_trail_whole", "drift", every_period=True),
    Watch("no_schema_drift", "drift"),
    Watch("no_*_drift", "drift", together=True),
    Watch("logs_on_time", "late data"),
    Watch("*_month_fresh", "late data"),
    Watch("*", "failed check"),
)


def watch_of(check: str) -> Watch:
    """How the results of a check are taken."""
    return next(watch for watch in WATCHES if fnmatchcase(check, watch.checks))


@dataclass(frozen=True)
class CheckResult:
    """The latest result of a check on an asset in a period.

    Attributes:
        grave: whether it says that the result cannot be trusted.
        told: what the check said.
        findings: what is wrong, the gravest first.
        count: how many findings there are.
    """

    asset: str
    name: str
    period: str
    passed: bool
    grave: bool = False
    told: str = ""
    findings: tuple[str, ...] = ()
    count: int = 0
    at: str = ""
    run: str = ""

    @property
    def scope(self) -> str:
        """What has to be looked at again to know whether it is still so."""
        watch = watch_of(self.name)
        return f"check/{self.period}/{self.name}" + ("" if watch.together else f"/{self.asset}")


def of_checks(results: Sequence[CheckResult]) -> Iterator[Condition]:
    """What failed checks say; of those that are taken together, one condition for a period."""
    failed: dict[str, list[CheckResult]] = {}
    for result in results:
        if not result.passed and watch_of(result.name).kind is not None:
            failed.setdefault(result.scope, []).append(result)
    for scope, group in failed.items():
        first = group[0]
        kind = watch_of(first.name).kind
        grave = any(result.grave for result in group)
        findings = [finding for result in group for finding in (result.findings or (result.told,)) if finding]
        count = sum(max(result.count, 1) for result in group)
        assets = ", ".join(result.asset for result in group)
        of_period = f" of {first.period}" if first.period else ""
        yield Condition(
            scope=scope,
            cause=scope,
            kind=kind or "failed check",
            severity="error" if grave else "warning",
            title=f"Check {first.name} failed on {assets}{of_period}",
            period=first.period,
            level=2.0 if grave else 1.0,
            since=min(result.at for result in group),
            facts=(
                ("How much", f"{count} finding{'s' if count > 1 else ''}"),
                *((f"Finding {n}", finding) for n, finding in enumerate(findings[:FINDINGS], start=1)),
                (LOOK, f"the checks of the asset {first.asset} in the Dagster UI"),
            ),
            run=first.run,
        )


def of_run(job: str, partition: str, run: str, ended: str, problem: str) -> Condition:
    """A run that failed.

    Args:
        job: the job's name.
        partition: the month that it was for; empty for none.
        run: the run's id.
        ended: when it ended.
        problem: what went wrong, and where.
    """
    scope = f"run/{job}/{partition}"
    return Condition(
        scope=scope,
        cause=scope,
        kind="failed run",
        severity="error",
        title=f"A run of {job} failed" + (f" for {partition}" if partition else ""),
        period=partition,
        since=ended,
        facts=(("Problem", problem), (LOOK, f"the run {run} in the Dagster UI")),
        run=run,
    )


def of_receiver(name: str, since: str, waiting: int, problem: str) -> Condition:
    """A receiver that takes no alert; the others are told."""
    return Condition(
        scope=receiver_scope(name),
        cause=receiver_scope(name),
        kind="alerting",
        severity="error",
        title=f"Alerts do not reach the receiver {name}",
        since=since,
        facts=(("How much", f"{waiting} waiting"), ("Problem", problem), (LOOK, "slo-assets alerts --dry-run")),
    )


def of_configuration(problem: str) -> Condition:
    """A configuration that cannot be read; alerts go on with the last one that could."""
    return Condition(
        scope="configuration",
        cause="configuration",
        kind="alerting",
        severity="error",
        title="The configuration cannot be read; alerts go on with the last one that could",
        facts=(("Problem", problem), (LOOK, "slo-config.yaml")),
    )
