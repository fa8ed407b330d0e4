"""The SLO configuration: what is measured, against which objectives, with every default, once.

The models are read from ``slo-config.yaml``. A mistake raises :class:`ConfigError`, which names file, line,
value and remedy for each thing that is wrong. ``schemas/slo-config.schema.json`` is generated from here.
Ready dialects and rules of common logs are in ``logs/profiles``.

What belongs here: settings and what they mean by themselves. What is computed with them is in ``domain/``.
"""

from slo_assets.config.alerts import (
    JOURNAL,
    Alerts,
    EmailReceiver,
    FileReceiver,
    PagerDutyReceiver,
    Receiver,
    SlackReceiver,
    TeamsReceiver,
    Variable,
    WebhookReceiver,
)
from slo_assets.config.document import ConfigError
from slo_assets.config.logs import (
    PLACEHOLDER,
    PROFILES,
    Condition,
    Dialect,
    Logs,
    Profile,
    Reading,
    Rule,
    Source,
    Time,
    Unreadable,
    profile,
    profile_names,
)
from slo_assets.config.model import SEVERITIES, AlertSeverity, NoDataPolicy
from slo_assets.config.objectives import (
    BudgetThresholds,
    Compliance,
    Component,
    EscalationStep,
    LatencyThresholds,
    Releases,
    Targets,
)
from slo_assets.config.patterns import compiled
from slo_assets.config.slo_config import SloConfig, config_schema, parse_config

__all__ = [
    "JOURNAL",
    "PLACEHOLDER",
    "PROFILES",
    "SEVERITIES",
    "AlertSeverity",
    "Alerts",
    "BudgetThresholds",
    "Compliance",
    "Component",
    "Condition",
    "ConfigError",
    "Dialect",
    "EmailReceiver",
    "EscalationStep",
    "FileReceiver",
    "LatencyThresholds",
    "Logs",
    "NoDataPolicy",
    "PagerDutyReceiver",
    "Profile",
    "Reading",
    "Receiver",
    "Releases",
    "Rule",
    "SlackReceiver",
    "SloConfig",
    "Source",
    "Targets",
    "TeamsReceiver",
    "Time",
    "Unreadable",
    "Variable",
    "WebhookReceiver",
    "compiled",
    "config_schema",
    "parse_config",
    "profile",
    "profile_names",
]
