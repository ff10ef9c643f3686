#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Make of the benchmark's figures a table, a chart and net.json.

report.py FOLDER: reads icount.tsv and smp.tsv there, of the two hosts that were
booted, and writes net.json and net.svg beside them. The exit status says nothing
of goals: a benchmark is no test.
"""

import html
import json
import pathlib
import sys

PEERS = ("bridge", "macvtap", "ovs", "floor")
NAMES = {
    "vmi": "VMI",
    "bridge": "vhost-net, tap, bridge",
    "macvtap": "vhost-net, macvtap",
    "ovs": "vhost-net, tap, Open vSwitch",
    "floor": "one copy in one process",
}
COLOURS = {
    "vmi": "#1b6ca8",
    "bridge": "#c9722b",
    "macvtap": "#d9a441",
    "ovs": "#8a5a83",
    "floor": "#8c8c8c",
}

# case -> what is said of it, and how many times better than which peer it is to be
CASES = {
    "stream-60": ("60 bytes, streaming", {"bridge": 8}),
    "stream-1500": ("1,500 bytes, streaming", {"bridge": 5}),
    "stream-64k": ("64 KiB of TSO, streaming", {"bridge": 4}),
    "round-trip-60": ("60 bytes, forth and back", {"bridge": 4}),
    "round-trip-60-threads": ("the same, a thread a guest", {}),
    "stream-60-1000-ports": ("60 bytes, 1,000 ports", {}),
    "stream-60-10-stations": ("60 bytes, 10 addresses", {}),
    "stream-60-100k-stations": ("60 bytes, 100,000 addresses", {}),
    "stream-60-10-flows": ("60 bytes, 10 flows", {}),
    "stream-60-100k-flows": ("60 bytes, 100,000 flows", {}),
    "uplink-out-1500": ("1,500 bytes to the uplink", {"bridge": 2, "macvtap": 1}),
    "uplink-out-64k": ("64 KiB of TSO to the uplink", {"bridge": 2, "macvtap": 1}),
    "uplink-in-1500": ("1,500 bytes from the uplink", {"bridge": 2, "macvtap": 1}),
    "fair-8": ("1,500 bytes, 8 senders, 1 receiver", {}),
    "one-receiver": ("1,500 bytes, no window", {}),
    "one-stopped": ("the same, as much to a stopped guest", {}),
}

# what is compared with ourselves: case, with which, and the ratio to hold. Costs are flat if
# they grow by 3 % at most. Half of what is sent to a stopped guest and to another goes to waste.
SELF = (
    ("stream-60-1000-ports", "stream-60", 0.97),
    ("stream-60-100k-stations", "stream-60-10-stations", 0.97),
    ("stream-60-100k-flows", "stream-60-10-flows", 0.97),
    ("one-stopped", "one-receiver", 0.5),
)
JAIN = 0.95


def read(path):
    """The figures of a host: {(case, path): {figure: value}}."""
    figures = {}
    if not path.exists():
        return figures
    for line in path.read_text().splitlines():
        case, way, figure, value = line.split("\t")
        figures.setdefault((case, way), {})[figure] = float(value)
    return figures


def row(case, unit, ours, peer, value, goal):
    ratio = value / ours if ours else 0
    return {
        "case": case,
        "unit": unit,
        "ours": float(f"{ours:.6g}"),
        "peer": peer,
        "peer_value": float(f"{value:.6g}"),
        "ratio": float(f"{ratio:.4g}"),
        "goal": goal,
        "met": None if goal is None else ratio >= goal,
    }


def compare(figures, figure, unit, goals):
    """Each case against each peer, by one figure of which less is better."""
    rows = []
    for case, (_, wanted) in CASES.items():
        ours = figures.get((case, "vmi"), {}).get(figure)
        if ours is None:
            continue
        for peer in PEERS:
            value = figures.get((case, peer), {}).get(figure)
            if value is not None:
                goal = wanted.get(peer) if goals else None
                rows.append(row(case, unit, ours, peer, value, goal))
    return rows


def ours_alone(icount):
    """What is not a matter of the peers."""
    rows = []

    def of(case, figure, way="vmi"):
        return icount.get((case, way), {}).get(figure)

    for case, base, goal in SELF:
        if of(case, "instructions") and of(base, "instructions"):
            rows.append(row(case, "instructions/frame", of(case, "instructions"),
                            f"vmi, {base}", of(base, "instructions"), goal))
    ours = of("fair-8", "jain")
    if ours is not None:
        for peer in ("bridge", "macvtap", "ovs"):
            value = of("fair-8", "jain", peer)
            if value is not None:
                # more is better, and 1 is best: the goal is of ours alone
                rows.append(row("fair-8", "Jain index", ours, peer, value, None) |
                            {"goal": JAIN, "met": ours >= JAIN})
    return rows


def order(hosts):
    """Frames that were overtaken within their flow, of all cases on both hosts together."""
    late = {}
    for figures in hosts:
        for (_, way), f in figures.items():
            late[way] = late.get(way, 0) + f.get("reordered", 0)
    return [row("order", "frames out of order", late["vmi"], peer, late[peer], None) |
            {"ratio": None, "goal": 0, "met": not late["vmi"]}
            for peer in PEERS if "vmi" in late and peer in late]


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(rows):
    head = ("case", "unit", "ours", "peer", "its", "ratio", "goal", "met")
    lines = [head]
    for r in rows:
        lines.append((
            r["case"], r["unit"], number(r["ours"]), r["peer"], number(r["peer_value"]),
            "" if r["ratio"] is None else f"{r['ratio']:.2f}", "" if r["goal"] is None else f"{r['goal']:g}",
            "" if r["met"] is None else ("yes" if r["met"] else "NO"),
        ))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    left = (0, 1, 3, 7)
    for n, line in enumerate(lines):
        print("  ".join(c.ljust(w) if i in left else c.rjust(w)
                        for i, (c, w) in enumerate(zip(line, widths))).rstrip())
        if not n:
            print("  ".join("-" * w for w in widths))


def chart(rows, path):
    """Bars, a group a case, each case to a scale of its own."""
    cases = [c for c in CASES if any(r["case"] == c for r in rows)]
    bar, gap, left, width, top = 17, 26, 250, 470, 62
    svg = []
    y = top
    for case in cases:
        group = [r for r in rows if r["case"] == case]
        values = [("vmi", group[0]["ours"])] + [(r["peer"], r["peer_value"]) for r in group]
        most = max(v for _, v in values)
        svg.append(f'<text x="{left - 12}" y="{y + bar * len(values) / 2 + 4}" '
                   f'text-anchor="end">{html.escape(CASES[case][0])}</text>')
        for way, value in values:
            length = max(1, value / most * width)
            svg.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 3}" '
                       f'fill="{COLOURS[way]}"><title>{html.escape(NAMES[way])}</title></rect>')
            svg.append(f'<text x="{left + length + 6:.1f}" y="{y + bar - 6}" '
                       f'class="v">{number(value)}</text>')
            y += bar
        y += gap
    legend = []
    x = 12
    for way, colour in COLOURS.items():
        if way == "vmi" or any(r["peer"] == way for r in rows):
            legend.append(f'<rect x="{x}" y="30" width="12" height="12" fill="{colour}"/>'
                          f'<text x="{x + 17}" y="40">{html.escape(NAMES[way])}</text>')
            x += 34 + 6.6 * len(NAMES[way])
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="840" height="{y}" '
        f'viewBox="0 0 840 {y}" font-family="sans-serif" font-size="12">\n'
        '<style>.v{fill:#444}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n'
        '<text x="12" y="20" font-size="14" font-weight="bold">Instructions a frame between '
        'guests, and to and from the LAN, drivers included (less is better)</text>\n'
        + "\n".join(legend + svg) + "\n</svg>\n")


def main():
    folder = pathlib.Path(sys.argv[1])
    icount, smp = read(folder / "icount.tsv"), read(folder / "smp.tsv")
    counted = compare(icount, "instructions", "instructions/frame", True)
    rows = counted + ours_alone(icount)
    rows += compare(smp, "ns", "ns/frame, 2 CPUs emulated", False)
    rows += compare(smp, "cpu-ns", "CPU-ns/frame, 2 CPUs emulated", False)
    rows += order((icount, smp))
    (folder / "net.json").write_text(json.dumps(rows, indent=1) + "\n")
    chart(counted, folder / "net.svg")
    table(rows)


if __name__ == "__main__":
    main()
