"""A person writes on 587, it is relayed and read elsewhere; the answer comes in on 25 and is read.

Two servers that find each other by DNS: ours with Dovecot beside it, and Postfix.
"""

import smtplib

import pytest
from peers.clients import Account, Outgoing, msmtp
from peers.dns import DnsServer
from peers.dovecot import Dovecot
from peers.netns import ETC, Netns
from peers.pki import Authority
from peers.postfix import Postfix
from test_dovecot import put_script

OURS, THEIRS, NAMES, CLIENT = "10.0.0.2", "10.0.0.3", "10.0.0.53", "10.0.0.1"
ZONE = """\
example.test. MX 10 mail.example.test.
mail.example.test. A 10.0.0.2
2.0.0.10.in-addr.arpa. PTR mail.example.test.
postfix.test. MX 10 mx.postfix.test.
mx.postfix.test. A 10.0.0.3
3.0.0.10.in-addr.arpa. PTR mx.postfix.test.
"""
READER, PASSWORD, FRIEND = "reader@example.test", "a long enough 1", "friend@postfix.test"
SIEVE = b"""require ["fileinto", "mailbox"];
if header :contains "subject" "Re:" { fileinto :create "Answers"; }
"""


class World:
    user = READER

    def __init__(self, net: Netns, folder, new_server):
        self.net = net
        self.folder = folder
        DnsServer(net, NAMES, folder / "dns").start(ZONE)
        self.authority = Authority(folder / "pki")
        made = self.authority.sign("mail.example.test")
        self.server = new_server("example.test", net=net, address=OURS)
        self.server.set("", hostname="mail.example.test").set("dns", servers=[NAMES])
        self.server.set("delivery", source_ipv4=OURS)
        self.server.set("tls", certificate=str(made.certificate), key=str(made.key))
        self.server.add_user(READER, PASSWORD)
        self.dovecot = Dovecot(net, OURS, self.server, folder / "dovecot").configure().start()
        self.server.start()
        self.postfix = Postfix(net, THEIRS, folder / "postfix", "mx.postfix.test",
                               ["postfix.test"])
        self.postfix.start([FRIEND], self.authority.sign("mx.postfix.test"))

    def write(self, subject: str, body: str) -> None:
        """With msmtp on 587, which checks the certificate of mail.example.test."""
        account = Account(587, False, READER, PASSWORD, self.authority.certificate, self.folder,
                          "SCRAM-SHA-256", "mail.example.test", tuple(self.net.prefix()))
        msmtp(account, Outgoing(self.user, [FRIEND], subject, body))

    def answer(self, subject: str, body: str) -> None:
        """Their server sends it on, by our MX."""
        text = (f"From: <{FRIEND}>\r\nTo: <{READER}>\r\nSubject: {subject}\r\n"
                f"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\n{body}\r\n")

        def dialogue() -> None:
            with smtplib.SMTP(THEIRS, 25, "client.test", timeout=30,
                              source_address=(CLIENT, 0)) as client:
                assert client.sendmail(FRIEND, [READER], text) == {}

        self.net.inside(dialogue)


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(CLIENT, OURS, THEIRS, NAMES, dns=NAMES) as net:
        with open(ETC / net.name / "hosts", "a", encoding="ascii") as hosts:
            hosts.write(f"{OURS} mail.example.test\n")
        world = World(net, folder, new_server)
        yield world
        world.server.finish()
        world.dovecot.stop()


def test_there_and_back(world):
    """The answer is read with two clients: imaplib, and curl; once in the INBOX, once filed."""
    world.write("Are you there?", "Please tell me.\n")
    [arrived] = world.postfix.wait_for_messages(FRIEND)
    assert b"Please tell me." in arrived and b"\nSubject: Are you there?\n" in arrived
    top = arrived.split(b"\n\n")[0]
    assert b"from mail.example.test" in top and b"with ESMTPS" in top
    assert b"[10.0.0.2]" in top
    assert b"10.0.0.1" not in top and b"client.example.net" not in top  # where the person is
    world.answer("Here I am", "The first answer.")
    [read] = world.dovecot.wait_for_messages(READER, PASSWORD)
    assert b"The first answer." in read and b"Return-Path: <friend@postfix.test>" in read
    curl = world.dovecot.curl(READER, PASSWORD, "INBOX;MAILINDEX=1")
    assert b"The first answer." in curl.stdout, curl.stderr
    put_script(world, SIEVE)
    world.answer("Re: Are you there?", "The second answer.")
    [filed] = world.dovecot.wait_for_messages(READER, PASSWORD, folder="Answers")
    assert b"The second answer." in filed
    curl = world.dovecot.curl(READER, PASSWORD, "Answers;MAILINDEX=1")
    assert b"The second answer." in curl.stdout, curl.stderr
    assert len(world.dovecot.messages(READER, PASSWORD)) == 1
