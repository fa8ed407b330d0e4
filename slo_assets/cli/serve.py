"""``slo-assets serve``: the published pages and documents over HTTP, for this machine alone by default."""

from __future__ import annotations

import click


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port; 0 takes a free one."
)
def serve(host: str, port: int) -> None:
    """Show the published pages on loopback; the documents stand under /published/<period>/<file>.json.

    There is no log-in: for other machines, put a proxy with authentication in front.
    """
    import uvicorn
    from upath import UPath

    from slo_assets.page.server import application
    from slo_assets.settings import Settings

    output = UPath(Settings.from_environment().output)
    uvicorn.run(application(output, host), host=host, port=port, log_level="info", server_header=False)
