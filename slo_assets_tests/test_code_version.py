"""Code versions: what changes a result changes the version, and nothing else does.

Most tests put a package of a few files in the place of the real one, by pointing the module's ROOT there: a
version is about files on the disk, and those of the real package must not be touched. What the module
remembers of files is forgotten before and after, because it takes them for unchanging while a process runs.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from slo_assets import code_version as module
from slo_assets.code_version import asset_code_version, code_version
from slo_assets.storage.deliverables import DELIVERABLES

REAL = Path(module.__file__).parent

FILES = {
    "__init__.py": '"""A package."""\n',
    "assets/__init__.py": "",
    "assets/metrics.py": '''\
"""An asset."""

from slo_assets.domain import formulas
from slo_assets.domain.rounding import rounded

RATE: float = 2.5
"""What it costs."""


class Metric:
    """A figure."""

    def value(self, minutes: int) -> float:
        """Its value."""
        from slo_assets.lazy import late

        return rounded(formulas.budget(minutes) + late(minutes))
''',
    "assets/other.py": "import slo_assets.domain.unrelated\n\nX = slo_assets.domain.unrelated.X\n",
    "domain/__init__.py": '"""Formulas."""\n',
    "domain/formulas.py": (
        "import slo_assets.domain.constants as constants\n\n\n"
        "def budget(minutes):\n    return minutes * (1 - constants.TARGET / 100)  # SRE book\n"
    ),
    "domain/constants.py": "TARGET = 99.9\n",
    "domain/rounding.py": "def rounded(x):\n    return round(x, 4)\n",
    "domain/unrelated.py": "X = 1\n",
    "lazy.py": "async def late(x):\n    return x\n",
    "never_imported.py": "Y = 1\n",
}


class Package:
    """A package that can be changed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        forget()

    def edit(self, name: str, change: Callable[[str], str]) -> None:
        before = (self.root / name).read_text(encoding="utf-8")
        after = change(before)
        assert after != before, "the change does not fit the file"
        self.write({name: after})


def forget() -> None:
    for remembered in (module.code_version, module._parsed, module._code, module._imports):
        remembered.cache_clear()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    made = Package(tmp_path)
    made.write(FILES)
    yield made
    forget()


METRICS = "slo_assets.assets.metrics"


def replaced(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


NEUTRAL: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "a comment": ("domain/formulas.py", lambda text: f"# Why: because.\n{text}"),
    "another comment at a line's end": ("domain/formulas.py", replaced("# SRE book", "# the workbook")),
    "no comment": ("domain/formulas.py", replaced("  # SRE book", "")),
    "the module's docstring": ("assets/metrics.py", replaced("An asset.", "The asset of all figures.")),
    "no module docstring": ("assets/metrics.py", replaced('"""An asset."""\n', "")),
    "a class's docstring": ("assets/metrics.py", replaced("A figure.", "Some figure.")),
    "a function's docstring": ("assets/metrics.py", replaced("Its value.", "Its value, rounded.")),
    "an attribute's docstring": ("assets/metrics.py", replaced('"""What it costs."""\n', "")),
    "a docstring where there was none": (
        "domain/rounding.py",
        replaced("(x):\n", '(x):\n    """Round half to even."""\n'),
    ),
    "a docstring for an async function": ("lazy.py", replaced("(x):\n", '(x):\n    """Late."""\n')),
    "line breaks": ("domain/rounding.py", replaced("round(x, 4)", "round(\n        x,\n        4,\n    )")),
    "blanks": ("domain/constants.py", replaced(" = ", "=")),
    "empty lines": ("domain/formulas.py", replaced("\n", "\n\n")),
    "parentheses": ("domain/rounding.py", replaced("return round(x, 4)", "return (round(x, 4))")),
    "other quotes": ("assets/metrics.py", replaced('"""A figure."""', "'A figure.'")),
    "Windows line ends": ("domain/formulas.py", replaced("\n", "\r\n")),
    "a module that nothing imports": ("never_imported.py", replaced("1", "2")),
    "a module that another asset imports": ("domain/unrelated.py", replaced("1", "2")),
    "another asset": ("assets/other.py", replaced("X =", "Z =")),
}


@pytest.mark.parametrize(("name", "change"), NEUTRAL.values(), ids=NEUTRAL)
def test_what_changes_no_result_does_not_change_the_version(
    package: Package, name: str, change: Callable[[str], str]
) -> None:
    before = code_version(METRICS)

    package.edit(name, change)

    assert code_version(METRICS) == before


