"""Pages where they are kept."""

from pathlib import Path

import pytest
from upath import UPath

from slo_assets.page import html, site
from slo_assets.page.site import Site
from slo_assets.storage.files import sha256
from slo_assets_tests.page.dashboards import busy, empty


@pytest.mark.parametrize("base", ["disk", "memory"])
def test_a_page_and_the_index_are_written_wherever_output_goes(base: str, tmp_path: Path) -> None:
    folder = UPath(tmp_path) if base == "disk" else UPath(f"memory://site-{tmp_path.name}")
    checksum = Site(folder / "pages").publish(busy())

    page = (folder / "pages" / "2025-11.html").read_bytes()
    assert page == html.page(busy())
    assert checksum == sha256(page)
    assert b"2025-11.html" in (folder / "pages" / "index.html").read_bytes()


def test_the_index_keeps_the_periods_that_were_there_and_renews_the_one_that_changed(tmp_path: Path) -> None:
    pages = Site(UPath(tmp_path))
    pages.publish({**busy(), "period": "2025-10"})
    pages.publish(empty())
    pages.publish(busy())

    index = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert index.index("2025-11.html") < index.index("2025-10.html")
    assert "5 of 5" not in index


def test_a_page_that_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    pages = Site(UPath(tmp_path))
    pages.publish(busy())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    pages.publish(busy())

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_an_entry_that_another_run_adds_meanwhile_reaches_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other run has read the entries before ours was there, and writes its index after ours."""
    pages, other = Site(UPath(tmp_path)), Site(UPath(tmp_path))
    index, raced = html.index, []

    def overtaken(entries: list[html.Entry]) -> bytes:
        if not raced:
            raced.append(True)
            other.publish({**busy(), "period": "2025-10"})
        return index(entries)

    monkeypatch.setattr(site.html, "index", overtaken)
    pages.publish(busy())

    written = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert {"2025-10.html", "2025-11.html"} <= set(written.split('"'))
