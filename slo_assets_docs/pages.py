"""All pages of the reference, by their names."""

from __future__ import annotations

import json

from slo_assets.settings import ROOT
from slo_assets_docs.assets import assets_page
from slo_assets_docs.commands import commands_page
from slo_assets_docs.formulas import formulas_page
from slo_assets_docs.markdown import page, summary, table
from slo_assets_docs.schemas import schema_page

FOLDER = ROOT / "docs" / "reference"
SCHEMAS = ROOT / "schemas"
CONFIGURATION = "slo-config"


def pages() -> dict[str, str]:
    """The text of each page."""
    schemas = {path.name.removesuffix(".schema.json"): json.loads(path.read_bytes()) for path in SCHEMAS.iterdir()}
    configuration = schemas.pop(CONFIGURATION)
    made = {f"{name}.md": schema_page(name, schema) for name, schema in sorted(schemas.items())}
    rows = [(f"[{name}]({name}.md)", summary(schema["description"])) for name, schema in sorted(schemas.items())]
    index = page("Reference", "the source", ABOUT, table(("document", "what it says"), rows), OTHERS)
    return {
        "README.md": index,
        "assets.md": assets_page(),
        "commands.md": commands_page(),
        "configuration.md": schema_page(CONFIGURATION, configuration, title="Configuration", defaults=True),
        "formulas.md": formulas_page(),
        **made,
    }


ABOUT = "Every page is made from what the software itself goes by, so it cannot say anything else."
OTHERS = (
    "- [Configuration](configuration.md): every setting of `slo-config.yaml`, with its default.\n"
    "- [Commands](commands.md): `slo-assets` and its options.\n"
    "- [Assets, checks and automation](assets.md): what Dagster knows.\n"
    "- [Formulas](formulas.md): how each figure is computed."
)
