"""An alert in each receiver's form: as the services document it, and inert whatever it holds."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slo_assets.alerts.shapes import REPEATED, document, lines, mail, pagerduty, slack, teams
from slo_assets.domain.alerts import Condition, News, alert
from slo_assets_tests.alerts.receiving import an_alert
from slo_assets_tests.situations import shipped_config

HOSTILE = "<!channel> <@U1> @here *b* `c` [x](javascript:1) <b>&amp;</b> {{x}}\r\nBcc: all@example.org \u202e"


def hostile() -> Any:
    told = Condition("s", HOSTILE, "slo", "error", HOSTILE, facts=(("How much", HOSTILE),))
    return alert(News("trigger", told, ("x",)), "abc-1", shipped_config(), 1_763_985_600.0)


def test_a_webhook_gets_everything_by_name() -> None:
    assert document(an_alert()) == {
        "schemaVersion": "1",
        "id": "abc-1",
        "dedupKey": "slo-assets/shop/1",
        "action": "trigger",
        "possiblyRepeated": False,
        "application": "shop",
        "kind": "budget",
        "severity": "error",
        "title": "Number 1",
        "period": "2025-11",
        "component": "cash-desk",
        "at": "2025-11-24T12:00:00Z",
        "since": "2025-11-23T11:00:00Z",
        "facts": [
            {"name": "How much", "value": "40 of 43.2 minutes"},
            {"name": "Projected", "value": "Will consume 100% on 2025-11-27"},
        ],
        "runId": "r1",
        "url": "https://dagster.example.org/runs/r1",
    }


def test_what_is_not_known_is_null() -> None:
    made = document(an_alert(period="", component="", since="", run="", url=""))

    assert {name for name, value in made.items() if value is None} == {"period", "component", "since", "runId", "url"}


def test_people_read_what_how_much_since_when_and_where() -> None:
    assert lines(an_alert()) == [
        "Application: shop",
        "Since: 2025-11-23T11:00:00Z",
        "How much: 40 of 43.2 minutes",
        "Projected: Will consume 100% on 2025-11-27",
        "Link: https://dagster.example.org/runs/r1",
        "Told at: 2025-11-24T12:00:00Z",
        "Alert: abc-1",
    ]


@pytest.mark.parametrize("shape", [document, slack, teams])
def test_what_may_be_a_repetition_says_so(shape: Any) -> None:
    once, again = (json.dumps(shape(an_alert(), repeated=repeated)) for repeated in (False, True))

    assert once != again
    assert "may be a repetition" in again or '"possiblyRepeated": true' in again


def test_slack_gets_a_header_and_plain_text_in_which_it_reads_no_command() -> None:
    made = slack(hostile())

    assert [block["type"] for block in made["blocks"]] == ["header", "section"]
    assert {block["text"]["type"] for block in made["blocks"]} == {"plain_text"}
    assert "<" not in made["text"]
    assert "&lt;!channel&gt;" in made["text"]
    assert "&amp;amp;" in made["text"]


@given(st.text(max_size=6000))
def test_slack_s_limits_hold(text: str) -> None:
    header, section = slack(an_alert(title=text, facts=(("a", text),)))["blocks"]

    assert len(header["text"]["text"]) <= 150
    assert len(section["text"]["text"]) <= 3000


def test_teams_gets_an_adaptive_card_of_text_runs_which_have_no_markdown() -> None:
    made = teams(hostile())

    attachment = made["attachments"][0]
    card = attachment["content"]
    assert made["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert "actions" not in card


def test_a_card_leads_to_the_ui_and_shows_by_its_colour_what_is_over() -> None:
    cards = [teams(an_alert(action=action))["attachments"][0]["content"] for action in ("trigger", "resolve", "close")]

    assert cards[0]["actions"][0]["url"] == "https://dagster.example.org/runs/r1"
    assert [card["body"][0]["inlines"][0]["color"] for card in cards] == ["attention", "good", "good"]


def test_pagerduty_gets_events_of_its_api_v2() -> None:
    made = pagerduty(an_alert(), "key")

    assert made["routing_key"] == "key"
    assert (made["event_action"], made["dedup_key"]) == ("trigger", "slo-assets/shop/1")
    assert made["payload"] == {
        "summary": "shop: Number 1",
        "source": "shop",
        "severity": "error",
        "timestamp": "2025-11-24T12:00:00Z",
        "component": "cash-desk",
        "group": "2025-11",
        "class": "budget",
        "custom_details": made["payload"]["custom_details"],
    }
    assert made["payload"]["custom_details"]["How much"] == "40 of 43.2 minutes"
    assert made["links"] == [{"href": "https://dagster.example.org/runs/r1", "text": "Dagster UI"}]


@pytest.mark.parametrize("action", ["resolve", "close"])
def test_pagerduty_closes_an_incident_by_its_key_alone(action: str) -> None:
    assert pagerduty(an_alert(action=action), "key") == {
        "routing_key": "key",
        "event_action": "resolve",
        "dedup_key": "slo-assets/shop/1",
    }


def test_pagerduty_s_limits_hold_and_long_keys_stay_apart() -> None:
    made = [pagerduty(an_alert(title="t" * 5000, dedup_key="k" * 400 + end), "key") for end in "ab"]

    assert {len(event["dedup_key"]) for event in made} == {255}
    assert made[0]["dedup_key"] != made[1]["dedup_key"]
    assert len(made[0]["payload"]["summary"]) == 1024


def test_a_mail_has_one_subject_no_html_and_the_alert_s_id() -> None:
    made = mail(hostile(), "slo@example.org", ("a@example.org", "b@example.org"))

    read = message_from_bytes(made.as_bytes(), policy=policy.default)
    assert read["To"] == "a@example.org, b@example.org"
    assert read["Bcc"] is None
    assert read["Subject"].startswith("renderx-web: [ERROR] <!channel>")
    assert read["Message-ID"] == "<abc-1@example.org>"
    assert read["Importance"] == "high"
    assert read["Date"] == "Mon, 24 Nov 2025 12:00:00 +0000"
    assert read.get_content_type() == "text/plain"
    assert "How much: " in read.get_content()


def test_a_mail_of_an_end_is_not_urgent_and_a_repeated_one_says_so() -> None:
    made = mail(an_alert(action="resolve"), "slo@example.org", ("a@example.org",), repeated=True)

    assert made["Importance"] is None
    assert "[RECOVERED] Number 1" in made["Subject"]
    assert REPEATED in made.get_content()
