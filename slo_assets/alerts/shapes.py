"""An alert in the form of each kind of receiver: pure, and inert there whatever the text holds.

Text goes where the receiver interprets none: Slack's ``plain_text``, the text runs of an Adaptive Card, a mail
without HTML. What Slack interprets all the same is escaped as it asks for.
"""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, Final

from slo_assets.domain.alerts import Alert
from slo_assets.periods import from_micros, parse_instant

Json = dict[str, Any]

#: The form of the JSON that webhooks and files get.
SCHEMA_VERSION: Final = "1"
REPEATED: Final = "This may be a repetition: it is not known whether the last attempt arrived."

#: Lengths that the services refuse to exceed.
SLACK_HEADER, SLACK_SECTION = 150, 3000
PAGERDUTY_SUMMARY, PAGERDUTY_KEY = 1024, 255

COLORS: Final = {"info": "good", "warning": "warning", "error": "attention", "critical": "attention"}


def document(alert: Alert, *, repeated: bool = False) -> Json:
    """The alert as JSON, for webhooks and files.

    Args:
        alert: the message.
        repeated: whether an earlier attempt may have arrived.
    """
    return {
        "schemaVersion": SCHEMA_VERSION,
        "id": alert.id,
        "dedupKey": alert.dedup_key,
        "action": alert.action,
        "possiblyRepeated": repeated,
        "application": alert.application,
        "kind": alert.kind,
        "severity": alert.severity,
        "title": alert.title,
        "period": alert.period or None,
        "component": alert.component or None,
        "at": alert.at,
        "since": alert.since or None,
        "facts": [{"name": name, "value": value} for name, value in alert.facts],
        "runId": alert.run or None,
        "url": alert.url or None,
    }


def lines(alert: Alert, *, repeated: bool = False) -> list[str]:
    """The alert as lines of text, without the headline."""
    told = [f"{name}: {value}" for name, value in _facts(alert)]
    return [*told, REPEATED] if repeated else told


def _facts(alert: Alert) -> list[tuple[str, str]]:
    first = [("Application", alert.application)]
    since = [("Since", alert.since)] if alert.since else []
    more = [("Link", alert.url)] if alert.url else []
    return [*first, *since, *alert.facts, *more, ("Told at", alert.at), ("Alert", alert.id)]


def slack(alert: Alert, *, repeated: bool = False) -> Json:
    """A message for an incoming webhook of Slack."""
    blocks: list[Json] = [{"type": "header", "text": _plain(alert.headline, SLACK_HEADER)}]
    blocks.append({"type": "section", "text": _plain("\n".join(lines(alert, repeated=repeated)), SLACK_SECTION)})
    # Shown in notifications, and by clients without blocks: the only place where Slack reads commands.
    return {"text": _slack_escaped(alert.headline), "blocks": blocks, "unfurl_links": False}


def _plain(text: str, longest: int) -> Json:
    return {"type": "plain_text", "text": _cut(text, longest), "emoji": False}


def _slack_escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def teams(alert: Alert, *, repeated: bool = False) -> Json:
    """A message for a workflow of Microsoft Teams: one Adaptive Card."""
    color = COLORS[alert.severity] if alert.action == "trigger" else "good"
    title = {"type": "TextRun", "text": alert.headline, "weight": "bolder", "size": "medium", "color": color}
    told = [{"type": "RichTextBlock", "inlines": [run]} for run in _runs(alert, repeated)]
    card: Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": alert.headline,
        "body": [{"type": "RichTextBlock", "inlines": [title]}, *told],
        "msteams": {"width": "Full"},
    }
    if alert.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the Dagster UI", "url": alert.url}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _runs(alert: Alert, repeated: bool) -> list[Json]:
    return [{"type": "TextRun", "text": line} for line in lines(alert, repeated=repeated)]


def pagerduty(alert: Alert, routing_key: str) -> Json:
    """An event of PagerDuty's Events API v2; a repetition changes nothing there."""
    event: Json = {
        "routing_key": routing_key,
        "event_action": "trigger" if alert.action == "trigger" else "resolve",
        "dedup_key": _dedup_key(alert.dedup_key),
    }
    if alert.action != "trigger":
        return event
    event["client"] = "slo-assets"
    event["payload"] = {
        "summary": _cut(f"{alert.application}: {alert.title}", PAGERDUTY_SUMMARY),
        "source": alert.application,
        "severity": alert.severity,
        "timestamp": alert.at,
        "component": alert.component or alert.application,
        "group": alert.period or alert.application,
        "class": alert.kind,
        "custom_details": dict(_facts(alert)),
    }
    if alert.url:
        event["links"] = [{"href": alert.url, "text": "Dagster UI"}]
    return event


def _dedup_key(key: str) -> str:
    """A key as it is, or with its end replaced by a digest where PagerDuty would refuse its length."""
    if len(key) <= PAGERDUTY_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"{key[: PAGERDUTY_KEY - 33]}-{digest}"


def mail(alert: Alert, sender: str, to: tuple[str, ...], *, repeated: bool = False) -> EmailMessage:
    """A mail without HTML; its Message-ID is the same in each attempt, so that mail systems drop repetitions."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = f"{alert.application}: {alert.headline}"
    message["Date"] = format_datetime(from_micros(parse_instant(alert.at)))
    message["Message-ID"] = f"<{alert.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if alert.severity in ("error", "critical") and alert.action == "trigger":
        message["Importance"] = "high"
    message.set_content("\n".join([alert.title, "", *lines(alert, repeated=repeated), ""]))
    return message
