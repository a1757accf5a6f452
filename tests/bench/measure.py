"""tests/bench/measure.py: one run of load against one server, and what it cost.

relay()       `bench load` through a server to the sink: accepted per second, at the sink, CPU
syscalls()    a short load under strace -f -c: syncs and system calls per message
Cost          CPU of a server, of the tools and of others while something is done
Errors:       RuntimeError when the load fails; a message that is damaged, doubled or lost marks its
              run as bad, and the report says so.
Limits:       Load.patience for each step of a run; DRAIN_SECONDS_MAX for a peer's queue.
"""

import os
import re
import signal
import statistics
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from groups import Group, busy_seconds
from peer import Peer
from peers.netns import wait_until
from tools import Load
from world import World

SETTLE_SECONDS = 0.15  # the ends of the last messages are written; belongs to their CPU
DRAIN_SECONDS_MAX = 5
WARM_UP_SECONDS = 0.4
SYNCS = {"fsync", "fdatasync", "sync_file_range", "syncfs", "msync"}


@dataclass
class Run:
    """CPU in milliseconds per message; foreign is the share of all cores that others used."""

    count: int
    accept_rate: float
    sink_rate: float
    cpu_ms: float
    tools_cpu_ms: float
    foreign: float
    p99: float  # of an accept, from MAIL to the 250 after the text, in ms
    highest: float
    refused: int = 0
    errors: int = 0  # connections lost, or without an answer for ANSWER_SECONDS_MAX
    unfinished: bool = False  # the sink had not all when we stopped waiting
    bad: str = ""


@dataclass
class Calls:
    """System calls per message."""

    syncs: float
    total: float
    top: list[tuple[str, float]] = field(default_factory=list)


class Cost:
    """CPU seconds from begin to read(), of a server's group and of the tools' groups."""

    def __init__(self, server: Group, *tools: Group):
        self.server, self.tools = server, tools
        self.begin = time.monotonic()
        self.busy = busy_seconds()
        self.before = {group: group.cpu_seconds() for group in (server, *tools)}

    def read(self) -> "Cost":
        used = {group: group.cpu_seconds() - then for group, then in self.before.items()}
        self.server_seconds = used[self.server]
        self.tools_seconds = sum(used[group] for group in self.tools)
        self.seconds = time.monotonic() - self.begin
        others = max(0.0, busy_seconds() - self.busy - sum(used.values()))
        self.foreign = others / self.seconds / (os.cpu_count() or 1)
        return self


def relay(world: World, peer: Peer, load: Load) -> Run:
    """All that is accepted has to reach the sink, once and whole."""
    os.sync()  # what an earlier one left unsynced is not to be written in this one's time
    world.sink.reset()
    cost = Cost(peer.group, world.tools.group, world.sink.group, world.dns_group)
    loaded = world.tools.load(peer.address, peer.recipient, load)
    patience = load.patience if peer.ours else DRAIN_SECONDS_MAX
    finished = world.sink.wait_for(loaded.accepted, patience)
    end = time.monotonic()
    time.sleep(SETTLE_SECONDS)
    cost.read()
    arrived = min(world.sink.distinct(), loaded.accepted)
    bad = world.sink.trouble(loaded.accepted)
    if not finished:
        if peer.ours:
            bad = f"{loaded.accepted - arrived} lost, {bad}"
        peer.restart()  # its queue would come in the others' time
    return Run(loaded.accepted, loaded.accepted / (loaded.end - loaded.begin),
               arrived / (end - loaded.begin), cost.server_seconds * 1000 / loaded.accepted,
               cost.tools_seconds * 1000 / loaded.accepted, cost.foreign,
               loaded.latency("accept", "p99"), loaded.latency("accept", "max"), loaded.refused,
               loaded.errors, not finished, bad)


def warm_up(world: World, peer: Peer, load: Load) -> None:
    relay(world, peer, replace(load, seconds=WARM_UP_SECONDS, messages=0))


def percentile(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def traced(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return not re.search(r"^TracerPid:\t0$", file.read(), re.MULTILINE)
    except OSError:
        return True  # it has ended


def syscalls(world: World, peer: Peer, action: Callable[[], int]) -> Calls:
    """strace slows the server down, so that it may gather more messages into one sync. The action
    says how many messages it brought."""
    table = world.folder / "strace.out"
    pids = peer.group.pids()
    attach = [part for pid in pids for part in ("-p", str(pid))]
    tracer = subprocess.Popen(["strace", "-f", "-q", "-c", "-U", "name,calls", "-o", table,
                               *attach], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        wait_until("strace is attached", lambda: all(map(traced, pids)), 10)
        count = action()
    finally:
        tracer.send_signal(signal.SIGINT)
        try:
            tracer.wait(10)
        except subprocess.TimeoutExpired:
            tracer.kill()
            tracer.wait(10)
    calls = {name: int(number) / count for name, number in
             re.findall(r"^(\w+)\s+(\d+)$", table.read_text(), re.MULTILINE) if name != "total"}
    top = sorted(calls.items(), key=lambda item: -item[1])
    return Calls(sum(number for name, number in calls.items() if name in SYNCS),
                 sum(calls.values()), top)
