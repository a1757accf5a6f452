"""tests/bench/probe.py: how long mail for a healthy destination takes while others are in trouble.

What:    sends a small message ten times a second, each on a connection of its own, and takes it at
         the far end: milliseconds from connect to its arrival there.
In/Out:  with Probe(world, peer) as probe: …; probe.take() → the delays since the last take().
Errors:  one that has not come when the probe ends is counted in lost; of a refused one, too.
Limits:  small: a Python thread per connection.
Not here: load; `stagepost bench load` makes that.
"""

import re
import socket
import threading
import time
from dataclasses import dataclass

from measure import percentile
from peer import CLIENT, Peer

DOMAIN = "probe.test"
EVERY_SECONDS = 0.1
ANSWER_SECONDS_MAX = 20
LAST_SECONDS = 5


@dataclass
class Delays:
    count: int
    p50: float
    p99: float
    highest: float
    lost: int


class Probe:
    def __init__(self, world, peer: Peer, host: str, sender: str = "probe@example.net"):
        self.world, self.peer, self.host, self.sender = world, peer, host, sender
        self.sent: dict[int, float] = {}
        self.delays: list[float] = []
        self.refused = 0
        self.last_text = b""
        self.over = threading.Event()
        self.lock = threading.Lock()

    def __enter__(self) -> "Probe":
        self.listener = self.world.net.inside(
            lambda: socket.create_server((self.host, 25), backlog=100))
        self.threads = [threading.Thread(target=self.serve, daemon=True),
                        threading.Thread(target=lambda: self.world.net.inside(self.send_all))]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.threads[1].join()
        end = time.monotonic() + LAST_SECONDS
        while self.sent and time.monotonic() < end:
            time.sleep(0.02)
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self.listener.close()

    def take(self) -> Delays:
        with self.lock:
            delays, self.delays = self.delays, []
            refused, self.refused = self.refused, 0
            now = time.monotonic()
            late = [number for number, begin in self.sent.items() if now - begin > LAST_SECONDS]
        if len(delays) < 2:
            return Delays(len(delays), 0.0, 0.0, 0.0, len(late) + refused)
        return Delays(len(delays), percentile(delays, 0.5), percentile(delays, 0.99), max(delays),
                      len(late) + refused)

    # One end.

    def send_all(self) -> None:
        number = 0
        while not self.over.wait(EVERY_SECONDS):
            number += 1
            with self.lock:
                self.sent[number] = time.monotonic()
            try:
                self.send(number)
            except (OSError, RuntimeError):
                with self.lock:
                    self.sent.pop(number, None)
                    self.refused += 1

    def send(self, number: int) -> None:
        with socket.create_connection((self.peer.address, 25), ANSWER_SECONDS_MAX,
                                      source_address=(CLIENT, 0)) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines = client.makefile("rb")
            text = (f"From: <{self.sender}>\r\nTo: <probe@{DOMAIN}>\r\nSubject: probe\r\n"
                    f"X-Probe: {number}\r\n\r\nHow long?\r\n.\r\n")
            expect(lines, b"220")
            for line, code in ((b"EHLO client.example.net\r\n", b"250"),
                               (f"MAIL FROM:<{self.sender}>\r\n".encode(), b"250"),
                               (f"RCPT TO:<probe@{DOMAIN}>\r\n".encode(), b"250"),
                               (b"DATA\r\n", b"354"), (text.encode(), b"250")):
                client.sendall(line)
                expect(lines, code)

    # The other end.

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.take_mail, args=(client,), daemon=True).start()

    def take_mail(self, client: socket.socket) -> None:
        with client:
            try:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.sendall(b"220 probe\r\n")
                lines = client.makefile("rb")
                while line := lines.readline():
                    if line[:4].upper() == b"DATA":
                        client.sendall(b"354 go on\r\n")
                        self.arrive(lines)
                    client.sendall(b"221 bye\r\n" if line[:4].upper() == b"QUIT" else b"250 ok\r\n")
            except OSError:
                pass

    def arrive(self, lines) -> None:
        text = []
        while (line := lines.readline()) not in (b".\r\n", b""):
            text.append(line)
        now = time.monotonic()
        self.last_text = b"".join(text)
        found = re.search(rb"^X-Probe: (\d+)", self.last_text, re.MULTILINE)
        with self.lock:
            begin = self.sent.pop(int(found[1]), None) if found else None
            if begin is not None:
                self.delays.append((now - begin) * 1000)


def expect(lines, code: bytes) -> None:
    while (line := lines.readline())[3:4] == b"-":
        pass
    if not line.startswith(code):
        raise RuntimeError(f"answered {line!r}")
