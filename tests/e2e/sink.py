"""tests/e2e/sink.py: a small SMTP server in a thread, which keeps what it gets and answers as told.

What:    accepts everything; `answers` gives other replies: {"RCPT": ["450 4.2.1 later"]} is used up
         one by one, then it accepts again; "@fixed" in front of a reply repeats it for ever.
         `offers` are further lines after EHLO; with `tls` it knows STARTTLS, and within TLS it
         offers `tls_offers`, too. `before_answer` is called when a message is kept and nobody has
         been told so.
In/Out:  mails: (sender, recipients, content with CRLF, dots undone, its MAIL and RCPT lines).
Limits:  one thread per connection; reads time out after IDLE_SECONDS_MAX.
"""

import socketserver
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

IDLE_SECONDS_MAX = 120


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: list[str]
    content: bytes
    said: list[str] = field(default_factory=list)


class Session(socketserver.StreamRequestHandler):
    timeout = IDLE_SECONDS_MAX

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def secure(self) -> None:
        self.say("220 2.0.0 go on")
        self.connection = self.server.sink.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def handle(self) -> None:
        try:
            self.dialogue()
        except (OSError, TimeoutError):
            pass  # the peer went away, as killed ones do

    def dialogue(self) -> None:
        sink = self.server.sink
        self.say(sink.answer("CONNECT", "220 sink.test ESMTP"))
        sender, recipients, said, encrypted = None, [], [], False
        while line := self.rfile.readline(4096).decode(errors="replace").strip():
            verb = line.split(" ", 1)[0].upper()
            if verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            if verb == "DATA":
                # RFC 5321 §3.3: a client that pipelines says DATA whatever became of RCPT.
                usual = "354 go on" if recipients else "554 5.5.1 no valid recipients"
                reply = sink.answer("DATA", usual)
                self.say(reply)
                if reply.startswith("354"):
                    mail = Mail(sender, recipients, self.read_content(), said)
                    reply = sink.answer("END", "250 2.0.0 kept")
                    if reply.startswith("250"):
                        sink.mails.append(mail)
                        sink.before_answer()
                    self.say(reply)
                sender, recipients = None, []
                continue
            if verb == "EHLO":
                self.say("\r\n".join([
                    "250-sink.test", "250-PIPELINING", "250-8BITMIME", "250-SMTPUTF8",
                    "250-ENHANCEDSTATUSCODES",
                    *(f"250-{keyword}" for keyword in sink.offered(encrypted)),
                    "250 SIZE 100000000"]))
                continue
            if verb == "STARTTLS" and sink.tls and not encrypted:
                self.secure()
                encrypted = True
                continue
            if verb == "RCPT" and sender is None:
                self.say("503 5.5.1 MAIL first")
                continue
            reply = sink.answer(verb, "250 2.0.0 ok")
            if reply.startswith("250") and verb in ("MAIL", "RCPT"):
                address = line[line.index("<") + 1:line.index(">")]
                if verb == "MAIL":
                    sender, recipients, said = address, [], [line]
                else:
                    recipients.append(address)
                    said.append(line)
            elif verb == "RSET":
                sender, recipients = None, []
            self.say(reply)

    def read_content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise OSError("closed within DATA")
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256


class Sink:
    """with Sink(port) as sink: … sink.mails"""

    def __init__(self, port: int = 0, answers: dict[str, list[str]] | None = None,
                 address: str = "127.0.0.1", offers: Sequence[str] = (),
                 tls: ssl.SSLContext | None = None, tls_offers: Sequence[str] = ()):
        self.mails: list[Mail] = []
        self.answers = answers or {}
        self.offers, self.tls, self.tls_offers = offers, tls, tls_offers
        self.before_answer: Callable[[], None] = lambda: None
        self.lock = threading.Lock()
        self.server = Server((address, port), Session)
        self.server.sink = self
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def offered(self, encrypted: bool) -> list[str]:
        if encrypted:
            return [*self.offers, *self.tls_offers]
        return [*self.offers, *(["STARTTLS"] if self.tls else [])]

    def answer(self, verb: str, usual: str) -> str:
        with self.lock:
            waiting = self.answers.get(verb)
            if not waiting:
                return usual
            if waiting[0].startswith("@fixed "):
                return waiting[0].removeprefix("@fixed ")
            return waiting.pop(0)

    def __enter__(self) -> "Sink":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
