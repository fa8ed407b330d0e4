"""``slo-workflow-state.json``: the steps that exist, and those that are refused."""

from __future__ import annotations

import re

import pytest

from slo_assets.domain import workflow
from slo_assets.domain.audit import faults
from slo_assets.domain.workflow import InvalidTransitionError, advance
from slo_assets.periods import Period
from slo_assets_tests.domain.telling import CANVAS, COMPONENTS, NOVEMBER, done, month
from slo_assets_tests.situations import checksums, shipped_config

#: As the semantics write them.
CHAINS = (
    "INITIALIZED CALCULATING VALIDATING PUBLISHING MONITORING CALCULATING",
    "FAILED CALCULATING",
    "MONITORING DRIFTED ROLLED_BACK MONITORING",
    "DRIFTED CALCULATING",
)
STATES = sorted({state for chain in CHAINS for state in chain.split()})
STEPS = {step for chain in CHAINS for step in zip(chain.split(), chain.split()[1:], strict=False)} | {
    (state, "FAILED") for state in STATES if state != "FAILED"
}
OTHERS = [
    (one, other) for one in STATES for other in STATES if (one, other) not in STEPS and {one, other} != {"FAILED"}
]


@pytest.mark.parametrize(("state", "following"), sorted(STEPS))
def test_every_step_of_the_state_machine_is_taken(state: str, following: str):
    assert advance(state, following) == following


@pytest.mark.parametrize(("state", "following"), OTHERS)
def test_every_other_step_is_refused_with_the_valid_ones(state: str, following: str):
    with pytest.raises(InvalidTransitionError) as refused:
        advance(state, following)
    named = set(re.findall(r"[A-Z_]{4,}", str(refused.value).split("valid from there:")[1]))
    assert named == {after for before, after in STEPS if before == state}
    assert state in str(refused.value)
    assert following in str(refused.value)


@pytest.mark.parametrize(("state", "following"), [("SLEEPING", "CALCULATING"), ("", "FAILED")])
def test_what_is_no_state_leads_nowhere(state: str, following: str):
    with pytest.raises(InvalidTransitionError, match="is no state"):
        advance(state, following)


def test_what_is_no_state_is_never_reached():
    with pytest.raises(InvalidTransitionError, match="CALCULATING, FAILED"):
        advance("INITIALIZED", "SLEEPING")


@pytest.mark.parametrize("state", STATES)
def test_from_every_state_there_is_a_valid_way_to_a_new_calculation(state: str):
    for following in workflow.BEGINNING[state]:
        state = advance(state, following)
    assert state == "CALCULATING"


@pytest.mark.parametrize("state", ["CALCULATING", "VALIDATING", "PUBLISHING"])
def test_a_run_that_is_found_in_the_middle_has_failed_before_another_begins(state: str):
    assert workflow.BEGINNING[state] == ("FAILED", "CALCULATING")


def test_the_document_shows_the_machine_the_state_and_what_was_published():
    made = month([done(0)])
    published = {name: source for name, source in made.items() if name != "slo-workflow-state"}
    state = made["slo-workflow-state"]["workflowState"]
    assert {(one, other) for one, others in state["stateTransitions"].items() for other in others} == STEPS
    assert (state["currentState"], state["currentVersion"]) == ("MONITORING", "1.0.0")
    assert state["lastUpdated"] == "2025-12-01T00:00:00Z"
    assert state["checksums"] == checksums(published)
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", value) for value in state["checksums"].values())


def test_the_trail_tells_of_each_component_and_each_step_at_the_instant_as_of():
    made = month([done(0)])
    trail = made["slo-workflow-state"]["workflowState"]["auditTrail"]
    assert {entry["timestamp"] for entry in trail} == {"2025-12-01T00:00:00Z"}
    assert [(entry["action"], entry["component"]) for entry in trail] == [
        *(("calculate", name) for name in COMPONENTS),
        ("validate", "all"),
        ("publish", "all"),
    ]
    judged = made["sla-compliance-report"]["complianceReport"]["components"]
    for entry in trail[: len(COMPONENTS)]:
        assert entry["status"] == judged[entry["component"]]["overallStatus"]
        assert entry["result"] == ("no-data" if entry["status"] == "unknown" else "success")
    assert {entry["result"] for entry in trail[len(COMPONENTS) :]} == {"success"}


def test_a_component_without_a_verdict_has_no_data_and_the_others_succeed():
    report = {"generatedDate": "2025-12-01T00:00:00Z", "components": {
        CANVAS: {"overallStatus": "failed"}, "theme": {"overallStatus": "unknown"},
    }}  # fmt: skip
    made = workflow.document({"complianceReport": report}, {}, Period(NOVEMBER), shipped_config())
    trail = made["workflowState"]["auditTrail"]
    assert [entry["result"] for entry in trail[:2]] == ["success", "no-data"]


def test_the_trail_is_a_chain_whose_end_the_document_names():
    state = month([done(0)])["slo-workflow-state"]["workflowState"]
    head = state["auditHead"]
    assert head["entries"] == len(state["auditTrail"])
    assert faults(state["auditTrail"], {head["entries"]: head["hash"]}) == []
    state["auditTrail"][1]["result"] = "failure"
    assert faults(state["auditTrail"], {}) == [
        "entry 2 was changed: its content does not have the hash that it carries"
    ]
