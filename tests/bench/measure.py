"""tests/bench/measure.py: one run of load against one server, and what it cost.

rate()      smtp-source -d with many sessions: accepted per second, at the sink per second, CPU
latency()   one message after another on connections of their own: milliseconds to the 250
syscalls()  a short rate() under strace -f -c: syncs and system calls per message
Errors:     RuntimeError when the load fails, TimeoutError when mail does not reach the sink.
Limits:     RUN_SECONDS_MAX for each step of a run.
"""

import os
import re
import signal
import socket
import statistics
import subprocess
import time
from dataclasses import dataclass, field

from peers import unpack
from peers.netns import stop, wait_until
from world import CLIENT, SINK, Group, Server, World

RUN_SECONDS_MAX = 60
MESSAGE_BYTES = 10 * 1024
LATENCY_BYTES = 2 * 1024
LATENCY_PAUSE_SECONDS = 0.005
SETTLE_SECONDS = 0.15  # the ends of the last messages are written; belongs to their CPU
PER_SESSION_MAX = 9000  # limits.messages_per_session_max is 10000
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


@dataclass
class Calls:
    """System calls per message."""

    syncs: float
    total: float
    top: list[tuple[str, float]] = field(default_factory=list)


def busy_seconds() -> float:
    """CPU time of everything on this machine, in interrupts as well."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, open("/proc/stat", encoding="ascii").readline().split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def start_load(world: World, address: str, sessions: int, count: int) -> subprocess.Popen:
    root = unpack.peers_root()
    world.net.group = world.tools_group
    process = world.net.start(
        [root / "usr/sbin/smtp-source", "-d", "-s", str(sessions), "-m", str(count),
         "-l", str(MESSAGE_BYTES), "-f", "sender@example.net", "-t", "rcpt@sink.test",
         f"{address}:25"],
        world.folder / "load.log", {"LD_LIBRARY_PATH": unpack.library_path(root)})
    world.net.group = None
    return process


def rate(world: World, server: Server | None, sessions: int, count: int) -> Run:
    """Without a server the load goes straight to the sink: what the tools can do."""
    before = world.sink.count()
    cpu_before = {group: group.cpu_seconds() for group in Group.made}
    busy_before = busy_seconds()
    begin = time.monotonic()
    load = start_load(world, server.address if server else SINK, sessions, count)
    try:
        code = load.wait(RUN_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        code = stop(load)
    accepted = time.monotonic()
    world.net.processes.remove(load)
    if code != 0:
        raise RuntimeError(f"smtp-source: {code}: {(world.folder / 'load.log').read_text()[-500:]}")
    while world.sink.count() - before < count:
        if time.monotonic() - accepted > RUN_SECONDS_MAX:
            raise TimeoutError(f"{world.sink.count() - before} of {count} reached the sink")
        time.sleep(0.005)
    end = time.monotonic()
    time.sleep(SETTLE_SECONDS)
    whole = time.monotonic() - begin
    cpu = {group: group.cpu_seconds() - then for group, then in cpu_before.items()}
    foreign = max(0.0, busy_seconds() - busy_before - sum(cpu.values()))
    tools = cpu[world.tools_group] + cpu[world.sink.group]
    if world.sink.count() - before != count:
        print(f"warning: {world.sink.count() - before} at the sink, {count} sent")
    return Run(count, count / (accepted - begin), count / (end - begin),
               (cpu[server.group] if server else 0) * 1000 / count, tools * 1000 / count,
               foreign / whole / os.cpu_count())


def count_for(found: Run, sessions: int, seconds: float) -> int:
    """So many messages that a run lasts about so long."""
    wanted = int(found.sink_rate * seconds)
    return max(sessions * 5, min(wanted, sessions * PER_SESSION_MAX))


class Dialogue:
    """A client that counts from connect to the 250 after the final dot."""

    def __init__(self, address: str):
        self.socket = socket.create_connection((address, 25), RUN_SECONDS_MAX,
                                               source_address=(CLIENT, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def say(self, octets: bytes, code: bytes) -> None:
        if octets:
            self.socket.sendall(octets)
        answer = b""
        while not re.search(rb"^\d{3} [^\n]*\n\Z", answer, re.MULTILINE):
            more = self.socket.recv(4096)
            if not more:
                raise RuntimeError("the server closed the connection")
            answer += more
        if not answer.startswith(code):
            raise RuntimeError(f"answered {answer!r}")


def latency(world: World, server: Server, count: int) -> list[float]:
    line = b"X" * 76 + b"\r\n"
    body = b"Subject: latency\r\n\r\n" + line * (LATENCY_BYTES // len(line)) + b".\r\n"
    times: list[float] = []

    def work() -> None:
        for _ in range(count):
            begin = time.perf_counter()
            client = Dialogue(server.address)
            client.say(b"", b"220")
            client.say(b"EHLO client.example.net\r\n", b"250")
            client.say(b"MAIL FROM:<sender@example.net>\r\n", b"250")
            client.say(b"RCPT TO:<rcpt@sink.test>\r\n", b"250")
            client.say(b"DATA\r\n", b"354")
            client.say(body, b"250")
            times.append((time.perf_counter() - begin) * 1000)
            client.say(b"QUIT\r\n", b"221")
            client.socket.close()
            time.sleep(LATENCY_PAUSE_SECONDS)

    before = world.sink.count()
    world.net.inside(work)
    wait_until("the sink has them", lambda: world.sink.count() - before >= count, RUN_SECONDS_MAX)
    return times


def percentile(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def traced(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return not re.search(r"^TracerPid:\t0$", file.read(), re.MULTILINE)
    except OSError:
        return True  # it has ended


def syscalls(world: World, server: Server, sessions: int, count: int) -> Calls:
    """strace slows the server down, so that it may gather more messages into one sync."""
    table = world.folder / "strace.out"
    pids = server.group.pids()
    attach = [part for pid in pids for part in ("-p", str(pid))]
    tracer = subprocess.Popen(["strace", "-f", "-q", "-c", "-U", "name,calls", "-o", table,
                               *attach], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        wait_until("strace is attached", lambda: all(map(traced, pids)), 10)
        rate(world, server, sessions, count)
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
