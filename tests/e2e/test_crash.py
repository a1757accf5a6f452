"""Invariant 1: what was answered 250 is delivered or in the queue, after any number of kill -9."""

import os
import random
import threading
import time
from collections import Counter
from contextlib import ExitStack

from ledger import Ledger, maildirs
from load import Client, Load, check, content
from peers.netns import wait_until
from sink import Sink
from stagepost import Stagepost, free_ports

KILLS = 1_000 if os.environ.get("STAGEPOST_LONG") else 50
PAUSE = 0.02 if KILLS > 50 else 0  # seconds; else the long run has most to do with its mail
IN_FLIGHT_MAX = 20  # attempts at once to the next hop
DOTS = 6  # messages that are killed between a dot and its answer, of each kind


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


def killed_before_the_next_hop_answers(server: Stagepost, sink: Sink, name: str) -> None:
    """It has kept the message; we die without having heard so, and send it once more."""
    killed = threading.Event()

    def kill() -> None:
        sink.before_answer = lambda: None
        server.kill()
        killed.set()

    def copies() -> int:
        return [check(mail.content)[0] for mail in sink.mails].count(name)

    server.start()
    sink.before_answer = kill
    client = Client(server.ports["smtp"])
    client.send("relayed@example.net", content(name, 300))
    assert killed.wait(30), server.log_text()
    assert copies() == 1
    client.close()
    server.start()
    wait_until(f"the second {name}", lambda: copies() == 2)
    assert server.stop() == 0


def killed_before_our_answer(server: Stagepost, name: str, pause: float) -> bool:
    """The client has sent its dot; was it answered 250?"""
    server.start()
    client = Client(server.ports["smtp"])
    for line, code in (("MAIL FROM:<load@example.net>", 250),
                       ("RCPT TO:<relayed@example.net>", 250), ("DATA", 354)):
        client.ask(line, code)
    client.socket.sendall(content(name, 300) + b".\r\n")
    time.sleep(pause)
    server.kill()
    try:
        client.expect(250)
        return True
    except OSError:
        return False
    finally:
        client.close()


def test_killed_between_a_dot_and_its_answer(new_server, capsys):
    """At the next hop a message comes twice, and never not at all; of a client that was answered
    nothing it may come or not."""
    seed = int(os.environ.get("STAGEPOST_SEED") or random.randrange(1 << 32))
    source = random.Random(seed)
    [next_hop] = free_ports(1)
    server = new_server()
    server.set("policy", relay_networks=["127.0.0.0/8"])
    server.set("delivery", relay_host=f"127.0.0.1:{next_hop}")
    server.set("queue", retry_after=["1s"])
    load = Load(server.ports["smtp"], {})
    with Sink(next_hop) as sink:
        for number in range(DOTS):
            killed_before_the_next_hop_answers(server, sink, f"hop.{number}")
            load.acknowledged.add(f"hop.{number}")
        for number in range(DOTS):
            if killed_before_our_answer(server, f"us.{number}", source.uniform(0, 0.03)):
                load.acknowledged.add(f"us.{number}")
        server.start()
        ledger = Ledger(f"{2 * DOTS} x kill -9 between a dot and its answer, seed {seed}", [load],
                        [sink])
        ledger.settle(server, capsys, 2 * DOTS, "in flight when it was killed")
        assert ledger.duplicated >= DOTS
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
