"""Who has logged in sends as himself: envelope sender, From, Sender, however they are written."""

import pytest
from stagepost import Stagepost
from talk import Talk

pytestmark = pytest.mark.sanitized
HOMOGLYPH = "y\u043eu@example.test"  # its o is Cyrillic


@pytest.fixture(scope="module", name="server")
def make_server(tmp_path_factory):
    """you@ logs in; friend@ is somebody else, shared@ was granted, info@ leads to you@ alone."""
    server = Stagepost(tmp_path_factory.mktemp("forging")).init()
    server.add_user("friend@example.test")
    server.add_user("shared@example.test")
    server.cli("alias", "add", "info@example.test", server.user)
    server.cli("alias", "add", "all@example.test", server.user, "friend@example.test")
    server.cli("grant", "add", server.user, "shared@example.test")
    yield server.start()
    server.finish()


@pytest.fixture(name="talk")
def make_talk(server):
    with Talk("127.0.0.1", server.ports["submissions"], "tls") as talk:
        assert talk.login(server.user, server.password)[0] == 235
        yield talk


def text(*fields: str) -> bytes:
    return ("\r\n".join(fields) + "\r\nSubject: forged\r\n\r\nhello\r\n").encode()


FORGED_SENDERS = [
    "friend@example.test", "FRIEND@EXAMPLE.TEST", "friend+x@example.test", '"friend"@example.test',
    "friend@example.test.", "nobody@example.test", "someone@elsewhere.test", "postmaster",
    "you@elsewhere.test", "you@sub.example.test", "you@example.test.elsewhere.test",
    "all@example.test", "youx@example.test", "friend@[127.0.0.1]", "you@[127.0.0.1]",
    '"you@example.test"@elsewhere.test', "you%example.test@elsewhere.test",
    '"you@example.test friend"@example.test', "@example.test:friend@example.test",
]


@pytest.mark.parametrize("sender", FORGED_SENDERS)
def test_the_envelope_sender_is_ones_own(server, talk, sender):
    before = len(server.maildir("friend"))
    code, answer = talk.mail(sender, ["friend@example.test"], text("From: you@example.test"))
    assert 500 <= code <= 559, f"{code} {answer}"
    if code == 550:
        assert answer.startswith("5.7.1"), answer
        assert sender.split(":")[-1].strip('"').lower()[:6] in answer.lower(), f"which? {answer}"
    assert talk.say("NOOP")[0] == 250
    assert len(server.maildir("friend")) == before


OWN_SENDERS = ["you@example.test", "YOU@Example.Test", "you+shop@example.test",
               '"you"@example.test', "info@example.test", "shared@example.test"]


@pytest.mark.parametrize("sender", OWN_SENDERS)
def test_what_is_ones_own_is_taken(talk, sender):
    code, answer = talk.mail(sender, ["shared@example.test"], text(f"From: <{sender}>"))
    assert code == 250, answer


FORGED_HEADERS = {
    "plain": ["From: friend@example.test"],
    "angle": ["From: You <friend@example.test>"],
    "upper": ["FROM: <FRIEND@EXAMPLE.TEST>"],
    "detail": ["From: friend+x@example.test"],
    "quoted": ['From: "friend"@example.test'],
    "trailing dot": ["From: friend@example.test."],
    "foreign": ["From: someone@elsewhere.test"],
    "subdomain": ["From: you@sub.example.test"],
    "unknown of ours": ["From: nobody@example.test"],
    "list that leads to others": ["From: all@example.test"],
    "two fields, mine first": ["From: you@example.test", "From: friend@example.test"],
    "two fields, mine last": ["From: friend@example.test", "From: you@example.test"],
    "two mailboxes, mine first": ["From: you@example.test, friend@example.test"],
    "two mailboxes, mine last": ["From: friend@example.test, you@example.test"],
    "group": ["From: Friends: friend@example.test;"],
    "group and mine": ["From: you@example.test, Friends: friend@example.test;"],
    "mine is the name": ['From: "you@example.test" <friend@example.test>'],
    "mine is an encoded name": ["From: =?utf-8?q?you=40example.test?= <friend@example.test>"],
    "mine in a comment": ["From: (you@example.test) friend@example.test"],
    "mine in a comment after": ["From: friend@example.test (<you@example.test>)"],
    "mine in a nested comment": ["From: <friend@example.test> ((x) <you@example.test>)"],
    "mine in quotes with brackets": ['From: "<you@example.test>" <friend@example.test>'],
    "escaped quote": ['From: "x\\" <you@example.test>" <friend@example.test>'],
    "encoded address": ["From: =?utf-8?q?friend=40example=2Etest?="],
    "encoded brackets": ["From: =?utf-8?b?PGZyaWVuZEBleGFtcGxlLnRlc3Q+?="],
    "two brackets": ["From: <you@example.test> <friend@example.test>"],
    "brackets in brackets": ["From: <<friend@example.test>you@example.test>"],
    "route": ["From: <@example.test:friend@example.test>"],
    "folded": ["From:", " friend@example.test"],
    "folded twice": ["From: You", "\t<friend", " @example.test>"],
    "comment inside": ["From: friend(x)@(y)example.test"],
    "space before the colon": ["From : friend@example.test"],
    "space and mine": ["From: you@example.test", "From : friend@example.test"],
    "tab before the colon": ["From\t: friend@example.test", "From: you@example.test"],
    "no domain": ["From: Friend"],  # completed, RFC 6409 §8.1: then it is friend@example.test
    "empty": ["From:"],
    "empty brackets": ["From: You <>"],
    "garbage": ["From: ,;:<>@"],
    "homoglyph": [f"From: {HOMOGLYPH}"],
    "nul": ["From: you@example.test\0friend@example.test"],
    "sender is another": ["From: you@example.test", "Sender: friend@example.test"],
    "from is another, sender mine": ["From: friend@example.test", "Sender: you@example.test"],
    "two senders": ["From: you@example.test", "Sender: you@example.test",
                    "Sender: friend@example.test"],
}


