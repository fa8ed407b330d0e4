"""The page in a real browser: quiet, accessible, usable, and safe with hostile text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slo_assets.page import html
from slo_assets_tests.browser.conftest import WIDTHS, OpenSheet
from slo_assets_tests.domain.telling import failed
from slo_assets_tests.page.dashboards import HOSTILE, LONG, busy, empty, hostile, stretched

OPEN_MONTH = "2025-11-15T00:00:00Z"
DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "five components": lambda: busy(OPEN_MONTH),
    "a thousand components": lambda: stretched(1000),
    "an empty month": empty,
    "hostile names": hostile,
    "long names": lambda: hostile(LONG),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file for each document."""
    folder = tmp_path_factory.mktemp("pages")
    paths = {name: folder / f"{name.replace(' ', '-')}.html" for name in DOCUMENTS}
    for name, path in paths.items():
        path.write_bytes(html.page(DOCUMENTS[name]()))
    (folder / "index.html").write_bytes(html.index([html.entry(busy()), {**html.entry(empty()), "period": "2025-10"}]))
    return {**paths, "the index": folder / "index.html"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", [*DOCUMENTS, "the index"])
def test_a_page_is_quiet_accessible_and_as_wide_as_the_window(
    name: str, width: str, scheme: str, pages: dict[str, Path], open_sheet: OpenSheet
) -> None:
    sheet = open_sheet(pages[name], width, scheme)
    if name == "a thousand components":
        assert not sheet.overflows
        # axe-core walks through hidden elements too, for minutes: of a thousand components, it gets those found.
        sheet.page.fill("#find", "0007")
        sheet.page.evaluate("document.querySelectorAll('[data-find][hidden]').forEach((row) => row.remove())")
    sheet.keep(f"page {name} {width} {scheme}", whole=name != "a thousand components")

    assert sheet.said == []
    assert [url for url in sheet.fetched if not url.startswith("data:")] == [pages[name].as_uri()]
    assert sheet.violations() == []
    assert not sheet.overflows
    assert sheet.wide_tables == []


def test_what_is_not_accessible_would_be_found(pages: dict[str, Path], open_sheet: OpenSheet) -> None:
    sheet = open_sheet(pages["an empty month"])
    sheet.page.evaluate("document.querySelector('h2').before(Object.assign(new Image(), {src: 'data:,'}))")

    assert [found.partition(":")[0] for found in sheet.violations()] == ["image-alt"]


@pytest.mark.parametrize("name", ["hostile names", "long names"])
def test_hostile_names_are_inert_and_can_be_read(name: str, pages: dict[str, Path], open_sheet: OpenSheet) -> None:
    sheet = open_sheet(pages[name])

    assert sheet.page.title().endswith(("…", "&amp;"))
    assert "owned" not in sheet.page.title() or "<script>" in sheet.page.title()
    assert sheet.page.locator("main script, main img, main b script").count() == 0
    shown = sheet.page.locator(".first a").inner_text()
    assert shown.startswith(HOSTILE[:40] if name == "hostile names" else LONG[:40])
    assert len(shown) <= 200
    assert (sheet.page.locator(".first a").bounding_box() or {"height": 999})["height"] < 200


def test_a_component_opens_and_closes_by_keyboard(pages: dict[str, Path], open_sheet: OpenSheet) -> None:
    page = open_sheet(pages["five components"]).page
    page.locator("#c-theme summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("#c-theme .detail").is_visible()
    page.keyboard.press("Enter")

    assert not page.locator("#c-theme .detail").is_visible()


def test_from_the_component_to_look_at_first_to_its_anomaly_and_log_line(
    pages: dict[str, Path], open_sheet: OpenSheet
) -> None:
    sheet = open_sheet(pages["five components"])
    sheet.page.locator("#c-canvas-component summary").click()  # open at first: now closed
    assert not sheet.page.locator("#c-canvas-component .detail").is_visible()
    sheet.page.locator(".first a").click()

    outage = sheet.page.locator("#c-canvas-component tr", has_text="canvas:availability:outage")
    assert outage.is_visible()
    evidence = outage.locator("xpath=following-sibling::tr[1]")
    assert evidence.locator("code").inner_text() == "app.log:301"
    assert evidence.locator("samp").inner_text() == failed(3001)
    sheet.keep("page drill down")


def test_an_unknown_component_says_why_and_shows_no_figure(pages: dict[str, Path], open_sheet: OpenSheet) -> None:
    sheet = open_sheet(pages["five components"])
    sheet.page.locator("#c-host-sdk summary").click()
    sheet.keep("page unknown component")

    assert sheet.page.locator("#c-host-sdk summary b").all_inner_texts() == ["–"] * 4
    assert "no log or report looked at the component" in sheet.page.locator("#c-host-sdk .detail").inner_text()
    assert sheet.page.locator("#c-host-sdk .chart").count() == 0


def test_among_a_thousand_one_is_found_sorted_and_filtered(pages: dict[str, Path], open_sheet: OpenSheet) -> None:
    page = open_sheet(pages["a thousand components"]).page
    rows = page.locator("#rows > details:not([hidden])")
    assert page.locator("#found").inner_text() == "1,000 shown"
    page.keyboard.press("/")
    page.keyboard.type("THEME 0042")
    assert rows.count() == 1
    assert rows.get_attribute("id") == "c-theme-0042"
    page.fill("#find", "nowhere")
    assert page.locator("#nothing").is_visible()
    page.fill("#find", "")
    page.check("input[name=show][value=unknown]")
    assert {row.get_attribute("data-status") for row in rows.all()[:20]} == {"unknown"}
    page.check("input[name=show][value='']")
    page.select_option("#sort", "left")

    lefts = page.evaluate("[...document.querySelectorAll('#rows > details')].map((row) => row.dataset.left)")
    known = [float(left) for left in lefts if left]
    assert known == sorted(known)
    assert lefts == [*lefts[: len(known)], *[""] * (1000 - len(known))]  # what is unknown comes last


def test_the_filter_reaches_the_history_as_well(pages: dict[str, Path], open_sheet: OpenSheet) -> None:
    page = open_sheet(pages["five components"]).page
    page.fill("#find", "canvas")

    assert page.locator(".history tbody tr:not([hidden])").count() == 1


def test_without_scripts_everything_can_still_be_read(pages: dict[str, Path], open_sheet: OpenSheet) -> None:
    page = open_sheet(pages["five components"]).page
    text = pages["five components"].read_text(encoding="utf-8")
    page.set_content(text.replace(text[text.index("<script>") : text.index("</script>") + 9], ""))

    assert not page.locator("#tools").is_visible()
    page.locator("#c-theme summary").click()
    assert page.locator("#c-theme .chart").is_visible()


def test_on_paper_every_component_is_open_and_the_tools_are_gone(pages: dict[str, Path], open_sheet: OpenSheet) -> None:
    sheet = open_sheet(pages["five components"], scheme="dark")
    sheet.page.emulate_media(media="print", color_scheme="dark")
    sheet.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    sheet.keep("page on paper", whole=True)

    assert sheet.page.locator(".detail:visible").count() == 5
    assert not sheet.page.locator("#tools").is_visible()
    colors = sheet.page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert colors == ["rgb(28, 30, 33)", "rgb(255, 255, 255)"]  # dark ink on white, whatever the screen shows
