"""tests/e2e/load.py: clients that send without pause and write down every 250 they got.

What:    each thread keeps a session open, sends messages with names of their own, and connects
         again when the server dies under it.
In/Out:  names that were answered 250 after the final dot: acknowledged; how often each other code
         came: refused; check() reads a delivered message's name and whether its content is whole.
Limits:  reads time out after REPLY_SECONDS_MAX.
"""

import hashlib
import random
import re
import socket
import threading
import time
from collections import Counter

from peers.netns import Netns

REPLY_SECONDS_MAX = 20
NAME = re.compile(rb"^X-Name: (\S+) ([0-9a-f]{64})\r?$", re.MULTILINE)


def content(name: str, size: int) -> bytes:
    body = "".join(f"{name} line {number} of this mail\r\n" for number in range(size // 40 + 1))
    digest = hashlib.sha256(body.encode()).hexdigest()
    return (f"From: <load@example.net>\r\nSubject: {name}\r\nX-Name: {name} {digest}\r\n\r\n"
            f"{body}").encode()


def check(delivered: bytes) -> tuple[str, bool]:
    """(name, whole) of a message; ("", False) when it is not one of ours."""
    found = NAME.search(delivered)
    if not found:
        return "", False
    body = delivered.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1].replace(b"\n", b"\r\n")
    return found[1].decode(), hashlib.sha256(body).hexdigest().encode() == found[2]


class Refused(OSError):
    def __init__(self, line: bytes):
        super().__init__(f"answered {line!r}")
        self.code = int(line[:3]) if line[:3].isdigit() else 0


class Client:
    """One SMTP session on a plain socket; any trouble is an OSError."""

    def __init__(self, port: int, address: str = "127.0.0.1", net: Netns | None = None):
        def connect() -> socket.socket:
            return socket.create_connection((address, port), REPLY_SECONDS_MAX)

        self.socket = net.inside(connect) if net else connect()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        try:
            self.expect(220)
            self.ask("EHLO load.example.net", 250)
        except OSError:
            self.close()
            raise

    def expect(self, code: int) -> str:
        """The last line of the reply."""
        while True:
            line = self.file.readline(4096)
            if not line.endswith(b"\n"):
                raise OSError("closed")
            if line[3:4] != b"-":
                break
        if line[:3] != str(code).encode():
            raise Refused(line)
        return line.decode(errors="replace").strip()

    def ask(self, line: str, code: int) -> None:
        self.socket.sendall(line.encode() + b"\r\n")
        self.expect(code)

    def send(self, recipient: str, data: bytes) -> str:
        """Returns after 250 to the final dot only, with its words."""
        self.ask("MAIL FROM:<load@example.net>", 250)
        self.ask(f"RCPT TO:<{recipient}>", 250)
        self.ask("DATA", 354)
        self.socket.sendall(data + b".\r\n")
        return self.expect(250)

    def close(self) -> None:
        self.file.close()
        self.socket.close()


class Load:
    """with Load(port, {"you@example.test": 3}) as load: threads per recipient.

    pause: seconds between the messages of a thread, again: after trouble; sizes: of bodies; series:
    tells the names of several loads apart; per_connection: messages, 0 without end.
    """

    def __init__(self, port: int, threads: dict[str, int], address: str = "127.0.0.1",
                 net: Netns | None = None, **more: object):
        self.port, self.address, self.net = port, address, net
        self.pause: float = more.pop("pause", 0)
        self.again: float = more.pop("again", 0.02)
        self.sizes: tuple[int, ...] = more.pop("sizes", (300, 3_000, 30_000))
        self.per_connection: int = more.pop("per_connection", 0)
        series = more.pop("series", "")
        assert not more, more
        self.acknowledged: set[str] = set()
        self.answers: dict[str, tuple[float, str]] = {}  # when each 250 came, and its words
        self.refused: Counter[int] = Counter()
        self.sent = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = [
            threading.Thread(target=self.work, args=(recipient, f"{series}{recipient[0]}{index}"))
            for recipient, count in threads.items() for index in range(count)]

    def work(self, recipient: str, prefix: str) -> None:
        source = random.Random(prefix)
        client: Client | None = None
        number = 0
        while not self.stopping.is_set():
            try:
                client = client or Client(self.port, self.address, self.net)
                number += 1
                name = f"{prefix}.{number}"
                with self.lock:
                    self.sent += 1
                words = client.send(recipient, content(name, source.choice(self.sizes)))
                with self.lock:
                    self.acknowledged.add(name)
                    self.answers[name] = (time.monotonic(), words)
                if self.pause:
                    self.stopping.wait(self.pause)
                if self.per_connection and number % self.per_connection == 0:
                    client.close()
                    client = None
            except OSError as error:
                if isinstance(error, Refused):
                    with self.lock:
                        self.refused[error.code] += 1
                if client:
                    client.close()
                client = None
                self.stopping.wait(self.again)
        if client:
            client.close()

    def accepted(self) -> int:
        with self.lock:
            return len(self.acknowledged)

    def deferred(self) -> int:
        """4yz so far, greetings among them."""
        with self.lock:
            return sum(count for code, count in self.refused.items() if 400 <= code < 500)

    def __enter__(self) -> "Load":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(2 * REPLY_SECONDS_MAX)
