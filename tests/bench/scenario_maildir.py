"""tests/bench/scenario_maildir.py: messages delivered into Maildirs.

What:    10 KiB messages by ten sessions for ten mailboxes: delivered per second (the last file is
         in its `new`), CPU per message. The Maildirs are emptied before each run.
Errors:  a message that is missing, doubled or not as long as it was sent marks the table as bad.
"""

import argparse
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import measure
import report
import scenario_relay
from peer import Peer, Setup
from report import OURS, Result
from tools import Load
from world import World

TEXT = "10 KiB, 10 sessions, into 10 Maildirs"
MAILBOXES, SESSIONS, BYTES = 10, 10, 10 * 1024
RATE_ASKED, CPU_ASKED = 2.5, 3
POLL_SECONDS = 0.01


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    load = Load(SESSIONS, BYTES, options.seconds)
    with world.field(Setup(mailboxes=MAILBOXES)) as field:
        warm = Load(SESSIONS, BYTES, measure.WARM_UP_SECONDS)
        field.each(lambda peer: deliver(world, peer, warm))
        runs = field.turns(options.runs, lambda peer: deliver(world, peer, load))
        few = Load(SESSIONS, BYTES, messages=200)
        calls = field.each(lambda peer: measure.syscalls(
            world, peer, lambda: deliver(world, peer, few).count)) if options.strace else {}
    lines = [line.replace("at sink/s", "stored/s") for line in scenario_relay.rows(runs, calls)]
    result = Result(name, [f"{name}: {TEXT}", *lines, *report.missing_lines(field.missing)])
    result.figures["runs"] = report.figures(runs)
    rates, cpu = report.medians(runs, "sink_rate"), report.medians(runs, "cpu_ms")
    rate = report.ratio(rates[OURS], report.better(rates, max))
    less = report.ratio(report.better(cpu, min), cpu[OURS])
    result.ask("rate ÷ Postfix", rate, RATE_ASKED)
    result.ask("Postfix's CPU ÷ ours", less, CPU_ASKED)
    result.figures |= {"ratio_rate": rate, "ratio_cpu": less}
    # The bare reference only relays.
    result.summary = f"ratio_rate={rate:.2f} ratio_cpu={less:.2f}"
    return result


def stored(peer: Peer) -> Iterator[Path]:
    for number in range(MAILBOXES):
        folder = peer.maildir(number) / "new"
        if folder.is_dir():
            with os.scandir(folder) as entries:
                yield from (Path(entry.path) for entry in entries)


def deliver(world: World, peer: Peer, load: Load) -> measure.Run:
    for path in stored(peer):
        path.unlink()
    os.sync()
    cost = measure.Cost(peer.group, world.tools.group)
    loaded = world.tools.load(peer.address, peer.recipient, load)
    patience = time.monotonic() + (load.patience if peer.ours else measure.DRAIN_SECONDS_MAX)
    count = 0
    while count < loaded.accepted and time.monotonic() < patience:
        count = sum(1 for _ in stored(peer))
        end = time.monotonic()
        time.sleep(POLL_SECONDS)
    time.sleep(measure.SETTLE_SECONDS)
    cost.read()
    bad = trouble(peer, load, count)
    unfinished = count < loaded.accepted
    if unfinished:
        bad = f"{loaded.accepted - count} missing, {bad}" if peer.ours else bad
        peer.restart()
    return measure.Run(loaded.accepted, loaded.accepted / (loaded.end - loaded.begin),
                       count / (end - loaded.begin), cost.server_seconds * 1000 / loaded.accepted,
                       cost.tools_seconds * 1000 / loaded.accepted, cost.foreign,
                       loaded.latency("accept", "p99"), loaded.latency("accept", "max"),
                       loaded.refused, loaded.errors, unfinished, bad)


def trouble(peer: Peer, load: Load, count: int) -> str:
    """What is wrong with the files: a number twice, or a text that is shorter than it was."""
    numbers, damaged = set(), 0
    for path in stored(peer):
        text = path.read_bytes()
        found = re.search(rb"^X-Bench: number=(\d+) ", text, re.MULTILINE)
        if found:
            numbers.add(int(found[1]))
        # Fields are added, and lines may end in LF only.
        shortest = load.size - text.count(b"\n") - 2
        damaged += not found or len(text) < shortest
    wrong = {"damaged": damaged, "doubled": count - damaged - len(numbers)}
    return ", ".join(f"{number} {what}" for what, number in wrong.items() if number > 0)
