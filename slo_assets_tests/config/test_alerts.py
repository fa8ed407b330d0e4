"""The part of the configuration that says who is told: each mistake with its line and remedy, and no secret in it."""

from __future__ import annotations

import pytest

from slo_assets.config import JOURNAL, ConfigError, FileReceiver, parse_config
from slo_assets_tests.situations import SHIPPED_CONFIG

SHIPPED = SHIPPED_CONFIG.read_text(encoding="utf-8")
ALERTS = """\
alerts:
  receivers:
    chat: {kind: slack, url: {env: CHAT}}
    pager: {kind: pagerduty, routingKey: {env: PAGER}, minSeverity: error}
    mail:
      kind: email
      host: mail.example.org
      from: slo@example.org
      to: [sre@example.org]
      username: {env: NAME}
      password: {env: PASS}
  routes:
    on-call: [pager, chat]
  default: [chat]
"""


def test_without_alerts_the_journal_is_told() -> None:
    alerts = parse_config(SHIPPED).alerts

    assert alerts.default == (JOURNAL,)
    assert alerts.all_receivers == {JOURNAL: FileReceiver(kind="file", path="alerts.jsonl")}


def test_the_journal_may_be_another_file() -> None:
    alerts = parse_config(SHIPPED + "alerts: {receivers: {journal: {kind: file, path: /var/log/slo.jsonl}}}").alerts

    assert alerts.all_receivers == {JOURNAL: FileReceiver(kind="file", path="/var/log/slo.jsonl")}


def test_alerts_without_a_mistake_are_read() -> None:
    alerts = parse_config(SHIPPED + ALERTS).alerts

    assert list(alerts.all_receivers) == [JOURNAL, "chat", "pager", "mail"]
    assert alerts.routes == {"on-call": ("pager", "chat")}
    assert alerts.recovered_after_minutes == 10


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("url: {env: CHAT}", "url: https://hooks.example.org/s3cret", "chat:", "receivers.chat.url: a secret does not"),
        (
            "{env: PASS}",
            "s3cret",
            "password",
            "mail.password: a secret does not belong in this file. Remedy: write {env",
        ),
        ("kind: slack", "kind: slak", "chat:", "does not match any of the expected tags: 'webhook', 'slack', 'teams'"),
        ("kind: slack, ", "", "chat:", "Remedy: give it a kind"),
        (
            "routingKey",
            "routingkey",
            "pager:",
            "pager.routingkey is {'env': 'PAGER'}: no such setting. Remedy: write routingKey",
        ),
        ("minSeverity: error", "minSeverity: loud", "pager:", "'info', 'warning', 'error' or 'critical'"),
        (
            "[pager, chat]",
            "[pager, chap]",
            "on-call",
            "routes.on-call.1: there is no receiver 'chap'. Remedy: add it, or",
        ),
        ("default: [chat]", "default: [chap]", "default", "default.0: there is no receiver 'chap'"),
        ("default: [chat]", "default: []", "default", "at least 1 item"),
        ("on-call:", "on-cal:", "on-cal", "there is no team in escalationPolicies 'on-cal'"),
        ("slo@example.org", "'slo@example.org\\nBcc: x@y.z'", "from:", "mail.from is "),
        ("[sre@example.org]", "['sre@example.org, x@y.z']", "to:", "mail.to.0 is "),
        ("      username: {env: NAME}\n", "", "mail:", "one of username and password is missing"),
        ("host: mail", "security: none\n      host: mail", "mail:", "the password would be sent in the clear"),
    ],
)
def test_a_mistake_is_told_with_line_and_remedy_and_without_a_secret(old: str, new: str, at: str, says: str) -> None:
    text = SHIPPED + ALERTS
    assert text.count(old) == 1
    text = text.replace(old, new)

    with pytest.raises(ConfigError) as refused:
        parse_config(text)

    told = str(refused.value)
    (line,) = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip().startswith(at)][-1:]
    assert told.startswith(f"slo-config.yaml, line {line}: alerts.")
    assert says in told
    assert " Remedy: " in told
    assert "s3cret" not in told
