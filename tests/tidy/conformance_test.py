"""The parts of tests/conformance that need no server: how cases are read, played and compared."""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/conformance")]

import matrix  # noqa: E402
from cases import Case, CaseError, all_cases, read  # noqa: E402
from player import Place, Reply, Result, fits, octets, play  # noqa: E402

GREETING = "220 mx.home.test\r\n"
NAMES = {"rcpt": "you@home.test", "id": "c0000001"}


@contextmanager
def scripted(*answers: str) -> Iterator[Place]:
    """A server that has an answer for each line, whatever it says; an empty one is its end."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        peer, _ = listener.accept()
        with peer, peer.makefile("rb") as lines:
            for answer in answers:
                peer.sendall(answer.encode())
                if not answer or not lines.readline():
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Place("127.0.0.1", {"smtp": listener.getsockname()[1]}, "127.0.0.1",
                    lambda: [b"Subject: c0000001\r\n next\r\n\r\nas sent\r\n"])
    finally:
        thread.join()
        listener.close()


def played(steps: str, *answers: str) -> Result:
    with scripted(GREETING, *answers) as place:
        case = Case("one", "", "5321 §1", "", "smtp", tuple(read("S: 220\n" + steps)))
        return play(case, place, NAMES)


@pytest.mark.parametrize("answer, shown, good", [
    ("250 2.0.0 fine\r\n", "250", True), ("501 no\r\n", "501", False), ("", "closed", False),
    ("250 fine\n", "malformed", False), ("250-one\r\n251 two\r\n", "malformed", False),
    (f"250 {'x' * 507}\r\n", "malformed", False), ("fine\r\n", "malformed", False),
])
def test_an_answer_is_judged(answer, shown, good):
    [judged] = played("C: NOOP\nMUST: 250", answer).judged
    assert (judged.shown, judged.good) == (shown, good)


def test_what_is_not_offered_or_cannot_be_asked():
    hello = "250-mx.home.test\r\n250 SIZE 10\r\n"
    result = played("C: EHLO a\nS: 250\nNEEDS: DSN\nC: X\nMUST: 250", hello)
    assert (result.not_offered, matrix.cell(result)) == ("DSN", "–")
    result = played("C: EHLO a\nS: 250\nMUST: offers SIZE\nSHOULD: offers no DSN", hello)
    assert [one.good for one in result.judged] == [True, True]
    result = played("C: MAIL\nS: 250\nC: RCPT\nMUST: 250", "550 5.7.1 no\r\n")
    assert (result.asked, matrix.cell(result)) == (False, "? 550 5.7.1")


def test_what_is_said_many_times_shows_the_first_that_is_wrong():
    answers = ["250 yes\r\n"] * 2
    assert [one.shown for one in played("C*3: RCPT\nMUST: 250", *answers, "452 no\r\n").judged] \
        == ["452"]
    assert [one.shown for one in played("C*2: RCPT\nMUST: 250", *answers).judged] == ["250"]


@pytest.mark.parametrize("text, shown", [
    ("delivered \\n\\nas sent\\n", "arrived"), ("delivered other", "changed"),
    ("has-field SUBJECT: {id} next", "arrived"), ("has-field Subject: next", "changed"),
])
def test_what_is_delivered(text, shown):
    [_, judged] = played(f"C: x\nMUST: 250\nMUST: {text}", "250 ok\r\n").judged
    assert judged.shown == shown


@pytest.mark.parametrize("expected, reply, good", [
    ("2yz", Reply("250"), True), ("25z", Reply("260"), False), ("any", Reply("421"), True),
    ("any", Reply("closed"), False), ("closed", Reply("closed"), True),
    ("5yz 5.1.x", Reply("550", ("5.1.1 none",)), True), ("5yz 5.1.x", Reply("550"), False),
    ("250 2.x.x", Reply("250", ("5.1.1 none",)), False),
])
def test_patterns(expected, reply, good):
    assert fits(expected, reply) == good


def test_octets():
    assert octets(r"a\r\n\0\xff\\{xy*2}ü") == b"a\r\n\0\xff\\xyxy" + "ü".encode()


def test_majorities():
    assert matrix.differs_from_most("250", ["550", "501", "250"])
    assert not matrix.differs_from_most("502", ["550", "501", "–"])
    assert not matrix.differs_from_most("250", ["550", "250", "? 503"])
    assert not matrix.differs_from_most("250", ["550"])
    assert matrix.differs_from_most("250, arrived", ["250, changed", "**250, changed**"])
    assert matrix.needs_reason({"Stagepost": "_502_", "others": "502"})


def test_every_case_can_be_read():
    assert len(all_cases()) >= 120


@pytest.mark.parametrize("text", ["[a]\nRFC 1 §1: x\nC: y\n", "[a]\nMUST: 250\n", "C: x\n",
                                  "[a]\nRFC 1 §1: x\nMAY: 250\n", "[a]\nafter: LUNCH\n",
                                  "[a]\nRFC 1 §1: x\nMUST: 250\n" * 2])
def test_what_is_no_case(tmp_path, text):
    (tmp_path / "one.txt").write_text(text)
    with pytest.raises(CaseError):
        all_cases(tmp_path)
