"""tests/bench/scenario_handshakes.py: what a STARTTLS handshake costs a server.

What:    connect, EHLO, STARTTLS with a full handshake (TLS 1.3, the same P-256 certificate for
         all), EHLO, QUIT, by 16 clients at once: CPU of the server per connection.
"""

import argparse
from dataclasses import dataclass

import measure
import report
from peer import Peer, Setup
from peers_stagepost import Bare
from report import OURS, Result
from world import PEERS, World

TEXT = "STARTTLS, full handshakes (P-256, TLS 1.3), 16 at once"
SESSIONS = 16
WARM_UP = 64
COUNT_MAX = 20_000
CPU_MS_ASKED = 0.3


@dataclass
class Run:
    count: int
    rate: float
    cpu_ms: float
    tools_cpu_ms: float
    p50: float
    foreign: float
    tls: str


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    kinds = tuple(kind for kind in PEERS.values() if kind is not Bare)
    with world.field(Setup(certificate=world.certificate()), kinds) as field:
        counts = {title: min(COUNT_MAX, max(WARM_UP, int(warm.rate * options.seconds)))
                  for title, warm in field.each(
                      lambda peer: handshakes(world, peer, WARM_UP)).items()}
        runs = field.turns(options.runs,
                           lambda peer: handshakes(world, peer, counts[peer.title]))
    rows = [[server, report.cell([run.rate for run in several], 0),
             report.cell([run.cpu_ms for run in several], 3),
             f"{several[0].tools_cpu_ms:.3f}", f"{several[0].p50:.2f}",
             f"{several[0].count} ×{len(several)}",
             f"{max(run.foreign for run in several) * 100:.0f}%", several[0].tls]
            for server, several in runs.items()]
    result = Result(name, [f"{name}: {TEXT}", *report.table(
        ["", "per second", "CPU ms each", "client's ms", "p50 ms", "handshakes", "foreign CPU",
         "TLS"], rows), *report.missing_lines(field.missing)])
    result.figures["runs"] = report.figures(runs)
    rate, cpu = report.medians(runs, "rate"), report.medians(runs, "cpu_ms")
    result.ask("CPU per handshake, ms", cpu[OURS], CPU_MS_ASKED, at_most=True)
    result.figures |= {"ratio_rate": report.ratio(rate[OURS], report.better(rate, max)),
                       "ratio_cpu": report.ratio(report.better(cpu, min), cpu[OURS])}
    result.summary = (f"ratio_rate={result.figures['ratio_rate']:.2f} "
                      f"ratio_cpu={result.figures['ratio_cpu']:.2f} cpu_ms={cpu[OURS]:.3f}")
    return result


def handshakes(world: World, peer: Peer, count: int) -> Run:
    cost = measure.Cost(peer.group, world.tools.group)
    found = world.tools.measured(
        "handshakes", "--to", f"{peer.address}:25", "--tls", "starttls", "--count", str(count),
        "--sessions", str(SESSIONS))
    cost.read()
    if found["errors"]:
        raise RuntimeError(f"{found['errors']} of {count} handshakes failed")
    return Run(count, found["rate"], cost.server_seconds * 1000 / count,
               cost.tools_seconds * 1000 / count, found["handshake_ms"]["p50"], cost.foreign,
               found["tls"])
