# SPDX-License-Identifier: Apache-2.0
"""The report: every held-out run against its prediction, the goals, and where they are missed."""
import json
import math
import statistics

PERCENTILES = ("p50", "p90", "p95", "p99")


def percent(share):
    return "-" if share is None else f"{share * 100:+.2f}"


def milliseconds(seconds):
    return "-" if seconds is None else f"{seconds * 1e3:.3f}"


def knee(points, column):
    """The rate at which p99 is twice that of the smallest rate; log-linear between points."""
    wanted = 2 * points[0][column]
    for before, after in zip(points, points[1:]):
        low, high = before[column], after[column]
        if low < wanted <= high:
            share = math.log(wanted / low) / math.log(high / low)
            return before[0] + share * (after[0] - before[0])
    return None


def reason(plan):
    """The term of the mean that is off by most."""
    if not plan["terms"]:
        return "no terms recorded"
    name, term = max(plan["terms"].items(), key=lambda entry: abs(entry[1]["error"] or 0))
    return f"mean of {name[:-2]} predicted {milliseconds(term['predicted'])} ms, measured {milliseconds(term['measured'])} ms"


def write_report(lab, cases, load):
    groups = {}
    for case in cases:
        if lab.is_done(case):
            groups.setdefault(case.group, []).append(case)
    lines = ["# Held-out runs against their predictions", "",
             f"Calibrated from {len(lab.calibrated_from)} other runs; arrivals and exits are those of the runs (`--replay`). "
             "Errors are (predicted - measured) / measured in %, spread is that of repeated runs, in % of what was measured.",
             "", "| runs of | n | mean ms | error % | " + " | ".join(f"{p} ms | % | spread" for p in PERCENTILES) + " | max % | KS |",
             "|---|---|---|---|" + "---|" * (3 * len(PERCENTILES) + 2)]
    mean_errors, misses, covered, counted = [], [], 0, 0
    every = lab.validate([lab.path(case) for group in groups.values() for case in group], "--replay")
    for group, plan in zip(groups.values(), every["plans"]):
        latency = plan["latency_s"]
        row = [group[0].group, str(len(group)), milliseconds(latency["mean"]["measured"]),
               percent(latency["mean"]["relative_error"])]
        for name in PERCENTILES:
            figure = latency[name]
            spread = None if figure["spread"] is None or not figure["measured"] else figure["spread"] / figure["measured"]
            row += [milliseconds(figure["measured"]), percent(figure["relative_error"]),
                    "-" if spread is None else f"{spread * 100:.1f}"]
            error = figure["relative_error"]
            if error is None or abs(error) > max(0.05, spread or 0):
                misses.append(f"{group[0].group}, {name}: {percent(error)} %; {reason(plan)}")
        row += [percent(latency["max"]["relative_error"]), f"{plan['kolmogorov_smirnov']:.3f}"]
        lines.append("| " + " | ".join(row) + " |")
        for case in group:
            alone = lab.validate([lab.path(case)], "--replay")["plans"][0]["latency_s"]
            mean_errors.append(abs(alone["mean"]["relative_error"] or math.inf))
            for name in PERCENTILES:
                counted += 1
                covered += alone[name]["is_covered"]
    drawn = lab.validate([lab.path(case) for group in groups.values() for case in group])
    ranks = [each for each in drawn["rankings"] if each["statistic"] == "mean"]
    lines += ["", "## Goals", "", "| goal | reached |", "|---|---|",
              f"| at least 24 held-out runs | {len(mean_errors)} |",
              f"| median error of the mean at most 2 % | {statistics.median(mean_errors) * 100:.2f} % |",
              f"| p50 to p99 within 5 % or the spread | {4 * len(groups) - len(misses)} of {4 * len(groups)} |",
              f"| 90 % intervals cover 85 to 95 % of the percentiles of single runs | {covered} of {counted}, "
              f"{100 * covered / counted:.1f} % |"]
    apart = sum(each["pairs_apart"] for each in ranks)
    agreeing = sum(each["pairs_apart"] * each["kendall_tau_apart"] for each in ranks if each["pairs_apart"])
    lines.append(f"| Kendall tau of plans for one question at least 0.95 ({len(ranks)} questions) | "
                 f"{agreeing / max(1, apart):.3f} of {apart} pairs that runs tell apart |")
    lines.append("| the chosen plan within 1 % of the best measured | regret "
                 + ", ".join(f"{each['regret'] * 100:.2f} %" for each in ranks) + " |")
    for group, plan in zip(groups.values(), drawn["plans"]):
        if group[0].arguments and plan["accuracy"]:
            accuracy, samples = plan["accuracy"], sum(case.samples for case in group)
            error = math.sqrt(accuracy["predicted"] * (1 - accuracy["predicted"]) / samples)
            lines.append(f"| accuracy of {group[0].group} as its exit trace says | predicted {accuracy['predicted'] * 100:.1f} %, measured "
                         f"{accuracy['measured'] * 100:.1f} % of {samples} samples (one standard error: {error * 100:.1f}) |")
    if load:
        measured, predicted = knee(load, 1), knee(load, 2)
        error = percent(predicted / measured - 1) if measured and predicted else "not reached"
        lines += [f"| knee of the load curve within 5 % | {error} % |", "", "## Load curve", "",
                  "| samples/s | p99 measured ms | predicted ms |", "|---|---|---|"]
        lines += [f"| {rate:.1f} | {milliseconds(a)} | {milliseconds(b)} |" for rate, a, b in load]
    lines += ["", "## Where the prediction fails", ""] + ([f"- {miss}" for miss in misses] or ["Nowhere above."])
    path = lab.folder / "validation.md"
    path.write_text("\n".join(lines) + "\n")
    (lab.folder / "validation.json").write_text(json.dumps({"replayed": every, "drawn": drawn}, indent=1))
    return path
