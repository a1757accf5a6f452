"""tests/e2e/way.py: an SMTP or LMTP proxy of our own in a namespace, which knows what is said.

What:    with Way(net, place, goal) as way: who connects to the place talks to the goal. Extensions
         of `hidden` are taken out of its offer. `way.grey = 1` refuses the next RCPT for now,
         `way.cut = 1` hangs up between the end of the next message and its answer. `header` goes
         before all else, such as one of the PROXY protocol.
In/Out:  refused, cuts: how often that has happened; verbs: every command that came; quiet(): no
         answer is on its way, so that what is set now counts for what comes.
Errors:  a side that is gone ends the other one.
Limits:  plain text alone, so STARTTLS is hidden; two threads for a connection.
"""

import socket
import threading
from queue import SimpleQueue

CONNECT_SECONDS_MAX = 20
GREYLISTED = b"450 4.2.0 Greylisted, come again\r\n"
Place = tuple[str, int]


def command_of(verbs: list[str]) -> str:
    """By which of them the one message came."""
    found = {*verbs} & {"BDAT", "DATA"}
    assert len(found) == 1, verbs
    return found.pop()


class Way:
    def __init__(self, net, place: Place, goal: Place, hidden: tuple[str, ...] = ("STARTTLS",),
                 header: bytes = b""):
        self.net, self.goal, self.source = net, goal, (place[0], 0)
        self.header = header
        self.hidden = tuple(name.encode() for name in hidden)
        self.grey = self.cut = self.refused = self.cuts = 0
        self.verbs: list[str] = []
        self.lock = threading.Lock()
        self.carriers: list[Carrier] = []
        self.listener = net.inside(lambda: socket.create_server(place))

    def __enter__(self) -> "Way":
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for carrier in self.carriers:
            carrier.close()

    def accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # the end
            try:
                far = self.net.inside(
                    lambda: socket.create_connection(self.goal, CONNECT_SECONDS_MAX, self.source))
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            far.sendall(self.header)
            carrier = Carrier(self, near, far)
            self.carriers.append(carrier)
            carrier.start()

    def quiet(self) -> bool:
        return not any(carrier.asked for carrier in self.carriers)

    def refuse_now(self) -> bool:
        with self.lock:
            if not self.grey:
                return False
            self.grey, self.refused = self.grey - 1, self.refused + 1
            return True

    def cut_now(self) -> bool:
        with self.lock:
            if not self.cut:
                return False
            self.cut, self.cuts = self.cut - 1, self.cuts + 1
            return True


class Carrier:
    """One connection. `expected` has what the replies to come are about, in their order."""

    def __init__(self, way: Way, near: socket.socket, far: socket.socket):
        self.way, self.near, self.far = way, near, far
        self.expected: SimpleQueue[str] = SimpleQueue()
        self.expected.put("greeting")
        self.may_send: SimpleQueue[bool] = SimpleQueue()  # what became of DATA
        self.lmtp = False
        self.asked = 1  # commands, and the greeting, whose replies have not gone out
        self.taken = 0  # recipients of this message
        self.ends = 0   # replies of LMTP to its end that are still to come

    def start(self) -> None:
        for work in (self.from_client, self.from_server):
            threading.Thread(target=self.guarded, args=(work,), daemon=True).start()

    def guarded(self, work) -> None:
        try:
            work()
        except (OSError, ValueError):
            pass  # one side is gone
        self.close()
        self.asked = 0

    def close(self) -> None:
        for one in (self.near, self.far):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it went by itself

    def ask(self, about: str, octets: bytes) -> None:
        with self.way.lock:
            self.asked += 1
        self.expected.put(about)
        self.far.sendall(octets)

    def from_client(self) -> None:
        reader = self.near.makefile("rb")
        while line := reader.readline():
            verb = line.split()[0].decode().upper() if line.strip() else ""
            self.way.verbs.append(verb)
            if verb == "RCPT" and self.way.refuse_now():
                self.ask("grey", b"NOOP\r\n")  # so that the reply has its place in the order
            elif verb == "BDAT":
                chunk = reader.read(int(line.split()[1]))
                self.ask("END" if b"LAST" in line.upper() else verb, line + chunk)
            else:
                self.ask(verb, line)
                if verb == "DATA" and self.may_send.get():
                    self.content(reader)

    def content(self, reader) -> None:
        while (line := reader.readline()) != b".\r\n":
            if not line:
                raise ConnectionError("gone within DATA")
            self.far.sendall(line)
        self.ask("END", line)

    def from_server(self) -> None:
        reader = self.far.makefile("rb")
        while lines := self.reply(reader):
            about = self.next()
            if about == "END" and self.way.cut_now():
                return
            if about in ("EHLO", "LHLO"):
                self.lmtp = about == "LHLO"
                lines = [self.without_hidden(line) for line in lines]
            elif about == "RCPT" and lines[-1].startswith(b"25"):
                self.taken += 1
            elif about == "DATA":
                self.may_send.put(lines[-1].startswith(b"354"))
            self.near.sendall(GREYLISTED if about == "grey" else b"".join(lines))
            with self.way.lock:
                self.asked -= 0 if self.ends else 1

    def next(self) -> str:
        if self.ends:
            self.ends -= 1
            return "more of END"
        about = self.expected.get()
        if about == "MAIL":
            self.taken = 0
        elif about == "END" and self.lmtp:  # RFC 2033: one for each recipient
            self.ends = max(0, self.taken - 1)
        return about

    @staticmethod
    def reply(reader) -> list[bytes]:
        lines = []
        while line := reader.readline():
            lines.append(line)
            if line[3:4] != b"-":
                return lines
        return []

    def without_hidden(self, line: bytes) -> bytes:
        return line[:4] + b"X-HIDDEN\r\n" if line[4:].strip() in self.way.hidden else line
