"""tests/bench/groups.py: processes that are counted together: CPU by cgroup, memory by Pss.

What:    a cgroup of its own for each server and for the tools (version 1's cpuacct, or version 2);
         a network namespace whose processes are put into the group of the moment.
In/Out:  Group("name") → cpu_seconds(), pids(), memory_bytes().
Errors:  a group that cannot be removed is named on stdout and left.
Limits:  needs root. Kernel threads (jbd2, writeback, softirq) are in nobody's group.
"""

import os
import signal
import subprocess
from pathlib import Path

from peers.netns import Netns, wait_until


def busy_seconds() -> float:
    """CPU time of everything on this machine, in interrupts as well."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, open("/proc/stat", encoding="ascii").readline().split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def proportional_bytes(pids: list[int]) -> int:
    """Pss: shared pages count once, not once per process."""
    total = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += int(next(line for line in text.splitlines()
                              if line.startswith("Pss:")).split()[1]) * 1024
        except (OSError, StopIteration):
            pass  # ended meanwhile
    return total


class Group:
    """A cgroup that counts CPU time: version 1's cpuacct, or version 2."""

    made: list["Group"] = []

    def __init__(self, name: str):
        first = Path("/sys/fs/cgroup/cpuacct")
        parent = first if first.is_dir() else Path("/sys/fs/cgroup")
        self.folder = parent / f"stagepost-bench-{os.getpid()}-{len(Group.made)}-{name}"
        self.folder.mkdir()
        self.closed = False
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

    def memory_bytes(self) -> int:
        return proportional_bytes(self.pids())

    def kill(self) -> None:
        """What is left in it: children that outlived the server that was stopped; all ours."""
        def empty() -> bool:
            for pid in self.pids():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not self.pids()

        wait_until("an empty cgroup", empty, 10)

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        try:
            wait_until("an empty cgroup", lambda: not self.pids(), 5)
            self.folder.rmdir()
        except (OSError, TimeoutError) as error:
            print(f"{self.folder} is left: {error}")


class GroupedNet(Netns):
    """What is started while `group` is set belongs to it."""

    group: Group | None = None

    def start(self, arguments, log, env=None, cwd=None, stdin=subprocess.DEVNULL
              ) -> subprocess.Popen:
        # At once, before it has children. Not from inside: there /sys is another one.
        process = super().start(arguments, log, env, cwd, stdin)
        if self.group:
            self.group.add(process.pid)
        return process


class Server:
    """name for tables, address to send to, group that counts its CPU."""

    def __init__(self, name: str, address: str):
        self.name = name
        self.address = address
        self.group = Group(name.replace(" ", "-").replace("/", "-"))
