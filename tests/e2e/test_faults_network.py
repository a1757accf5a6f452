"""Names that cannot be asked, a next hop that is frozen, cut off, slow or far: nothing is lost."""

import os
import re
import signal
import subprocess

import pytest
from bench import Sink as BenchSink
from delay import Delay
from ledger import Ledger, maildirs
from load import Load
from peers import unpack
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from sink import Sink
from stagepost import Stagepost

SECONDS_MAX = 90
CLIENT, OURS, THEIRS, NAMES = "10.0.0.1", "10.0.0.2", "10.0.0.4", "10.0.0.53"
ZONE = f"""\
example.test. MX 10 mx.example.test.
mx.example.test. A {OURS}
sink.test. MX 10 mx.sink.test.
mx.sink.test. A {THEIRS}
"""
LOCAL, RELAYED, FAR = "you@example.test", "friend@example.net", "friend@sink.test"
LINK = ("10.0.1.1", "10.0.1.2")
RATE = "4mbit"
ATTEMPTS_MAX = 20  # at once to one destination, as is set by default


@pytest.fixture(name="net")
def make_net():
    with Netns(CLIENT, OURS, THEIRS, NAMES, dns=NAMES) as net:
        yield net


def patient(server: Stagepost, networks: list[str]) -> Stagepost:
    """Waits of seconds instead of minutes."""
    server.set("policy", relay_networks=networks)
    server.set("queue", retry_after=["1s"], retry_jitter_percent=0)
    return server.set("delivery", connect_timeout="2s", command_timeout="2s",
                      data_block_timeout="2s", data_done_timeout="2s")


def in_net(new_server, net: Netns) -> Stagepost:
    server = new_server(net=net, address=OURS)
    server.set("", hostname="mx.example.test").set("dns", servers=[NAMES])
    return patient(server, [f"{CLIENT}/32", f"{OURS}/32"])


CUT = f"""add table ip cut
add chain ip cut in {{ type filter hook input priority 0; }}
add rule ip cut in ip daddr {THEIRS} drop
add rule ip cut in ip saddr {THEIRS} drop
"""


def more(load: Load, count: int = 40) -> None:
    goal = load.accepted() + count
    wait_until(f"{count} more are accepted", lambda: load.accepted() >= goal, SECONDS_MAX)


def deferred(server: Stagepost) -> bool:
    """Does something wait for another attempt?"""
    return bool(re.search(r"\b[1-9]\d* deferred, \d+ scheduled", server.cli("overview")))


def test_resolver_gone(new_server, net, folder, capsys):
    """Names cannot be asked: mail waits, nobody is told that an address is wrong (invariant 4)."""
    dns = DnsServer(net, NAMES, folder / "dns").start(ZONE)
    with net.inside(lambda: Sink(25, address=THEIRS)) as sink:
        server = in_net(new_server, net).start()
        with Load(25, {LOCAL: 2, FAR: 2}, OURS, net, pause=0.02) as load:
            more(load)
            os.killpg(dns.process.pid, signal.SIGSTOP)
            more(load, 100)  # accepted all the same
            wait_until("deferred mail", lambda: deferred(server), SECONDS_MAX)
            os.killpg(dns.process.pid, signal.SIGCONT)
            more(load)
        Ledger("resolver gone", [load], [*maildirs(server, "you"), sink]).settle(server, capsys)
        assert not load.refused, load.refused
        assert not [mail for mail in server.maildir() if b"mailer-daemon" in mail.lower()]


def test_next_hop_frozen(new_server, folder, capsys):
    """SIGSTOP: its kernel goes on accepting connections, and nobody answers on them."""
    kept, freezes = folder / "kept", 3
    with BenchSink(folder, "--folder", kept) as sink:
        server = patient(new_server(), ["127.0.0.0/8"])
        server.set("delivery", relay_host=f"127.0.0.1:{sink.port}").start()
        with Load(server.ports["smtp"], {LOCAL: 1, RELAYED: 2}, pause=0.02) as load:
            for _ in range(freezes):
                more(load)
                sink.process.send_signal(signal.SIGSTOP)
                more(load, 100)
                wait_until("mail that waits", lambda: deferred(server), SECONDS_MAX)
                sink.process.send_signal(signal.SIGCONT)
            more(load)
        Ledger(f"next hop frozen {freezes} times", [load],
               [*maildirs(server, "you"), kept]).settle(
            server, capsys, freezes * ATTEMPTS_MAX, "it thawed with a message that was given up")
        assert not load.refused, load.refused


