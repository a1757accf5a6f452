"""Strangers who hold, dribble and never end: the memory that they can take is bounded."""

import resource
import selectors
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from load import Client
from memory import Watch, resident
from peers.netns import Netns, wait_until
from stagepost import Stagepost, binary
from talk import Talk

SECONDS_MAX = 90
KIB, MIB = 1 << 10, 1 << 20
IDLE_MAX = 15_000
# What a conversation may hold: idle, with half a command, in the middle of a text.
IDLE_BYTES_MAX, COMMAND_BYTES_MAX = 8 * KIB, 16 * KIB
# Its share beyond draft_memory_bytes_max, a buffer for input, the rest of a session.
TEXT_BYTES_MAX = (16 + 64 + 48) * KIB
DRAFTS_BYTES_MAX = 4 * MIB  # of all texts together, on each loop
LOOPS = 2
# Freed memory that the allocator has not given back, traces and logs on their way to the disk.
SLACK = 48 * MIB
ADMIN_SECONDS_MAX = 20
SOURCES = [f"127.0.{number}.2" for number in range(1, 9)]


@pytest.fixture(name="wide_server")
def make_wide_server(new_server):
    """Nothing but memory bounds it."""
    server = new_server().set("log", level="warning")
    server.set("limits", connections_max=100_000, connections_per_address_max=100_000)
    server.wrapper = ["prlimit", f"--nofile={descriptors_max()}"]
    return server.start()


def descriptors_max() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


def still_serves(server: Stagepost) -> float:
    """Mail comes in and the administrator gets an answer; the slower of both in seconds."""
    start = time.monotonic()
    client = Client(server.ports["smtp"])
    client.send(server.user, b"Subject: among many\r\n\r\nhello\r\n")
    client.close()
    middle = time.monotonic()
    server.cli("overview")
    server.cli("queue", "list")
    assert time.monotonic() - middle < ADMIN_SECONDS_MAX
    return max(middle - start, time.monotonic() - middle)


def show(capsys, what: str, count: int, watch: Watch, bound: int, seconds: float) -> None:
    with capsys.disabled():
        print(f"\n  {what}: {count} at once, {watch.before / MIB:.0f} MiB before, "
              f"{watch.grown_max / MIB:.1f} MiB more "
              f"({watch.grown_max / count / KIB:.1f} KiB each), bound {bound / MIB:.0f} MiB; "
              f"mail and commands took {seconds:.2f} s meanwhile")
    assert watch.grown_max <= bound


@pytest.mark.alone
def test_thousands_of_silent_conversations(wide_server, capsys):
    """They have said EHLO, and nothing since."""
    count = min(IDLE_MAX, descriptors_max() - 500)
    places = [word for source in SOURCES for word in ("--bind", source)]
    still_serves(wide_server)
    with Watch(wide_server.process.pid) as watch:
        idle = subprocess.Popen(
            [binary(), "bench", "idle", "--to", f"127.0.0.1:{wide_server.ports['smtp']}",
             "--connections", str(count), *places],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors_max(),) * 2))
        try:
            said = idle.stdout.readline()
            assert f'"open":{count},"failed":0' in said.replace(" ", ""), said
            seconds = still_serves(wide_server)
        finally:
            idle.stdin.close()
            idle.wait(SECONDS_MAX)
        assert idle.returncode == 0, "some were not answered any more"
    show(capsys, "silent conversations", count, watch, count * IDLE_BYTES_MAX + SLACK, seconds)


