"""Code versions that nobody has to bump: a digest of the code that an asset's result depends on.

The code is the asset's module and, from there, every module of the project that it imports, wherever in the
module the import stands. Comments, docstrings and formatting do not count, and neither does the machinery, which
carries values and shows them but makes none: else a new column in the UI would make every month out of date.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

PACKAGE = "slo_assets"
ROOT = Path(__file__).parent

#: Modules and packages that make no value.
MACHINERY = (
    "slo_assets.assets.common",
    "slo_assets.assets.links",
    "slo_assets.checks",
    "slo_assets.code_version",
    "slo_assets.records",
    "slo_assets.resources",
    "slo_assets.settings",
    "slo_assets.storage",
)
#: What makes an asset's bytes beyond the machinery: how its inputs are read and how its file is written.
BEYOND: Mapping[str, Sequence[str]] = {
    "log_events": ("slo_assets.logs.folder", "slo_assets.storage.event_tables"),
    "telemetry": ("slo_assets.logs.reports", "slo_assets.logs.quotes", "slo_assets.storage.canonical"),
    "slo_dashboard_page": ("slo_assets.page.site",),
}
#: Files that are no modules and make an asset's bytes all the same.
FILES: Mapping[str, str] = {"log_events": "logs/profiles/*.yaml", "slo_dashboard_page": "page/template/*"}
DOCUMENT = ("slo_assets.storage.canonical",)


def asset_code_version(asset: str) -> str:
    """The code version of an asset, by its key."""
    version = code_version(f"slo_assets.assets.{asset}", *BEYOND.get(asset, DOCUMENT))
    if asset not in FILES:
        return version
    digest = hashlib.sha256(version.encode())
    for path in sorted(ROOT.glob(FILES[asset])):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@cache
def code_version(*modules: str) -> str:
    """Twelve hex digits over the code of modules and of all that they import from the project.

    Args:
        modules: dotted names, for example ``slo_assets.assets.telemetry``.
    """
    reached: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += [name for name in _imports(module) if not _is_machinery(name)]
    code = "\0".join(f"{module}\0{_code(module)}" for module in sorted(reached))
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def _is_machinery(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in MACHINERY)


def _file(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split(".")[1:])
    found = (candidate for candidate in (path.with_suffix(".py"), path / "__init__.py") if candidate.is_file())
    return next(found, None)


@cache
def _parsed(module: str) -> ast.Module:
    """A module without its docstrings."""
    path = _file(module)
    if path is None:
        msg = f"{module} is no module of {PACKAGE}"
        raise ValueError(msg)
    tree = ast.parse(path.read_bytes())
    for node in [tree, *_executed(tree)]:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_text(statement)] or [ast.Pass()]
    return tree


@cache
def _code(module: str) -> str:
    return ast.unparse(_parsed(module))


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


@cache
def _imports(module: str) -> tuple[str, ...]:
    return tuple(sorted({name for name in _imported(_parsed(module)) if _file(name)}))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(f"{PACKAGE}."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _executed(tree: ast.Module) -> Iterator[ast.stmt]:
    """All statements but those that only a type checker looks at."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.stmt):
                yield child
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
                waiting.append(child)
