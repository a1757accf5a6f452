"""tests/bench/tools.py: the load tools of `stagepost bench`, run in the namespace.

What:    Tools: load, handshakes, idle connections, disk and ping-pong; Sink: its counters.
In/Out:  options → the JSON that the tool prints, as it is, and when it began and ended.
Errors:  RuntimeError when a tool fails for another reason than a server's 4yz; its words are in it.
Limits:  RUN_SECONDS_MAX for each run, then SIGTERM.
"""

import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from groups import Group, GroupedNet
from peers.netns import stop, wait_until
from stagepost import binary

RUN_SECONDS_MAX = 90
FAR_SECONDS_MAX = 900  # a million messages, a hundred thousand domains
ANSWER_SECONDS_MAX = 30  # from any server; then it is an error
ERRORS_SHARE_MAX = 0.05  # of messages; more is no measurement
SENDER = "sender@example.net"


@dataclass(frozen=True)
class Load:
    """What `bench load` is to do; the same for every server."""

    sessions: int = 1
    size: int = 10 * 1024
    seconds: float = 0.0  # or
    messages: int = 0
    per_connection: int = 0
    recipient: str = ""  # the server's own when empty
    sender: str = SENDER
    more: tuple[str, ...] = ()
    patience: float = RUN_SECONDS_MAX

    def options(self) -> list[str]:
        much = (["--seconds", str(self.seconds)] if self.seconds
                else ["--messages", str(self.messages)])
        return ["--sessions", str(self.sessions), "--size", str(self.size), *much,
                "--per-connection", str(self.per_connection), "--from", self.sender,
                "--timeout", str(ANSWER_SECONDS_MAX), *self.more]


@dataclass
class Loaded:
    found: dict
    begin: float
    end: float

    @property
    def accepted(self) -> int:
        return self.found["accepted"]

    @property
    def errors(self) -> int:
        return self.found["errors"]

    @property
    def refused(self) -> int:
        return sum(self.found["refused"].values())

    def latency(self, which: str, percentile: str) -> float:
        return self.found["latency_ms"].get(which, {}).get(percentile, 0.0)


def last_json(text: str) -> dict:
    """The object that ends the output; a tool may have warned before."""
    begin = text.find("{")
    if begin < 0:
        raise ValueError(f"no JSON: {text[-500:]}")
    found, _ = json.JSONDecoder().raw_decode(text[begin:])
    return found


