"""A report of the bench as one HTML file that opens without a network: tables and plots in plain SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

WIDTH, BAR, GAP, LABEL = 860, 18, 6, 220
COLOURS = ("#35608d", "#3aa17e", "#d98c21", "#a23b72", "#7a7a7a", "#c1443c")
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;font-size:13px}
td,th{padding:.2rem .6rem;border-bottom:1px solid #ddd;text-align:left}
svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif}
"""
ENDS = ("low", "value", "high")
Bar = tuple[str, float, float, float, str]
"""Label, low, value and high end, colour."""


def document(report: Mapping[str, Any]) -> str:
    """The whole file."""
    backends = report["backends"]
    parts = [
        "<h1>spiketalk bench</h1>",
        f"<p>Heard: “{escape(report.get('heard', ''))}”. Said: “{escape(report.get('said', ''))}”. "
        "Energies are estimates with the range that their constants leave; on this computer they are the "
        "time that was measured times an assumed 5 to 20 W.</p>",
        "<h2>From the end of the turn to the first sound</h2>", waterfall(backends, report["turn_steps"]),
        "<h2>Budgets</h2><p>Share of its budget that a step of each stage takes, 95th percentile.</p>",
        plot(_bars(backends, lambda f: [f["p95"] / f["budget"]] * 3), "of budget", mark=1.0),
        "<h2>Energy per step</h2>",
        plot(_bars(backends, lambda f: [1e6 * f["energy_j"][e] for e in ENDS]), "µJ", log=True),
        "<h2>Firing</h2>",
        plot(_bars(backends, lambda f: [100 * f["firing_rate"]] * 3), "% of neurons per step"),
        "<h2>Work beside a dense network of the same shape</h2>",
        plot(_bars(backends, _of_dense), "% of its products"),
        "<h2>All figures</h2>", _table(backends),
    ]  # fmt: skip
    if report.get("accuracy"):
        parts += ["<h2>What the networks still do</h2>", _accuracy(report["accuracy"])]
    if rows := report.get("validation", {}).get("rows"):
        parts += ["<h2>The cost models against published measurements</h2>", _validation(rows)]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>spiketalk bench</title>'
        f"<style>{STYLE}</style>{''.join(parts)}</html>\n"
    )


def plot(bars: Sequence[Bar], unit: str, log: bool = False, mark: float | None = None) -> str:
    """Horizontal bars with their ranges as an SVG; a mark is a line across all of them."""
    from math import log10

    shown = [b for b in bars if b[3] > 0]
    if not shown:
        return "<p>Nothing to show.</p>"
    least = min(max(b[1], 1e-12) for b in shown) / 2 if log else 0.0
    most = max(*(b[3] for b in shown), mark or 0.0)

    def x(value: float) -> float:
        share = log10(max(value, least) / least) / log10(most / least) if log else value / most
        return LABEL + share * (WIDTH - LABEL - 90)

    out, y = [], GAP
    for label, low, value, high, colour in shown:
        out.append(f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(label)}</text>')
        out.append(
            f'<rect x="{LABEL}" y="{y}" width="{max(1.0, x(value) - LABEL):.1f}" height="{BAR}" '
            f'fill="{colour}"/>'
        )
        if high > low:
            middle = y + BAR / 2
            out.append(
                f'<path d="M{x(low):.1f} {middle}H{x(high):.1f}" stroke="#222" stroke-width="1.5" '
                'fill="none"/>'
            )
        out.append(f'<text x="{x(high) + 6:.1f}" y="{y + 13}">{value:.3g} {escape(unit)}</text>')
        y += BAR + GAP
    if mark is not None:
        out.append(f'<path d="M{x(mark):.1f} 0V{y}" stroke="#c1443c" stroke-dasharray="4 3"/>')
    return f'<svg viewBox="0 0 {WIDTH} {y}" role="img">{"".join(out)}</svg>'


