"""One attempt to deliver: to HTTP and mail servers on loopback, to a file, and what each failure means."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slo_assets.alerts.courier import Courier, DeliveryError, append
from slo_assets.config import Receiver
from slo_assets_tests.alerts.receiving import Answer, Hook, an_alert, hooks, receivers, webhooks

COURIER = Courier(timeout=5)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooks("hook") as made:
        yield made["hook"]


def one(**settings: Any) -> Receiver:
    return receivers(it=settings)["it"]


WEBHOOK = receivers(**webhooks("hook"))["hook"]


def failure(receiver: Receiver, courier: Courier = COURIER) -> DeliveryError:
    with pytest.raises(DeliveryError) as raised:
        courier.deliver(an_alert(), receiver, Path("/nowhere"))
    return raised.value


# --- HTTP -----------------------------------------------------------------------------------------------------------


def test_a_webhook_gets_json_with_the_id_as_its_idempotency_key(hook: Hook) -> None:
    assert COURIER.deliver(an_alert(), WEBHOOK, Path()) == ""

    assert hook.posts[0].path == "/hook"
    assert hook.posts[0].headers["Content-Type"] == "application/json"
    assert hook.posts[0].headers["Idempotency-Key"] == hook.posts[0].body["id"] == "abc-1"


def test_headers_of_a_webhook_come_from_the_environment(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "Bearer s3cret")
    receiver = one(kind="webhook", url={"env": "HOOK"}, headers={"Authorization": {"env": "TOKEN"}})

    COURIER.deliver(an_alert(), receiver, Path())

    assert hook.posts[0].headers["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"kind": "slack", "url": {"env": "HOOK"}}, "blocks"),
        ({"kind": "teams", "url": {"env": "HOOK"}}, "attachments"),
        ({"kind": "pagerduty", "url": {"env": "HOOK"}, "routingKey": {"env": "KEY"}}, "routing_key"),
    ],
)
def test_each_service_gets_its_form(
    hook: Hook, settings: dict[str, Any], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "k1")

    COURIER.deliver(an_alert(), one(**settings), Path())

    assert key in hook.posts[0].body


@pytest.mark.parametrize(
    ("answer", "says", "unsure", "refused", "wait"),
    [
        (Answer(500, b"on fire"), "it answers 500 Internal Server Error: on fire", False, False, None),
        (Answer(504), "it answers 504", True, False, None),
        (Answer(400, b"invalid_payload"), "it answers 400 Bad Request: invalid_payload", False, True, None),
        (Answer(429, headers={"Retry-After": "17"}), "it answers 429", False, False, 17.0),
        (Answer(503, headers={"Retry-After": "Mon, 24 Nov 2025 12:00:00 GMT"}), "it answers 503", False, False, None),
        (Answer(302, headers={"Location": "http://127.0.0.1:9/"}), "it answers 302 Found", False, False, None),
        (Answer(404, b"\x1b[31mno\xff"), "it answers 404 Not Found: \\x1b[31mno\ufffd", False, False, None),
    ],
)
def test_what_a_receiver_answers_says_what_to_do_next(
    hook: Hook, answer: Answer, says: str, unsure: bool, refused: bool, wait: float | None
) -> None:
    hook.answers = [answer]

    problem = failure(WEBHOOK)

    assert says in str(problem)
    assert (problem.unsure, problem.refused, problem.wait) == (unsure, refused, wait)
    assert len(hook.posts) == 1


def test_a_receiver_that_does_not_answer_may_have_got_it(hook: Hook) -> None:
    release = threading.Event()
    hook.answers = [Answer(before=lambda: release.wait(10))]

    problem = failure(WEBHOOK, Courier(timeout=0.2))
    release.set()

    assert problem.unsure
    assert "timed out" in str(problem)
    assert len(hook.posts) == 1


def test_a_receiver_that_is_not_there_has_got_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HOOK", f"http://127.0.0.1:{port}/s3cret")

    problem = failure(WEBHOOK)

    assert not problem.unsure
    assert "refused" in str(problem)
    assert "s3cret" not in str(problem)


@pytest.mark.parametrize(
    "url", ["ftp://host/s3cret", "file:///etc/s3cret", "s3cret", "http://host/s3 cret", "http://[/s3cret"]
)
def test_an_address_that_cannot_be_used_is_not_shown(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", url)

    assert "cret" not in str(failure(WEBHOOK))


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOOK", raising=False)
    monkeypatch.setenv("TOKEN", " ")
    receiver = one(kind="webhook", url={"env": "HOOK"}, headers={"A": {"env": "TOKEN"}})

    assert "the environment variable TOKEN is not set. Remedy: " in str(failure(receiver))
    assert COURIER.missing(receiver) == ["HOOK", "TOKEN"]


# --- mail -----------------------------------------------------------------------------------------------------------


class Post:
    """A mail server that keeps what it gets, and refuses a recipient."""

    def __init__(self, certificate: Path | None = None) -> None:
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult

        self.mails: list[Any] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.answer = "250 OK"

        def login(server: object, session: object, envelope: object, mechanism: str, data: Any) -> AuthResult:
            self.logins.append((data.login, data.password))
            return AuthResult(success=data.password == b"right", handled=False)

        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        # Port 0 is not looked up by the controller, so a free one is found first.
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        secure = {"tls_context": context, "require_starttls": True, "authenticator": login} if context else {}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **secure)
        self._controller.start()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("gone"):
            return "550 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append((envelope.rcpt_tos, envelope.content))
        return self.answer

    def close(self) -> None:
        self._controller.stop()


@pytest.fixture
def post() -> Iterator[Post]:
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed; the extra dev has it")
    made = Post()
    yield made
    made.close()


@pytest.fixture
def secure_post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A mail server with STARTTLS and passwords, whose certificate is trusted."""
    pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed; the extra dev has it")
    certificate = self_signed(tmp_path / "server.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    made = Post(certificate)
    yield made
    made.close()


def self_signed(path: Path) -> Path:
    """A certificate of localhost with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def mailbox(port: int, **settings: Any) -> Receiver:
    base = {"kind": "email", "host": "127.0.0.1", "port": port, "security": "none", "from": "slo@example.org"}
    return one(**{**base, "to": ["sre@example.org", "boss@example.org"], **settings})


def test_a_mail_arrives_at_all_recipients(post: Post) -> None:
    assert COURIER.deliver(an_alert(), mailbox(post.port), Path()) == ""

    recipients, content = post.mails[0]
    assert recipients == ["sre@example.org", "boss@example.org"]
    assert b"Subject: shop: [ERROR] Number 1" in content


def test_recipients_that_are_refused_are_told_where_others_got_the_mail(post: Post) -> None:
    told = COURIER.deliver(an_alert(), mailbox(post.port, to=["gone@example.org", "sre@example.org"]), Path())

    assert "gone@example.org" in told
    assert post.mails[0][0] == ["sre@example.org"]


@pytest.mark.parametrize(("to", "answer"), [("gone@example.org", "250 OK"), ("sre@example.org", "554 No")])
def test_a_mail_that_is_refused_has_not_arrived(post: Post, to: str, answer: str) -> None:
    post.answer = answer

    assert not failure(mailbox(post.port, to=[to])).unsure


@pytest.mark.parametrize(("password", "arrives"), [("right", True), ("wrong", False)])
def test_a_mail_is_sent_over_starttls_with_a_password(
    secure_post: Post, password: str, arrives: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER_NAME", "slo")
    monkeypatch.setenv("PASS", password)
    login = {"username": {"env": "USER_NAME"}, "password": {"env": "PASS"}}
    receiver = mailbox(secure_post.port, host="localhost", security="starttls", **login)

    if arrives:
        COURIER.deliver(an_alert(), receiver, Path())
    else:
        assert "535" in str(failure(receiver))

    assert set(secure_post.logins) == {(b"slo", password.encode())}
    assert len(secure_post.mails) == arrives


def test_a_mail_server_without_encryption_gets_nothing_where_it_is_asked_for(post: Post) -> None:
    assert "STARTTLS" in str(failure(mailbox(post.port, security="starttls")))
    assert post.mails == []


# --- files ----------------------------------------------------------------------------------------------------------


def in_file(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_file_gets_a_line_for_each_alert_once(tmp_path: Path) -> None:
    receiver = one(kind="file", path="sub/told.jsonl")

    for number in (1, 2, 2, 3):
        COURIER.deliver(an_alert(number), receiver, tmp_path)

    assert [line["id"] for line in in_file(tmp_path / "sub" / "told.jsonl")] == ["abc-1", "abc-2", "abc-3"]


@pytest.mark.parametrize("torn", [b'{"id": "abc-2", "ti', b"{", b'{"id": "abc-2"}'])
def test_half_a_line_that_a_dead_machine_left_is_replaced(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "told.jsonl"
    append(path, {"id": "abc-1"})
    path.write_bytes(path.read_bytes() + torn)

    append(path, {"id": "abc-2"})

    assert [line["id"] for line in in_file(path)] == ["abc-1", "abc-2"]


@pytest.mark.parametrize("content", ["", "\n", "no json\n", "[1]\n", "x" * 70_000 + "\n"])
def test_a_file_that_holds_something_else_is_added_to(tmp_path: Path, content: str) -> None:
    path = tmp_path / "told.jsonl"
    path.write_text(content, encoding="utf-8")

    append(path, {"id": "abc-1"})

    assert path.read_text(encoding="utf-8") == content + '{"id": "abc-1"}\n'


def test_a_file_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("", encoding="utf-8")

    with pytest.raises(DeliveryError, match=r"folder/told.jsonl: .*(NotADirectory|FileExists)Error"):
        append(tmp_path / "folder" / "told.jsonl", {"id": "abc-1"})
