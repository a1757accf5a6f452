"""Thieves guess passwords from many networks, or have one: how much they get, and who suffers."""

import collections
import json
import queue
import random
import statistics
import threading
import time

import pytest
from peers.netns import Netns, wait_until
from sink import Sink
from stagepost import Stagepost
from talk import Scram, Talk

OURS, OURS_V6 = "203.0.113.25", "2001:db8:ffff::25"
HOME, ELSEWHERE, RELAY = "198.51.100.7", "192.0.2.200", "198.51.100.99"
THREADS = 48
V4 = [f"203.0.113.{host}" for host in range(26, 254)]
# Sixteen addresses in each of 60 networks of a /32, as a rented server has them.
V6 = [f"2001:db8:{net:x}:{host:x}::1" for net in range(60) for host in range(16)]
LOGINS = [f"person{number}@example.test" for number in range(30)] + ["you@example.test"]
GUESSES_OF_ONE_NETWORK = 60  # policy/guard/login_guard.h says these
GUESSES_OF_ONE_V6_PROVIDER = 300
GUESSES_AT_ONE_LOGIN = 20
MORE = 2  # what these limits grow by within seconds: failures are forgotten slowly


class World:
    def __init__(self, net: Netns, server: Stagepost):
        self.net, self.server = net, server

    def talk(self, source: str, security: str = "starttls", port: int = 587) -> Talk:
        return self.net.inside(lambda: Talk(OURS_V6 if ":" in source else OURS, port, security,
                                            source))

    def login(self, source: str, password: str | None = None, user: str | None = None) -> int:
        with self.talk(source) as talk:
            if talk.greeting[0] != 220:
                return talk.greeting[0]
            return talk.login(user or self.server.user, password or self.server.password)[0]

    def attack(self, guesses: list[tuple[str, str]], seconds: float) -> collections.Counter:
        """(source, login) each with a wrong password, many at once; how each was answered."""
        waiting: queue.SimpleQueue = queue.SimpleQueue()
        for number, guess in enumerate(guesses):
            waiting.put((number, *guess))
        answers: collections.Counter = collections.Counter()
        end = time.monotonic() + seconds

        def thief() -> None:
            while time.monotonic() < end:
                try:
                    number, source, login = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    with Talk(OURS_V6 if ":" in source else OURS, 587, "", source) as talk:
                        code = talk.greeting[0]
                        if code == 220 and talk.say("STARTTLS")[0] == 220:
                            talk.secure()
                            talk.hello()
                            code = talk.login(login, f"guess number {number}")[0]
                except OSError:
                    code = -1
                answers[code] += 1

        def crowd() -> None:
            threads = [threading.Thread(target=thief) for _ in range(THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        self.net.inside(crowd)
        return answers

    def bans(self) -> list[dict]:
        return json.loads(self.server.cli("ban", "list", "--json"))["bans"]


@pytest.fixture(name="world")
def make_world(new_server):
    with Netns(OURS, HOME, ELSEWHERE, RELAY) as net:
        net.run("ip", "-6", "route", "add", "local", "2001:db8::/32", "dev", "lo")
        net.run("ip", "-6", "address", "add", f"{OURS_V6}/128", "dev", "lo", "nodad")
        net.run("sysctl", "-qw", "net.ipv6.ip_nonlocal_bind=1")
        server = new_server(net=net, address=OURS)
        server.set("", hostname="mail.example.test").set("log", level="warning")
        server.append(f'[[listener]]\naddress = "[{OURS_V6}]:587"\nrole = "submission"\n')
        for login in LOGINS[:4]:
            server.add_user(login)
        yield World(net, server)
        server.finish()


def spread(sources: list[str], logins: list[str], count: int) -> list[tuple[str, str]]:
    chance = random.Random(count)
    return [(sources[number % len(sources)], chance.choice(logins)) for number in range(count)]


@pytest.mark.parametrize(("sources", "most"), [
    (V4, GUESSES_OF_ONE_NETWORK), (V6, GUESSES_OF_ONE_V6_PROVIDER)], ids=["/24", "/32"])
def test_thousands_of_guesses_at_everybody(world, sources, most):
    """One network tries all log-ins: then the network is shut out, and nobody else."""
    world.server.start()
    assert world.login(HOME) == 235
    answers = world.attack(spread(sources, LOGINS, 3_000), 15)
    assert answers[235] == 0
    assert 0 < answers[535] <= most + MORE, answers
    assert sum(answers.values()) > 2_000 and answers[-1] == 0, answers
    print(f"{sum(answers.values())} guesses from one network: {dict(answers)}")
    assert world.bans()
    assert world.login(HOME) == 235  # the owner, from where he always is
    assert world.login(ELSEWHERE, "a long enough 1", LOGINS[0]) == 235  # and from elsewhere


def test_thousands_of_guesses_at_one_person(world):
    """All networks together get few guesses at one log-in; its owner goes on."""
    world.server.start()
    assert world.login(HOME) == 235
    answers = world.attack(spread(V4 + V6, [world.server.user], 3_000), 15)
    assert answers[235] == 0
    assert 0 < answers[535] <= GUESSES_AT_ONE_LOGIN + MORE, answers
    print(f"{sum(answers.values())} guesses at one log-in: {dict(answers)}")
    begin = time.monotonic()
    for _ in range(3):
        assert world.login(HOME) == 235
    assert time.monotonic() - begin < 5, "the owner has to wait"
    assert world.login(HOME, "a long enough 1", LOGINS[1]) == 235  # the others, too
    # At a place where he has never been he is told to wait, and why.
    with world.talk(ELSEWHERE) as talk:
        code, text = talk.login(world.server.user, world.server.password)
    assert code == 421 and "wrong passwords" in text, f"{code} {text}"


def test_a_ban_ends_what_it_began_offline_as_well(world):
    """It says why; it is listed and lifted while the server is down; then the address may come."""
    world.server.start()
    world.attack([(V4[0], LOGINS[number % 4]) for number in range(40)], 25)
    with world.talk(V4[0]) as talk:
        code, text = talk.greeting
        assert code == 554 and "until" in text and "password" in text, text
    # Mail for us still comes in: the ban is of log-ins.
    assert world.talk(V4[0], "", 25).greeting[0] == 220
    world.server.stop()
    assert any(V4[0] in ban["network"] and ban["why"] for ban in world.bans())
    world.server.cli("ban", "lift", "all")
    assert world.bans() == []
    world.server.start()
    assert world.login(V4[0]) == 235


def test_owner_and_administrator_cannot_lock_themselves_out(new_server):
    """Invariant 9: private ranges are never banned."""
    server = new_server().set("guard", delay_max="1s").start()

    def login(password: str) -> int:
        with Talk("127.0.0.1", server.ports["submissions"], "tls") as talk:
            return talk.login(server.user, password)[0] if talk.greeting[0] == 220 else 0

    def mistakes() -> None:
        for _ in range(5):
            login("forgotten")

    threads = [threading.Thread(target=mistakes) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert login(server.password) == 235
    assert json.loads(server.cli("ban", "list", "--json"))["bans"] == []


@pytest.mark.parametrize("how", ["plain", "scram"])
def test_unknown_and_wrong_take_the_same_time(new_server, how):
    """60 pairs in random order; it fails when the difference is both certain and large."""
    server = new_server().set("guard", on=False).start()
    chance = random.Random(7)

    def seconds(user: str) -> float:
        with Talk("127.0.0.1", server.ports["submissions"], "tls") as talk:
            begin = time.perf_counter()
            code, _ = talk.login(user, "not the password") if how == "plain" else \
                talk.say(f"AUTH SCRAM-SHA-256 {Scram(user, '').first()}")
            taken = time.perf_counter() - begin
            assert code == (535 if how == "plain" else 334)
            return taken

    unknown, wrong = [], []
    for number in range(60):
        pair = [(unknown, f"nobody{number}@example.test"), (wrong, server.user)]
        for into, user in chance.sample(pair, 2):
            into.append(seconds(user))
    slower = sum(a > b for a, b in zip(unknown, wrong, strict=True))
    middle = statistics.median(unknown), statistics.median(wrong)
    # 60 fair coins are outside 30 ± 16 once in 30,000 times.
    certain = abs(slower - 30) > 16
    large = abs(middle[0] - middle[1]) > 0.1 * max(middle) + 0.000_1
    assert not (certain and large), f"{slower} of 60, medians {middle}"


def send_many(world: World, count: int, recipient) -> collections.Counter:
    """A thief with the password sends, as fast as one session may; how each was answered."""
    answers: collections.Counter = collections.Counter()
    with world.talk(ELSEWHERE) as talk:
        assert talk.login(world.server.user, world.server.password)[0] == 235
        for number in range(count):
            text = (f"From: <{world.server.user}>\r\nTo: <{recipient(number)}>\r\n"
                    f"Subject: buy {number}\r\n\r\nnow\r\n").encode()
            answers[talk.mail(world.server.user, [recipient(number)], text)[0]] += 1
    return answers


def subjects(mails: list[bytes]) -> list[str]:
    return [line.decode() for mail in mails
            for line in mail.replace(b"\r\n", b"\n").split(b"\n\n")[0].split(b"\n")
            if line.lower().startswith(b"subject:")]


@pytest.mark.parametrize(("count", "shape", "most"), [
    (600, "new recipients", 60),
    pytest.param(5_000, "new recipients", 60, marks=pytest.mark.long),
    pytest.param(5_000, "few recipients", 1_000, marks=pytest.mark.long),
])
def test_a_compromised_account(world, count, shape, most):
    """By default: so many leave, the rest is held, owner and administrator are told once."""
    server = world.server
    server.add_user("admin@example.test")
    server.cli("alias", "add", "postmaster@example.test", "admin@example.test")
    with world.net.inside(lambda: Sink(25, address=RELAY)) as sink:
        server.set("delivery", relay_host=f"{RELAY}:25").start()
        people = count if shape == "new recipients" else 20
        answers = send_many(world, count, lambda n: f"victim{n % people}@elsewhere.test")
        assert answers == {250: count}  # a thief is not told, and an owner's mail is not lost
        wait_until("the mail that may leave", lambda: len(sink.mails) >= most, 60)
        told = server.wait_for_mail("admin")
        mine = server.wait_for_mail()
        shown = server.cli("limits", "show", server.user)
        print(f"{count} sent to {people}: {len(sink.mails)} left; owner told: {subjects(mine)}; "
              f"administrator told: {subjects(told)}\n{shown}")
        assert len(sink.mails) == most
        assert len(told) == 1 and len(mine) <= 2
        assert f"held: {count - most}" in shown
        server.cli("limits", "purge", server.user)
        assert "held: 0" in server.cli("limits", "show", server.user)
        assert len(sink.mails) == most
