"""The dialogue files of tests/dialogs against the real program; dialog_test.cc has their form."""

import re
import socket
from pathlib import Path

import pytest

DIALOGS = sorted((Path(__file__).resolve().parents[1] / "dialogs").glob("*.smtp"))
ESCAPES = {"r": b"\r", "n": b"\n", "0": b"\0", "\\": b"\\"}
PORTS = {"25": "smtp", "587": "submission"}
pytestmark = pytest.mark.sanitized


def unescape(text: str) -> bytes:
    out = b""
    for plain, hexadecimal, letter in re.findall(r"([^\\]+)|\\x([0-9a-f]{2})|\\(.)", text):
        out += plain.encode() or (bytes.fromhex(hexadecimal) if hexadecimal else ESCAPES[letter])
    return out


@pytest.fixture(name="home_server")
def make_home_server(new_server):
    """The server that the dialogues speak of: home.test, small limits, no TLS but on submission."""
    server = new_server("home.test").set("", hostname="mx.home.test")
    server.set("limits", message_bytes_max="64KiB", recipients_max=100, errors_max=5,
               command_line_bytes_max=600)
    text = server.config.read_text().replace('tls = "starttls"', 'tls = "none"')
    server.config.write_text(text)
    for local in ("back", "other", "jörg"):
        server.add_user(f"{local}@home.test")
    return server.start()


def play(server, path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    port = PORTS[lines.pop(0)[2:]] if lines[0].startswith("@ ") else "smtp"
    with socket.create_connection((server.address, server.ports[port]), 20) as peer:
        said = peer.makefile("rb")
        for line in lines:
            kind, text = line[0], line[3:]
            if kind == "C":
                peer.sendall(text.encode() + b"\r\n")
            elif kind == "X":
                peer.sendall(unescape(text))
            elif kind == "R":
                while (got := said.readline().decode(errors="replace"))[3:4] == "-":
                    pass
                assert got.startswith(text), f"{path.name}: expected {text}, got {got!r}"
            elif kind == "E":
                assert said.read() == b"", path.name
            else:
                got = said.readline().decode(errors="replace").rstrip("\r\n")
                good = got.startswith(text[:-1]) if text.endswith("*") else got == text
                assert good, f"{path.name}: expected {text!r}, got {got!r}"


def test_every_dialogue_goes_as_written(home_server):
    assert DIALOGS
    for path in DIALOGS:
        play(home_server, path)
