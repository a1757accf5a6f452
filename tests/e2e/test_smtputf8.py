"""SMTPUTF8 (RFC 6531) and IDN domains, both ways, with a real Postfix on the other side."""

import base64
import smtplib

import pytest
from dsn import read
from mail import assert_delivered_exactly, crlf, message
from peers.netns import Netns
from stagepost import tls_context
from test_corpus import name_of
from test_postfix import CLIENT, NAMES, OURS, THEIRS, USERS, World

JOERG, THEIR_JOERG = "jörg@example.test", "jörn@postfix.test"
UTF8 = "SMTPUTF8 BODY=8BITMIME"


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(CLIENT, OURS, THEIRS, NAMES, dns=NAMES) as net:
        world = World(net, folder, new_server)
        world.server.add_user(JOERG)
        world.mailboxes = [THEIR_JOERG, "you@xn--bcher-kva.test"]
        yield world
        world.server.finish()


def send(world: World, sender: str, recipients: list[str], text: bytes, mail: str = UTF8,
         through: str = OURS) -> None:
    def dialogue() -> None:
        with smtplib.SMTP(through, 25, "client.test", timeout=60,
                          source_address=(CLIENT, 0)) as client:
            client.command_encoding = "utf-8"
            client.ehlo()
            assert client.has_extn("smtputf8")
            assert client.docmd(f"MAIL FROM:<{sender}> {mail}".strip())[0] == 250
            for address in recipients:
                code, answer = client.docmd(f"RCPT TO:<{address}>")
                assert code == 250, answer
            assert client.data(text)[0] == 250

    world.net.inside(dialogue)


def test_to_postfix(world):
    world.start()
    sent = message("Grüße", to=THEIR_JOERG, sender=JOERG)
    send(world, JOERG, [THEIR_JOERG], sent)
    [delivered] = world.postfix.wait_for_messages(THEIR_JOERG)
    assert_delivered_exactly(delivered, sent)
    assert delivered.startswith(f"Return-Path: <{JOERG}>".encode())
    head = delivered.split(b"\n\n")[0]
    assert b"by mx.example.test with UTF8SMTP\n" in head.replace(b"\r", b""), head


def test_from_postfix(world):
    world.start()
    sent = message("Grüße", to=JOERG, sender=THEIR_JOERG)
    send(world, THEIR_JOERG, [JOERG], sent, through=THEIRS)
    [delivered] = world.server.wait_for_mail("jörg")
    assert_delivered_exactly(delivered, sent)
    assert delivered.startswith(f"Return-Path: <{THEIR_JOERG}>".encode())
    # RFC 6531 §4.3: S for TLS.
    assert b"by mx.example.test with UTF8SMTPS" in delivered


def test_a_server_that_lacks_it(world):
    """Who needs it fails with 5.6.7; what needs nothing goes."""
    world.start(smtputf8_enable="no")
    send(world, "you@example.test", [THEIR_JOERG, USERS[0], "you@bücher.test"],
         message("nothing beyond"))
    world.postfix.wait_for_messages(USERS[0])
    world.postfix.wait_for_messages("you@xn--bcher-kva.test")
    [told] = world.server.wait_for_mail()
    dsn = read(told)
    assert dsn.actions() == [(THEIR_JOERG, "failed", "5.6.7")]
    assert dsn.recipients[0]["Final-Recipient"].startswith("utf-8;")
    assert b"message/global-delivery-status" in told
    assert "international characters" in " ".join(dsn.text.split())


@pytest.mark.parametrize(("sender", "subject"), [("you@example.test", "Grüße"),
                                                 (JOERG, "nothing beyond")])
def test_a_header_or_a_sender_that_needs_it(world, sender, subject):
    world.start(smtputf8_enable="no")
    send(world, sender, [USERS[0]], message(subject))
    [told] = world.server.wait_for_mail(sender.split("@", maxsplit=1)[0])
    assert read(told).actions() == [(USERS[0], "failed", "5.6.7")]
    assert world.postfix.messages(USERS[0]) == []


def test_what_nobody_declared_goes_as_ever(world):
    """A header in UTF-8 without SMTPUTF8 is common, and passed on as it came."""
    world.start(smtputf8_enable="no")
    sent = message("Grüße")
    send(world, "you@example.test", [USERS[0]], sent, "BODY=8BITMIME")
    [delivered] = world.postfix.wait_for_messages(USERS[0])
    assert_delivered_exactly(delivered, sent)


def test_an_idn_domain_by_its_a_label(world):
    """The DNS and the wire know xn--bcher-kva.test only; the sender's word stays in the text."""
    world.start()
    sent = message("to books", to="you@bücher.test")
    send(world, "you@example.test", ["you@bücher.test"], sent)
    [delivered] = world.postfix.wait_for_messages("you@xn--bcher-kva.test")
    assert_delivered_exactly(delivered, sent)


def test_reports_to_international_addresses(world):
    world.server.cli("alias", "add", "gone@example.test", "nobody@postfix.test")
    world.start()
    send(world, JOERG, ["nobody@postfix.test"], message("refused"))
    [told] = world.server.wait_for_mail("jörg")
    assert read(told).actions() == [("nobody@postfix.test", "failed", "5.1.1")]
    assert f"To: {JOERG}".encode() in told
    # To the other side by SMTPUTF8: what we had taken is refused further on.
    send(world, THEIR_JOERG, ["gone@example.test"], message("bounced"), through=THEIRS)
    [back] = world.postfix.wait_for_messages(THEIR_JOERG)
    assert read(back).actions() == [("gone@example.test", "failed", "5.1.1")]
    assert back.startswith(b"Return-Path: <>") and f"To: {THEIR_JOERG}".encode() in back


def test_logged_in_as_an_international_address(world):
    """Submission: the account, its sender, and the header that carries it."""
    world.start()

    def dialogue() -> None:
        with smtplib.SMTP(OURS, 587, "client.test", timeout=60) as client:
            client.command_encoding = "utf-8"
            client.starttls(context=tls_context())
            client.ehlo()
            plain = base64.b64encode(f"\0{JOERG}\0a long enough 1".encode()).decode()
            assert client.docmd("AUTH", f"PLAIN {plain}")[0] == 235
            assert client.docmd(f"MAIL FROM:<{JOERG}> {UTF8}")[0] == 250
            assert client.docmd(f"RCPT TO:<{THEIR_JOERG}>")[0] == 250
            assert client.data(message("Grüße", sender=JOERG))[0] == 250
            assert client.docmd(f"MAIL FROM:<jürgen@example.test> {UTF8}")[0] == 550

    world.net.inside(dialogue)
    [delivered] = world.postfix.wait_for_messages(THEIR_JOERG)
    assert b"with UTF8SMTPSA" in delivered


@pytest.mark.corpus("eai-arnt")
def test_the_messages_of_eai_arnt(world, corpora):
    """Through us into a Maildir, and on to Postfix: the octets are the same."""
    world.start()
    mails = {path.name: crlf(path.read_bytes())
             for path in sorted((corpora / "eai-arnt" / "data").iterdir())
             if path.name != "README.md"}
    assert len(mails) == 6
    for name, text in mails.items():
        send(world, f"{name}@example.net", [JOERG, THEIR_JOERG], text)
    for arrived in (world.server.wait_for_mail("jörg", len(mails)),
                    world.postfix.wait_for_messages(THEIR_JOERG, len(mails))):
        by_name = {name_of(mail): mail for mail in arrived}
        assert by_name.keys() == mails.keys()
        for name, sent in mails.items():
            assert_delivered_exactly(by_name[name], sent)
