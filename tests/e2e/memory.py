"""tests/e2e/memory.py: how much memory a process holds, and how much at most meanwhile.

In/Out:  with Watch(pid) as watch: …; watch.grown_max octets more than at the beginning.
Limits:  looks every LOOK_SECONDS.
"""

import resource
import threading
from pathlib import Path

LOOK_SECONDS = 0.02


def resident(pid: int) -> int:
    """Octets of RAM, as /proc/PID/statm has them."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


class Watch:
    def __init__(self, pid: int):
        self.pid = pid
        self.before = self.most = resident(pid)
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.work)

    @property
    def grown_max(self) -> int:
        return self.most - self.before

    def work(self) -> None:
        while not self.ended.wait(LOOK_SECONDS):
            try:
                self.most = max(self.most, resident(self.pid))
            except (OSError, IndexError):
                return  # it has ended

    def __enter__(self) -> "Watch":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()
