"""Power loss, a full disk and one that turns read-only, under load: every 250 is accounted for."""

import os
import random
import time

import pytest
from disk import Disk
from ledger import Ledger, maildirs
from load import Load
from peers.netns import wait_until
from sink import Sink
from stagepost import Stagepost

CUTS = 60 if os.environ.get("STAGEPOST_LONG") else 8
SECONDS_MAX = 60
IN_FLIGHT_MAX = 40
LOCAL, RELAYED = "you@example.test", "friend@example.net"


@pytest.fixture(name="disk")
def make_disk(folder):
    with Disk(folder, 400) as disk:
        yield disk


@pytest.fixture(name="on_disk")
def make_server(disk):
    """on_disk(sink): home, queue and mailboxes on that disk, the log elsewhere."""
    servers = []

    def make(sink: Sink) -> Stagepost:
        home = disk.path / "home"
        home.mkdir()
        server = Stagepost(home).init()
        servers.append(server)
        server.log = disk.image.with_name("serve.log")
        server.set("policy", relay_networks=["127.0.0.0/8"])
        server.set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        server.set("queue", retry_after=["1s"], disk_reserve_bytes="32MiB")
        return server

    yield make
    for server in servers:
        server.kill()


def accepts(load: Load, count: int = 20) -> None:
    """So many more."""
    goal = load.accepted() + count
    wait_until(f"{count} more are accepted", lambda: load.accepted() >= goal, SECONDS_MAX)


def test_power_loss(on_disk, disk, capsys):
    """The disk forgets what was not synced, the process dies, the machine starts again."""
    seed = int(os.environ.get("STAGEPOST_SEED") or random.randrange(1 << 32))
    source = random.Random(seed)
    with Sink() as sink:
        server = on_disk(sink)
        with Load(server.ports["smtp"], {LOCAL: 3, RELAYED: 3}) as load:
            ledger = Ledger(f"{CUTS} x power loss, seed {seed}", [load],
                            [*maildirs(server, "you"), sink])
            for _ in range(CUTS):
                server.start()
                accepts(load)
                time.sleep(source.uniform(0, 0.5))
                disk.cut_power()
                if source.random() < 0.5:  # it sees its disk fail before it dies
                    time.sleep(source.uniform(0, 0.2))
                server.kill()
                disk.again()
            server.start()
            accepts(load)
        # What the next hop took while the end of it was not yet on the disk comes again: the
        # attempts at once (destination_concurrency_max is 20), and those whose ends still waited
        # for a sync.
        ledger.settle(server, capsys, CUTS * IN_FLIGHT_MAX, "in flight when the power went")
        assert server.stop() == 0


def test_full_disk(on_disk, disk, capsys):
    """Below the reserve new mail waits at its senders and the queue goes out; then it goes on."""
    with Sink() as sink:
        server = on_disk(sink).start()
        with Load(server.ports["smtp"], {LOCAL: 2, RELAYED: 2}) as load:
            for leave in (16 << 20, 0):  # below the reserve; then not one octet
                accepts(load)
                ballast = disk.fill(leave)
                before = load.deferred()
                wait_until("4yz", lambda before=before: load.deferred() > before + 20, SECONDS_MAX)
                accepted = load.accepted()
                wait_until("the queue's end", lambda: not waiting(server, RELAYED), SECONDS_MAX)
                assert load.accepted() <= accepted + 4, "it takes mail without room"
                ballast.unlink()
                accepts(load)  # by itself
        Ledger("full disk, twice", [load], [*maildirs(server, "you"), sink]).settle(server, capsys)
        assert set(load.refused) <= {421, 451, 452}, load.refused
        assert server.stop() == 0


def waiting(server: Stagepost, recipient: str) -> bool:
    return recipient in server.cli("queue", "list")


def test_disk_turns_read_only(on_disk, disk, capsys):
    """Not one 250 from then on; after a restart on a mended disk everything is there."""
    with Sink() as sink:
        server = on_disk(sink).start()
        with Load(server.ports["smtp"], {LOCAL: 3, RELAYED: 3}) as load:
            accepts(load)
            ledger = Ledger("read-only disk", [load], [*maildirs(server, "you"), sink])
            disk.become_read_only()
            wait_until("4yz", lambda: load.deferred() > 50, SECONDS_MAX)
            assert "closed until a restart" in server.cli("overview", code=None)
            accepted = load.accepted()
            before = load.deferred()
            wait_until("4yz alone", lambda: load.deferred() > before + 50, SECONDS_MAX)
            assert load.accepted() == accepted, "it answers 250 without a disk"
            server.kill()
            disk.again()
            server.start()
            accepts(load)
        ledger.settle(server, capsys, IN_FLIGHT_MAX, "the end of their attempt was not noted")
        assert set(load.refused) <= {421, 451, 452}, load.refused
        assert server.stop() == 0
