"""An evaluation as one HTML file that needs nothing else."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from iiif_dedup import __version__
from iiif_dedup.evaluation.evaluating import Evaluation, SetResult
from iiif_dedup.evaluation.report import tables
from iiif_dedup.evaluation.report.charts import charts
from iiif_dedup.evaluation.report.pictures import Pictures
from iiif_dedup.evaluation.report.results import as_json

JSON_FILE, HTML_FILE = "evaluation.json", "evaluation.html"

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #666; --ground: #8881 }
@media (prefers-color-scheme: dark) { :root { --quiet: #a5a5a5 } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto;
       padding: 0 1rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere }
h2 { font-size: 1.25rem; margin: 3rem 0 .25rem; padding-top: 1rem;
     border-top: 2px solid var(--line) }
h3 { font-size: 1.05rem; margin: 2rem 0 .5rem }
h4 { font-size: .95rem; margin: 1.25rem 0 .25rem }
p { margin: .25rem 0 1rem; max-width: 48rem }
.quiet, caption, figcaption, small { color: var(--quiet) }
nav ul, .keys { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0 }
.wide { overflow-x: auto; margin: 1rem 0 1.5rem }
table { border-collapse: collapse; min-width: min(30rem, 100%); font-size: .9rem;
        font-variant-numeric: tabular-nums }
caption { text-align: left; caption-side: top; padding-bottom: .35rem; font-size: .85rem }
th, td { padding: .3rem 1rem .3rem 0; border-bottom: 1px solid var(--line); text-align: right;
         vertical-align: baseline }
thead th { font-weight: 600; font-size: .82rem; vertical-align: bottom; max-width: 9rem }
th:first-child { text-align: left; font-weight: 400; white-space: nowrap; padding-right: 1.5rem }
tbody tr:hover { background: var(--ground) }
td small { display: block; white-space: nowrap; font-size: .75rem; line-height: 1.2 }
.key { width: 34px; height: 10px; margin-right: .5rem }
.charts { display: grid; gap: 1.5rem;
          grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)) }
.charts svg { width: 100%; max-width: 34rem; height: auto; display: block }
.charts text { font-size: 11px; fill: var(--quiet) }
.charts .axis { font-size: 12px; fill: currentColor }
.grid { stroke: var(--line) }
.even { fill: none; stroke: var(--quiet); stroke-dasharray: 2 4 }
figure { margin: 0; min-width: 0; break-inside: avoid }
figcaption { font-size: .82rem; overflow-wrap: anywhere; margin-top: .25rem }
figcaption b { color: CanvasText; font-weight: 600 }
.cases { list-style: none; padding: 0; margin: 0;
         display: grid; grid-template-columns: repeat(auto-fill, minmax(min(34rem, 100%), 1fr));
         gap: .75rem }
.cases.pairs { grid-template-columns: repeat(auto-fill, minmax(min(23rem, 100%), 1fr)) }
.cases li { display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; padding: .75rem;
            background: var(--ground); border-radius: 6px; align-items: end; break-inside: avoid }
.cases.pairs li { grid-template-columns: repeat(2, 1fr) }
.cases img { max-width: 100%; max-height: 11rem; display: block; border-radius: 3px }
.gone { padding: 2rem 1rem; border: 1px dashed var(--line) }
summary { cursor: pointer }
@media print { body { margin: 0; max-width: none; font-size: 11px } }
"""


def write_report(evaluation: Evaluation, folder: Path, title: str) -> Path:
    """Write `evaluation.json` and `evaluation.html`, and return the path of the latter.

    Args:
        evaluation: What came out.
        folder: Made where it is missing; older files of these names are replaced.
        title: What was judged; any text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    document = json.dumps(as_json(evaluation), ensure_ascii=False, indent=1, allow_nan=False)
    for name, text in ((JSON_FILE, document + "\n"), (HTML_FILE, page(evaluation, title))):
        temporary = folder / f"{name}.part"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(folder / name)
    return folder / HTML_FILE


def page(evaluation: Evaluation, title: str) -> str:
    """Return the HTML document.

    Args:
        evaluation: What came out.
        title: What was judged; any text.
    """
    pictures = Pictures()
    plan = evaluation.plan
    links = "".join(
        f'<li><a href="#set-{number}">{escape(one.name)}</a></li>'
        for number, one in enumerate(evaluation.sets)
    )
    seconds = tables.table(
        "Time that the queries took on this machine, all pictures described.",
        ["method", "seconds"],
        [[escape(name), f"{value:.1f}"] for name, value in evaluation.seconds.items()],
    )
    skipped = "".join(f"<li>{escape(one)}</li>" for one in evaluation.skipped)
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "img-src data:; style-src 'unsafe-inline'\">",
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style></head>\n<body><main>",
            f"<h1>{escape(title)}</h1>",
            f'<p class="quiet">Searched {evaluation.pool:,} entries by {len(plan.methods)} '
            f"methods; seed {plan.seed}, iiif_dedup {__version__}. Figures are rates from 0 to 1; "
            "their definitions are in docs/reference/measures.md.</p>",
            f'<nav aria-label="Sets of queries"><ul>{links}</ul></nav>',
            *(_section(number, one, evaluation, pictures) for number, one in
              enumerate(evaluation.sets)),
            f"<h2>The run</h2>\n{seconds}",
            f"<h3>Left out</h3><ul>{skipped}</ul>" if skipped else "",
            "</main></body>\n</html>\n",
        )
    )  # fmt: skip


def _section(number: int, result: SetResult, evaluation: Evaluation, pictures: Pictures) -> str:
    plan = evaluation.plan
    one = next(iter(result.methods.values()))
    unknown = f", {one.unknown} of nothing that is in the pool" if one.unknown else ""
    shown = result.methods[result.shown]
    return "\n".join(
        (
            f'<section aria-labelledby="set-{number}"><h2 id="set-{number}">{escape(result.name)}'
            "</h2>",
            f'<p class="quiet">{one.queries} queries of {one.objects} things{unknown}.</p>',
            tables.found(result, plan),
            charts(result.methods),
            "<h3>Decisions</h3>",
            tables.decided(result, plan),
            tables.calibrated(result),
            tables.compared(result, plan),
            tables.by_source(result, plan),
            f"<details><summary>More figures</summary>{tables.at_ranks(result, plan)}"
            f"{tables.soft(result)}</details>",
            f"<h3>Cases of {escape(result.shown)}, the best at the budget</h3>",
            pictures.cases(
                result.cases, evaluation.entries, probable=shown.calibration is not None
            ),
            "</section>",
        )
    )
