"""The results as a text table, as Markdown for the documentation, and as JSON."""

from __future__ import annotations

from . import grid
from .measurement import Outcome, Result


def duration(seconds: float) -> str:
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}" if seconds * factor < 999.5 else f"{seconds * factor:.0f} {unit}"
    return f"{seconds:.1e} s"


def times(ratio: float) -> str:
    return f"{ratio:.0f}×" if ratio >= 99.5 else f"{ratio:.3g}×"


def headings(outcome: Outcome) -> tuple[str, ...]:
    judged = "accuracy, peak memory" if outcome.workload.kind == "start-to-finish" else "loss"
    return ("contestant", "threads", "median", "min … max", "their time / ours", "min … max", judged, "agrees")


def rows(outcome: Outcome) -> list[tuple[str, ...]]:
    return [row(outcome, result) for result in sorted(outcome.results, key=lambda result: result.median)]


def row(outcome: Outcome, result: Result) -> tuple[str, ...]:
    ratio = result.ratio
    if outcome.workload.kind == "start-to-finish":
        peak = f", {max(result.megabytes):.0f} MB" if result.megabytes else ""
        value = "" if result.accuracy is None else f"{result.accuracy:.2%}{peak}"
    else:
        loss = result.final_loss if result.final_loss is not None else result.loss
        value = "" if loss is None else f"{loss:.6g}"
    approximate = result.peer in outcome.workload.approximate
    if result.agrees is None:
        agrees = ""
    elif result.name == outcome.reference:
        agrees = "reference"
    else:
        agrees = ("yes" if result.agrees else "NO") + f" ({result.difference:.0e})" + (", near" if approximate else "")
    return (
        f"{result.peer} {result.version}".strip(),
        str(result.threads),
        duration(result.median) + per_second(outcome, result),
        f"{duration(min(result.seconds))} … {duration(max(result.seconds))}",
        times(ratio["median"]) if ratio else "",
        f"{times(ratio['min'])} … {times(ratio['max'])}" if ratio else "",
        value,
        agrees,
    )


def per_second(outcome: Outcome, result: Result) -> str:
    return f" ({10_000 / result.median / 1e6:.2f} M rows/s)" if outcome.workload.kind == "rows" else ""


def goals(outcome: Outcome) -> list[dict]:
    """The goals, and the results for them."""
    own, listed = outcome.fastest("pellucid"), []
    if own is None:
        return listed
    for reach in outcome.workload.reach:
        best = outcome.fastest(reach.peer)
        if best and best.ratio:
            reached = best.ratio["median"]
            text = f"{times(reached)} {best.name}, goal {times(reach.ratio)}"
            listed.append({"text": text, "reached": reached, "wanted": reach.ratio, "met": reached >= reach.ratio})
    if outcome.workload.memory_reach and own.megabytes:
        peak, most = max(own.megabytes), outcome.workload.memory_reach
        listed.append({"text": f"{peak:.0f} MB peak, at most {most:.0f}", "reached": peak, "wanted": most, "met": peak <= most})
    return listed


def notes(outcome: Outcome) -> list[str]:
    lines = [f"{'met' if goal['met'] else 'NOT MET'}: {goal['text']}" for goal in goals(outcome)]
    one, many = own_variants(outcome)
    if one and many and many.median > one.median * 1.05:
        lines.append(f"SLOWER with {many.threads} threads than with 1: {duration(many.median)}, {duration(one.median)}")
    if outcome.shortened_to:
        lines.append(f"shortened by --quick to {outcome.shortened_to:,} epochs")
    lines += [f"excluded: {name}: {reason}" for name, reason in outcome.absent.items()]
    if outcome.load_before > 0.7:
        lines.append(f"the machine was not idle: load {outcome.load_before:.1f} before the first round")
    return lines


def own_variants(outcome: Outcome) -> tuple[Result | None, Result | None]:
    own = sorted((r for r in outcome.results if r.peer == "pellucid"), key=lambda r: r.threads)
    return (own[0], own[-1]) if len(own) > 1 else (None, None)


def text(outcome: Outcome) -> str:
    lines = [f"{outcome.workload.name}: {outcome.workload.title}"]
    lines += [f"  {line}" for line in grid.text([headings(outcome), *rows(outcome)]).splitlines()]
    return "\n".join(lines + [f"  {note}" for note in notes(outcome)]) + "\n"


def machine_line(machine: dict) -> str:
    return (
        f"{machine['cpu']} (family/model/stepping {machine['family_model_stepping']}), {machine['cores']} cores, "
        f"{machine['megahertz']} MHz, {machine['memory_gigabytes']} GB, {machine['system']}; "
        f"{' '.join(machine['flags'])}; Python {machine['python']}, {machine['rustc']}"
    )


def markdown(outcomes: list[Outcome], machine: dict, settings: dict) -> str:
    lines = [
        f"Measured {settings['date']} with `bench/run` on {machine_line(machine)}. Up to {settings['threads']} threads, "
        f"{settings['repeats']} rounds{', shortened by --quick' if settings['quick'] else ''}. "
        "Times are medians; ratios are medians of the rounds' own ratios, against Pellucid's fastest variant.",
        "",
        "| workload | ours | best peer | ratio (min … max) | goal |",
        "| --- | --- | --- | --- | --- |",
    ]
    for outcome in outcomes:
        own = outcome.fastest("pellucid")
        for reach in outcome.workload.reach:
            best = outcome.fastest(reach.peer)
            if own and best and best.ratio:
                ratio = best.ratio
                lines.append(
                    f"| {outcome.workload.name} | {duration(own.median)} | {best.name} {duration(best.median)} | "
                    f"{times(ratio['median'])} ({times(ratio['min'])} … {times(ratio['max'])}) | ≥ {times(reach.ratio)} |"
                )
    for outcome in outcomes:
        lines += ["", f"### {outcome.workload.name}", "", f"{outcome.workload.title[0].upper()}{outcome.workload.title[1:]}.", ""]
        lines.append(grid.markdown([headings(outcome), *rows(outcome)]))
        remarks = notes(outcome)
        if remarks:
            lines += ["", *[f"- {remark}" for remark in remarks]]
    return "\n".join(lines) + "\n"


def record(outcomes: list[Outcome], machine: dict, settings: dict) -> dict:
    return {
        "settings": settings,
        "machine": machine,
        "workloads": [
            {
                "name": outcome.workload.name,
                "title": outcome.workload.title,
                "shortened_to_epochs": outcome.shortened_to,
                "load_before": outcome.load_before,
                "tolerance": outcome.workload.tolerance,
                "reference": outcome.reference,
                "goals": goals(outcome),
                "left_out": outcome.absent,
                "contestants": [
                    {
                        "peer": result.peer,
                        "version": result.version,
                        "threads": result.threads,
                        "seconds": result.seconds,
                        "median_seconds": result.median,
                        "ratio": result.ratio,
                        "loss_in_training": result.loss,
                        "loss_of_the_result": result.final_loss,
                        "accuracy": result.accuracy,
                        "peak_megabytes": result.megabytes,
                        "relative_difference": result.difference,
                        "agrees": result.agrees,
                    }
                    for result in outcome.results
                ],
            }
            for outcome in outcomes
        ],
    }
