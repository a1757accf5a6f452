"""tests/e2e/talk.py: an SMTP conversation octet by octet, and SASL as a client makes it.

What:    Talk: connect (from any address), STARTTLS, lines in and replies out; plain() and Scram
         make what a client sends.
In/Out:  say(line) → (code, text). A reply of 0 means that the server has closed the connection.
Errors:  TimeoutError when there is no reply within REPLY_SECONDS_MAX.
"""

import base64
import hashlib
import hmac
import os
import socket
import ssl

from stagepost import tls_context

REPLY_SECONDS_MAX = 30
HELO = "client.example.net"
CONTEXT = tls_context()  # made once: it reads all authorities of the system


def b64(octets: bytes | str) -> str:
    return base64.b64encode(octets.encode() if isinstance(octets, str) else octets).decode()


def plain(user: str, password: str, acting_for: str = "") -> str:
    """The initial response of AUTH PLAIN (RFC 4616)."""
    return b64(f"{acting_for}\0{user}\0{password}")


class Talk:
    """with Talk(address, port, security) as talk: talk.say("NOOP"); security: "", starttls, tls."""

    def __init__(self, address: str, port: int, security: str = "", source: str | None = None,
                 hello: bool = True, context: ssl.SSLContext | None = None):
        self.context = context or CONTEXT
        self.socket: socket.socket = socket.create_connection(
            (address, port), REPLY_SECONDS_MAX, (source, 0) if source else None)
        self.buffer = b""
        self.offered: list[str] = []
        if security == "tls":
            self.secure()
        self.greeting = self.reply()
        if hello and self.greeting[0] == 220:
            self.hello()
            if security == "starttls":
                assert self.say("STARTTLS")[0] == 220
                self.secure()
                self.hello()

    def secure(self) -> None:
        self.socket = self.context.wrap_socket(self.socket, server_hostname="localhost")

    def hello(self) -> None:
        code, text = self.say(f"EHLO {HELO}")
        assert code == 250, text
        self.offered = text.splitlines()[1:]

    def send(self, octets: bytes) -> None:
        try:
            self.socket.sendall(octets)
        except (ConnectionError, ssl.SSLError):
            pass  # reply() tells

    def line(self) -> bytes:
        while b"\n" not in self.buffer:
            try:
                more = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                more = b""
            if not more:
                return b""
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line + b"\n"

    def reply(self) -> tuple[int, str]:
        texts = []
        while line := self.line():
            texts.append(line[4:].strip().decode())
            if line[3:4] != b"-":
                return int(line[:3]), "\n".join(texts)
        return 0, "closed"

    def say(self, line: str | bytes) -> tuple[int, str]:
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.reply()

    def login(self, user: str, password: str) -> tuple[int, str]:
        return self.say(f"AUTH PLAIN {plain(user, password)}")

    def mail(self, sender: str, recipients: list[str], text: bytes) -> tuple[int, str]:
        """A whole transaction; the first refusal, or the answer to the final dot."""
        for line in (f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{one}>" for one in recipients), "DATA"):
            code, answer = self.say(line)
            if code >= 400 or code == 0:
                self.say("RSET")
                return code, answer
        self.send(text.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
        return self.reply()

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Scram:
    """A client of SCRAM-SHA-256 (RFC 5802, 7677); what the arguments say goes wrong, does."""

    def __init__(self, user: str, password: str, header: str = "n,,", binding: bytes = b"",
                 nonce: str = ""):
        self.user, self.password, self.header, self.binding = user, password, header, binding
        self.nonce = nonce or b64(os.urandom(18))
        self.bare = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={self.nonce}"
        self.server_signature = b""

    def first(self) -> str:
        return b64(self.header + self.bare)

    def final(self, challenge: str, sent_nonce: str | None = None, header: str | None = None,
              spoil: bool = False) -> str:
        """challenge is what came after 334."""
        server = base64.b64decode(challenge).decode()
        parts = dict(part.split("=", 1) for part in server.split(","))
        assert parts["r"].startswith(self.nonce)
        bound = b64((self.header if header is None else header).encode() + self.binding)
        without = f"c={bound},r={parts['r'] if sent_nonce is None else sent_nonce}"
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(),
                                     base64.b64decode(parts["s"]), int(parts["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        whole = f"{self.bare},{server},{without}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), whole, "sha256")
        proof = bytearray(a ^ b for a, b in zip(key, signature, strict=True))
        if spoil:
            proof[0] ^= 1
        self.server_signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), whole,
                                            "sha256")
        return b64(f"{without},p={b64(bytes(proof))}")
