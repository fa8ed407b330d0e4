"""The command's own help as a page."""

from __future__ import annotations

from collections.abc import Iterator

import click

from slo_assets.cli import cli
from slo_assets_docs.markdown import code, page, prose, table


def commands_page() -> str:
    """Every command with its options."""
    return page("Commands", "`slo_assets/cli/`", *_sections(cli, "slo-assets"))


def _sections(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    if parent:
        yield f"## {code(context.command_path)}"
    yield prose(command.help)
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"```text\n{context.command_path} {pieces}\n```"
    yield table(("option", "meaning", "default"), _options(command, context))
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            found = command.get_command(context, each)
            if found is not None:
                yield from _sections(found, each, context)


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str, str]]:
    for option in command.params:
        if isinstance(option, click.Option):
            takes = "" if option.is_flag else f" {option.make_metavar(context).removesuffix(' RANGE')}"
            names = ", ".join(code(f"{name}{takes}") for name in option.opts)
            more = " May be given more than once." if option.multiple else ""
            required = " Required." if option.required else ""
            shown = option.default if option.show_default or isinstance(option.default, int | str) else None
            default = "" if shown is None or option.is_flag else code(shown)
            yield names, f"{prose(option.help)}{more}{required}", default
