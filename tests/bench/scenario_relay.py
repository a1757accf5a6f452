"""tests/bench/scenario_relay.py: messages accepted and relayed to one sink.

What:    by one, ten and a hundred sessions, from 1 KiB to 1 MiB, many messages per connection or
         one; every server in turn. Syncs and system calls per message by strace, at the end.
Errors:  a message that is lost, doubled or damaged marks the table as bad.
"""

import argparse
from dataclasses import dataclass

import measure
import report
from peer import Peer, Setup
from report import BARE, OURS, Result
from tools import Load
from world import World

STRACE_SESSIONS_MAX = 20
DISK_SHARE = 0.8  # of its sequential write rate, when that is what binds


@dataclass(frozen=True)
class Relay:
    """rate, cpu, bare: asked of the ratios; None: nothing is asked."""

    text: str
    sessions: int
    size: int
    per_connection: int = 0
    rate: float | None = None
    cpu: float | None = None
    bare: float | None = None


KIB = 1024
SCENARIOS = {
    "relay-10k-100": Relay("10 KiB, 100 sessions", 100, 10 * KIB, rate=10, cpu=12, bare=0.5),
    "relay-10k-10": Relay("10 KiB, 10 sessions", 10, 10 * KIB, rate=7),
    "relay-10k-1": Relay("10 KiB, 1 session", 1, 10 * KIB, rate=3),
    "relay-new-100": Relay("10 KiB, 100 sessions, one message per connection", 100, 10 * KIB, 1,
                           rate=8),
    "relay-1k-100": Relay("1 KiB, 100 sessions", 100, KIB, rate=10),
    "relay-100k-10": Relay("100 KiB, 10 sessions", 10, 100 * KIB, rate=5),
    "relay-1m-10": Relay("1 MiB, 10 sessions", 10, KIB * KIB, rate=3),
}


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    wanted = SCENARIOS[name]
    load = Load(wanted.sessions, wanted.size, options.seconds,
                per_connection=wanted.per_connection)
    calls: dict[str, measure.Calls] = {}
    with world.field(Setup()) as field:
        field.each(lambda peer: measure.warm_up(world, peer, load))
        runs = field.turns(options.runs, lambda peer: measure.relay(world, peer, load))
        if options.strace:
            calls = field.each(lambda peer: traced(world, peer, wanted))
    result = Result(name, [f"{name}: accept and relay, {wanted.text}"])
    result.lines += [*rows(runs, calls), *report.missing_lines(field.missing)]
    if options.calls:
        for server, counted in calls.items():
            top = ", ".join(f"{call} {number:.2f}" for call, number in counted.top[:14])
            result.lines.append(f"{server}: {top}")
    result.figures["runs"] = report.figures(runs)
    result.figures["syncs"] = {server: counted.syncs for server, counted in calls.items()}
    ratios(world, wanted, runs, result)
    return result


def traced(world: World, peer: Peer, wanted: Relay) -> measure.Calls:
    sessions = min(wanted.sessions, STRACE_SESSIONS_MAX)
    few = Load(sessions, wanted.size, messages=sessions * 10,
               per_connection=wanted.per_connection)
    return measure.syscalls(world, peer, lambda: measure.relay(world, peer, few).count)


def rows(runs: dict[str, list[measure.Run]], calls: dict[str, measure.Calls]) -> list[str]:
    head = ["", "accept/s", "at sink/s", "CPU ms/msg", "tools ms/msg", "syncs/msg", "calls/msg",
            "messages", "foreign CPU", ""]
    lines = []
    for server, several in runs.items():
        counted = calls.get(server)
        lines.append([
            server, report.cell([run.accept_rate for run in several], 0),
            report.cell([run.sink_rate for run in several], 0),
            report.cell([run.cpu_ms for run in several], 3),
            f"{report.medians({server: several}, 'tools_cpu_ms')[server]:.3f}",
            f"{counted.syncs:.2f}" if counted else "–", f"{counted.total:.1f}" if counted else "–",
            f"{several[0].count} ×{len(several)}",
            f"{max(run.foreign for run in several) * 100:.0f}%", remarks(several)])
    return report.table(head, lines)


def remarks(several: list[measure.Run]) -> str:
    """The last column: what must be known about the figures of this line."""
    found = []
    if any(run.bad for run in several):
        found.append("BAD: " + "; ".join(run.bad for run in several if run.bad))
    if any(run.unfinished for run in several):
        found.append(f"not all at the sink {measure.DRAIN_SECONDS_MAX} s later")
    if any(run.errors for run in several):
        found.append(f"{sum(run.errors for run in several)} without an answer")
    if any(run.refused for run in several):
        found.append(f"{sum(run.refused for run in several)} got 4yz")
    return ", ".join(found)


def ratios(world: World, wanted: Relay, runs: dict[str, list[measure.Run]],
           result: Result) -> None:
    rates, cpu = report.medians(runs, "sink_rate"), report.medians(runs, "cpu_ms")
    rate = report.ratio(rates[OURS], report.better(rates, max))
    less = report.ratio(report.better(cpu, min), cpu[OURS])
    bare = report.ratio(rates[OURS], rates.get(BARE, 0.0))
    if wanted.size >= KIB * KIB:
        written = rates[OURS] * wanted.size / 1e6
        share = report.ratio(written, world.disk_mb_per_second)
        result.lines.append(f"{written:.0f} MB/s of messages, the disk writes "
                            f"{world.disk_mb_per_second:.0f} MB/s in sequence: {share:.2f} of it")
        result.figures["disk_share"] = share
        if share >= DISK_SHARE:
            result.ask("share of the disk's write rate", share, DISK_SHARE)
        else:
            result.ask("rate ÷ Postfix", rate, wanted.rate)
    elif wanted.rate:
        result.ask("rate ÷ Postfix", rate, wanted.rate)
    if wanted.cpu:
        result.ask("Postfix's CPU ÷ ours", less, wanted.cpu)
    if wanted.bare:
        result.ask("rate ÷ bare reference", bare, wanted.bare)
    result.figures |= {"ratio_rate": rate, "ratio_cpu": less, "bare_share": bare}
    result.summary = f"ratio_rate={rate:.2f} ratio_cpu={less:.2f} bare_share={bare:.2f}"
