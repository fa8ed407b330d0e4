"""A round of alerts: look, record what is news, deliver what waits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import dagster as dg

from slo_assets.alerts import watch
from slo_assets.alerts.courier import Courier
from slo_assets.alerts.delivery import Attempt, deliver
from slo_assets.alerts.ledger import Delivery, Ledger, Run, alone
from slo_assets.config import ConfigError, SloConfig
from slo_assets.domain import alerts as domain
from slo_assets.domain.alerts import Alert, Known, News, Observation
from slo_assets.periods import Period, format_instant
from slo_assets.storage.publication import Publication

#: Seconds after which others are told that a receiver takes nothing.
DEAF: Final = 900.0


@dataclass(frozen=True)
class World:
    """What there is to look at.

    Attributes:
        config: reads the configuration as it stands.
        publication: the published deliverables of a period.
        clock: the project's clock, in microseconds, which says what the current month is.
    """

    instance: dg.DagsterInstance
    repository: dg.RepositoryDefinition
    config: Callable[[], SloConfig]
    publication: Callable[[Period], Publication]
    clock: int

    @property
    def folder(self) -> Path:
        """Where the ledger and the journal are: they live as long as what Dagster records."""
        return Path(self.instance.root_directory) / "alerts"


@dataclass(frozen=True)
class Found:
    """What a round has to tell.

    Attributes:
        began: whether it is the first one, which tells nobody.
        told: the alerts that are new, each with its receivers.
        known: everything that is wrong, by cause.
        waiting: what is to be delivered, the new alerts included.
        given_up: what nobody could be told for a week.
        unset: by receiver, the environment variables that it lacks.
    """

    config: SloConfig
    began: bool
    told: Sequence[tuple[Alert, tuple[str, ...]]]
    known: Mapping[str, Known]
    waiting: Sequence[Delivery]
    given_up: Sequence[Delivery]
    unset: Mapping[str, Sequence[str]] = field(default_factory=dict)


def tell(world: World, courier: Courier, now: float) -> tuple[Found, list[Attempt]]:
    """Look at everything, record what is news, and deliver what waits.

    Args:
        world: what there is to look at.
        courier: makes the attempts.
        now: the present, in seconds since 1970.

    Raises:
        BusyError: another process does it at the moment.
        ConfigError: the configuration cannot be read, and never could.
    """
    with alone(world.folder):
        found = find(world, courier, now)
        return found, deliver(world.folder, dict(found.config.alerts.all_receivers), courier, now)


def find(world: World, courier: Courier, now: float, *, kept: bool = True) -> Found:
    """Look at everything, and record what is news.

    Args:
        world: what there is to look at.
        courier: knows which secrets are there.
        now: the present, in seconds since 1970.
        kept: False only says what would be recorded.
    """
    with Ledger(world.folder) as ledger:
        config, looks = _configuration(ledger, world)
        rules, periods = config.alerts, watch.watched(world.clock)
        began = ledger.get("began")
        runs = _runs(ledger, world, periods, now)
        looks += [
            *watch.documents(periods, world.publication, config),
            watch.checks(world.instance, watch.Graph.of(world.repository).checks, periods),
            watch.failures(runs, periods, [job.name for job in world.repository.get_all_jobs()]),
            _receivers(ledger, list(rules.all_receivers), now),
        ]
        with ledger.transaction(kept=kept):
            news, known = domain.changes(ledger.known, watch.merged(looks), rules, now, quiet=began is None)
            told = [(_add(ledger, one, config, now), one.receivers) for one in _reachable(news, config)]
            ledger.know(known)
            ledger.keep_runs(runs)
            ledger.readdress(list(rules.all_receivers), rules.default)
            ledger.put("began", now if began is None else began)
            ledger.put("looked", now)
            ledger.put("config", config.model_dump(mode="json", by_alias=True))
            given_up = ledger.given_up(now)
            waiting = ledger.waiting()
    unset = {name: courier.missing(receiver) for name, receiver in rules.all_receivers.items()}
    return Found(
        config=config,
        began=began is None,
        told=told,
        known=known,
        waiting=waiting,
        given_up=given_up,
        unset={name: variables for name, variables in unset.items() if variables},
    )


def _configuration(ledger: Ledger, world: World) -> tuple[SloConfig, list[Observation]]:
    """The configuration, else the last one that could be read: whoever breaks it must not silence alerts."""
    scope = frozenset({"configuration"})
    try:
        return world.config(), [Observation({}, scope)]
    except ConfigError as problem:
        last = ledger.get("config")
        if last is None:
            raise
        condition = domain.of_configuration(str(problem))
        return SloConfig.model_validate(last), [Observation({condition.cause: condition}, scope)]


def _runs(ledger: Ledger, world: World, periods: Sequence[Period], now: float) -> dict[str, Run]:
    months = {"", *(period.key for period in periods)}
    since, began = ledger.get("looked") or now, ledger.get("began") or now
    graph = watch.Graph.of(world.repository)
    found = watch.runs(world.instance, graph, ledger.runs, since, began)
    return {scope: run for scope, run in found.items() if run.partition in months}


def _receivers(ledger: Ledger, names: Sequence[str], now: float) -> Observation:
    waiting = [delivery.receiver for delivery in ledger.waiting()]
    conditions = [
        domain.of_receiver(name, format_instant(int(trouble.since) * 1_000_000), waiting.count(name), trouble.problem)
        for name, trouble in ledger.troubles.items()
        if now - trouble.since >= DEAF
    ]
    scopes = frozenset(domain.receiver_scope(name) for name in names)
    return Observation({condition.cause: condition for condition in conditions}, scopes)


def _reachable(news: Sequence[News], config: SloConfig) -> list[News]:
    """News for those who are still there: a receiver that was removed is not told of the end."""
    there = config.alerts.all_receivers
    kept = [News(one.action, one.condition, tuple(n for n in one.receivers if n in there)) for one in news]
    return [one for one in kept if one.receivers]


def _add(ledger: Ledger, news: News, config: SloConfig, now: float) -> Alert:
    message = domain.alert(news, ledger.identity(), config, now)
    ledger.add(message, news.condition.cause, news.receivers, now)
    return message