def nft(net: Netns, *words: str) -> None:
    root = unpack.peers_root("PACKAGES_NFT")
    env = {**os.environ, "LD_LIBRARY_PATH": unpack.library_path(root)}
    subprocess.run([*net.prefix(), root / "usr/sbin/nft", *words], env=env, check=True, timeout=20)


def test_network_cut(new_server, net, folder, capsys):
    """Every packet to and from the next hop is dropped, without a word; then it is back."""
    DnsServer(net, NAMES, folder / "dns").start(ZONE)
    cuts = 2
    with net.inside(lambda: Sink(25, address=THEIRS)) as sink:
        server = in_net(new_server, net).start()
        with Load(25, {LOCAL: 2, FAR: 2}, OURS, net, pause=0.01) as load:
            for _ in range(cuts):
                more(load)
                nft(net, CUT)
                before = len(sink.mails)
                more(load, 100)
                wait_until("deferred mail", lambda: deferred(server), SECONDS_MAX)
                assert len(sink.mails) <= before + ATTEMPTS_MAX
                nft(net, "delete table ip cut")
            more(load)
        Ledger(f"network cut {cuts} times", [load], [*maildirs(server, "you"), sink]).settle(
            server, capsys, cuts * ATTEMPTS_MAX, "cut off after the final dot")
        assert not load.refused, load.refused


@pytest.fixture(name="narrow")
def make_narrow(net):
    """A second host, behind a link that carries RATE to it."""
    with Netns() as other:
        here, there = (f"sp{os.getpid() % 100_000}{side}" for side in "ab")
        net.run("ip", "link", "add", here, "type", "veth", "peer", "name", there,
                "netns", other.name)
        net.run("ip", "address", "add", f"{LINK[0]}/24", "dev", here)
        other.run("ip", "address", "add", f"{LINK[1]}/24", "dev", there)
        net.run("ip", "link", "set", here, "up")
        other.run("ip", "link", "set", there, "up")
        net.run("tc", "qdisc", "add", "dev", here, "root", "tbf", "rate", RATE, "burst", "64kb",
                "latency", "50ms")
        yield other


def test_network_throttled(new_server, net, narrow, capsys):
    """The way to the next hop carries less than comes; nothing is given up or doubled."""
    with narrow.inside(lambda: Sink(25, address=LINK[1])) as sink:
        server = in_net(new_server, net)
        server.set("delivery", relay_host=f"{LINK[1]}:25", command_timeout="60s",
                   data_block_timeout="60s", data_done_timeout="60s").start()
        with Load(25, {LOCAL: 1, FAR: 3}, OURS, net, sizes=(3_000, 30_000)) as load:
            more(load, 300)
        assert len(sink.mails) < load.accepted() // 2, "it was not slow"
        Ledger(f"network throttled to {RATE}/s", [load],
               [*maildirs(server, "you"), sink]).settle(server, capsys)


def test_network_delayed(new_server, capsys):
    """A tenth of a second each way, and connections that break in the middle of something."""
    breaks = 3
    with Sink() as sink, Delay(sink.port, 0.1) as way:
        server = patient(new_server(), ["127.0.0.0/8"])
        server.set("delivery", relay_host=f"127.0.0.1:{way.port}", command_timeout="20s",
                   data_done_timeout="20s", data_block_timeout="20s").start()
        with Load(server.ports["smtp"], {LOCAL: 1, RELAYED: 2}, pause=0.02) as load:
            cut = 0
            for _ in range(breaks):
                more(load)
                seen = len(sink.mails)
                wait_until("mail on its way", lambda seen=seen: len(sink.mails) > seen + 5,
                           SECONDS_MAX)
                cut += way.cut()
        Ledger(f"network delayed by 0.1 s each way, {cut} connections broken", [load],
               [*maildirs(server, "you"), sink]).settle(
            server, capsys, cut, "broken between the final dot and its answer")
        assert not load.refused, load.refused
