"""tests/bench/scenario_maildir.py: messages delivered into Maildirs.

What:    10 KiB messages by ten sessions for ten mailboxes: delivered per second (the last file is
         in its `new`), CPU per message. The Maildirs are emptied before each run.
Errors:  a message that is missing, doubled or whose body is not what was sent marks the table as
         bad.
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
MARK = re.compile(rb"^X-Bench:\s+number=(\d+)\s+size=\d+\s+sum=([0-9a-f]{8})\s*$",
                  re.MULTILINE | re.IGNORECASE)


def crc_of(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ (0x82F63B78 if octet & 1 else 0)
    return octet


CRC32C = [crc_of(octet) for octet in range(256)]


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
    bad = trouble(peer, count)
    unfinished = count < loaded.accepted
    if unfinished:
        bad = f"{loaded.accepted - count} missing, {bad}" if peer.ours else bad
        peer.restart()
    return measure.Run(loaded.accepted, loaded.accepted / (loaded.end - loaded.begin),
                       count / (end - loaded.begin), cost.server_seconds * 1000 / loaded.accepted,
                       cost.tools_seconds * 1000 / loaded.accepted, cost.foreign,
                       loaded.latency("accept", "p99"), loaded.latency("accept", "max"),
                       loaded.refused, loaded.errors, unfinished, bad)


def crc32c(octets: bytes) -> int:
    state = 0xFFFFFFFF
    for octet in octets:
        state = state >> 8 ^ CRC32C[(state ^ octet) & 0xFF]
    return state ^ 0xFFFFFFFF


def trouble(peer: Peer, count: int) -> str:
    """What is wrong with the files: a number twice, or a body that is not the one that was sent.
    The bodies of a load are few, so each is added up once and then compared."""
    numbers: set[int] = set()
    bodies: dict[bytes, bytes] = {}  # by checksum: the one that has it
    damaged = 0
    for path in stored(peer):
        # Lines may end in LF only.
        text = path.read_bytes().replace(b"\r\n", b"\n")
        header, _, body = text.partition(b"\n\n")
        found = MARK.search(header)
        if not found:
            damaged += 1
            continue
        number, wanted = int(found[1]), found[2]
        if wanted not in bodies and crc32c(body.replace(b"\n", b"\r\n")) == int(wanted, 16):
            bodies[wanted] = body
        if bodies.get(wanted) == body:
            numbers.add(number)
        else:
            damaged += 1
    wrong = {"damaged": damaged, "doubled": count - damaged - len(numbers)}
    return ", ".join(f"{number} {what}" for what, number in wrong.items() if number > 0)
