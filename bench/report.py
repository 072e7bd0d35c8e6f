# Part of the Treadle project, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""report.py - what peers.py measured, as a table and as a picture.

    python bench/report.py peers.json [--steps N] [--picture peers.svg]
"""
import argparse
import json
import math
import pathlib
from xml.sax.saxutils import escape

LONG = 1.0  # ms: shorter models measure calls, not kernels; they do not count in the mean


def mean(values):
    """Geometric."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def table(rows):
    """Columns as wide as needed, the first to the left."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def number(value, form="{:.2f}"):
    return "-" if value is None else form.format(value)


def counted(row, name):
    """The ratio, if it counts in the mean: right, of a model that is long enough."""
    result, base = row["results"].get(name), row["results"].get("onnxruntime")
    return result["ratio"] if result and base and result.get("same") and base["ms"] >= LONG else None


def ratio_cell(row, name):
    if name in row["problems"]:
        return "fails"
    result = row["results"].get(name)
    if not result or "ratio" not in result:
        return "-"
    return f"{result['ratio']:.2f}" + ("" if result["same"] else "!")


def one_count(record, threads):
    rows = [r for r in record["rows"] if r["threads"] == threads]
    names = list(record["versions"])
    peers = [n for n in names if n not in ("treadle", "onnxruntime")]
    peak = record["peak"][str(threads)]
    lines = [["model", "onnxruntime ms", "treadle ms", "treadle", *peers, "% FMA", "% memory", "load ms", "ORT's", "MiB", "ORT's", "compile s"]]
    for row in rows:
        treadle, base, work = row["results"].get("treadle"), row["results"].get("onnxruntime"), row["work"]
        part = lambda what, most: number(100 * work[what] / treadle["ms"] * 1e-6 / most, "{:.0f}") if work and treadle and most else "-"
        of = lambda result, what, form: number(result and result[what], form)
        lines.append([row["model"], of(base, "ms", "{:.3f}"), of(treadle, "ms", "{:.3f}"), ratio_cell(row, "treadle"),
                      *[ratio_cell(row, n) for n in peers], part("flops", peak["gflops"]), part("bytes", peak["gbytes"]),
                      of(treadle, "load_ms", "{:.1f}"), of(base, "load_ms", "{:.1f}"), of(treadle, "peak_mib", "{:.0f}"),
                      of(base, "peak_mib", "{:.0f}"), number(row["compile_s"], "{:.1f}")])
    means = {n: mean([c for r in rows if (c := counted(r, n))]) for n in names}
    counts = {n: sum(counted(r, n) is not None for r in rows) for n in names}
    cell = lambda n: f"{means[n]:.2f}" if counts.get(n) else "-"
    lines.append([f"geometric mean ({LONG:g} ms or more)", "", "", cell("treadle"), *[cell(n) for n in peers], *[""] * 7])
    lines.append(["  of so many", "", "", str(counts.get("treadle", 0)), *[str(counts[n]) for n in peers], *[""] * 7])
    head = (f"{threads} thread{'s' if threads > 1 else ''}: peak {peak['gflops']:.0f} GFLOP/s ({record['vector']}), "
            f"{peak['gbytes']:.1f} GB/s. Runtimes' columns are their time / ONNX Runtime's.")
    return head + "\n\n" + table(lines)


def steps(record, count):
    """Treadle's longest steps, and how near the peak each is."""
    parts = []
    for row in record["rows"]:
        if not row["work"]:
            continue
        total = sum(s["us"] for s in row["work"]["steps"]) or 1
        lines = [["", "us", "%", "GFLOP/s", "GB/s", "kernel"]]
        for step in row["work"]["steps"][:count]:
            rate = lambda what: f"{step[what] / step['us'] * 1e-3:.1f}" if step["us"] else "-"
            name = step["name"] if len(step["name"]) <= 60 else step["name"][:57] + "..."
            lines.append(["  " + name, f"{step['us']:.0f}", f"{100 * step['us'] / total:.0f}", rate("flops"), rate("bytes"), step["kernel"]])
        parts.append(f"{row['model']}, {row['threads']} threads, {len(row['work']['steps'])} steps, {total / 1e3:.2f} ms\n" + table(lines))
    return "\n\n".join(parts)