RELEVANT: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "the asset itself": ("assets/metrics.py", replaced("2.5", "2.6")),
    "a formula, by `from package import module`": ("domain/formulas.py", replaced("1 -", "2 -")),
    "a constant, by `import module as name`": ("domain/constants.py", replaced("99.9", "99.95")),
    "a function, by `from module import name`": ("domain/rounding.py", replaced("4", "3")),
    "what only a function imports": ("lazy.py", replaced("return x", "return x + 1")),
    "a default": ("domain/rounding.py", replaced("(x)", "(x=1)")),
    "a decorator": ("domain/rounding.py", lambda text: f"@staticmethod\n{text}"),
    "a name": ("domain/formulas.py", replaced("minutes", "time")),
    "the order of two statements": ("domain/constants.py", lambda text: f"TARGET = 1\n{text}"),
    "a text that is no docstring": ("domain/constants.py", lambda text: f"{text}NAME = 'x'\n"),
    "a new import": ("domain/constants.py", lambda text: f"import slo_assets.never_imported\n{text}"),
    "what a package does on import": ("domain/__init__.py", lambda text: f"{text}TOLERANCE = 1\n"),
}


@pytest.mark.parametrize(("name", "change"), RELEVANT.values(), ids=RELEVANT)
def test_what_can_change_a_result_changes_the_version(
    package: Package, name: str, change: Callable[[str], str]
) -> None:
    before = code_version(METRICS)

    package.edit(name, change)

    assert code_version(METRICS) != before


def test_a_version_is_twelve_hex_digits_and_the_same_each_time(package: Package) -> None:
    first = code_version(METRICS)
    forget()

    assert re.fullmatch(r"[0-9a-f]{12}", first)
    assert code_version(METRICS) == first
    assert code_version("slo_assets.assets.other") != first


def test_the_version_of_several_modules_covers_each_of_them_in_any_order(package: Package) -> None:
    both = code_version(METRICS, "slo_assets.assets.other")
    assert code_version("slo_assets.assets.other", METRICS) == both

    package.edit("domain/unrelated.py", replaced("1", "2"))

    assert code_version(METRICS, "slo_assets.assets.other") != both


def test_a_module_that_is_given_beside_one_that_imports_it_changes_nothing(package: Package) -> None:
    assert code_version(METRICS, "slo_assets.domain.constants") == code_version(METRICS)


def test_what_only_a_type_checker_imports_changes_no_version(package: Package) -> None:
    package.write(
        {
            "a.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from slo_assets.b import T\n",
            "b.py": "class T:\n    x = 1\n",
        }
    )
    before = code_version("slo_assets.a")

    package.edit("b.py", replaced("1", "2"))

    assert code_version("slo_assets.a") == before


def test_the_machinery_changes_no_version_but_its_own(package: Package) -> None:
    package.write({"assets/common.py": "import slo_assets.domain.unrelated\nX = 1\n", "storage/files.py": "Y = 1\n"})
    package.write({"a.py": "from slo_assets.assets.common import X\nfrom slo_assets.storage import files\n"})
    before, machinery = code_version("slo_assets.a"), code_version("slo_assets.storage.files")

    for name in ("assets/common.py", "storage/files.py", "domain/unrelated.py"):
        package.edit(name, replaced("1", "2"))

    assert code_version("slo_assets.a") == before
    assert code_version("slo_assets.storage.files") != machinery


def test_modules_that_import_each_other_have_a_version(package: Package) -> None:
    package.write(
        {
            "a.py": "def f():\n    from slo_assets.b import g\n    return g\n",
            "b.py": "from slo_assets.a import f\ng = 1\n",
        }
    )
    before = code_version("slo_assets.a")

    package.edit("b.py", replaced("g = 1", "g = 2"))

    assert code_version("slo_assets.a") != before


def test_code_that_moved_between_two_modules_changes_the_version(package: Package) -> None:
    package.write({"a.py": "import slo_assets.b\nX = 1\n", "b.py": "Y = 2\n"})
    before = code_version("slo_assets.a")

    package.write({"a.py": "import slo_assets.b\n", "b.py": "X = 1\nY = 2\n"})

    assert code_version("slo_assets.a") != before


def test_a_version_is_the_same_in_every_process() -> None:
    program = "from slo_assets.code_version import code_version; print(code_version('slo_assets.settings'))"

    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(REAL.parent)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2", "3")
    }

    assert told == {code_version("slo_assets.settings")}


def test_a_module_that_is_not_there_is_refused_by_name(package: Package) -> None:
    with pytest.raises(ValueError, match=r"slo_assets\.assets\.nothing is no module of slo_assets"):
        code_version("slo_assets.assets.nothing")


# --- a copy of the real package -----------------------------------------------------------------------------


ASSETS = ("log_events", *DELIVERABLES, "slo_dashboard_page")
READING, TELEMETRY = "slo_assets.logs.fragments", "slo_assets.domain.telemetry"