@pytest.mark.parametrize("name", FORGED_HEADERS)
def test_the_header_says_who_it_was(server, talk, name):
    before = len(server.maildir("friend"))
    code, answer = talk.mail(server.user, ["friend@example.test"], text(*FORGED_HEADERS[name]))
    assert 550 <= code <= 559, f"{name}: {code} {answer}"
    assert answer.startswith(("5.7.1", "5.6.0", "5.5.2")), answer
    assert talk.say("NOOP")[0] == 250
    assert len(server.maildir("friend")) == before


def test_the_answer_names_the_address(server, talk):
    code, answer = talk.mail(server.user, ["friend@example.test"],
                             text("From: The Boss <boss@elsewhere.test>"))
    assert (code, answer[:5]) == (550, "5.7.1")
    assert "boss@elsewhere.test" in answer


HONEST_HEADERS = {
    "name": ["From: You <you@example.test>"],
    "quoted name": ['From: "Y. O. U." <YOU@example.test>'],
    "detail": ["From: you+shop@example.test"],
    "comment": ["From: you@example.test (You)"],
    "encoded name": ["From: =?utf-8?q?J=C3=B6rg?= <you@example.test>"],
    "alias": ["From: info@example.test"],
    "granted": ["From: shared@example.test", "Sender: you@example.test"],
    "both mine": ["From: you@example.test, info@example.test", "Sender: you@example.test"],
    "folded": ["From: You", "\t<you@example.test>"],
    "reply to another": ["From: you@example.test", "Reply-To: friend@example.test"],
    "none": ["To: shared@example.test"],
    "no domain": ["From: You"],
}


@pytest.mark.parametrize("name", HONEST_HEADERS)
def test_honest_headers_are_taken(server, talk, name):
    code, answer = talk.mail(server.user, ["shared@example.test"], text(*HONEST_HEADERS[name]))
    assert code == 250, f"{name}: {answer}"


def test_another_session_of_the_same_account_has_no_more_rights(server):
    """A grant is to an account, not to those who may write to it."""
    with Talk("127.0.0.1", server.ports["submissions"], "tls") as talk:
        assert talk.login("friend@example.test", "a long enough 1")[0] == 235
        for sender in (server.user, "info@example.test", "shared@example.test"):
            code, answer = talk.mail(sender, ["shared@example.test"], text(f"From: {sender}"))
            assert (code, answer[:5]) == (550, "5.7.1"), sender


def test_a_grant_of_a_domain_and_its_end(server):
    with Talk("127.0.0.1", server.ports["submissions"], "tls") as talk:
        assert talk.login("friend@example.test", "a long enough 1")[0] == 235
        letter = text("From: anybody@example.test")
        assert talk.mail("anybody@example.test", [server.user], letter)[0] == 550
        server.cli("grant", "add", "friend@example.test", "@example.test")
        assert talk.mail("anybody@example.test", [server.user], letter)[0] == 250
        server.cli("grant", "remove", "friend@example.test", "@example.test")
        assert talk.mail("anybody@example.test", [server.user], letter)[0] == 550
