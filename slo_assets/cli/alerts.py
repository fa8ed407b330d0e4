"""``slo-assets alerts``: tell people what is wrong, or show what they would be told."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

import click

from slo_assets.cli.common import console, loading, print_json, use_instance

if TYPE_CHECKING:
    from slo_assets.alerts.courier import Courier
    from slo_assets.alerts.delivery import Attempt
    from slo_assets.alerts.round import Found, World
    from slo_assets.domain.alerts import Alert


@click.command()
@click.option("--dry-run", is_flag=True, help="Send nothing; show what would be sent now.")
@click.option("--test", "tested", metavar="RECEIVER", help="Send a test to this receiver, and nothing else.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def alerts(dry_run: bool, tested: str | None, as_json: bool) -> None:
    """Look for what is wrong, and tell people: what the sensor does while the Dagster daemon runs."""
    if dry_run and tested is not None:
        raise click.UsageError("--test sends something: give it without --dry-run")
    use_instance()
    from slo_assets.alerts.courier import Courier
    from slo_assets.alerts.ledger import BusyError
    from slo_assets.alerts.round import find, tell

    world, courier = _world(), Courier()
    if tested is not None:
        _test(world, courier, tested, as_json)
        return
    attempts: list[Attempt] = []
    try:
        if dry_run:
            found = find(world, courier, time.time(), kept=False)
        else:
            found, attempts = tell(world, courier, time.time())
    except BusyError as busy:
        raise click.ClickException(f"{busy}: try again") from busy
    if as_json:
        print_json(_document(found, attempts))
    else:
        _show(found, attempts, dry_run)
    sys.exit(1 if found.unset or found.given_up or any(attempt.problem for attempt in attempts) else 0)


def _world() -> World:
    with loading():
        import dagster as dg

        from slo_assets.alerts.round import World
        from slo_assets.definitions import build_defs
        from slo_assets.resources import default_resources
        from slo_assets.settings import Settings

        repository = build_defs().get_repository_def()
    resources = default_resources(Settings.from_environment())
    inputs, output, clock = resources["inputs"], resources["output"], resources["clock"]
    return World(dg.DagsterInstance.get(), repository, inputs.config, output.publication, clock.now())


def _test(world: World, courier: Courier, name: str, as_json: bool) -> None:
    """Send an alert that says that it is a test."""
    from uuid import uuid4

    from slo_assets.alerts.courier import DeliveryError
    from slo_assets.domain.alerts import Condition, News, alert

    config = world.config()
    receivers = config.alerts.all_receivers
    if name not in receivers:
        raise click.UsageError(f"there is no receiver {name!r}: name one of {', '.join(receivers)}")
    cause = f"test/{uuid4().hex[:12]}"
    facts = (("Why", f"somebody ran: slo-assets alerts --test {name}"),)
    tried = Condition("test", cause, "alerting", "info", "This is a test of alerts; nothing is wrong", facts=facts)
    problem = ""
    try:
        message = alert(News("trigger", tried, (name,)), cause, config, time.time())
        courier.deliver(message, receivers[name], world.folder)
    except DeliveryError as failed:
        problem = str(failed)
    if as_json:
        print_json({"receiver": name, "delivered": not problem, "problem": problem or None})
    else:
        click.echo(f"{name}: {problem or 'delivered'}")
    sys.exit(1 if problem else 0)


def _document(found: Found, attempts: list[Attempt]) -> dict[str, Any]:
    from slo_assets.alerts.shapes import document
    from slo_assets.periods import format_instant

    return {
        "began": found.began,
        "news": [{"receivers": list(receivers), "alert": document(alert)} for alert, receivers in found.told],
        "delivered": [{"receiver": a.delivery.receiver, "id": a.delivery.alert.id} for a in attempts if a.arrived],
        "failed": [
            {"receiver": a.delivery.receiver, "id": a.delivery.alert.id, "problem": a.problem}
            for a in attempts
            if a.problem
        ],
        "waiting": [
            {
                "receiver": delivery.receiver,
                "id": delivery.alert.id,
                "title": delivery.alert.headline,
                "attempts": delivery.attempts,
                "problem": delivery.problem or None,
            }
            for delivery in found.waiting
        ],
        "wrong": [
            {
                "cause": cause,
                "kind": known.condition.kind,
                "severity": known.condition.severity,
                "title": known.condition.title,
                "since": known.condition.since or None,
                "told": list(known.receivers),
                "goneSince": None
                if known.absent_since is None
                else format_instant(int(known.absent_since) * 1_000_000),
            }
            for cause, known in found.known.items()
        ],
        "unsetVariables": {name: list(variables) for name, variables in found.unset.items()},
    }


def _show(found: Found, attempts: list[Attempt], dry_run: bool) -> None:
    from rich.text import Text

    from slo_assets.domain.alerts import dedup_key

    out = console()
    if found.began:
        out.print("Alerts begin with the first look, which tells nobody of what is wrong already:")
    for alert, receivers in found.told:
        _show_alert(alert, receivers, dry_run)
    for attempt in attempts:
        style = "red" if attempt.problem else "green"
        told = f"{attempt.delivery.receiver}: {attempt.problem or 'delivered'}  {attempt.delivery.alert.headline}"
        out.print(Text(told, style=style))
    old = {alert.id for alert, _ in found.told}
    for delivery in found.waiting:
        if dry_run and delivery.alert.id not in old:
            why = f" ({delivery.attempts} attempts; {delivery.problem})" if delivery.attempts else ""
            out.print(Text(f"Waits for {delivery.receiver}{why}: {delivery.alert.headline}", style="yellow"))
    if not found.told and not found.waiting and not found.began:
        out.print("Nothing to tell that people do not know.")
    news = {alert.dedup_key for alert, _ in found.told}
    for cause, known in found.known.items():
        if dedup_key(cause, found.config) in news:
            continue
        told = f"told {', '.join(known.receivers)}" if known.receivers else "nobody was told"
        gone = "; gone, its end is told soon" if known.absent_since is not None else ""
        out.print(Text(f"  {known.condition.severity:8}  {known.condition.title} ({told}{gone})"))
    for name, variables in found.unset.items():
        out.print(Text(f"{name}: the environment variable {', '.join(variables)} is not set", style="red"))


def _show_alert(alert: Alert, receivers: tuple[str, ...], dry_run: bool) -> None:
    from rich.padding import Padding
    from rich.text import Text

    from slo_assets.alerts.shapes import lines

    out = console()
    out.print(Text(f"{'Would tell' if dry_run else 'Telling'} {', '.join(receivers)}: {alert.headline}", style="bold"))
    out.print(Padding(Text("\n".join(lines(alert))), (0, 0, 1, 2)))
