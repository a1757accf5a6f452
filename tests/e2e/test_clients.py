"""People send with the clients they have: on 587 with STARTTLS, on 465, with a password."""

from dataclasses import replace

import pytest
from peers.clients import CLIENTS, Account, ClientError, Outgoing, gsasl, msmtp
from peers.netns import wait_until
from peers.pki import Authority
from sink import Sink
from stagepost import Stagepost

BODY = "The first line.\n.dot at the beginning\nThe last line, with a tab\there.\n"
PORTS = {"starttls": "submission", "tls": "submissions"}


@pytest.fixture(name="authority")
def make_authority(folder):
    return Authority(folder / "pki")


@pytest.fixture(name="server")
def make_server(new_server, authority):
    """Its certificate is for localhost; you@ and friend@example.test have mailboxes."""
    made = authority.sign("localhost")
    server = new_server().set("tls", certificate=str(made.certificate), key=str(made.key))
    server.add_user("friend@example.test")
    return server.start()


def account(server: Stagepost, authority: Authority, security: str, **more) -> Account:
    return Account(server.ports[PORTS[security]], security == "tls", server.user, server.password,
                   authority.certificate, server.home, **more)


def outgoing(server: Stagepost, name: str, to: str = "friend@example.test") -> Outgoing:
    return Outgoing(server.user, [to], f"by {name}", BODY)


def assert_sent(delivered: bytes, mail: Outgoing) -> None:
    text = delivered.decode().replace("\r\n", "\n")
    head, body = text.split("\n\n", 1)
    assert f"\nSubject: {mail.subject}\n" in head
    assert f"Return-Path: <{mail.sender}>\n" in head
    for line in mail.body.rstrip("\n").split("\n"):
        assert f"{line}\n" in body
    lines = [line.split(":")[0].lower() for line in head.split("\n")]
    for name in ("date", "message-id", "from"):  # RFC 6409 §8: what the client left out is added
        assert lines.count(name) == 1, f"{name} in\n{head}"


@pytest.mark.parametrize("security", PORTS)
@pytest.mark.parametrize("name", CLIENTS)
def test_client_sends(server, authority, name, security):
    mail = outgoing(server, name)
    CLIENTS[name](account(server, authority, security), mail)
    [delivered] = server.wait_for_mail("friend")
    assert_sent(delivered, mail)


@pytest.mark.parametrize("name", CLIENTS)
def test_client_is_told_of_a_wrong_password(server, authority, name):
    with pytest.raises(ClientError) as refused:
        CLIENTS[name](replace(account(server, authority, "starttls"), password="not the one"),
                      outgoing(server, name))
    told = str(refused.value).lower()
    assert any(word in told for word in ("535", "5.7.8", "auth")), told
    assert server.maildir("friend") == []


@pytest.mark.parametrize("name", CLIENTS)
def test_client_refuses_a_wrong_certificate(server, folder, name):
    """Or else the test above shows nothing about certificates."""
    stranger = Authority(folder / "stranger")
    with pytest.raises(ClientError) as refused:
        CLIENTS[name](account(server, stranger, "starttls"), outgoing(server, name))
    told = str(refused.value).lower()
    assert any(word in told for word in ("certificate", "issuer")), told
    assert server.maildir("friend") == []


@pytest.mark.parametrize("security", PORTS)
def test_login_of_old_clients(server, authority, security):
    """AUTH LOGIN, which was never a standard, is what many devices still speak."""
    mail = outgoing(server, "LOGIN")
    msmtp(account(server, authority, security, mechanism="LOGIN"), mail)
    assert_sent(server.wait_for_mail("friend")[0], mail)


@pytest.mark.parametrize(("client", "mechanism"), [
    (gsasl, "SCRAM-SHA-256"), (gsasl, "SCRAM-SHA-256-PLUS"), (msmtp, "SCRAM-SHA-256")],
    ids=["gsasl", "gsasl-PLUS", "msmtp"])
def test_scram(server, authority, client, mechanism):
    mail = outgoing(server, mechanism)
    output = client(account(server, authority, "starttls", mechanism=mechanism), mail)
    assert f"AUTH {mechanism}" in output
    assert_sent(server.wait_for_mail("friend")[0], mail)


@pytest.mark.parametrize("name", CLIENTS)
def test_submitted_mail_leaves(new_server, authority, name):
    """To somebody elsewhere: it goes on to a relay, whoever the client is."""
    made = authority.sign("localhost")
    server = new_server().set("tls", certificate=str(made.certificate), key=str(made.key))
    with Sink() as sink:
        server.set("delivery", relay_host=f"127.0.0.1:{sink.port}").start()
        mail = outgoing(server, name, "somebody@elsewhere.test")
        CLIENTS[name](account(server, authority, "starttls"), mail)
        wait_until("the mail at the relay", lambda: sink.mails, 10)
        assert (sink.mails[0].sender, sink.mails[0].recipients) == \
            (server.user, ["somebody@elsewhere.test"])
