"""A served page renews itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from upath import UPath

from slo_assets.page.site import Site
from slo_assets_tests.browser.conftest import OpenSheet
from slo_assets_tests.page.dashboards import busy
from slo_assets_tests.page.test_server import serving


def refreshed_each_second(title: str) -> dict[str, object]:
    document = busy()
    document["dashboard"] |= {"refreshInterval": 1, "title": title}
    return document


@pytest.mark.parametrize("path", ["/pages/2025-11.html", "/pages/index.html"])
def test_a_served_page_shows_what_is_published_next_without_being_asked(
    path: str, tmp_path: Path, open_sheet: OpenSheet
) -> None:
    site = Site(UPath(tmp_path) / "pages")
    site.publish(refreshed_each_second("Before"))
    with serving(tmp_path) as port:
        sheet = open_sheet(f"http://127.0.0.1:{port}{path}")
        assert "Before" in sheet.page.title()
        sheet.page.wait_for_timeout(1500)
        assert sheet.fetched.count(f"http://127.0.0.1:{port}{path}") > 1
        site.publish(refreshed_each_second("After"))
        expect(sheet.page).to_have_title(re.compile("After"), timeout=10_000)

    assert [told for told in sheet.said if "ERR_CONNECTION" not in told] == []
