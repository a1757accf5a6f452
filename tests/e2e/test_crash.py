"""Invariant 1: what was answered 250 is delivered or in the queue, after any number of kill -9."""

import os
import random
import time
from collections import Counter

from load import Load, check
from peers.netns import wait_until
from sink import Sink
from stagepost import Stagepost, free_ports

KILLS = 500 if os.environ.get("STAGEPOST_LONG") else 50
DRAIN_SECONDS_MAX = 180


def kill_at_random(server: Stagepost, kills: int, source: random.Random) -> None:
    """Each life is short enough that most of them end in the middle of something."""
    for _ in range(kills):
        server.start()
        time.sleep(source.choice((0.02, 0.1, 0.3, 0.6)) * source.uniform(0.5, 1.5))
        server.kill()


def account(names: list[tuple[str, bool]]) -> tuple[Counter, list[str]]:
    """(how often each name arrived, names whose content is not whole)"""
    return Counter(name for name, _ in names), [name for name, whole in names if not whole]


def show(capsys, seed: int, load: Load, mailbox: Counter, relayed: Counter, seconds: float) -> None:
    acknowledged = load.acknowledged
    doubled = sum(count - 1 for count in (mailbox + relayed).values())
    missing = acknowledged - set(mailbox) - set(relayed)
    with capsys.disabled():
        print(f"\n  {KILLS} x kill -9, seed {seed}: {load.sent} sent, "
              f"{len(acknowledged)} answered 250; delivered {len(set(mailbox) & acknowledged)} "
              f"to the Maildir and {len(set(relayed) & acknowledged)} to the next hop; "
              f"{len(missing)} missing, {doubled} doubled; all there {seconds:.1f} s after the "
              "last start")


def test_nothing_answered_250_is_lost(new_server, capsys):
    """Local mail goes to a Maildir; relayed mail waits, as the next hop is down until the end."""
    seed = int(os.environ.get("STAGEPOST_SEED") or random.randrange(1 << 32))
    [next_hop] = free_ports(1)
    server = new_server()
    server.set("policy", relay_networks=["127.0.0.0/8"])
    server.set("delivery", relay_host=f"127.0.0.1:{next_hop}")
    server.set("queue", retry_after=["1s"])
    with Load(server.ports["smtp"], {server.user: 4, "relayed@example.net": 4}) as load:
        kill_at_random(server, KILLS, random.Random(seed))
        server.start()
        time.sleep(1)
    server.kill()  # once more, with nobody sending
    with Sink(next_hop) as sink:
        start = time.monotonic()
        server.start()

        def missing() -> set[str]:
            names = {check(mail.content)[0] for mail in list(sink.mails)}
            return load.acknowledged - names - {check(mail)[0] for mail in server.maildir()}

        try:
            wait_until("every message", lambda: not missing(), DRAIN_SECONDS_MAX)
        except TimeoutError:
            pass  # the account below says which
        seconds = time.monotonic() - start
        mailbox, torn = account([check(mail) for mail in server.maildir()])
        relayed, torn_relayed = account([check(mail.content) for mail in sink.mails])
        show(capsys, seed, load, mailbox, relayed, seconds)
        still_missing = missing()
        assert not still_missing, f"seed {seed}: {sorted(still_missing)[:20]}\n{server.log_text()}"
        assert not torn + torn_relayed, f"seed {seed}: not whole: {(torn + torn_relayed)[:20]}"
        assert len(load.acknowledged) > KILLS
        # A Maildir file is named after the queue id: a second delivery replaces the first.
        assert max(mailbox.values()) == 1, mailbox.most_common(5)
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
