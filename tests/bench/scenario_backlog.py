"""tests/bench/scenario_backlog.py: a million messages for a destination that is dead, then alive.

What:    in; disk, memory and the list of the queue; restart with the page cache dropped; out. All
         the while mail for another destination is sent, and its delay measured. Postfix has 20,000.
Errors:  a message that comes twice, damaged or not at all marks the run as bad.
Limits:  5 GB of disk for a million; about five minutes.
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import report
from backlog_peers import DEAD_DOMAIN, Backlog, backlog_of, disk_bytes
from peer import Peer, Setup
from peers_postfix import PostfixTuned
from peers_stagepost import Ours
from probe import DOMAIN as PROBE_DOMAIN
from probe import Delays, Probe
from report import OURS, Result
from tools import FAR_SECONDS_MAX, Load, Sink
from world import DEAD, PROBE, World

TEXT = "4 KiB messages to a dead destination: in, list, restart, out; others' delay meanwhile"
COUNT, POSTFIX_COUNT, QUICK_COUNT = 1_000_000, 20_000, 20_000
BYTES, SESSIONS, PER_CONNECTION = 4096, 50, 1000
WARM_UP = 500
QUIET_SECONDS = 5
RATE_ASKED, MEMORY_ASKED, DISK_ASKED, RESTART_ASKED = 10_000, 300, 1.15, 5
LIST_ASKED, DESTINATION_ASKED, OTHERS_P99_MS_ASKED = 0.1, 1.0, 250


@dataclass
class Found:
    count: int = 0
    in_rate: float = 0.0
    in_cpu_ms: float = 0.0
    memory_each: float = 0.0
    disk_each: float = 0.0
    list_seconds: float = 0.0
    destination_seconds: float = 0.0
    restart_seconds: float = 0.0
    out_rate: float = 0.0
    out_cpu_ms: float = 0.0
    bad: str = ""
    others: dict[str, Delays] = field(default_factory=dict)


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    count = options.backlog or (QUICK_COUNT if options.quick else COUNT)
    setup = Setup(routes=((DEAD_DOMAIN, DEAD), (PROBE_DOMAIN, PROBE)))
    found: dict[str, Found] = {}
    missing: dict[str, str] = {}
    for kind in (Ours, PostfixTuned):  # one after the other: they take minutes
        with world.field(setup, (kind,)) as servers:
            much = count if kind is Ours else min(POSTFIX_COUNT, count)
            found |= servers.each(lambda peer: phases(world, peer, much))
        missing |= servers.missing
    result = Result(name, [f"{name}: {TEXT}", *rows(found), *report.missing_lines(missing)])
    result.lines += [f"{title}: BAD: {one.bad}" for title, one in found.items() if one.bad]
    ours = found[OURS]
    result.ask("in, messages per second", ours.in_rate, RATE_ASKED)
    result.ask("memory of each, octets", ours.memory_each, MEMORY_ASKED, at_most=True)
    result.ask("disk of each ÷ its size", ours.disk_each / BYTES, DISK_ASKED, at_most=True)
    result.ask("first page of the list, s", ours.list_seconds, LIST_ASKED, at_most=True)
    result.ask("list by destination, s", ours.destination_seconds, DESTINATION_ASKED, at_most=True)
    result.ask("ready again after a restart, s", ours.restart_seconds, RESTART_ASKED, at_most=True)
    result.ask("out, messages per second", ours.out_rate, RATE_ASKED)
    busy = [ours.others[phase] for phase in ("in", "out")]
    result.ask("other destinations' delay meanwhile, p99 ms", max(one.p99 for one in busy),
               OTHERS_P99_MS_ASKED, at_most=True)
    result.figures |= {title: {**vars(one), "others": {phase: vars(delays) for phase, delays
                                                       in one.others.items()}}
                       for title, one in found.items()}
    rates = {title: one.in_rate for title, one in found.items()}
    outs = {title: one.out_rate for title, one in found.items()}
    result.summary = (
        f"count={ours.count} in_rate={ours.in_rate:.0f} out_rate={ours.out_rate:.0f} "
        f"memory_each={ours.memory_each:.0f} disk_factor={ours.disk_each / BYTES:.3f} "
        f"list_s={ours.list_seconds:.3f} destination_s={ours.destination_seconds:.3f} "
        f"restart_s={ours.restart_seconds:.2f} "
        f"ratio_in={report.ratio(ours.in_rate, report.better(rates, max)):.2f} "
        f"ratio_out={report.ratio(ours.out_rate, report.better(outs, max)):.2f}")
    return result


def rows(found: dict[str, Found]) -> list[str]:
    head = ["", "messages", "in/s", "CPU ms", "memory B each", "disk B each", "list s",
            "by dest. s", "restart s", "out/s", "CPU ms"]
    lines = report.table(head, [[
        title, f"{one.count:,}", f"{one.in_rate:,.0f}", f"{one.in_cpu_ms:.3f}",
        f"{one.memory_each:,.0f}", f"{one.disk_each:,.0f}", f"{one.list_seconds:.3f}",
        f"{one.destination_seconds:.3f}", f"{one.restart_seconds:.2f}", f"{one.out_rate:,.0f}",
        f"{one.out_cpu_ms:.3f}"] for title, one in found.items()])
    delays = [[title, phase, str(one.count), f"{one.p50:.1f}", f"{one.p99:.1f}",
               f"{one.highest:.1f}", str(one.lost)]
              for title, several in found.items() for phase, one in several.others.items()]
    return [*lines, "", *report.table(["mail to another destination, from connect to arrival, ms",
                                       "meanwhile", "messages", "p50", "p99", "max", "lost"],
                                      delays)]


def phases(world: World, peer: Peer, count: int) -> Found:
    found, post = Found(count), backlog_of(peer)
    warm_up(world, peer)
    memory, disk = peer.group.memory_bytes(), disk_bytes(post.folder)
    with Probe(world, peer, PROBE) as probe:
        time.sleep(QUIET_SECONDS)
        found.others["nothing"] = probe.take()
        take_in(world, peer, count, post, found)
        count = found.count
        found.others["in"] = probe.take()
        post.quiet(count)
        probe.take()
    found.memory_each = (peer.group.memory_bytes() - memory) / count
    found.disk_each = (disk_bytes(post.folder) - disk) / count
    found.list_seconds = listed(post.first_page, found)
    found.destination_seconds = listed(post.by_destination, found)
    found.restart_seconds = restart(peer)
    with Probe(world, peer, PROBE) as probe:
        time.sleep(QUIET_SECONDS)
        found.others["a list of the dead"] = probe.take()
        send_out(world, peer, count, post, found)
        found.others["out"] = probe.take()
    return found


def listed(action: Callable[[], float], found: Found) -> float:
    """A list that fails does not stop the mail."""
    try:
        return action()
    except RuntimeError as error:
        found.bad = " ".join(str(error).split())[-120:]
        return float("inf")


def warm_up(world: World, peer: Peer) -> None:
    world.sink.reset()
    loaded = world.tools.load(peer.address, peer.recipient, Load(10, BYTES, messages=WARM_UP))
    world.sink.wait_for(loaded.accepted, 10)


def take_in(world: World, peer: Peer, count: int, post: Backlog, found: Found) -> None:
    first = Load(1, BYTES, messages=1, recipient=f"rcpt@{DEAD_DOMAIN}")
    world.tools.load(peer.address, peer.recipient, first)
    post.learn()
    count -= 1
    cpu = peer.group.cpu_seconds()
    loaded = world.tools.load(peer.address, f"rcpt@{DEAD_DOMAIN}", Load(
        SESSIONS, BYTES, messages=count, per_connection=PER_CONNECTION, patience=FAR_SECONDS_MAX,
        more=("--from-number", "1")))
    if loaded.accepted != count:
        found.bad = f"{count - loaded.accepted} not accepted"
        found.count = loaded.accepted + 1
    found.in_rate = loaded.accepted / (loaded.end - loaded.begin)
    found.in_cpu_ms = (peer.group.cpu_seconds() - cpu) * 1000 / count


def restart(peer: Peer) -> float:
    """From the start of the process to its readiness; nothing of the queue is in the page cache."""
    peer.stop(keep=True)
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
        file.write("1")
    begin = time.monotonic()
    peer.resume()
    return time.monotonic() - begin


def send_out(world: World, peer: Peer, count: int, post: Backlog, found: Found) -> None:
    sink = Sink(world.net, world.folder, "revived", [f"{DEAD}:25"])
    try:
        cpu, begin = peer.group.cpu_seconds(), time.monotonic()
        post.retry()
        finished = sink.wait_for(count, FAR_SECONDS_MAX)
        found.out_rate = sink.distinct() / (time.monotonic() - begin)
        found.out_cpu_ms = (peer.group.cpu_seconds() - cpu) * 1000 / count
        time.sleep(0.5)
        bad = sink.trouble(count)
        if not finished:
            bad = f"{count - sink.distinct()} of {count} did not come out, {bad}"
        found.bad = ", ".join(part for part in (found.bad, bad) if part)
    finally:
        sink.stop()
