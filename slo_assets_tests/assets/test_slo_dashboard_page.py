"""The page as an asset: of what is published, in a job of its own."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import pytest

from slo_assets.periods import Period
from slo_assets.run_tags import REASON
from slo_assets.storage.files import sha256
from slo_assets_tests.conftest import MakeProject, Project
from slo_assets_tests.domain.telling import failed, spread, text

LOG = text(*spread(300, 10, 40), *(failed(3001 + n) for n in range(4)))
STATE = "4 of 5 components are unknown"


@pytest.fixture(scope="module")
def project(make_project: MakeProject) -> Project:
    made = make_project({"app.log": LOG})
    assert made.run("2025-11").error == ""
    assert made.backfill.render(Period("2025-11")) == ""
    return made


def test_publishing_a_month_draws_no_page(make_project: MakeProject) -> None:
    made = make_project({"app.log": LOG})
    made.run("2025-11")

    assert not (Path(made.output) / "pages").exists()


def test_the_data_version_is_the_page_s_checksum(project: Project) -> None:
    made = project.materialization("slo_dashboard_page", "2025-11")
    page = (Path(project.output) / "pages" / "2025-11.html").read_bytes()

    assert made.tags is not None
    assert made.tags["dagster/data_version"] == sha256(page) == made.metadata["sha256"].value


def test_the_ui_leads_to_the_page_and_says_what_to_look_at_first(project: Project) -> None:
    metadata = project.materialization("slo_dashboard_page", "2025-11").metadata

    assert metadata["page"].value == f"{project.output}/pages/2025-11.html"
    assert metadata["state"].value == STATE
    assert metadata["components unknown"].value == 4
    assert isinstance(metadata["look first at"], dg.TableMetadataValue)
    assert [record.data["component"] for record in metadata["look first at"].records][-1:] == ["canvas-component"]
    picture = metadata["burn-down"]
    assert isinstance(picture, dg.MarkdownMetadataValue)
    assert len(picture.md_str) < 50_000


def test_a_run_says_why_it_was_started(project: Project) -> None:
    reasons = {run.job_name: run.tags[REASON] for run in project.instance.get_runs()}

    assert reasons == {"materialize_month": "slo-assets run", "render_page": "published anew"}


def test_a_page_of_a_month_that_is_not_published_is_an_error_that_names_it(make_project: MakeProject) -> None:
    problem = make_project().backfill.render(Period("2025-11"))

    assert problem.startswith("slo_dashboard_page: ")
    assert "2025-11/slo-sli-sla-dashboard.json" in problem


def test_the_page_goes_to_an_object_store_as_well(make_project: MakeProject) -> None:
    made = make_project({"app.log": LOG}, output="memory://pages-of-a-test")
    made.run("2025-11")

    assert made.backfill.render(Period("2025-11")) == ""
    from upath import UPath

    page = UPath("memory://pages-of-a-test/pages/2025-11.html").read_text()
    assert STATE in page


def test_the_page_is_made_from_the_published_document_alone(project: Project, make_project: MakeProject) -> None:
    other = make_project()
    document = project.published("2025-11", "slo-sli-sla-dashboard").read_bytes()
    copy = other.published("2025-11", "slo-sli-sla-dashboard")
    copy.parent.mkdir(parents=True)
    copy.write_bytes(document)
    assert other.backfill.render(Period("2025-11")) == ""

    pages = [Path(one.output) / "pages" / "2025-11.html" for one in (project, other)]
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert json.loads(document)["period"] == "2025-11"


def test_a_month_needs_no_page_to_be_up_to_date(make_project: MakeProject) -> None:
    made = make_project({"app.log": LOG})
    (month,) = made.backfill.months(None, None)
    made.run(month.key)

    assert made.backfill.causes(month) == []
    assert made.backfill.is_undrawn(made.run(month.key))
