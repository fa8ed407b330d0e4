from __future__ import annotations

import subprocess

import pytest

from slo_assets_tests.docs.console import BASH
from slo_assets_tests.docs.markdown import documents
from slo_assets_tests.docs.usage import calls, mistake


@pytest.mark.parametrize("name", documents())
def test_commands_that_are_shown_exist(name: str) -> None:
    document = documents()[name]
    shown = [*(block.text for block in document.of_language("sh", "console")), *document.code]

    assert [(call, told) for text in shown for call in calls(text) if (told := mistake(call))] == []


@pytest.mark.parametrize("name", documents())
def test_what_is_not_run_is_bash_at_least(name: str) -> None:
    for block in documents()[name].of_language("sh"):
        found = subprocess.run([BASH, "-n"], input=block.text, capture_output=True, text=True, check=False)
        assert found.returncode == 0, f"{name}:{block.line}: {found.stderr}"


RIGHT = {
    "a command": "slo-assets run --period 2025-11",
    "where the environment has it": ".venv/bin/slo-assets run",
    "settings before it": "SLO_ASSETS_DATA=/data slo-assets run",
    "placeholders": "slo-assets run --from … --to …",
    "two in a row": "slo-assets run && slo-assets verify",
    "its output somewhere": "slo-assets run --json >out.json",
    "a comment": "slo-assets run   # it's so",
    "behind another": "sudo -u slo-assets /opt/slo-assets/.venv/bin/slo-assets run",
    "a command of a command": "slo-assets bench logs --megabytes 10,100",
    "the command alone": "slo-assets",
    "a target": "make run",
    "a variable": "make dev PORT=3001",
    "options of make": "make -C /opt/slo-assets PYTHON=/usr/bin/python3 setup",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_what_exists_is_right(text: str) -> None:
    found = list(calls(text))

    assert found
    assert [mistake(call) for call in found] == [None] * len(found)


WRONG = {
    "no such command": "slo-assets walk",
    "no such option": "slo-assets run --slowly",
    "no such command of a command": "slo-assets bench everything",
    "an option without its value": "slo-assets run --period",
    "too much": "slo-assets status 2025-11",
    "in the second one": "slo-assets run; slo-assets walk",
    "on a second line": "slo-assets run \\\n  --slowly",
    "no such target": "make coffee",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_does_not_exist_is_wrong(text: str) -> None:
    assert any(mistake(call) for call in calls(text))
