"""tests/bench/scenario_growth.py: does a message cost the same when there are more of them?

What:    CPU per message, and messages per second, of accept and relay while a thousand to a million
         messages wait for a dead destination; with one to a thousand sessions; on one core and on
         two. Writes docs/pictures/growth-*.svg (not with --quick).
Limits:  one run of each point; Postfix's queue ends at 20,000.
"""

import argparse
import os
import statistics
from pathlib import Path

import measure
import report
from backlog_peers import DEAD_DOMAIN
from peer import Peer, Setup
from peers_postfix import PostfixTuned
from peers_stagepost import Bare, Ours
from report import OURS, Result
from svg import Chart
from tools import FAR_SECONDS_MAX, Load
from world import DEAD, World

TEXT = "cost per message with 10³ to 10⁶ queued, with 1 to 1,000 sessions, on one core and two"
QUEUED, POSTFIX_QUEUED = [1_000, 10_000, 100_000, 1_000_000], [1_000, 10_000, 20_000]
SESSIONS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
QUICK_QUEUED, QUICK_SESSIONS = [500, 2_000], [1, 10, 100]
QUEUED_BYTES, QUEUING_SESSIONS, PER_CONNECTION = 4096, 50, 1000
ACTIVE_SESSIONS, BYTES = 10, 10 * 1024
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
FLAT_ASKED = 1.25
Points = dict[str, dict[int, measure.Run]]


class OneCore(Ours):
    """One loop, and all its threads on the first core; tools and sink go where they like."""

    key, title, number, loops = "one-core", "Stagepost, 1 core", 12, 1

    def launch(self) -> None:
        super().launch()
        for pid in self.group.pids():
            for thread in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(thread), {min(os.sched_getaffinity(0))})


class TwoCores(Ours):
    key, title = "two-cores", "Stagepost, 2 cores"


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    result = Result(name, [f"{name}: {TEXT}"])
    queued = by_queue(world, options, result)
    sessions = by_sessions(world, options, result)
    ratio = by_cores(world, options, result)
    queue_growth = highest(queued[OURS]) / first(queued[OURS])
    session_growth = growth(sessions[OURS])
    result.ask("most CPU per message ÷ that with the shortest queue", queue_growth, FLAT_ASKED,
               at_most=True)
    result.ask("CPU per message with some sessions ÷ the least with fewer", session_growth,
               FLAT_ASKED, at_most=True)
    if not options.quick:
        pictures(queued, sessions, world.stated)
        result.lines.append("written: docs/pictures/growth-queued.svg, growth-sessions.svg, "
                            "growth-rate.svg")
    result.figures |= {
        part: {title: {str(x): vars(one) for x, one in several.items()}
               for title, several in points.items()}
        for part, points in (("queued", queued), ("sessions", sessions))}
    result.summary = (f"queue_growth={queue_growth:.2f} session_growth={session_growth:.2f} "
                      f"two_cores_ratio_rate={ratio:.2f}")
    return result


def first(points: dict[int, measure.Run]) -> float:
    return points[min(points)].cpu_ms


def growth(points: dict[int, measure.Run]) -> float:
    """The most that a point costs ÷ the least that one before it cost: with one session a message
    costs most in any case, so a comparison with that would find nothing."""
    least, most = float("inf"), 1.0
    for x in sorted(points):
        most = max(most, points[x].cpu_ms / least)
        least = min(least, points[x].cpu_ms)
    return most


def highest(points: dict[int, measure.Run]) -> float:
    return max(one.cpu_ms for one in points.values())


# With more in the queue.

def by_queue(world: World, options: argparse.Namespace, result: Result) -> Points:
    points: Points = {}
    for kind, steps in ((Ours, QUEUED), (PostfixTuned, POSTFIX_QUEUED)):
        with world.field(Setup(routes=((DEAD_DOMAIN, DEAD),)), (kind,)) as field:
            steps = QUICK_QUEUED if options.quick else steps
            points |= field.each(lambda peer: queue_steps(world, peer, steps, options.seconds))
        result.lines += report.missing_lines(field.missing)
    result.lines += rows("queued", points)
    return points


