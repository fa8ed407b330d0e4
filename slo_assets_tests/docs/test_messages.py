from __future__ import annotations

import pytest

from slo_assets_tests.docs.markdown import documents
from slo_assets_tests.docs.messages import is_printed

GUIDE = "docs/TROUBLESHOOTING_GUIDE.md"


def quoted() -> list[str]:
    """The messages of the guide: lines of its ``text`` blocks, and code that begins a heading or a row."""
    if GUIDE not in documents():
        return []
    guide = documents()[GUIDE]
    lines = [line for block in guide.of_language("text") for line in block.text.splitlines() if line.strip()]
    return [*lines, *guide.leading_code]


@pytest.mark.parametrize("message", quoted())
def test_a_message_that_the_guide_explains_is_one_that_the_software_prints(message: str) -> None:
    assert is_printed(message)


OURS = {
    "a plain text": "No month has input in /data: put logs into logs/ or telemetry files into telemetry/.",
    "with what click puts before it": "Error: give either --period, or --from and --to",
    "a value that is left out": "No Dask scheduler answers at …: …. Remedy: start it there, correct …, ….",
    "a rest that is left out": "No Dask scheduler answers at …",
    "a message within another": "slo-config.yaml, line 9: logs.profile is 'combind': no such profile; there are "
    "combined, json-lines. Remedy: write combined.",
}


@pytest.mark.parametrize("message", OURS.values(), ids=OURS)
def test_a_message_of_the_source_is_found(message: str) -> None:
    assert is_printed(message)


NOT_OURS = {
    "a word that changed": "give either --period, or --from or --to",
    "half of a message": "give either --period",
    "a sentence where a value belongs": "--to the end of all the days is before --from 2025-11",
    "a colon is no message": "this was never: written by anybody at all",
}


@pytest.mark.parametrize("message", NOT_OURS.values(), ids=NOT_OURS)
def test_any_other_message_is_not(message: str) -> None:
    assert not is_printed(message)