class Crowd:
    """Connections that all say the same, a piece at a time, and read what they are told."""

    def __init__(self, stack: ExitStack, port: int, count: int):
        self.members: list[socket.socket] = []
        self.selector = stack.enter_context(selectors.DefaultSelector())
        for number in range(count):
            one = stack.enter_context(socket.create_connection(
                ("127.0.0.1", port), 30, (SOURCES[number % len(SOURCES)], 0)))
            one.setblocking(False)
            self.members.append(one)
            self.selector.register(one, selectors.EVENT_READ)
        self.heard = dict.fromkeys(self.members, b"")
        self.gone: set[socket.socket] = set()

    def say(self, octets: bytes) -> None:
        for one in self.members:
            try:
                one.send(octets)
            except BlockingIOError:
                pass  # it is behind, as its kind is
            except OSError:
                self.gone.add(one)

    def listen(self, seconds: float = 0) -> None:
        for key, _ in self.selector.select(seconds):
            try:
                more = key.fileobj.recv(65536)
            except OSError:
                more = b""
            if not more:
                self.gone.add(key.fileobj)
                self.selector.unregister(key.fileobj)
            self.heard[key.fileobj] += more

    def hears(self, text: bytes, times: int = 1) -> None:
        def all_have() -> bool:
            self.listen(0.05)
            return all(heard.count(text) >= times for heard in self.heard.values())

        wait_until(f"everybody hears {text!r}", all_have, SECONDS_MAX)


