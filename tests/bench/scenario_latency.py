"""tests/bench/scenario_latency.py: how long one client waits for its 250.

What:    one message of 2 KiB at a time, each on a connection of its own, from connect to the 250
         after the text: p50 and p99. The bound is made of what the same run measured: the sync of
         an overwrite in a preallocated file, and a round trip between two processes on loopback.
"""

import argparse
import os
from dataclasses import dataclass

import report
from peer import Peer, Setup
from report import OURS, Result
from tools import Load
from world import World

TEXT = "2 KiB, one session, a connection each: connect to 250, p50 and p99"
BYTES = 2 * 1024
PAUSE_MS = 5
# Connect and greeting; EHLO; MAIL, RCPT and DATA in one write; the text.
ROUND_TRIPS = 4
SYNC_FACTOR, FIXED_MS, P99_FACTOR = 1.5, 0.1, 3


@dataclass
class Run:
    count: int
    p50: float
    p99: float
    highest: float


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    load = Load(1, BYTES, messages=100 if options.quick else 400, per_connection=1,
                more=("--pause", str(PAUSE_MS)))
    with world.field(Setup()) as field:
        field.each(lambda peer: latency(world, peer, Load(1, BYTES, messages=30, per_connection=1)))
        runs = field.turns(options.runs, lambda peer: latency(world, peer, load))
    rows = [[server, report.cell([run.p50 for run in several], 2),
             report.cell([run.p99 for run in several], 2),
             f"{max(run.highest for run in several):.2f}", f"{several[0].count} ×{len(several)}"]
            for server, several in runs.items()]
    result = Result(name, [f"{name}: {TEXT}", *report.table(
        ["connect → 250, ms", "p50", "p99", "max", "messages"], rows)])
    result.lines += report.missing_lines(field.missing)
    result.figures["runs"] = report.figures(runs)
    middle, high = report.medians(runs, "p50"), report.medians(runs, "p99")
    bound = SYNC_FACTOR * world.sync_ms + ROUND_TRIPS * world.round_trip_ms + FIXED_MS
    result.lines.append(
        f"bound: {SYNC_FACTOR} × sync {world.sync_ms:.3f} ms + {ROUND_TRIPS} round trips × "
        f"{world.round_trip_ms:.3f} ms + {FIXED_MS} ms = {bound:.3f} ms")
    result.ask("p50, ms", middle[OURS], bound, at_most=True)
    result.ask("p99, ms", high[OURS], P99_FACTOR * bound, at_most=True)
    ratios = {"ratio_p50": report.ratio(report.better(middle, min), middle[OURS]),
              "ratio_p99": report.ratio(report.better(high, min), high[OURS])}
    result.figures |= ratios
    result.summary = (f"p50_ms={middle[OURS]:.3f} p99_ms={high[OURS]:.3f} bound_ms={bound:.3f} " +
                      " ".join(f"{what}={value:.2f}" for what, value in ratios.items()))
    return result


def latency(world: World, peer: Peer, load: Load) -> Run:
    os.sync()
    world.sink.reset()
    loaded = world.tools.load(peer.address, peer.recipient, load)
    if not world.sink.wait_for(loaded.accepted, 5) and not peer.ours:
        peer.restart()
    return Run(loaded.accepted, *(loaded.latency("connect", what)
                                  for what in ("p50", "p99", "max")))


