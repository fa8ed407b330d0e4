"""``slo_dashboard_page``: what people look at."""

import dagster as dg

from slo_assets.assets.common import monthly_asset, tables
from slo_assets.periods import Period
from slo_assets.resources import Output
from slo_assets.storage.deliverables import DASHBOARD


@monthly_asset(deps=["slo_workflow_state"], kind="html")
def slo_dashboard_page(context: dg.AssetExecutionContext, output: dg.ResourceParam[Output]) -> dg.MaterializeResult:
    """`pages/<period>.html`: the published dashboard as one self-contained page, and `pages/index.html` over all.

    Made from the published `slo-sli-sla-dashboard.json` alone. It has a job of its own, `render_page`: drawing takes
    longer than all documents of a month, and a page that cannot be drawn must not keep them from being published.
    """
    import json

    from slo_assets.page import pictures, view

    period = Period(context.partition_key)
    document = json.loads(output.publication(period).read(DASHBOARD.file))
    checksum = output.site.publish(document)
    page = view.Page(document)
    path = output.site.path(period.key)
    return dg.MaterializeResult(
        data_version=dg.DataVersion(checksum),
        metadata={
            "state": page.headline,
            "page": dg.MetadataValue.path(str(path)),
            "index": dg.MetadataValue.path(str(path.with_name("index.html"))),
            "burn-down": dg.MetadataValue.md(pictures.markdown(page)),
            "page size (bytes)": path.stat().st_size,
            **{f"components {status}": count for status, count in page.counts.items()},
            **tables(
                {
                    "look first at": [
                        {
                            "component": one.id,
                            "verdict": one.status,
                            "most of a budget used (%)": one.used,
                            "alerts": len(one.alerts),
                            "anomalies": len(one.anomalies),
                        }
                        for one in view.components(page)[:10]
                    ]
                }
            ),
            "sha256": checksum,
        },
    )