def text(record, longest=0):
    """The whole report."""
    where = record["machine"]
    versions = ", ".join(f"{n} {v}" for n, v in record["versions"].items())
    parts = [f"{where['date']}, {where['cpu']}, {where['cores']} cores\n{versions}\n{record['command']}"]
    parts += [one_count(record, int(t)) for t in record["peak"]]
    problems = {}
    for row in record["rows"]:
        for name, problem in row["problems"].items():
            problems[f"{row['model']}: {name}: {problem}"] = None
    if problems:
        parts.append("Left out:\n" + "\n".join(f"  {p}" for p in problems))
    if any(not r.get("same", True) for row in record["rows"] for r in row["results"].values()):
        parts.append("! results differ from ONNX Runtime's by more than 1 % of their scale")
    if longest:
        parts.append(steps(record, longest))
    return "\n\n".join(parts)


# ---- picture -----------------------------------------------------------------------------------------------

COLORS = {"treadle": "#c8102e", "onnxruntime": "#555555", "openvino": "#0068b5", "mnn": "#ff9500", "ncnn": "#3a9d5d"}


def picture(record):
    """One panel for each number of threads: a row for each model, a dot for each runtime, on a logarithmic axis
    of time / ONNX Runtime's. Left is faster."""
    names = [n for n in record["versions"] if n != "onnxruntime"]
    counts = [int(t) for t in record["peak"]]
    models = list(dict.fromkeys(r["model"] for r in record["rows"]))
    low, high, left, width, pitch, top = 0.25, 8.0, 190, 360, 22, 70
    height = top + pitch * (len(models) + 1) + 40
    place = lambda panel, ratio: left + panel * (width + 40) + width * math.log(min(max(ratio, low), high) / low) / math.log(high / low)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + len(counts) * (width + 40)}" height="{height}" '
           'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="10" y="20" font-size="14">Time / ONNX Runtime\'s: {escape(record["machine"]["cpu"])}, {record["machine"]["date"]}</text>']
    for i, name in enumerate(names):
        x = 10 + i * 110
        out.append(f'<circle cx="{x + 5}" cy="38" r="5" fill="{COLORS[name]}"/><text x="{x + 15}" y="42">{name}</text>')
    for panel, threads in enumerate(counts):
        bottom = top + pitch * len(models) + 8
        out.append(f'<text x="{place(panel, low)}" y="{top - 12}">{threads} thread{"s" if threads > 1 else ""}</text>')
        for tick in (0.25, 0.5, 1, 2, 4, 8):
            x = place(panel, tick)
            out.append(f'<line x1="{x:.1f}" y1="{top - 6}" x2="{x:.1f}" y2="{bottom}" stroke="{"#555" if tick == 1 else "#ddd"}"/>'
                       f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    for i, model in enumerate(models):
        y = top + pitch * i + pitch / 2
        out.append(f'<text x="{left - 12}" y="{y + 4}" text-anchor="end">{escape(model)}</text>')
        for panel, threads in enumerate(counts):
            for row in record["rows"]:
                if row["model"] != model or row["threads"] != threads:
                    continue
                for name in reversed(names):  # Treadle on top
                    result = row["results"].get(name)
                    if result and result.get("same"):
                        out.append(f'<circle cx="{place(panel, result["ratio"]):.1f}" cy="{y}" r="5" fill="{COLORS[name]}">'
                                   f'<title>{name} {result["ms"]:.3f} ms, {result["ratio"]:.2f}</title></circle>')
    return "\n".join(out) + "\n</svg>\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=0, help="list so many of each model's longest steps")
    parser.add_argument("--picture", type=pathlib.Path)
    arguments = parser.parse_args()
    record = json.loads(arguments.record.read_text())
    print(text(record, arguments.steps))
    if arguments.picture:
        arguments.picture.write_text(picture(record))


if __name__ == "__main__":
    main()
