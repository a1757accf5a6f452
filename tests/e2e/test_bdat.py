"""BDAT and BINARYMIME (RFC 3030): in from a client, on to a real Postfix, which offers CHUNKING."""

import random
import smtplib

import pytest
from dsn import read
from mail import assert_delivered_exactly, large_message, message
from peers.netns import Netns
from test_postfix import CLIENT, NAMES, OURS, THEIRS, USERS, World


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(CLIENT, OURS, THEIRS, NAMES, dns=NAMES) as net:
        world = World(net, folder, new_server)
        yield world
        world.server.finish()


def send(world: World, recipients: list[str], chunks: list[bytes], mail: str = "") -> None:
    """All chunks in one go; each is answered."""
    def dialogue() -> None:
        with smtplib.SMTP(OURS, 25, "client.test", timeout=60,
                          source_address=(CLIENT, 0)) as client:
            client.ehlo()
            assert client.has_extn("chunking") and client.has_extn("binarymime")
            assert client.docmd(f"MAIL FROM:<you@example.test> {mail}".strip())[0] == 250
            for address in recipients:
                assert client.docmd(f"RCPT TO:<{address}>")[0] == 250
            for number, chunk in enumerate(chunks, 1):
                last = b" LAST" if number == len(chunks) else b""
                client.sock.sendall(b"BDAT %d%s\r\n%s" % (len(chunk), last, chunk))
            for _ in chunks:
                code, text = client.getreply()
                assert code == 250, text
            client.quit()

    world.net.inside(dialogue)


def cut(text: bytes, seed: int) -> list[bytes]:
    source, chunks = random.Random(seed), []
    while text:
        size = source.choice((1, 7, 100, 5000, 100_000))
        chunks.append(text[:size])
        text = text[size:]
    return chunks


@pytest.mark.parametrize("seed", [1, 2])
def test_chunks_here_and_on(world, seed):
    """Ours by BDAT to Postfix: lines of dots come through as they are."""
    world.start()
    sent = large_message("in chunks", 300_000)
    send(world, ["you@example.test", USERS[0]], cut(sent, seed))
    assert_delivered_exactly(world.server.wait_for_mail()[0], sent)
    assert_delivered_exactly(world.postfix.wait_for_messages(USERS[0])[0], sent)


def test_binary_stays_as_it_is(world):
    world.start()
    octets = bytes(range(256)) * 300 + b"\r\n\r\r\n\n"
    sent = (message("binary", "").replace(b"\r\n\r\n", b"\r\nMIME-Version: 1.0\r\n"
            b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n")
            + octets)
    send(world, ["you@example.test"], cut(sent, 3), "BODY=BINARYMIME")
    [delivered] = world.server.wait_for_mail()
    assert delivered.endswith(sent)


def test_binary_in_name_only_goes_as_the_text_that_it_is(world):
    """Outlook's way: BODY=BINARYMIME for whatever it sends."""
    world.start()
    sent = message("said binary", "gr\u00fc\u00dfe\r\n", to=USERS[0])
    send(world, [USERS[0]], cut(sent, 3), "BODY=BINARYMIME")
    [delivered] = world.postfix.wait_for_messages(USERS[0])
    assert_delivered_exactly(delivered, sent)


def test_binary_goes_nowhere_else(world):
    """Postfix offers CHUNKING, and not BINARYMIME."""
    world.start()
    send(world, [USERS[0]], [message("binary", "") + b"\0\n"], "BODY=BINARYMIME RET=FULL")
    [told] = world.server.wait_for_mail()
    dsn = read(told)
    assert dsn.actions() == [(USERS[0], "failed", "5.6.3")]
    assert b"attachments as base64" in b" ".join(told.split())
    assert dsn.returned.get_content_type() == "text/rfc822-headers"
    assert b"\0" not in told
