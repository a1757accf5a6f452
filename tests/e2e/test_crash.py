"""Invariant 1: what was answered 250 is delivered or in the queue, after any number of kill -9."""

import os
import random
import time
from collections import Counter
from contextlib import ExitStack

from ledger import Ledger, maildirs
from load import Load, check
from peers.netns import wait_until
from sink import Sink
from stagepost import Stagepost, free_ports

KILLS = 1_000 if os.environ.get("STAGEPOST_LONG") else 50
PAUSE = 0.02 if KILLS > 50 else 0  # seconds; else the long run has most to do with its mail
IN_FLIGHT_MAX = 20  # attempts at once to the next hop


def kill_at_random(server: Stagepost, kills: int, source: random.Random) -> None:
    """Each life is short enough that most of them end in the middle of something."""
    for _ in range(kills):
        server.start()
        time.sleep(source.choice((0.02, 0.1, 0.3, 0.6)) * source.uniform(0.5, 1.5))
        server.kill()


def test_nothing_answered_250_is_lost(new_server, capsys):
    """Local mail goes to a Maildir; the next hop of relayed mail is down half of the time."""
    seed = int(os.environ.get("STAGEPOST_SEED") or random.randrange(1 << 32))
    [next_hop] = free_ports(1)
    server = new_server()
    server.set("policy", relay_networks=["127.0.0.0/8"])
    server.set("delivery", relay_host=f"127.0.0.1:{next_hop}")
    server.set("queue", retry_after=["1s"])
    source = random.Random(seed)
    with ExitStack() as stack:
        threads = {server.user: 4, "relayed@example.net": 4}
        with Load(server.ports["smtp"], threads, pause=PAUSE) as load:
            kill_at_random(server, KILLS // 2, source)
            sink = stack.enter_context(Sink(next_hop))
            kill_at_random(server, KILLS // 2, source)
            server.start()
            time.sleep(1)
        server.kill()  # once more, with nobody sending
        server.start()
        ledger = Ledger(f"{KILLS} x kill -9, seed {seed}", [load],
                        [*maildirs(server, "you"), sink])
        ledger.settle(server, capsys, (KILLS // 2 + 1) * IN_FLIGHT_MAX,
                      "in flight when it was killed")
        assert len(load.acknowledged) > KILLS
        # A Maildir file is named after the queue id: a second delivery replaces the first.
        local = {name: count for name, count in ledger.arrived.items() if name.startswith("y")}
        assert max(local.values()) == 1, Counter(local).most_common(5)
        assert server.stop() == 0


def test_an_unclean_end_between_250_and_delivery(new_server):
    """One message, killed at once after its 250, again and again: none is lost."""
    server = new_server()
    for number in range(10):
        server.start()
        with Load(server.ports["smtp"], {server.user: 1}) as load:
            wait_until("a 250", lambda load=load: load.acknowledged)
            server.kill()
        server.start()
        wait_until(f"mail {number}", lambda load=load: load.acknowledged <= {
            check(mail)[0] for mail in server.maildir()})
        assert server.stop() == 0
        for file in (server.home / "mail" / server.domain / "you" / "new").glob("*"):
            file.unlink()
