"""tests/conformance/player.py: plays a case with a server over TCP → what it answered, judged.

In/Out:  play(case, place, names) → Result.
Errors:  none: a server that does not answer is a result, too.
Limits:  REPLY_SECONDS_MAX for a reply, DELIVER_SECONDS_MAX for a message.
"""

import re
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cases import Case, Step

REPLY_SECONDS_MAX = 10
DELIVER_SECONDS_MAX = 20
REPLY_LINE_OCTETS_MAX = 512  # RFC 5321 §4.5.3.1.5
ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|[rnt0\\])")
ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}
REPEATED = re.compile(r"\{([^{}*]+)\*(\d+)\}")
SILENT, CLOSED, MALFORMED = "silent", "closed", "malformed"


@dataclass(frozen=True)
class Place:
    """Where the server is, from where the client comes, and how mail that has come is looked at."""

    address: str
    ports: dict[str, int]
    source: str
    messages: Callable[[], list[bytes]]


@dataclass(frozen=True)
class Reply:
    code: str  # "250", or what came in its place
    lines: tuple[str, ...] = ()

    @property
    def enhanced(self) -> str:
        found = re.match(r"\d\.\d{1,3}\.\d{1,3}(?= |$)", self.lines[0]) if self.lines else None
        return found.group(0) if found else ""

    @property
    def keywords(self) -> dict[str, str]:
        """Of an answer to EHLO."""
        words = (line.partition(" ") for line in self.lines[1:])
        return {keyword.upper(): values for keyword, _, values in words}


@dataclass(frozen=True)
class Judged:
    level: str
    good: bool
    shown: str  # in the table


@dataclass
class Result:
    judged: list[Judged] = field(default_factory=list)
    not_offered: str = ""  # the extension, or the port, that is missing
    unasked: str = ""  # what came instead of what the case needs
    talk: list[str] = field(default_factory=list)  # "C: …" and "S: …"

    @property
    def asked(self) -> bool:
        return not self.not_offered and not self.unasked

    def violates(self, level: str) -> bool:
        return any(one.level == level and not one.good for one in self.judged)


class Stop(Exception):
    """The rest of the case cannot be asked."""


def octets(text: str) -> bytes:
    """Escapes, then repetitions; what is beyond ASCII is UTF-8."""
    plain = ESCAPE.sub(lambda found: ESCAPES.get(found[1]) or chr(0xE000 + int(found[1][1:], 16)),
                       text)
    whole = REPEATED.sub(lambda found: found[1] * int(found[2]), plain)
    # \xNN is one octet: until here it was a character that nobody writes.
    return b"".join(bytes([ord(one) - 0xE000]) if 0xE000 <= ord(one) < 0xE100 else one.encode()
                    for one in whole)


def filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


class Connection:
    def __init__(self, place: Place, port: str):
        self.socket: socket.socket = socket.create_connection(
            (place.address, place.ports[port]), REPLY_SECONDS_MAX, (place.source, 0))
        self.buffer = b""

    def send(self, what: bytes) -> None:
        try:
            self.socket.sendall(what)
        except OSError:
            pass  # the next reply tells

    def secure(self) -> bool:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            self.socket = context.wrap_socket(self.socket)
        except OSError:
            return False
        return True

    def line(self) -> bytes | str:
        """With its end; or SILENT or CLOSED."""
        while b"\n" not in self.buffer:
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                return SILENT
            except OSError:
                more = b""
            if not more:
                return CLOSED
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line + b"\n"

    def reply(self) -> Reply:
        lines: list[str] = []
        code = ""
        while True:
            line = self.line()
            if isinstance(line, str):
                return Reply(MALFORMED if lines else line)
            text = line.decode("utf-8", "backslashreplace")
            found = re.fullmatch(r"([2-5]\d\d)(?:([ -])(.*))?\r\n", text)
            code = code or text[:3]
            if not found or found.group(1) != code or len(line) > REPLY_LINE_OCTETS_MAX:
                return Reply(MALFORMED, (*lines, text))
            lines.append(found.group(3) or "")
            if found.group(2) != "-":
                return Reply(code, tuple(lines))

    def close(self) -> None:
        self.socket.close()


def fits(expected: str, reply: Reply) -> bool:
    """One alternative: "250", "5yz 5.1.x", "closed", "any"."""
    words = expected.split()
    if words[0] == "any":
        return reply.code.isdigit()
    if not words[0][0].isdigit():
        return reply.code == words[0]
    code = re.sub(r"[a-z]", r"\\d", words[0])
    if not re.fullmatch(code, reply.code):
        return False
    enhanced = re.sub(r"x", r"\\d+", words[1].replace(".", r"\.")) if len(words) > 1 else ".*"
    return bool(re.fullmatch(enhanced, reply.enhanced))