def queue_steps(world: World, peer: Peer, steps: list[int], seconds: float
                ) -> dict[int, measure.Run]:
    load = Load(ACTIVE_SESSIONS, BYTES, seconds)
    measure.warm_up(world, peer, load)
    found, there = {}, 0
    for count in steps:
        world.tools.load(peer.address, peer.recipient, Load(
            QUEUING_SESSIONS, QUEUED_BYTES, messages=count - there, per_connection=PER_CONNECTION,
            recipient=f"rcpt@{DEAD_DOMAIN}", patience=FAR_SECONDS_MAX))
        there = count
        measure.warm_up(world, peer, load)
        found[count] = measure.relay(world, peer, load)
    return found


# With more sessions.

def by_sessions(world: World, options: argparse.Namespace, result: Result) -> Points:
    counts = QUICK_SESSIONS if options.quick else SESSIONS
    points: Points = {}
    for kind in (Ours, Bare, PostfixTuned):
        with world.field(Setup(sessions_max=counts[-1] + 100), (kind,)) as field:
            points |= field.each(lambda peer: session_steps(world, peer, counts, options.seconds))
        result.lines += report.missing_lines(field.missing)
    result.lines += ["", *rows("sessions", points)]
    return points


def session_steps(world: World, peer: Peer, counts: list[int], seconds: float
                  ) -> dict[int, measure.Run]:
    found = {}
    for sessions in counts:
        load = Load(sessions, BYTES, seconds)
        measure.warm_up(world, peer, load)
        found[sessions] = measure.relay(world, peer, load)
    return found


# On one core and on two.

def by_cores(world: World, options: argparse.Namespace, result: Result) -> float:
    """How many times as many messages two cores relay as one; the tools need some of both."""
    load = Load(100, BYTES, options.seconds)
    with world.field(kinds=(OneCore, TwoCores)) as field:
        field.each(lambda peer: measure.warm_up(world, peer, load))
        runs = field.turns(options.runs, lambda peer: measure.relay(world, peer, load))
    result.lines += ["", *report.table(
        ["100 sessions", "at sink/s", "CPU ms/msg", "tools ms/msg"],
        [[title, report.cell([run.sink_rate for run in several], 0),
          report.cell([run.cpu_ms for run in several], 3),
          f"{statistics.median(run.tools_cpu_ms for run in several):.3f}"]
         for title, several in runs.items()])]
    rates = report.medians(runs, "sink_rate")
    result.figures["cores"] = report.figures(runs)
    return rates[TwoCores.title] / rates[OneCore.title]


# What is shown.

def rows(what: str, points: Points) -> list[str]:
    return report.table(
        [what, "", "CPU ms/msg", "at sink/s", "accept p99 ms", "foreign CPU", ""],
        [[title, f"{x:,}", f"{one.cpu_ms:.3f}", f"{one.sink_rate:,.0f}", f"{one.p99:.1f}",
          f"{one.foreign * 100:.0f}%", one.bad]
         for title, several in points.items() for x, one in several.items()])


def pictures(queued: Points, sessions: Points, conditions: str) -> None:
    for file, title, x_name, y_name, points, what in (
            ("growth-queued", "CPU per relayed message while others wait",
             "messages in the queue for a dead destination", "CPU ms per message", queued,
             "cpu_ms"),
            ("growth-sessions", "CPU per relayed message", "sessions at once",
             "CPU ms per message", sessions, "cpu_ms"),
            ("growth-rate", "Messages relayed per second", "sessions at once",
             "messages per second", sessions, "sink_rate")):
        chart = Chart(title, x_name, y_name, f"10 KiB, durable; {conditions}")
        for name, several in points.items():
            chart.add(name, [(x, getattr(one, what)) for x, one in several.items()])
        chart.write(PICTURES / f"{file}.svg")
