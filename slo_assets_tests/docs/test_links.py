from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from slo_assets_tests.conftest import ROOT
from slo_assets_tests.docs.markdown import Document, document, documents, slug

#: A document as source code, settings and schemas name it.
NAMED = re.compile(r"\b((?:docs|deploy)/[\w./-]+\.md|(?:README|CONTRIBUTING|CHANGELOG)\.md)(#[\w-]+)?")
NAMING = [
    path
    for pattern in (
        "*.toml",
        "*.yaml",
        "Makefile",
        ".ci/*",
        "data/*.yaml",
        "deploy/**/*",
        "schemas/*",
        "slo_assets/**/*",
    )
    for path in sorted(ROOT.glob(pattern))
    if path.is_file() and path.suffix not in {".pyc", ".nbi", ".nbc"}
]


def broken(address: str, origin: Path) -> bool:
    """Whether a relative link from a file leads nowhere: no such file, or no such heading."""
    name, _, anchor = unquote(address).partition("#")
    target = (origin.parent / name).resolve() if name else origin
    if not target.is_relative_to(ROOT) or not target.exists():
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in document(target).anchors


@pytest.mark.parametrize("name", documents())
def test_links_and_pictures_are_there(name: str) -> None:
    found = documents()[name]
    relative = [link for link in found.links if not re.match(r"[a-z]+:", link)]

    assert [link for link in relative if broken(link, found.path)] == []


def test_documents_that_the_source_names_are_there() -> None:
    named = [
        (path.relative_to(ROOT), found[0])
        for path in NAMING
        for found in NAMED.finditer(path.read_text(encoding="utf-8"))
        if broken(found[0], ROOT / "any")
    ]

    assert named == []


def test_every_document_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        found = document(waiting.pop())
        seen.add(found.path)
        linked = [(found.path.parent / link.partition("#")[0]).resolve() for link in found.links if ":" not in link]
        pages = [path / "README.md" if path.is_dir() else path for path in linked]
        waiting += [page for page in pages if page.suffix == ".md" and page.exists() and page not in seen]

    assert [name for name, each in documents().items() if each.path not in seen] == []


ANCHORS = {
    "Day by day": "day-by-day",
    "SLIs": "slis",
    "`slo-assets run`: what it does": "slo-assets-run-what-it-does",
    "1,5 × as much – really?": "15--as-much--really",
    "snake_case stays": "snake_case-stays",
}


@pytest.mark.parametrize(("heading", "anchor"), ANCHORS.items())
def test_anchors_are_github_s(heading: str, anchor: str) -> None:
    assert slug(heading.replace("`", "")) == anchor


def test_a_heading_that_stands_twice_has_a_number(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# One\n## One\n### `One`\n", encoding="utf-8")

    assert Document(path).anchors == {"one", "one-1", "one-2"}


@pytest.mark.parametrize("address", ["none.md", "README.md#nowhere", "../elsewhere", "#nowhere"])
def test_a_link_that_leads_nowhere_is_told(address: str) -> None:
    assert broken(address, ROOT / "README.md")
