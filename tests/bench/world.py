"""tests/bench/world.py: one namespace with a sink, a DNS server, the tools, and servers in turn.

What:    each server in a cgroup of its own, which counts the CPU of all its processes and children;
         all state on one disk, below the given folder. A scenario opens a Field of servers; what
         cannot run is kept with its reason, only Stagepost has to.
In/Out:  World(folder, peers) → world.field(setup) → field.turns(runs, action).
Errors:  Stagepost's failures are raised; a peer's are written to field.missing.
Limits:  needs root; waits are bounded by netns.py, tools.py and stagepost.py.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from groups import Group, GroupedNet
from peer import CLIENT, DNS, SINK, CannotRun, Peer, Setup
from peers.dns import DnsServer
from peers.pki import Authority, Certificate
from peers_chasquid import Chasquid
from peers_exim import Exim
from peers_haraka import Haraka
from peers_opensmtpd import OpenSmtpd
from peers_postfix import PostfixDefault, PostfixTuned
from peers_stagepost import Bare, Ours
from tools import Sink, Tools

PEERS: dict[str, type[Peer]] = {
    peer.key: peer for peer in (Ours, Bare, PostfixDefault, PostfixTuned, OpenSmtpd, Exim, Chasquid,
                                Haraka)}
DEAD, PROBE = "10.0.0.40", "10.0.0.42"  # for scenarios with more hosts
FAR = [f"10.0.1.{n}" for n in range(1, 17)]
TROUBLE = (RuntimeError, AssertionError, TimeoutError, OSError, subprocess.SubprocessError)
ZONE = "sink.test. 3600 MX 10 mx.sink.test.\nmx.sink.test. 3600 A 10.0.0.4\n" + "".join(
    f"{n}.0.0.10.in-addr.arpa. 3600 PTR host{n}.test.\nhost{n}.test. 3600 A 10.0.0.{n}\n"
    for n in range(1, 64))
Value = TypeVar("Value")


class Field:
    """The servers of one scenario: those that run, and why the others do not."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.missing: dict[str, str] = {}

    def each(self, action: Callable[[Peer], Value]) -> dict[str, Value]:
        """The action with every server; one that fails is out of the game from then on."""
        found = {}
        for peer in list(self.peers):
            try:
                found[peer.title] = action(peer)
            except TROUBLE as error:
                if peer.ours:
                    raise
                self.missing[peer.title] = " ".join(str(error).split())[-200:]
                self.peers.remove(peer)
                peer.stop()
        return found

    def turns(self, runs: int, action: Callable[[Peer], Value]) -> dict[str, list[Value]]:
        """So many rounds in which each has its turn, every other round in reverse order."""
        found: dict[str, list[Value]] = {peer.title: [] for peer in self.peers}
        for _ in range(runs):
            for title, value in self.each(action).items():
                found[title].append(value)
            self.peers.reverse()
        return {title: values for title, values in found.items() if title not in self.missing}


class World:
    """with World(folder, wanted) as world: world.field(…), world.tools, world.sink"""

    def __init__(self, folder: Path, wanted: list[str]):
        self.folder = folder
        self.wanted = [PEERS[key] for key in wanted]
        own = [f"10.0.0.{number}" for number in range(2, 20) if number != 4]
        self.net = GroupedNet(CLIENT, SINK, DNS, DEAD, PROBE, *own, *FAR, dns=DNS)
        self._certificate: Certificate | None = None

    def __enter__(self) -> "World":
        self.net.__enter__()
        try:
            # Sockets of connections that are over must not use up the ports.
            self.net.run("sysctl", "-q", "-w", "net.ipv4.ip_local_port_range=1024 65000")
            self.net.run("sysctl", "-q", "-w", "net.core.somaxconn=4096")
            self.tools = Tools(self.net, self.folder)
            self.dns_group = self.net.group = Group("dns")
            self.dns = DnsServer(self.net, DNS, self.folder / "dns").start(ZONE)
            self.net.group = None
            self.sink = Sink(self.net, self.folder, "sink", [f"{SINK}:25"])
        except BaseException:
            self.__exit__()
            raise
        return self

    def certificate(self) -> Certificate:
        """P-256, for all servers the same."""
        if self._certificate is None:
            authority = Authority(self.folder / "pki")
            self._certificate = authority.sign("mx.local.test")
            self._certificate.key.chmod(0o600)
        return self._certificate

    @contextmanager
    def field(self, setup: Setup = Setup(), only: tuple[type[Peer], ...] = (),
              kinds: tuple[type[Peer], ...] = ()) -> Iterator[Field]:
        """The wanted servers, or those of them that the scenario is for, running; or kinds of the
        scenario's own."""
        field = Field()
        try:
            for kind in kinds or self.wanted:
                if only and kind not in only:
                    continue
                peer = kind(self, setup)
                try:
                    peer.start()
                    field.peers.append(peer)
                except CannotRun as reason:
                    field.missing[peer.title] = str(reason)
            yield field
        finally:
            self.net.group = None
            for peer in field.peers:
                peer.stop()
                peer.group.close()

    def __exit__(self, *_: object) -> None:
        self.net.__exit__()
        for group in Group.made:
            group.close()
