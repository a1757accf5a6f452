"""tests/peers/milter.py: a milter that plays a script, written from the protocol's description.

What:    answers each command of an MTA as told; records what it hears; can be slow, and can die.
In/Out:  answers by command letter → replies; heard: (letter, payload) of every command.
Errors:  a broken packet from the MTA ends the connection and is in `faults`.
Limits:  a thread per connection; version 6 without SMFIP_RCPT_REJ.

    with ScriptedMilter({"E": [add_header("X-Seen", "yes"), CONTINUE]}) as milter: milter.address
"""

import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence

ALL_ACTIONS = 0x1FF
NO_REPLY_HEADERS, LEADING_SPACE = 0x80, 0x100000
PACKET_BYTES_MAX = 1 << 20
ANSWERED = "CHMRTLNBE"  # the commands that a filter answers


def packet(letter: str, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload) + 1) + letter.encode() + payload


def texts(*parts: str) -> bytes:
    return b"".join(part.encode() + b"\0" for part in parts)


CONTINUE, ACCEPT, REJECT = packet("c"), packet("a"), packet("r")
DISCARD, TEMPFAIL, PROGRESS, SKIP = packet("d"), packet("t"), packet("p"), packet("s")


def reply_code(text: str) -> bytes:
    return packet("y", texts(text))


def add_header(name: str, value: str) -> bytes:
    return packet("h", texts(name, value))


def insert_header(index: int, name: str, value: str) -> bytes:
    return packet("i", struct.pack(">I", index) + texts(name, value))


def change_header(occurrence: int, name: str, value: str) -> bytes:
    return packet("m", struct.pack(">I", occurrence) + texts(name, value))


def replace_body(chunk: bytes) -> bytes:
    return packet("b", chunk)


def add_recipient(address: str) -> bytes:
    return packet("+", texts(f"<{address}>"))


def delete_recipient(address: str) -> bytes:
    return packet("-", texts(f"<{address}>"))


def change_sender(address: str) -> bytes:
    return packet("e", texts(f"<{address}>"))


def quarantine(why: str) -> bytes:
    return packet("q", texts(why))


class Die:
    """In a list of replies: the connection is reset here."""


class Wait:
    """In a list of replies: so many seconds of silence."""

    def __init__(self, seconds: float):
        self.seconds = seconds


Reply = bytes | Die | Wait


class ScriptedMilter:
    def __init__(self, answers: dict[str, Sequence[Reply] | Callable[[bytes], Sequence[Reply]]],
                 flags: int = 0, actions: int = ALL_ACTIONS):
        self.answers = answers
        self.flags = flags
        self.actions = actions
        self.heard: list[tuple[str, bytes]] = []
        self.faults: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.threads: list[threading.Thread] = []
        self.connections: list[socket.socket] = []

    def __enter__(self) -> "ScriptedMilter":
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is gone already
        for thread in self.threads:
            thread.join()
        assert not self.faults, self.faults

    def all_of(self, letter: str) -> list[bytes]:
        return [payload for heard, payload in self.heard if heard == letter]

    def headers(self) -> list[tuple[str, str]]:
        return [tuple(one.decode().split("\0")[:2]) for one in self.all_of("L")]

    def macros(self) -> dict[str, str]:
        """Of all commands together, as said last."""
        known = {}
        for payload in self.all_of("D"):
            parts = payload[1:].decode().split("\0")
            known.update(zip(parts[::2], parts[1::2], strict=False))
        return known

    def _spawn(self, function: Callable, *arguments: object) -> None:
        self.threads.append(threading.Thread(target=function, args=arguments, daemon=True))
        self.threads[-1].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as stream:
                while head := stream.read(4):
                    length = struct.unpack(">I", head)[0]
                    if not 0 < length <= PACKET_BYTES_MAX:
                        self.faults.append(f"a packet of {length} octets")
                        return
                    octets = stream.read(length)
                    if not self._hear(connection, octets[:1].decode(), octets[1:]):
                        return
        except OSError:
            pass  # the server has closed

    def _hear(self, connection: socket.socket, letter: str, payload: bytes) -> bool:
        self.heard.append((letter, payload))
        if letter == "O":
            connection.sendall(packet("O", struct.pack(">III", 6, self.actions, self.flags)))
        if letter == "Q":
            return False
        if letter not in ANSWERED or (letter == "L" and self.flags & NO_REPLY_HEADERS):
            return True
        answer = self.answers.get(letter, [CONTINUE])
        for reply in answer(payload) if callable(answer) else answer:
            if isinstance(reply, Wait):
                time.sleep(reply.seconds)
            elif isinstance(reply, Die):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
                return False
            else:
                connection.sendall(reply)
        return True
