"""Who is told when something is wrong, and how they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from slo_assets.config.document import MASKED
from slo_assets.config.model import Address, AlertSeverity, Model, ReceiverName, Text


class Variable(Model):
    """A value that an environment variable holds, so that neither this file nor the UI shows it."""

    env: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = Field(
        description="The variable's name; it is read when something is sent."
    )

    @model_validator(mode="before")
    @classmethod
    def _no_value(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            raise PydanticCustomError(
                MASKED, "a secret does not belong in this file. Remedy: write {env: NAME} and put it into that variable"
            )
        return given


class _Receiver(Model):
    min_severity: AlertSeverity = Field(default="info", description="What is less severe is not sent here.")


class WebhookReceiver(_Receiver):
    """A JSON document for each alert, as docs/MONITORING_GUIDE.md tells, with the header Idempotency-Key."""

    kind: Literal["webhook"]
    url: Variable
    headers: dict[str, Variable] = Field(default_factory=dict, description="For example Authorization.")


class SlackReceiver(_Receiver):
    """An incoming webhook of Slack, or of what takes the same messages."""

    kind: Literal["slack"]
    url: Variable


class TeamsReceiver(_Receiver):
    """A workflow of Microsoft Teams that posts an Adaptive Card when a webhook request is received."""

    kind: Literal["teams"]
    url: Variable


class PagerDutyReceiver(_Receiver):
    """A service of PagerDuty, by its Events API v2: incidents open, and close by themselves."""

    kind: Literal["pagerduty"]
    routing_key: Variable = Field(description="The integration key of the service.")
    url: Variable | None = Field(default=None, description="Another address than https://events.pagerduty.com.")


class EmailReceiver(_Receiver):
    """Mails over SMTP."""

    kind: Literal["email"]
    host: Text = Field(description="The mail server.")
    port: Annotated[int, Field(ge=1, le=65535, strict=True)] = Field(default=587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is encrypted; none is for a server on the same machine."
    )
    sender: Address = Field(alias="from", description="Address that mails come from.")
    to: tuple[Address, ...] = Field(min_length=1, description="Addresses that mails go to.")
    username: Variable | None = Field(default=None, description="Where the server asks for one.")
    password: Variable | None = Field(
        default=None, description="Where the server asks for one; never sent without encryption."
    )

    @model_validator(mode="after")
    def _protected(self) -> Self:
        if (self.username is None) != (self.password is None):
            msg = "one of username and password is missing. Remedy: give both or none"
            raise ValueError(msg)
        if self.password is not None and self.security == "none":
            msg = "the password would be sent in the clear. Remedy: write security: starttls or tls"
            raise ValueError(msg)
        return self


class FileReceiver(_Receiver):
    """A file of JSON lines, one for each alert; it only grows."""

    kind: Literal["file"]
    path: Text = Field(description="Absolute, or below alerts/ in DAGSTER_HOME.")


#: Who is told when nobody else is: nothing is ever said to no one.
JOURNAL = "journal"

Receiver = Annotated[
    WebhookReceiver | SlackReceiver | TeamsReceiver | PagerDutyReceiver | EmailReceiver | FileReceiver,
    Field(discriminator="kind"),
]


class Alerts(Model):
    """Who is told when something is wrong.

    The receiver journal is always there: the file alerts/alerts.jsonl in DAGSTER_HOME, unless it is given here.
    """

    receivers: dict[ReceiverName, Receiver] = Field(default_factory=dict, description="Where alerts can go, by name.")
    routes: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Receivers of each team that an escalation policy notifies."
    )
    default: tuple[str, ...] = Field(
        default=(JOURNAL,),
        min_length=1,
        description="Receivers of what no component answers for, and of teams without a route.",
    )
    recovered_after_minutes: Annotated[float, Field(ge=0, strict=True)] = Field(
        default=10.0, description="So long something has to be well before its recovery is told: it may flicker."
    )
    ui_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = Field(
        default=None, description="Where people see the Dagster UI, for links to runs."
    )

    @property
    def all_receivers(self) -> Mapping[str, Receiver]:
        """By name, the journal included."""
        return {JOURNAL: FileReceiver(kind="file", path="alerts.jsonl"), **self.receivers}