@pytest.fixture(scope="module")
def as_it_is() -> dict[str, str]:
    """The versions of the project's assets, and of how it reads lines, before anything is changed."""
    forget()
    return {asset: asset_code_version(asset) for asset in ASSETS} | {READING: code_version(READING)}


@pytest.fixture
def real_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    shutil.copytree(REAL, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(module, "ROOT", tmp_path / "copy")
    forget()
    yield Package(tmp_path / "copy")
    forget()


def first_number_changed(text: str) -> str:
    """The same code with one number in it made another."""
    number = next(n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant) and type(n.value) in (int, float))
    lines = text.splitlines(keepends=True)
    data = lines[number.lineno - 1].encode()
    lines[number.lineno - 1] = (data[: number.col_offset] + b"98765" + data[number.end_col_offset :]).decode()
    return "".join(lines)


def test_comments_in_every_module_of_the_project_change_no_version(real_copy: Package) -> None:
    before = code_version(READING), code_version(TELEMETRY)

    for path in sorted(real_copy.root.rglob("*.py")):
        real_copy.edit(str(path.relative_to(real_copy.root)), lambda text: f"# nothing\n{text}\n\n# at all\n")

    assert (code_version(READING), code_version(TELEMETRY)) == before


def test_another_number_in_a_formula_of_the_project_changes_the_code_that_uses_it_alone(real_copy: Package) -> None:
    reading, telemetry = code_version(READING), code_version(TELEMETRY)

    real_copy.edit("domain/anomalies.py", first_number_changed)

    assert code_version(TELEMETRY) != telemetry
    assert code_version(READING) == reading


@pytest.mark.parametrize(
    "name",
    ["machine", "timestamps", "names", "lines", "rules", "records", "timeline", "pieces", "parts", "files"],
)
def test_another_way_to_read_lines_changes_the_version_of_what_is_kept_of_files(
    as_it_is: dict[str, str], real_copy: Package, name: str
) -> None:
    real_copy.edit(f"logs/{name}.py", lambda text: f"{text}\n_ANOTHER_WAY = True\n")

    assert code_version(READING) != as_it_is[READING]


@pytest.mark.parametrize("name", ["logs/folder.py", "logs/operations.py", "logs/reports.py", "cli/run.py"])
def test_what_does_not_read_lines_leaves_what_is_kept_of_files_as_it_is(
    as_it_is: dict[str, str], real_copy: Package, name: str
) -> None:
    real_copy.edit(name, lambda text: f"{text}\n_ANOTHER_WAY = True\n")

    assert code_version(READING) == as_it_is[READING]


#: What is out of date when a number in a module changes: the assets whose bytes it makes, and no others.
DEPENDENT = {
    # Telemetry quotes lines of logs, and finds them by what is known of files.
    "logs/machine.py": {"log_events", "telemetry"},
    "logs/quotes.py": {"telemetry"},
    "storage/event_tables.py": {"log_events"},
    "domain/allowance.py": {"slo_targets", "error_budgets"},
    "domain/slo_targets.py": {"slo_targets"},
    "domain/error_budgets.py": {"error_budgets"},
    "domain/burn.py": {"sli_metrics", "error_budgets"},
    "domain/baseline.py": {"sli_framework", "sli_metrics", "slo_targets"},
    "domain/sla_compliance.py": {"sla_compliance_report"},
    "domain/dashboard.py": {"slo_sli_sla_dashboard"},
    "domain/workflow.py": {"slo_workflow_state"},
    "storage/publisher.py": set(),
    "resources.py": set(),
    "checks.py": set(),
    "storage/canonical.py": {*DELIVERABLES},
    "config/objectives.py": {"log_events", *DELIVERABLES},
}


@pytest.mark.parametrize(("name", "dependent"), DEPENDENT.items(), ids=DEPENDENT)
def test_a_changed_formula_makes_exactly_the_dependent_assets_out_of_date(
    as_it_is: dict[str, str], real_copy: Package, name: str, dependent: set[str]
) -> None:
    real_copy.edit(name, lambda text: f"{text}\n_ANOTHER_WAY = True\n")

    assets = ("log_events", *DELIVERABLES)
    assert {asset for asset in assets if asset_code_version(asset) != as_it_is[asset]} == dependent


@pytest.mark.parametrize(
    ("name", "asset"), [("logs/profiles/syslog.yaml", "log_events"), ("page/template/page.css", "slo_dashboard_page")]
)
def test_a_version_follows_files_that_are_no_modules(
    as_it_is: dict[str, str], real_copy: Package, name: str, asset: str
) -> None:
    real_copy.edit(name, lambda text: f"{text}\n")

    assert {each for each in ASSETS if asset_code_version(each) != as_it_is[each]} == {asset}