def has_field(message: bytes, wanted: bytes) -> bool:
    """A field of the header with that name, in any case, whose value begins so."""
    name, _, value = wanted.partition(b": ")
    header = re.sub(rb"\n[ \t]+", b" ", message.partition(b"\n\n")[0])
    fields = (line.partition(b":") for line in header.split(b"\n"))
    return any(found.lower() == name.lower() and text.strip().startswith(value)
               for found, _, text in fields)


class Player:
    def __init__(self, case: Case, place: Place, names: dict[str, str]):
        self.case, self.place, self.names = case, place, names
        self.result = Result()
        self.last = Reply("")
        self.hello = Reply("")
        self.sent = b""
        self.repeat = 1

    def play(self) -> Result:
        if self.case.port not in self.place.ports:
            self.result.not_offered = self.case.port
            return self.result
        try:
            self.connection = Connection(self.place, self.case.port)
        except OSError as error:
            self.result.unasked = str(error)
            return self.result
        try:
            for step in self.case.steps:
                self.step(step)
        except Stop:
            pass
        finally:
            self.connection.close()
        return self.result

    def step(self, step: Step) -> None:
        if step.kind in "CX":
            what = octets(filled(step.text, self.names))
            what += b"\r\n" if step.kind == "C" else b""
            self.repeat, self.sent = step.times, what
            if step.times == 1:
                self.send(what)
        elif step.kind == "TLS":
            # Where it fails the next reply is "closed".
            self.note("T", "handshake" if self.connection.secure() else "no handshake")
        elif step.kind == "NEEDS":
            if step.text not in self.hello.keywords:
                self.result.not_offered = step.text
                raise Stop
        elif step.kind == "S":
            self.receive(step.text)
            if not self.fits_any(step.text):
                self.result.unasked = " ".join([self.last.code, self.last.enhanced]).strip()
                raise Stop
        else:
            self.judge(step)

    def send(self, what: bytes) -> None:
        self.note("C", repr(what[:200])[2:-1])
        self.connection.send(what)

    def note(self, who: str, what: str) -> None:
        self.result.talk.append(f"{who}: {what}")

    def receive(self, expected: str) -> None:
        """The answer; of a command that is said many times, the first that is not as expected."""
        for _ in range(self.repeat):
            if self.repeat > 1:
                self.send(self.sent)
            self.last = self.connection.reply()
            self.note("S", " / ".join([self.last.code, *self.last.lines]))
            if not self.fits_any(expected):
                break
        self.repeat = 1
        if self.sent[:4].upper() in (b"EHLO", b"LHLO") and self.last.code == "250":
            self.hello = self.last

    def fits_any(self, expected: str) -> bool:
        return any(fits(one, self.last) for one in expected.split(", "))

    def judge(self, step: Step) -> None:
        what, _, rest = step.text.partition(" ")
        if what == "offers":
            good, shown = self.offers(rest)
        elif what == "says":
            good = bool(re.search(rest, "\n".join(self.last.lines)))
            shown = "says so" if good else "says something else"
        elif what in ("delivered", "has-field"):
            part = octets(filled(rest, self.names))
            shown = self.delivered(lambda message: part in message if what == "delivered"
                                   else has_field(message, part))
            good = shown == "arrived"
        else:
            self.receive(step.text)
            good = self.fits_any(step.text)
            shown = self.last.code
            if re.search(r"\d\.[\dx]", step.text):
                shown = f"{shown} {self.last.enhanced or 'without code'}"
        self.result.judged.append(Judged(step.kind, good, shown))
        if self.last.code in (CLOSED, SILENT) and not good:
            raise Stop  # nothing more can be asked

    def offers(self, text: str) -> tuple[bool, str]:
        negative = text.startswith("no ")
        there = text.removeprefix("no ") in self.hello.keywords
        return there != negative, "offered" if there else "not offered"

    def delivered(self, as_wanted: Callable[[bytes], bool]) -> str:
        end = time.monotonic() + DELIVER_SECONDS_MAX
        while time.monotonic() < end:
            for message in self.place.messages():
                if self.names["id"].encode() in message:
                    return "arrived" if as_wanted(message.replace(b"\r\n", b"\n")) else "changed"
            time.sleep(0.05)
        return "lost"


def play(case: Case, place: Place, names: dict[str, str]) -> Result:
    return Player(case, place, names).play()
