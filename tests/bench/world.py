"""tests/bench/world.py: a network namespace with Stagepost, Postfix twice, and one sink for all.

What:    each server in a cgroup of its own, which counts the CPU of all its processes and children;
         all state on one disk, below the given folder.
In/Out:  a folder → servers that take mail on port 25 and relay it to the sink.
Errors:  a server that does not start raises RuntimeError or AssertionError with its log.
Limits:  needs root; waits are bounded by netns.py and stagepost.py.
"""

import os
import subprocess
from pathlib import Path

from peers import unpack
from peers.netns import Netns, wait_until
from peers.postfix import Postfix
from stagepost import Stagepost

CLIENT, STAGEPOST, DEFAULT, TUNED, SINK = (f"10.0.0.{n}" for n in (1, 2, 3, 5, 4))
# What tests/peers/postfix.py changes for the sake of tests, as Postfix comes. No maillog_file: like
# a host without syslogd, so Postfix's log costs it nothing (ours writes its trace).
POSTFIX_DEFAULT = {
    "relayhost": f"[{SINK}]", "maillog_file": "", "smtp_tls_security_level": "",
    "queue_run_delay": "300s", "minimal_backoff_time": "300s", "maximal_backoff_time": "4000s",
    "in_flow_delay": "1s",
}
POSTFIX_TUNED = {
    **POSTFIX_DEFAULT, "in_flow_delay": "0", "default_process_limit": "110", "max_use": "1000",
    "default_destination_concurrency_limit": "20", "initial_destination_concurrency": "20",
}


class Group:
    """A cgroup that counts CPU time: version 1's cpuacct, or version 2."""

    made: list["Group"] = []

    def __init__(self, name: str):
        first = Path("/sys/fs/cgroup/cpuacct")
        parent = first if first.is_dir() else Path("/sys/fs/cgroup")
        self.folder = parent / f"stagepost-bench-{os.getpid()}-{len(Group.made)}-{name}"
        self.folder.mkdir()
        Group.made.append(self)

    def add(self, pid: int) -> None:
        (self.folder / "cgroup.procs").write_text(str(pid))

    def cpu_seconds(self) -> float:
        usage = self.folder / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        fields = dict(line.split() for line in (self.folder / "cpu.stat").read_text().splitlines())
        return int(fields["usage_usec"]) / 1e6

    def pids(self) -> list[int]:
        return [int(line) for line in (self.folder / "cgroup.procs").read_text().split()]

    def close(self) -> None:
        try:
            wait_until("an empty cgroup", lambda: not self.pids(), 5)
            self.folder.rmdir()
        except (OSError, TimeoutError) as error:
            print(f"{self.folder} is left: {error}")


class GroupedNet(Netns):
    """What is started while `group` is set belongs to it."""

    group: Group | None = None

    def start(self, arguments, log, env=None, cwd=None) -> subprocess.Popen:
        # At once, before it has children. Not from inside: there /sys is another one.
        process = super().start(arguments, log, env, cwd)
        if self.group:
            self.group.add(process.pid)
        return process


class Server:
    """name for tables, address to send to, group that counts its CPU."""

    def __init__(self, name: str, address: str):
        self.name = name
        self.address = address
        self.group = Group(name.replace(" ", "-"))


class Sink:
    """smtp-sink; its counters go to a file that is read from the end."""

    def __init__(self, net: GroupedNet, folder: Path):
        self.group = Group("sink")
        self.file = folder / "sink.count"
        net.group = self.group
        root = unpack.peers_root()
        net.start([root / "usr/sbin/smtp-sink", "-u", "nobody", "-c", f"{SINK}:25", "1000"],
                  self.file,
                  {"LD_LIBRARY_PATH": unpack.library_path(root)})
        net.group = None
        net.wait_for_port(SINK, 25)

    def count(self) -> int:
        with open(self.file, "rb") as file:
            file.seek(max(0, self.file.stat().st_size - 100))
            parts = file.read().rsplit(b"mesg=", 1)
        return int(parts[1].split(b"\r")[0]) if len(parts) == 2 and b"\r" in parts[1] else 0


class World:
    """with World(folder) as world: world.servers, world.sink, world.load"""

    def __init__(self, folder: Path):
        self.folder = folder
        self.net = GroupedNet(CLIENT, STAGEPOST, DEFAULT, TUNED, SINK)
        self.servers: list[Server] = []
        self.tools_group: Group | None = None
        self.sink: Sink | None = None
        self.stagepost: Stagepost | None = None

    def __enter__(self) -> "World":
        self.net.__enter__()
        try:
            self.tools_group = Group("load")
            self.sink = Sink(self.net, self.folder)
            self._start_stagepost()
            self._start_postfix("Postfix default", DEFAULT, POSTFIX_DEFAULT)
            self._start_postfix("Postfix tuned", TUNED, POSTFIX_TUNED)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_stagepost(self) -> None:
        home = self.folder / "stagepost"
        home.mkdir()
        server = Server("Stagepost", STAGEPOST)
        self.servers.append(server)
        self.stagepost = Stagepost(home, "example.test", net=self.net, address=STAGEPOST).init()
        self.stagepost.set("", hostname="mx.example.test")
        self.stagepost.set("policy", relay_networks=["10.0.0.0/24"])
        self.stagepost.set("delivery", relay_host=f"{SINK}:25")
        self.stagepost.set("log", level="warning")
        self.net.group = server.group
        self.stagepost.start()
        self.net.group = None

    def _start_postfix(self, name: str, address: str, options: dict[str, str]) -> None:
        server = Server(name, address)
        self.servers.append(server)
        self.net.group = server.group
        folder = self.folder / name.replace(" ", "-")
        Postfix(self.net, address, folder, "mx.postfix.test", []).start([], None, options)
        self.net.group = None

    def __exit__(self, *_: object) -> None:
        if self.stagepost and self.stagepost.process:
            self.stagepost.stop()
        self.net.__exit__()
        for group in Group.made:
            group.close()
