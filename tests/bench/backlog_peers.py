"""tests/bench/backlog_peers.py: what a postmaster does with a long queue, said to each server.

What:    list the first page, list by destination, look at disk and memory, restart, try again.
In/Out:  backlog_of(peer) → one of the two classes, which have the same methods.
"""

import json
import subprocess
import time
from pathlib import Path

from peer import Peer
from peers.netns import wait_until
from peers_postfix import PostfixDefault
from peers_stagepost import Ours
from stagepost import binary

DEAD_DOMAIN = "dead.test"
LIST_SECONDS_MAX = 120


def disk_bytes(folder: Path) -> int:
    done = subprocess.run(["du", "-s", "--block-size=1", folder], capture_output=True, text=True,
                          check=True, timeout=LIST_SECONDS_MAX)
    return int(done.stdout.split()[0])


def timed(command: list) -> tuple[float, str]:
    """Seconds and output; the median of three."""
    times = []
    for _ in range(3):
        begin = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              timeout=LIST_SECONDS_MAX)
        times.append(time.monotonic() - begin)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stdout[-300:]}")
    return sorted(times)[1], done.stdout


class OursBacklog:
    def __init__(self, peer: Ours):
        self.peer = peer
        self.folder = peer.folder / "state/journal"
        self.destination = ""

    def command(self, *arguments: str) -> list:
        return [*self.peer.net.prefix(), binary(), *arguments, "--home", self.peer.folder]

    def first_page(self) -> float:
        return timed(self.command("queue", "list"))[0]

    def by_destination(self) -> float:
        return timed(self.command("queue", "list", "--destination", self.destination))[0]

    def learn(self) -> None:
        """What it calls the way to the dead host; while one message waits."""
        def name() -> str:
            messages = json.loads(self.peer.server.cli("queue", "list", "--json"))["messages"]
            return messages[0]["destinations"][0] if messages else ""

        self.destination = str(wait_until("the message is listed", name, 10))

    def quiet(self, count: int) -> None:
        time.sleep(3)

    def retry(self) -> None:
        self.peer.server.cli("queue", "retry", "--destination", self.destination)


class PostfixBacklog:
    def __init__(self, peer: PostfixDefault):
        self.peer = peer
        self.folder = peer.folder / "postfix/queue"

    def learn(self) -> None:
        pass

    def command(self, *arguments: str) -> list:
        server = self.peer.server
        environment = [f"{key}={value}" for key, value in server.env.items()]
        return [*self.peer.net.prefix(), "env", *environment,
                server.root / "usr/sbin" / arguments[0], *arguments[1:]]

    def first_page(self) -> float:
        """It has no pages: the whole list."""
        return timed(self.command("postqueue", "-p"))[0]

    def by_destination(self) -> float:
        """The list in JSON, for another program to choose from."""
        return timed(self.command("postqueue", "-j"))[0]

    def quiet(self, count: int) -> None:
        """Until all are in deferred."""
        end = time.monotonic() + LIST_SECONDS_MAX
        while time.monotonic() < end:
            found = sum(1 for path in (self.folder / "deferred").rglob("*") if path.is_file())
            if found >= count:
                return
            time.sleep(1)
        raise TimeoutError(f"{found} of {count} are in deferred")

    def retry(self) -> None:
        self.peer.server.flush()


Backlog = OursBacklog | PostfixBacklog


def backlog_of(peer: Peer) -> Backlog:
    return OursBacklog(peer) if isinstance(peer, Ours) else PostfixBacklog(peer)
