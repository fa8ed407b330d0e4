"""The ``slo-assets`` command: thin over the assets that the UI runs, and recorded in the same instance.

One module for each command. It exits with 0 when all is well, 1 when a month or a check fails, 2 on wrong use.

What belongs here: options, what is printed and exit codes. What is done is done by assets and jobs.
"""

from __future__ import annotations

import sys

import click

from slo_assets.cli.alerts import alerts
from slo_assets.cli.bench import bench
from slo_assets.cli.export import export
from slo_assets.cli.rollback import rollback
from slo_assets.cli.run import run
from slo_assets.cli.serve import serve
from slo_assets.cli.simulate import simulate
from slo_assets.cli.status import status
from slo_assets.cli.verify import verify
from slo_assets.config import ConfigError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="slo-assets")
def cli() -> None:
    """Service level indicators, objectives, budgets and compliance from production logs.

    Every command exits with 0 when all is well, with 1 when a month or a check fails, and with 2 on wrong use.
    """


for command in (run, status, alerts, verify, rollback, export, serve, simulate, bench):
    cli.add_command(command)


def main() -> None:
    """Run the command; what is wrong with the configuration is wrong use."""
    try:
        cli()
    except ConfigError as problem:
        click.echo(f"{problem}", err=True)
        sys.exit(2)
