"""tests/e2e/cgroup.py: a memory cgroup of version 1 or 2, for what a test starts in it.

What:    with MemoryGroup(limit) as group: Popen([*group.prefix(), program, …]); group.kills().
Errors:  needs root; FileNotFoundError when the machine has no memory controller that can be used.
Limits:  none is left: processes in it must have ended, or be killed by the test, before the end.
"""

import os
from pathlib import Path

from peers.netns import wait_until

ROOT = Path("/sys/fs/cgroup")
EMPTY_SECONDS_MAX = 30


def parent() -> tuple[Path, int]:
    """(where a group can be made, the version)"""
    if (ROOT / "memory/memory.limit_in_bytes").exists() or (ROOT / "memory/cgroup.procs").exists():
        return ROOT / "memory", 1
    if "memory" in (ROOT / "cgroup.controllers").read_text().split():
        (ROOT / "cgroup.subtree_control").write_text("+memory")
        return ROOT, 2
    raise FileNotFoundError(f"{ROOT}: no memory controller")


class MemoryGroup:
    count = 0

    def __init__(self, octets: int):
        MemoryGroup.count += 1
        base, self.version = parent()
        self.octets = octets
        self.path = base / f"stagepost-{os.getpid()}-{MemoryGroup.count}"

    def __enter__(self) -> "MemoryGroup":
        self.path.mkdir()
        self.limit(self.octets)
        return self

    def __exit__(self, *_: object) -> None:
        def removed() -> bool:
            try:
                self.path.rmdir()
            except OSError:
                return False  # somebody is dying in it
            return True

        wait_until(f"{self.path} is empty", removed, EMPTY_SECONDS_MAX)

    def limit(self, octets: int) -> None:
        name = "memory.limit_in_bytes" if self.version == 1 else "memory.max"
        (self.path / name).write_text(str(octets))

    def used(self) -> int:
        """Without what the kernel would give back at once: pages of files."""
        name = "total_rss" if self.version == 1 else "anon"
        words = dict(line.split() for line in (self.path / "memory.stat").read_text().splitlines())
        return int(words[name])

    def prefix(self) -> list[str]:
        """A command that joins the group and becomes what follows."""
        return ["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', str(self.path)]

    def kills(self) -> int:
        """How often the kernel killed for want of memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        words = dict(line.split() for line in (self.path / name).read_text().splitlines())
        return int(words.get("oom_kill", 0))
