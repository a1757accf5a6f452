"""tests/bench/scenario_idle.py: what an idle connection costs, and whether it slows others down.

What:    memory of a server's processes (Pss) with 5, 10 and 15 thousand connections after EHLO,
         plain and in TLS; its slope per connection. Apart from that what the kernel takes for both
         ends of them (slab and socket memory). Meanwhile ten active sessions relay as before.
         The peers hold 1,000 and 2,000: Postfix needs 1.7 MB for each.
Limits:  20,000 descriptors per process are enough; limits of connections are lifted for all.
"""

import argparse
import re
import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import report
from peer import Peer, Setup
from peers_stagepost import Bare, Ours
from report import OURS, Result
from tools import Load
from world import PEERS, World

TEXT = "connections after EHLO, plain and TLS: memory of each; active ones meanwhile"
OURS_STEPS, PEER_STEPS, QUICK_STEPS = [5000, 10000, 15000], [1000, 2000], [500, 1000]
SETTLE_SECONDS = 1.5  # freed pages are given back
OPEN_SECONDS_MAX = 120
PLAIN_ASKED, TLS_ASKED = 4096, 24 * 1024
SLOWER_ASKED = 1.25
ACTIVE_SESSIONS = 10


@dataclass
class Step:
    """kernel: grown since there were none, both ends; open_rate: of the last connections."""

    connections: int
    process: int
    kernel: int
    open_rate: float
    p50: float
    p99: float
    rate: float


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    result = Result(name, [f"{name}: {TEXT}"])
    rows: list[list[str]] = []
    slopes: dict[str, list[float]] = {}
    slower: list[float] = []
    peers = tuple(kind for kind in PEERS.values() if kind not in (Ours, Bare))
    for tls in ("none", "starttls"):
        for kinds, steps in (((Ours,), OURS_STEPS), (peers, PEER_STEPS)):
            steps = QUICK_STEPS if options.quick else steps
            setup = Setup(certificate=world.certificate() if tls != "none" else None,
                          sessions_max=steps[-1] + 2 * ACTIVE_SESSIONS)
            with world.field(setup, kinds) as field:
                # One is enough where memory is concerned, and tens of seconds each.
                found = field.each(lambda peer: hold(world, peer, steps, tls, options.seconds))
            for title, several in found.items():
                slopes.setdefault(title, []).append(slope(several))
                rows += lines(title, several, tls)
                result.figures[f"{title} {tls}"] = [vars(step) for step in several]
            result.lines += [f"{line} ({tls})" for line in report.missing_lines(field.missing)]
            if OURS in found:
                slower.append(found[OURS][-1].p50 / max(found[OURS][0].p50, 1e-6))
    head = ["", "TLS", "idle", "process KiB each", "kernel KiB each", "opened/s",
            "active: accept p50 ms", "p99 ms", "accepted/s"]
    result.lines[1:1] = report.table(head, rows)
    plain, encrypted = slopes[OURS]
    result.ask("process memory per plain connection, octets", plain, PLAIN_ASKED, at_most=True)
    result.ask("process memory per TLS connection, octets", encrypted, TLS_ASKED, at_most=True)
    result.ask("active sessions' p50 ÷ that without idle ones", statistics.mean(slower),
               SLOWER_ASKED, at_most=True)
    result.figures["slopes"] = slopes
    result.summary = (f"plain_bytes={plain:.0f} tls_bytes={encrypted:.0f} "
                      f"active_p50_ratio={statistics.mean(slower):.2f} "
                      f"ratio_memory={report.better(first(slopes), min) / max(plain, 1):.0f}")
    return result


def first(slopes: dict[str, list[float]]) -> dict[str, float]:
    return {title: values[0] for title, values in slopes.items()}


def slope(steps: list[Step]) -> float:
    """Between the first and the last number of connections; steps[0] has none."""
    low, high = steps[1], steps[-1]
    return (high.process - low.process) / (high.connections - low.connections)


def lines(title: str, steps: list[Step], tls: str) -> list[list[str]]:
    rows = []
    for before, step in zip([None, *steps], steps):
        each = (["–", "–", "–"] if before is None else
                [f"{(step.process - steps[0].process) / step.connections / 1024:.2f}",
                 f"{step.kernel / step.connections / 1024:.2f}", f"{step.open_rate:,.0f}"])
        rows.append([title, "no" if tls == "none" else "yes", f"{step.connections:,}", *each,
                     f"{step.p50:.2f}", f"{step.p99:.2f}", f"{step.rate:,.0f}"])
    slopes = f"slope {slope(steps) / 1024:.2f}"
    return [*rows, [title, "no" if tls == "none" else "yes", "", slopes, *[""] * 5]]


def hold(world: World, peer: Peer, steps: list[int], tls: str, seconds: float) -> list[Step]:
    """Opens them in as many tools as there are steps, each below its limit of descriptors."""
    active(world, peer, seconds / 4)
    kernel = kernel_bytes()
    found = [look(world, peer, 0, kernel, 0.0, seconds)]
    with ExitStack() as held:
        for before, connections in zip([0, *steps], steps):
            opened = held.enter_context(world.tools.idle(peer.address, connections - before, tls,
                                                         OPEN_SECONDS_MAX))
            if opened["failed"]:
                raise RuntimeError(f"{opened['failed']} of {connections} connections failed")
            rate = opened["open"] / max(opened["seconds"], 1e-6)
            found.append(look(world, peer, connections, kernel, rate, seconds))
    return found


def look(world: World, peer: Peer, connections: int, kernel: int, rate: float, seconds: float
         ) -> Step:
    time.sleep(SETTLE_SECONDS)
    process, grown = peer.group.memory_bytes(), kernel_bytes() - kernel
    busy = active(world, peer, seconds)
    return Step(connections, process, max(0, grown), rate, *busy)


def active(world: World, peer: Peer, seconds: float) -> tuple[float, float, float]:
    world.sink.reset()
    loaded = world.tools.load(peer.address, peer.recipient, Load(ACTIVE_SESSIONS, seconds=seconds))
    world.sink.wait_for(loaded.accepted, 5)
    return (loaded.latency("accept", "p50"), loaded.latency("accept", "p99"),
            loaded.accepted / (loaded.end - loaded.begin))


def kernel_bytes() -> int:
    """Slab, kernel stacks, page tables, and pages that sockets hold."""
    memory = dict(re.findall(r"^(\w+):\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.M))
    pages = sum(int(found) for found in
                re.findall(r"\bmem (\d+)", Path("/proc/net/sockstat").read_text()))
    return (sum(int(memory[name]) for name in ("Slab", "KernelStack", "PageTables")) * 1024
            + pages * 4096)