class Tools:
    def __init__(self, net: GroupedNet, folder: Path):
        self.net = net
        self.folder = folder
        self.group = Group("tools")
        self.count = 0

    def begin(self, verb: str, *options: str | Path, stdin: int = subprocess.DEVNULL
              ) -> tuple[subprocess.Popen, Path]:
        self.count += 1
        log = self.folder / f"tool-{self.count}"
        self.net.group = self.group
        try:
            process = self.net.start([binary(), "bench", verb, *options], log, stdin=stdin)
        finally:
            self.net.group = None
        return process, log

    def run(self, verb: str, *options: str | Path, patience: float = RUN_SECONDS_MAX
            ) -> tuple[int, str]:
        process, log = self.begin(verb, *options)
        return self.finish(process, log, patience)

    def finish(self, process: subprocess.Popen, log: Path, patience: float) -> tuple[int, str]:
        watchdog = threading.Timer(patience, stop, [process])
        watchdog.start()
        try:
            code = process.wait()  # without a timeout: that one looks only every 50 ms
        finally:
            watchdog.cancel()
        self.net.processes.remove(process)
        text = log.read_text(errors="replace")
        log.unlink()
        return code, text

    def measured(self, verb: str, *options: str | Path, patience: float = RUN_SECONDS_MAX) -> dict:
        code, text = self.run(verb, *options, "--json", patience=patience)
        if code != 0:
            raise RuntimeError(f"bench {verb}: exit code {code}: {text[-500:]}")
        return last_json(text)

    def load(self, address: str, recipient: str, load: Load) -> Loaded:
        process, log = self.start_load(address, recipient, load)
        return self.end_load(process, log, load)

    def start_load(self, address: str, recipient: str, load: Load) -> tuple[subprocess.Popen, Path]:
        return self.begin("load", "--to", f"{address}:25", "--rcpt", load.recipient or recipient,
                          *load.options(), "--json")

    def end_load(self, process: subprocess.Popen, log: Path, load: Load) -> Loaded:
        code, text = self.finish(process, log, load.patience)
        end = time.monotonic()
        try:
            found = last_json(text)
        except ValueError as error:
            raise RuntimeError(f"bench load: exit code {code}: {text[-500:]}") from error
        hard = [reply for reply in found["refused"] if not reply.startswith("4")]
        few = found["errors"] <= ERRORS_SHARE_MAX * found["messages"]
        if not few or hard or not found["accepted"]:
            raise RuntimeError(f"bench load: {found['accepted']} accepted, {found['errors']} errors"
                               f", refused {found['refused']}: {found.get('first_error', '')}")
        return Loaded(found, end - found["seconds"], end)

    @contextmanager
    def idle(self, address: str, connections: int, tls: str, patience: float) -> Iterator[dict]:
        """Holds them open while the context lasts."""
        process, log = self.begin("idle", "--to", f"{address}:25", "--connections",
                                  str(connections), "--tls", tls, "--hold", str(FAR_SECONDS_MAX),
                                  stdin=subprocess.PIPE)
        try:
            wait_until(f"{connections} connections are open", lambda: process.poll() is not None
                       or "}" in log.read_text(), patience)
            if "}" not in log.read_text():
                raise RuntimeError(f"bench idle: {log.read_text()[-500:]}")
            yield last_json(log.read_text())
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                stop(process)
            self.net.processes.remove(process)


class Sink:
    """`stagepost bench sink`: counts, and verifies the checksum of every message."""

    def __init__(self, net: GroupedNet, folder: Path, name: str, listen: list[str], *more: str):
        self.file = folder / f"{name}.count"
        self.group = Group(name)
        log = folder / f"{name}.log"
        for old in (self.file, log):
            old.unlink(missing_ok=True)
        net.group = self.group
        listening = [part for address in listen for part in ("--listen", address)]
        try:
            self.process = net.start([binary(), "bench", "sink", *listening, "--count-file",
                                      self.file, *more], log)
        finally:
            net.group = None
        wait_until("the sink is ready", lambda: self.process.poll() is not None or
                   "ready" in log.read_text(), 10)
        if self.process.poll() is not None:
            raise RuntimeError(f"bench sink: {log.read_text()[-500:]}")
        self.net = net

    def counters(self) -> dict:
        try:
            return json.loads(self.file.read_text())
        except (OSError, ValueError):  # not there yet, or caught between
            return {}

    def distinct(self) -> int:
        return self.counters().get("distinct", 0)

    def reset(self) -> None:
        # `ip netns exec` has become the sink: its process id is the sink's.
        self.process.send_signal(signal.SIGUSR1)
        wait_until("the sink begins anew",
                   lambda: self.counters().get("messages") == 0, 10)

    def wait_for(self, count: int, seconds: float) -> bool:
        """Whether so many distinct messages came in that time."""
        end = time.monotonic() + seconds
        while self.distinct() < count:
            if time.monotonic() > end:
                return False
            time.sleep(0.003)
        return True

    def trouble(self, count: int) -> str:
        """What is wrong with what it has, when that should be so many messages; empty: nothing."""
        now = self.counters()
        wrong = {name: now.get(name, 0) for name in ("duplicates", "damaged", "foreign")
                 if now.get(name, 0)}
        if now.get("distinct", 0) > count:
            wrong["unexpected"] = now["distinct"] - count
        return ", ".join(f"{number} {name}" for name, number in wrong.items())

    def stop(self) -> None:
        stop(self.process)
        if self.process in self.net.processes:
            self.net.processes.remove(self.process)
        self.group.close()
