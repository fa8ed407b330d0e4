"""How an alert leaves the machine: HTTP, SMTP, a file; and the secrets that it takes along.

What belongs here: one attempt, and what its failure means. When the next one is made is decided by the ledger.
Concept: https://docs.dagster.io/guides/build/external-resources
"""

import http.client
import json
import os
import smtplib
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from slo_assets.alerts import shapes
from slo_assets.config import (
    EmailReceiver,
    FileReceiver,
    PagerDutyReceiver,
    Receiver,
    SlackReceiver,
    TeamsReceiver,
    Variable,
    WebhookReceiver,
)
from slo_assets.domain.account import visible
from slo_assets.domain.alerts import Alert

PAGERDUTY = "https://events.pagerduty.com/v2/enqueue"
#: A receiver that answers so takes no message like this one; others it may take.
REFUSING = frozenset({400, 413, 422})
#: What went wrong before anything was sent.
UNSENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLError)
#: So much of an answer is read, to tell it.
ANSWER_BYTES = 300


class DeliveryError(Exception):
    """An attempt that failed.

    Attributes:
        unsure: whether the alert may have arrived all the same.
        refused: whether the receiver refused this very alert.
        wait: how many seconds the receiver asks to be left alone; None where it does not say.
    """

    def __init__(self, reason: str, *, unsure: bool = False, refused: bool = False, wait: float | None = None) -> None:
        super().__init__(reason)
        self.unsure, self.refused, self.wait = unsure, refused, wait


class Courier(dg.ConfigurableResource):
    """Makes one attempt to deliver an alert.

    Attributes:
        timeout: how many seconds a receiver may take to connect, and for each answer.
    """

    timeout: float = 10.0

    def secret(self, variable: Variable) -> str:
        """What an environment variable holds.

        Raises:
            DeliveryError: it is not set.
        """
        value = os.environ.get(variable.env, "").strip()
        if not value:
            msg = f"the environment variable {variable.env} is not set. Remedy: set it where the code location runs"
            raise DeliveryError(msg)
        return value

    def missing(self, receiver: Receiver) -> list[str]:
        """The environment variables that a receiver needs and that are not set."""
        named = [value for _, value in receiver if isinstance(value, Variable)]
        if isinstance(receiver, WebhookReceiver):
            named += receiver.headers.values()
        return [variable.env for variable in named if not os.environ.get(variable.env, "").strip()]

    def deliver(self, alert: Alert, receiver: Receiver, folder: Path, *, repeated: bool = False) -> str:
        """Bring an alert to a receiver.

        Args:
            alert: the message.
            receiver: where it goes.
            folder: where relative paths of files begin.
            repeated: whether an earlier attempt may have arrived.

        Returns:
            What is wrong all the same: recipients of a mail that others got. Mostly nothing.

        Raises:
            DeliveryError: the receiver did not take it.
        """
        match receiver:
            case WebhookReceiver():
                headers = {name: self.secret(value) for name, value in receiver.headers.items()}
                self._post(self.secret(receiver.url), shapes.document(alert, repeated=repeated), alert, headers)
            case SlackReceiver():
                self._post(self.secret(receiver.url), shapes.slack(alert, repeated=repeated), alert)
            case TeamsReceiver():
                self._post(self.secret(receiver.url), shapes.teams(alert, repeated=repeated), alert)
            case PagerDutyReceiver():
                url = PAGERDUTY if receiver.url is None else self.secret(receiver.url)
                self._post(url, shapes.pagerduty(alert, self.secret(receiver.routing_key)), alert)
            case EmailReceiver():
                return self._mail(alert, receiver, repeated)
            case FileReceiver():
                append(folder / receiver.path, shapes.document(alert, repeated=repeated))
        return ""

    def _post(self, url: str, body: Any, alert: Alert, headers: Mapping[str, str] | None = None) -> None:
        if not url.lower().startswith(("https://", "http://")):
            raise DeliveryError("its address begins with neither https:// nor http://")
        sent = {"Content-Type": "application/json", "User-Agent": "slo-assets", "Idempotency-Key": alert.id}
        data = json.dumps(body).encode()
        try:
            request = urllib.request.Request(url, data, {**sent, **(headers or {})}, method="POST")  # noqa: S310
            with _opener().open(request, timeout=self.timeout) as answer:
                answer.read(ANSWER_BYTES)
        except urllib.error.HTTPError as problem:
            raise _answered(problem) from None
        except urllib.error.URLError as problem:
            raise DeliveryError(_told(problem.reason), unsure=not isinstance(problem.reason, UNSENT)) from None
        except (ValueError, http.client.InvalidURL):
            # What went wrong would show the address, which is a secret.
            raise DeliveryError("its address or a header cannot be used; look for blanks and line breaks") from None
        except (OSError, http.client.HTTPException) as problem:
            raise DeliveryError(_told(problem), unsure=True) from None

    def _mail(self, alert: Alert, receiver: EmailReceiver, repeated: bool) -> str:
        login = [self.secret(value) for value in (receiver.username, receiver.password) if value is not None]
        message = shapes.mail(alert, receiver.sender, receiver.to, repeated=repeated)
        sending, refused = False, None
        try:
            with self._connect(receiver) as server:
                if receiver.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if login:
                    server.login(*login)
                sending = True
                refused = server.send_message(message)
        except (OSError, smtplib.SMTPException) as problem:
            # Whatever goes wrong once the server has taken the mail changes nothing.
            if refused is None:
                answered = isinstance(problem, (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused))
                raise DeliveryError(_told(problem), unsure=sending and not answered) from None
        return f"recipients are refused: {visible(str(refused))}" if refused else ""

    def _connect(self, receiver: EmailReceiver) -> smtplib.SMTP:
        if receiver.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(receiver.host, receiver.port, timeout=self.timeout, context=context)
        return smtplib.SMTP(receiver.host, receiver.port, timeout=self.timeout)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET, and arrive nowhere."""

    redirect_request = staticmethod(lambda *_: None)  # type: ignore[assignment]


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_NoRedirects())


def _answered(problem: urllib.error.HTTPError) -> DeliveryError:
    try:
        said = problem.read(ANSWER_BYTES).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        said = ""
    wait = problem.headers.get("Retry-After", "")
    return DeliveryError(
        f"it answers {problem.code} {visible(problem.reason or '')}" + (f": {visible(said)}" if said else ""),
        # A gateway that gives up says nothing about what happened behind it.
        unsure=problem.code in (502, 504),
        refused=problem.code in REFUSING,
        wait=float(wait) if wait.isdecimal() else None,
    )


def _told(problem: object) -> str:
    text = visible(str(problem))
    return f"{type(problem).__name__}: {text}" if text else type(problem).__name__


def append(path: Path, line: Any, synced: Callable[[int], None] = os.fsync) -> None:
    """Add a line of JSON to a file, once: not again where its last line has the same id.

    Half a line, which only a machine that died can have left, is taken away first.

    Raises:
        DeliveryError: the file cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            last = _last_line(file)
            if last is not None and last.get("id") == line["id"]:
                return
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            synced(file.fileno())
    except OSError as problem:
        raise DeliveryError(f"{path}: {_told(problem)}") from None


def _last_line(file: Any) -> dict[str, Any] | None:
    """The last whole line of a file, which ends with it afterwards."""
    end = file.seek(0, os.SEEK_END)
    start = max(0, end - 65_536)
    file.seek(start)
    tail: bytes = file.read()
    whole, _, rest = tail.rpartition(b"\n")
    if rest:
        file.truncate(end - len(rest))
    try:
        value = json.loads(whole.rpartition(b"\n")[2] or b"null")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
