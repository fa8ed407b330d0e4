"""Assets, checks, jobs, schedules, sensors and resources out of Dagster's definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from slo_assets import checks
from slo_assets.definitions import ASSETS, build_defs
from slo_assets.drift_checks import AUDIT_TRAIL_WHOLE, MEANINGS, drift_check
from slo_assets.storage.deliverables import DELIVERABLES
from slo_assets_docs.markdown import code, page, prose, summary, table

ABOUT = "What the Dagster UI shows, in one place. Every asset has a partition for each calendar month in UTC."


def assets_page() -> str:
    """All definitions, assets in the order of the data flow."""
    found = build_defs()
    return page(
        "Assets, checks and automation",
        "`slo_assets/definitions.py`",
        ABOUT,
        *_assets(found),
        "## Checks",
        table(("check", "of", "severity", "passes when"), _checks(found)),
        "## Jobs",
        table(("job", "what it does", "assets"), _jobs(found)),
        "## Schedules",
        table(("schedule", "when", "job", "what it does"), _schedules(found)),
        "## Sensors",
        table(("sensor", "at least every", "job", "what it does"), _sensors(found)),
        "## Resources",
        table(("resource", "what it is", "settings"), _resources(found)),
    )


def _assets(found: dg.Definitions) -> Iterator[str]:
    graph = found.resolve_asset_graph()
    order = _order()
    for key in order:
        node = graph.get(key)
        name = key.to_user_string()
        yield f"## {code(name)}"
        yield prose(node.description)
        facts = {
            "reads": ", ".join(_read(node, parent) for parent in sorted(node.parent_keys, key=order.index)),
            "checks": _names(sorted({check.name for check in node.check_keys})),
            "stored as": ", ".join(sorted(node.kinds - {"python"})),
            "fields": f"[{DELIVERABLES[name].name}]({DELIVERABLES[name].name}.md)" if name in DELIVERABLES else "",
            "late after": _freshness(node.freshness_policy),
            **{link: _linked(node.metadata[link]) for link in ("guide", "schema") if link in node.metadata},
        }
        yield "\n".join(f"- {what}: {fact}" for what, fact in facts.items() if fact)


def _order() -> list[dg.AssetKey]:
    """The keys of the assets in the order of the data flow."""
    return [asset.key for asset in ASSETS]


def _read(node: Any, parent: dg.AssetKey) -> str:
    """An asset that another one reads, and of how many months before."""
    mapping = node.partition_mappings.get(parent)
    if not isinstance(mapping, dg.TimeWindowPartitionMapping) or not mapping.start_offset:
        return code(parent.to_user_string())
    months = "the month" if mapping.start_offset == -1 else f"the {-mapping.start_offset} months"
    return f"{code(parent.to_user_string())} ({'of' if mapping.end_offset else 'with'} {months} before)"


def _names(keys: Iterable[dg.AssetKey | str]) -> str:
    return ", ".join(code(key if isinstance(key, str) else key.to_user_string()) for key in keys)


def _freshness(policy: object) -> str:
    if policy is None:
        return ""
    hours = [window.to_timedelta().total_seconds() / 3600 for window in (policy.warn_window, policy.fail_window)]  # type: ignore[attr-defined]
    return "{:g} hours, overdue after {:g}".format(*hours)


def _linked(value: dg.PathMetadataValue) -> str:
    return f"[{value.path}](../../{value.path})"


def _severities() -> Mapping[str, str]:
    found = [check for check in vars(checks).values() if isinstance(check, checks.Check)]
    found += [AUDIT_TRAIL_WHOLE, *(drift_check(kind) for kind in MEANINGS)]
    return {check.name: check.severity.value for check in found}


def _checks(found: dg.Definitions) -> Iterator[tuple[str, str, str, str]]:
    graph, severities = found.resolve_asset_graph(), _severities()
    order = _order()
    by_name: dict[str, list[dg.AssetKey]] = {}
    for check in sorted(graph.asset_check_keys, key=lambda check: (order.index(check.asset_key), check.name)):
        by_name.setdefault(check.name, []).append(check.asset_key)
    for name, keys in by_name.items():
        meaning = graph.get_check_spec(dg.AssetCheckKey(keys[0], name)).description
        yield code(name), _names(keys), severities[name], prose(meaning)


def _jobs(found: dg.Definitions) -> Iterator[tuple[str, str, str]]:
    for job in sorted(found.resolve_all_job_defs(), key=lambda job: job.name):
        if not job.name.startswith("__"):
            assets = job.asset_layer.executable_asset_keys
            yield code(job.name), prose(job.description), _names(sorted(key.to_user_string() for key in assets))


def _schedules(found: dg.Definitions) -> Iterator[tuple[str, str, str, str]]:
    for each in sorted(found.get_repository_def().schedule_defs, key=lambda each: each.name):
        when = f"{code(each.cron_schedule)} {each.execution_timezone}"
        yield code(each.name), when, code(each.job_name), prose(each.description)


def _sensors(found: dg.Definitions) -> Iterator[tuple[str, str, str, str]]:
    for each in sorted(found.get_repository_def().sensor_defs, key=lambda each: each.name):
        jobs = ", ".join(code(job.name) for job in each.jobs) if each.has_jobs else ""
        yield code(each.name), f"{each.minimum_interval_seconds} s", jobs, prose(each.description)


def _resources(found: dg.Definitions) -> Iterator[tuple[str, str, str]]:
    for name, resource in sorted((found.resources or {}).items()):
        yield code(name), summary(type(resource).__doc__), ", ".join(map(code, type(resource).model_fields))
