"""tests/bench/scenario_domains.py: a message each for 100,000 domains, one in a hundred troubled.

What:    domains with an MX of their own at sixteen hosts; every hundredth domain's host refuses
         connections, or takes them and says nothing, or needs seconds for every answer. The time
         until all others are delivered, beside the time of a run without trouble.
Limits:  Postfix has fewer domains; its time is only compared with its own.
"""

import argparse
import os
import socket
import time
from dataclasses import dataclass

import report
from measure import Cost
from peer import Peer, Setup
from peers_postfix import PostfixDefault
from peers_stagepost import Ours
from report import OURS, Result
from tools import Load, Sink
from world import FAR, ZONE, World

TEXT = "one message of 2 KiB for each of 100,000 domains, 1 % of them dead or slow"
COUNT, POSTFIX_COUNT, QUICK_COUNT = 100_000, 3_000, 2_000
BYTES, SESSIONS, PER_CONNECTION = 2048, 50, 1000
BAD_EVERY = 100
SLOW, SILENT, REFUSING = FAR[13], FAR[14], FAR[15]
SLOW_MS = 5000
HEALTHY = FAR[:13]
RATIO_ASKED = 2.0
PATIENCE_SECONDS, PEER_PATIENCE_SECONDS = 400, 90


@dataclass
class Run:
    count: int
    healthy: int
    arrived: int
    seconds: float
    cpu_ms: float
    foreign: float
    bad: str


def zone(count: int, bad: bool) -> str:
    """d0.far.test and so on, each with an MX record at one of the hosts."""
    lines = [ZONE, *(f"mx{n}.far.test. 3600 A {address}" for n, address in enumerate(FAR))]
    for number in range(count):
        host = number % len(HEALTHY)
        if bad and number % BAD_EVERY == 0:
            host = len(HEALTHY) + number // BAD_EVERY % 3
        lines.append(f"d{number}.far.test. 3600 MX 10 mx{host}.far.test.")
    return "\n".join(lines)


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    found: dict[str, list[Run]] = {}
    missing: dict[str, str] = {}
    for kind, count in ((Ours, COUNT), (PostfixDefault, POSTFIX_COUNT)):
        count = QUICK_COUNT if options.quick else count
        for bad in (False, True):
            world.dns.change(zone(count, bad))
            with world.field(Setup(by_dns=True), (kind,)) as field:
                for title, one in field.each(lambda peer: send(world, peer, count, bad)).items():
                    found.setdefault(title, []).append(one)
            missing |= field.missing
    world.dns.change(ZONE)
    rows = [[title, str(one.count), "1 %" if bad else "none", f"{one.healthy:,}",
             f"{one.arrived:,}", f"{one.seconds:.2f}", f"{one.healthy / one.seconds:,.0f}",
             f"{one.cpu_ms:.3f}", f"{one.foreign * 100:.0f}%", one.bad]
            for title, several in found.items() for bad, one in enumerate(several)]
    result = Result(name, [f"{name}: {TEXT}", *report.table(
        ["", "domains", "in trouble", "healthy", "arrived", "seconds", "per second", "CPU ms each",
         "foreign CPU", ""], rows), *report.missing_lines(missing)])
    ratios = {title: several[1].seconds / several[0].seconds
              for title, several in found.items() if len(several) == 2}
    result.figures |= {"ratios": ratios, "runs": report.figures(found)}
    result.ask("time with trouble ÷ time without", ratios[OURS], RATIO_ASKED, at_most=True)
    result.summary = (f"ratio_time={ratios[OURS]:.2f} "
                      f"rate={found[OURS][1].healthy / found[OURS][1].seconds:.0f} "
                      f"postfix_ratio_time={ratios.get(PostfixDefault.title, 0.0):.2f}")
    return result


def send(world: World, peer: Peer, count: int, bad: bool) -> Run:
    healthy = count - (len(range(0, count, BAD_EVERY)) if bad else 0)
    patience = PATIENCE_SECONDS if peer.ours else PEER_PATIENCE_SECONDS
    sinks = [Sink(world.net, world.folder, "healthy", [f"{host}:25" for host in HEALTHY])]
    sinks.append(Sink(world.net, world.folder, "slow", [f"{SLOW}:25"], "--delay",
                      f"{SLOW_MS}@mail", "--delay", f"{SLOW_MS}@end"))
    # It never accepts: the kernel shakes hands, and nobody says anything.
    silent = world.net.inside(lambda: socket.create_server((SILENT, 25), backlog=4096))
    try:
        os.sync()
        cost = Cost(peer.group, world.tools.group, sinks[0].group, world.dns_group)
        loaded = world.tools.load(peer.address, "rcpt@d{n}.far.test", Load(
            SESSIONS, BYTES, messages=count, per_connection=PER_CONNECTION, patience=patience))
        finished = sinks[0].wait_for(healthy, patience)
        seconds = time.monotonic() - loaded.begin
        cost.read()
        wrong = sinks[0].trouble(healthy)
        if not finished:
            wrong = f"not all after {seconds:.0f} s {wrong}"
        return Run(count, healthy, sinks[0].distinct(), seconds,
                   cost.server_seconds * 1000 / count, cost.foreign, wrong)
    finally:
        silent.close()
        for sink in sinks:
            sink.stop()
