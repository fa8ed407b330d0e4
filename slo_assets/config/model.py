"""What all models of the configuration share: how strict they are, and the values that they are made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from slo_assets.periods import PERIOD_PATTERN

SEVERITIES = ("critical", "high", "medium", "low")

Severity = Literal["critical", "high", "medium", "low"]
NoDataPolicy = Literal["ignore", "up", "down"]
AlertSeverity = Literal["info", "warning", "error", "critical"]
RuleKind = Literal["start", "success", "failure", "operation"]
ComponentId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
EventPrefix = Annotated[str, StringConstraints(pattern=r"^[^\s:.]+([:.][^\s:.]+)*$")]
# Strict, since YAML's `yes` would be 1 otherwise.
Positive = Annotated[float, Field(gt=0, strict=True)]
Percentage = Annotated[float, Field(ge=0, le=100, strict=True)]
Weight = Annotated[float, Field(ge=0, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Text = Annotated[str, StringConstraints(min_length=1)]
Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,5}(s|min|h|d)$")]
PeriodKey = Annotated[str, StringConstraints(pattern=f"^{PERIOD_PATTERN}$")]
ReceiverName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]
Address = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;:\"]+@[^@\s<>,;:\"]+$")]


class Model(BaseModel):
    """Frozen, without unknown keys, camelCase in the document."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, allow_inf_nan=False)