def test_half_commands(wide_server, capsys):
    """Slowloris: one octet of a command after the other, none of which ends."""
    count = min(3_000, descriptors_max() // 4)
    still_serves(wide_server)
    with ExitStack() as stack, Watch(wide_server.process.pid) as watch:
        crowd = Crowd(stack, wide_server.ports["smtp"], count)
        crowd.hears(b"220 ")
        for octet in b"EHLO slow":
            crowd.say(bytes([octet]))
            crowd.listen()
        seconds = still_serves(wide_server)
        assert not crowd.gone
    show(capsys, "half commands", count, watch, count * COMMAND_BYTES_MAX + SLACK, seconds)


def test_half_messages(wide_server, capsys):
    """Texts of 240 KiB that stop; of all of them together little is in memory."""
    wide_server.finish()
    wide_server.set("server", loops=LOOPS)
    wide_server.set("queue", draft_memory_bytes_max=DRAFTS_BYTES_MAX).start()
    count = min(300, descriptors_max() // 8)
    still_serves(wide_server)
    with ExitStack() as stack, Watch(wide_server.process.pid) as watch:
        crowd = Crowd(stack, wide_server.ports["smtp"], count)
        crowd.hears(b"220 ")
        crowd.say(b"HELO slow.example.net\r\n")
        crowd.hears(b"250 ")
        crowd.say(b"MAIL FROM:<a@example.net>\r\n")
        crowd.hears(b"250 ", 2)
        crowd.say(f"RCPT TO:<{wide_server.user}>\r\n".encode())
        crowd.hears(b"250 ", 3)
        crowd.say(b"DATA\r\n")
        crowd.hears(b"354 ")
        crowd.say(b"Subject: slow\r\n\r\n")
        for _ in range(10):  # 240 KiB: as much as may wait in memory
            crowd.say((b"x" * 70 + b"\r\n") * 341)
            time.sleep(0.05)
        seconds = still_serves(wide_server)
        assert not crowd.gone
    show(capsys, "half messages", count, watch,
         LOOPS * DRAFTS_BYTES_MAX + count * TEXT_BYTES_MAX + SLACK, seconds)


def test_slowloris_ends(new_server):
    """command_timeout frees the place of who is silent, and of who says an octet at a time."""
    server = new_server().set("limits", command_timeout="10s").start()
    with ExitStack() as stack:
        silent, dribbling = (stack.enter_context(Talk("127.0.0.1", server.ports["smtp"]))
                             for _ in range(2))
        start = time.monotonic()
        silent.send(b"NOO")
        dribbling.socket.settimeout(1)
        code, text = 0, "it goes on"
        while time.monotonic() - start < SECONDS_MAX:
            dribbling.send(b"x")
            try:
                code, text = dribbling.reply()
                break
            except TimeoutError:
                pass  # still listening
        assert code == 421 and "4.4.2" in text, text
        assert time.monotonic() - start > 5
        silent.socket.settimeout(SECONDS_MAX)
        code, text = silent.reply()
        assert code == 421 and "4.4.2" in text, text


ENDLESS = {
    "command": (b"", b"X" * 65536),
    "header field": (b"DATA", b"Subject: " + b"x" * 65527),
    "header": (b"DATA", b"".join(b"X-Field-%d: much\r\n" % i for i in range(3_000))),
    "line": (b"DATA", b"x" * 65536),
    "text": (b"DATA", (b"x" * 76 + b"\r\n") * 840),
    "recipients": (b"MAIL", b"".join(b"RCPT TO:<nobody%d@example.test>\r\n" % i
                                      for i in range(1_500))),
    "commands": (b"", b"NOOP\r\n" * 10_000),
    "refusals": (b"", b"NONSENSE\r\n" * 6_000),
}
HANGS_UP = {"command", "recipients", "refusals"}


def pour(server: Stagepost, first: bytes, piece: bytes, octets: int) -> int:
    """How many octets it took before it hung up. Its answers are read, now and then."""
    sent = 0
    with Talk("127.0.0.1", server.ports["smtp"]) as talk:
        if first:
            assert talk.say("MAIL FROM:<a@example.net>")[0] == 250
        if first == b"DATA":
            assert talk.say(f"RCPT TO:<{server.user}>")[0] == 250
            assert talk.say("DATA")[0] == 354
        talk.socket.settimeout(0.2)
        while sent < octets:
            try:
                sent += talk.socket.send(piece[sent % len(piece):])
            except TimeoutError:
                pass  # it wants its answers to be read first
            except OSError:
                return sent
            try:
                talk.socket.setblocking(False)
                if not talk.socket.recv(1 << 20):
                    return sent
            except BlockingIOError:
                pass
            except OSError:
                return sent
            finally:
                talk.socket.settimeout(0.2)
    return sent


@pytest.mark.parametrize("kind", ENDLESS)
def test_endless(new_server, capsys, kind):
    """Eight at once of what never ends, 16 MiB each; a message may have 1 MiB."""
    server = new_server().set("limits", message_bytes_max="1MB").set("log", level="warning").start()
    still_serves(server)
    first, piece = ENDLESS[kind]
    count, octets = 8, (1 if kind == "commands" else 16) * MIB
    with Watch(server.process.pid) as watch, ThreadPoolExecutor(count) as pool:
        pours = [pool.submit(pour, server, first, piece, octets) for _ in range(count)]
        seconds = still_serves(server)
        taken = [one.result(SECONDS_MAX) for one in pours]
    with capsys.disabled():
        print(f"\n  endless {kind}: it took {min(taken) / MIB:.2f} to {max(taken) / MIB:.2f} MiB")
    show(capsys, f"endless {kind}", count, watch, count * 2 * MIB + SLACK, seconds)
    if kind in HANGS_UP:
        assert max(taken) < octets, "it listens for ever"


def test_a_flood_from_a_network(new_server, folder):
    """Rates bound each address, and all of a /24 together; other networks are served."""
    ours = "203.0.113.25"
    strangers = [f"198.51.100.{number}" for number in (1, 2, 3)]
    with Netns(ours, *strangers, "192.0.2.77") as net:
        server = new_server(net=net, address=ours)
        server.set("server", loops=1)
        server.set("client", iprev=False, connections_per_minute_max=10, network_factor=2).start()

        def greeting(source: str) -> int:
            with Talk(ours, 25, source=source, hello=False) as talk:
                return talk.greeting[0]

        codes = {source: [net.inside(lambda source=source: greeting(source)) for _ in range(15)]
                 for source in strangers}
        taken = {source: all_codes.count(220) for source, all_codes in codes.items()}
        assert {code for all_codes in codes.values() for code in all_codes} <= {220, 421}
        assert max(taken.values()) <= 11 and sum(taken.values()) <= 22, taken
        assert sum(taken.values()) >= 18, taken
        assert net.inside(lambda: greeting("192.0.2.77")) == 220
        server.finish()
