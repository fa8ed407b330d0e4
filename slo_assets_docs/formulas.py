"""The formulas out of their docstrings."""

from __future__ import annotations

import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType

from slo_assets import domain
from slo_assets_docs.markdown import code, page, prose

#: A docstring's section: its heading, and what is indented below it.
SECTION = re.compile(r"^([A-Z]\w*(?: \w+)*):\n((?:(?: {4}.*)?(?:\n|$))+)", re.MULTILINE)
FORMULA = "Formula"
#: What its docstring says of it, beside what it takes and gives.
PARTS = ("Unit", "Edge cases", "Source")


def formulas_page() -> str:
    """Every formula, by the module that holds it."""
    found = [(module, list(_formulas(module))) for module in _modules()]
    return page(
        "Formulas",
        "`slo_assets/domain/`",
        ABOUT,
        *(part for module, ones in found if ones for part in _of(module, ones)),
    )


ABOUT = (
    "Each formula stands in one function, under the name that is its heading; whatever is counted elsewhere calls it. "
    "What is not known is `None` there and `null` in the documents, with a reason beside it."
)


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.iter_modules(domain.__path__):
        yield import_module(f"{domain.__name__}.{found.name}")


def _formulas(module: ModuleType) -> Iterator[tuple[str, dict[str, str]]]:
    """What each docstring of a module says that gives a formula, by the name of its function or method."""
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) == module.__name__:
            inner = vars(value).items() if inspect.isclass(value) else ()
            for path, each in [(name, value), *((f"{name}.{part}", part_value) for part, part_value in inner)]:
                said = sections(inspect.getdoc(each))
                if FORMULA in said:
                    yield path, said


def sections(docstring: str | None) -> dict[str, str]:
    """The text of each section of a docstring; what stands before the first has an empty name."""
    text = docstring or ""
    found = {name: textwrap.dedent(body).strip() for name, body in SECTION.findall(text)}
    return {"": SECTION.sub("", text).strip(), **found}


def _of(module: ModuleType, formulas: list[tuple[str, dict[str, str]]]) -> Iterator[str]:
    name = module.__name__.rpartition(".")[2]
    yield f"## {code(name)}"
    yield f"{prose(inspect.getdoc(module))} ([source](../../slo_assets/domain/{name}.py))"
    for place, said in formulas:
        yield f"### {code(place)}"
        yield prose(said[""])
        yield f"```text\n{said[FORMULA]}\n```"
        facts = [(part, said[part]) for part in PARTS if part in said]
        facts += [(code(argument), meaning) for argument, meaning in _listed(said.get("Args", ""))]
        yield "\n".join(f"- {what}: {prose(text)}".replace("\n", "\n  ") for what, text in facts)


def _listed(body: str) -> Iterator[tuple[str, str]]:
    for argument, meaning in re.findall(r"^(\w+): (.*(?:\n {4}.*)*)", body, re.MULTILINE):
        yield argument, " ".join(meaning.split())
