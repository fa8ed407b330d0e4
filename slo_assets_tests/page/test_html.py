"""The page as a file: whole, small, quiet towards the network, and safe with any text."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from slo_assets.page import html
from slo_assets_tests.page.dashboards import HOSTILE, LONG, busy, empty, hostile, stretched


class Elements(HTMLParser):
    """The elements of a page, with their attributes, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self._inside):
            self.text += data


def tags(page: bytes, tag: str) -> list[dict[str, str | None]]:
    return [attributes for name, attributes in Elements(page).found if name == tag]


@pytest.mark.parametrize("document", [busy(), busy("2025-11-15T00:00:00Z"), empty()], ids=["closed", "open", "empty"])
def test_a_page_of_five_components_is_small_and_the_same_each_time(document: dict[str, Any]) -> None:
    page = html.page(document)

    assert len(page) < 300_000
    assert page == html.page(document)


def test_a_page_fetches_nothing() -> None:
    elements = Elements(html.page(busy())).found

    for tag, attributes in elements:
        assert not {"src", "srcset", "action", "poster"} & set(attributes), tag
        assert tag != "a" or re.match(
            r"#c-|\.\./published/|index\.html|\d{4}-\d\d\.html|#components", attributes["href"] or ""
        )
    (icon,) = (attributes for tag, attributes in elements if tag == "link")
    assert icon["href"] == "data:,"
    assert b"url(" not in html.page(busy())
    assert b"@import" not in html.page(busy())


def test_the_policy_names_the_only_script_and_style_by_their_digests() -> None:
    page = html.page(busy()).decode()
    (policy,) = (attributes["content"] for attributes in tags(page.encode(), "meta") if "http-equiv" in attributes)

    assert policy is not None
    for tag in ("script", "style"):
        (body,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert all("style" not in attributes for _, attributes in Elements(page.encode()).found)


@pytest.mark.parametrize("text", [HOSTILE, LONG], ids=["markup", "long"])
def test_no_text_of_a_document_becomes_an_element_or_an_attribute(text: str) -> None:
    plain, attacked = Elements(html.page(hostile("plain"))), Elements(html.page(hostile(text)))

    assert [tag for tag, _ in attacked.found] == [tag for tag, _ in plain.found]
    assert [set(attributes) for _, attributes in attacked.found] == [set(attributes) for _, attributes in plain.found]


def test_hostile_text_can_be_read_as_what_it_is() -> None:
    text = Elements(html.page(hostile())).text

    assert "<script>document.title='owned'</script>" in text
    assert "[link](javascript:owned)**bold**`code`" in text
    assert "\\u202egnol\\u202c\\x07{{7*7}}" in text
    assert "\u202e" not in text


def test_a_text_of_ten_thousand_letters_does_not_drown_the_page() -> None:
    assert len(html.page(hostile(LONG))) < 300_000


def test_every_section_is_there() -> None:
    text = Elements(html.page(busy("2025-11-15T00:00:00Z"))).text

    for heading in (
        "Look first at",
        "Alerts",
        "Components",
        "Objectives",
        "Error budget left",
        "Indicators",
        "Anomalies",
    ):
        assert heading in text
    for heading in ("History", "Gravest anomalies", "What is not known", "projection", "even pace"):
        assert heading in text
    assert "app.log:301" in text  # the log line of the first failure
    assert "no log or report looked at the component in the period" in text


def test_each_component_can_be_linked_to_and_each_link_inside_the_page_leads_somewhere() -> None:
    elements = Elements(html.page(busy())).found
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    inside = {(a["href"] or "")[1:] for tag, a in elements if tag == "a" and (a["href"] or "").startswith("#")}

    assert len(set(ids)) == len(ids)
    assert inside <= set(ids)
    assert "c-host-sdk" in ids


def test_an_empty_month_says_that_nothing_is_known_and_shows_no_zero_for_it() -> None:
    text = Elements(html.page(empty())).text

    assert "5 of 5 components are unknown" in text
    assert "no log or report looked at the component in the period" in text
    assert "Nothing was observed, so nothing is known of the budget." in text
    zeros = [line for line in text.splitlines() if re.search(r"\b0 (ms|s|min)\b", line)]
    assert [line.partition(".")[0] for line in zeros] == ["0 s of 150 d component time was observed (0 %)"]


def test_without_what_to_say_there_is_nothing_to_look_at_first() -> None:
    document = busy()
    for section, entries in (("componentHealth", "components"), ("alerts", "active"), ("anomalies", "found")):
        kept = document["dashboard"]["sections"][section][entries]
        document["dashboard"]["sections"][section][entries] = (
            [{**e, "status": "met"} for e in kept] if entries == "components" else []
        )
    document["dashboard"]["summary"]["overallStatus"] = "met"
    text = Elements(html.page(document)).text

    assert "All objectives are met" in text
    assert "Look first at" not in text
    assert "Alerts" not in text


def test_of_many_components_those_that_need_a_look_most_have_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_CHARTS", 2)
    page = html.page(stretched(20))

    assert Elements(page).text.count("by day of the month") == 2
    assert len(tags(page, "details")) == 20
    assert "Charts are drawn for the 2 components that need a look most." in Elements(page).text


def test_many_anomalies_and_alerts_are_counted_where_they_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_ANOMALIES", 1)
    monkeypatch.setattr(html, "MOST_ALERTS", 2)
    text = Elements(html.page(stretched(20))).text

    assert "more in the document." in text
    assert "more: they stand with their components." in text


def test_the_index_has_the_latest_period_first() -> None:
    earlier, later = html.entry(busy()), {**html.entry(empty()), "period": "2025-12"}
    text = Elements(html.index([earlier, later])).text

    assert text.index("December 2025") < text.index("November 2025")
    assert "3 of 5 components miss their objectives" in text
    assert "No period has a page yet." in Elements(html.index([])).text
