from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from slo_assets_tests.conftest import ROOT
from slo_assets_tests.docs.console import Command, commands, copy_project, differs, run
from slo_assets_tests.docs.markdown import documents
from slo_assets_tests.production import needed

CONSOLES = [name for name, document in documents().items() if document.of_language("console")]
FRESH = "make run"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clone of the project."""
    needed(shutil.which("git") and (ROOT / ".git").exists(), "what belongs to the project is asked of git")
    folder = tmp_path_factory.mktemp("fresh")
    copy_project(folder)
    return folder


@pytest.fixture(scope="module")
def ready(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after ``make run``."""
    folder = clone(fresh, tmp_path_factory.mktemp("ready"))
    [(code, printed)] = run(folder / "slo_assets", [[Command("make run", ())]])
    assert code == 0, printed
    return folder


def clone(folder: Path, into: Path) -> Path:
    return shutil.copytree(folder, into / "clone", symlinks=True)


@pytest.mark.parametrize("name", CONSOLES)
def test_the_commands_of_a_document_print_what_it_shows(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    fences = documents()[name].of_language("console")
    blocks = [list(commands(fence.text)) for fence in fences]
    typed = [
        (fence.line + 1 + command.line, command)
        for fence, block in zip(fences, blocks, strict=True)
        for command in block
    ]
    state = "fresh" if any(command.text.startswith(FRESH) for _, command in typed) else "ready"
    project = clone(request.getfixturevalue(state), tmp_path) / "slo_assets"

    results = run(project, blocks)

    told = [
        f"{name}:{line}: $ {command.text}\nexits with {code}, expected {command.code}\nprints\n{printed}"
        for (line, command), (code, printed) in zip(typed, results, strict=False)
        if code != command.code or (command.shown and differs(command.shown, printed))
    ]
    assert not told, "\n\n".join(told)
    assert len(results) == len(typed), f"{name}:{typed[len(results)][0]}: this command did not come back"


# --- the machinery itself --------------------------------------------------------------------------------------------


def test_commands_end_where_their_output_begins() -> None:
    text = "$ one \\\n  --more\nshown\n\n$ cat >f <<'END'\n$ inside\nEND\n$ three # exits with 2\n"

    assert [(found.text, found.shown, found.code) for found in commands(text)] == [
        ("one \\\n  --more", ("shown", ""), 0),
        ("cat >f <<'END'\n$ inside\nEND", (), 0),
        ("three # exits with 2", (), 2),
    ]


SAME = {
    "nothing to tell": (["a", "b"], "a\nb\n"),
    "a line that stands for any": (["a", "…", "d"], "a\nb\nc\nd\n"),
    "it stands for none as well": (["a", "…", "b"], "a\nb\n"),
    "text that is left out": (["a … c"], "a bb c\n"),
    "space around": (["a"], "\n  \na   \n\n"),
    "how long it took": (["published in 1.5 s, about 3 s left"], "published in 12 s, about 1 min 3 s left\n"),
    "where the project is": (["Page: /home/ann/slo_assets/data/x.html"], "Page: /tmp/a/b-1/slo_assets/data/x.html\n"),
    "instants of the machine": (["made 2026-01-02T03:04:05Z"], "made 2027-11-12T13:14:15.123Z\n"),
    "names of releases": (["release 7723ee1be5723e2a"], "release d4872d6f39c90982\n"),
    "how wide a table is": (["a  b", "───"], "a     b\n─────\n"),
}


@pytest.mark.parametrize(("shown", "printed"), SAME.values(), ids=SAME)
def test_what_differs_from_run_to_run_is_the_same(shown: list[str], printed: str) -> None:
    assert not differs(shown, printed)


OTHER = {
    "another figure": (["99.9595 %"], "99.9596 %\n"),
    "a line too many": (["a"], "a\nb\n"),
    "a line too few": (["a", "b"], "a\n"),
    "nothing": (["a"], ""),
    "an instant of the sample": (["2025-11-24T12:00:00Z"], "2025-11-24T12:00:01Z\n"),
    "a number as long as an id": (["1757489418592"], "1757489418593\n"),
}


@pytest.mark.parametrize(("shown", "printed"), OTHER.values(), ids=OTHER)
def test_anything_else_is_told(shown: list[str], printed: str) -> None:
    assert differs(shown, printed)


def test_one_shell_runs_them_all(tmp_path: Path) -> None:
    project = tmp_path / "slo_assets"
    project.mkdir()
    typed = [[Command("cd /; x=1", ()), Command("echo $PWD $x >&2", ())], [Command("false", ()), Command("cat", ())]]

    assert run(project, typed) == [(0, ""), (0, "/ 1\n"), (1, ""), (0, "")]


def test_a_server_is_stopped_after_its_block(tmp_path: Path) -> None:
    project = tmp_path / "slo_assets"
    project.mkdir()
    serve = project / ".venv" / "bin" / "slo-assets"
    serve.parent.mkdir(parents=True)
    serve.write_text('#!/bin/sh\necho serving on 127.0.0.1:$3 >&2\nexec python3 -m http.server -b 127.0.0.1 "$3"\n')
    serve.chmod(0o755)
    asked = Command("(exec 3<>/dev/tcp/127.0.0.1:8080) 2>/dev/null".replace(":8080", "/${at##*:}"), ())
    typed = [[Command("at=127.0.0.1:8080", ()), Command("slo-assets serve", ()), asked], [asked]]

    results = run(project, typed)

    assert [code for code, _ in results] == [0, 0, 0, 1]
    assert results[1][1].startswith("serving on 127.0.0.1:8080")