def waterfall(backends: Mapping[str, Any], turn: Mapping[str, int]) -> str:
    """The stages of a turn one after the other, medians, a row for each backend."""
    rows = {
        name: [
            (stage, n * stages[stage]["p50"]) for stage, n in turn.items() if "p50" in stages.get(stage, {})
        ]
        for name, stages in backends.items()
    }
    most = max((sum(took for _, took in row) for row in rows.values()), default=0.0)
    if not most:
        return "<p>Nothing to show.</p>"
    out, y = [], GAP
    for name, row in rows.items():
        at = float(LABEL)
        out.append(f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
        for index, (stage, took) in enumerate(row):
            wide = took / most * (WIDTH - LABEL - 90)
            title = f"<title>{escape(stage)}: {took:.3g} ms</title>"
            fill = COLOURS[index % len(COLOURS)]
            out.append(
                f'<rect x="{at:.1f}" y="{y}" width="{wide:.1f}" height="{BAR}" fill="{fill}">{title}</rect>'
            )
            at += wide
        out.append(f'<text x="{at + 6:.1f}" y="{y + 13}">{sum(took for _, took in row):.3g} ms</text>')
        y += BAR + GAP
    for index, stage in enumerate(turn):
        fill = COLOURS[index % len(COLOURS)]
        x = LABEL + 140 * index
        out.append(f'<rect x="{x}" y="{y + 4}" width="12" height="12" fill="{fill}"/>')
        out.append(f'<text x="{x + 18}" y="{y + 14}">{escape(stage)} × {turn[stage]}</text>')
    return f'<svg viewBox="0 0 {WIDTH} {y + 24}" role="img">{"".join(out)}</svg>'


def _bars(backends: Mapping[str, Any], figure: Any) -> list[Bar]:
    made = []
    for name, stages in backends.items():
        for index, (stage, found) in enumerate(
            s for s in stages.items() if "p50" in s[1] and "synops" in s[1]
        ):
            low, value, high = figure(found)
            made.append((f"{name}, {stage}", low, value, high, COLOURS[index % len(COLOURS)]))
    return made


def _of_dense(found: Mapping[str, Any]) -> list[float]:
    return [100 * found["synops"] / max(1.0, found["dense_equivalent"])] * 3


def _table(backends: Mapping[str, Any]) -> str:
    head = (
        "backend",
        "stage",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "budget",
        "µJ per step (range)",
        "synaptic operations",
        "fit",
    )
    return _rows(head, (row for name, stages in backends.items() for row in _stage_rows(name, stages)))


def _stage_rows(name: str, stages: Mapping[str, Any]) -> Iterator[list[str]]:
    for stage, f in stages.items():
        if "error" in f:
            yield [name, stage, "", "", "", "", "", "", f["error"]]
        elif stage == "whole_turn_ms":
            limit = f"{f['budget']:g}" if "budget" in f else ""
            yield [name, "whole turn", *(f"{f[p]:.3g}" for p in ("p50", "p95", "p99")), limit, "", "", ""]
        else:
            e = f["energy_j"]
            energy = f"{1e6 * e['value']:.3g} ({1e6 * e['low']:.3g} to {1e6 * e['high']:.3g})"
            times = [f"{f[p]:.3g}" for p in ("p50", "p95", "p99")]
            yield [name, stage, *times, f"{f['budget']:.3g}", energy, f"{f['synops']:,.0f}", f["fit"]]


def _accuracy(accuracy: Mapping[str, Mapping[str, float]]) -> str:
    keys = list(next(iter(accuracy.values())))
    rows = ([name, *(f"{kept[key]:.3g}" for key in keys)] for name, kept in accuracy.items())
    return _rows(["backend", *(key.replace("_", " ") for key in keys)], rows)


def _validation(rows: Sequence[Mapping[str, Any]]) -> str:
    head = ("workload", "chip", "quantity", "predicted (range)", "measured", "ratio")
    return _rows(
        head,
        (
            [r["workload"], r["chip"], r["quantity"],
             f"{r['predicted']:.3g} ({r['low']:.3g} to {r['high']:.3g}) {r['unit']}",
             f"{r['measured']:g} {r['unit']}", f"{r['ratio']:.2f}"]
            for r in rows
        ),
    )  # fmt: skip


def _rows(head: Sequence[str], rows: Any) -> str:
    cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"
