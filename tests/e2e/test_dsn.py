"""DSN (RFC 3461) with a real Postfix on the other side, and one that does not offer it."""

import smtplib
import time

import pytest
from dsn import read
from mail import message
from peers.netns import Netns, wait_until
from sink import Sink
from test_postfix import CLIENT, NAMES, OURS, THEIRS, USERS, World

SINK = "10.0.0.4"
ALL = "SUCCESS,FAILURE,DELAY"


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(CLIENT, OURS, THEIRS, SINK, NAMES, dns=NAMES) as net:
        world = World(net, folder, new_server)
        world.server.add_user("other@example.test")
        yield world
        world.server.finish()


def send(world: World, recipients: dict[str, str], text: bytes, mail: str = "",
         through: str = OURS, sender: str = "you@example.test") -> None:
    """recipients: address → what follows it in RCPT."""
    def dialogue() -> None:
        with smtplib.SMTP(through, 25, "client.test", timeout=60,
                          source_address=(CLIENT, 0)) as client:
            client.ehlo()
            assert client.has_extn("dsn")
            assert client.docmd(f"MAIL FROM:<{sender}> {mail}".strip())[0] == 250
            for address, options in recipients.items():
                code, answer = client.docmd(f"RCPT TO:<{address}> {options}".strip())
                assert code == 250, answer
            assert client.data(text)[0] == 250

    world.net.inside(dialogue)


def quiet(world: World, local: str = "you", count: int = 0) -> None:
    """Nothing more comes, although there was time for it."""
    time.sleep(2)
    assert len(world.server.maildir(local)) == count


def test_delivered_here(world):
    world.start()
    send(world, {"other@example.test": f"NOTIFY={ALL} ORCPT=rfc822;o+2Bther@example.test"},
         message("to be told"), "RET=HDRS ENVID=QQ+3D314159")
    world.server.wait_for_mail("other")
    [told] = world.server.wait_for_mail()
    assert told.startswith(b"Return-Path: <>")
    dsn = read(told)
    assert dsn.actions() == [("other@example.test", "delivered", "2.0.0")]
    assert dsn.message_fields["Original-Envelope-Id"] == "QQ=314159"
    assert dsn.recipients[0]["Original-Recipient"] == "rfc822;o+ther@example.test"
    assert dsn.top["Auto-Submitted"] == "auto-replied"
    assert dsn.top["In-Reply-To"] == "<to.be.told@example.net>"
    assert "has been delivered" in dsn.text
    quiet(world, count=1)


def test_not_asked_not_told(world):
    world.start()
    send(world, {"other@example.test": "", USERS[0]: "NOTIFY=FAILURE"}, message("not to be told"))
    world.server.wait_for_mail("other")
    world.postfix.wait_for_messages(USERS[0])
    quiet(world)


def test_passed_on_to_postfix(world):
    """It offers DSN: what it delivers it reports, and nobody else."""
    world.start()
    send(world, {USERS[0]: f"NOTIFY={ALL} ORCPT=rfc822;first@example.test"}, message("passed on"),
         "RET=HDRS ENVID=QQ314159")
    world.postfix.wait_for_messages(USERS[0])
    [told] = world.server.wait_for_mail()
    dsn = read(told)
    assert dsn.message_fields["Reporting-MTA"] == "dns; mx.postfix.test"
    assert dsn.message_fields["Original-Envelope-Id"] == "QQ314159"
    assert dsn.recipients[0]["Original-Recipient"] == "rfc822;first@example.test"
    assert dsn.actions() == [(USERS[0], "delivered", "2.0.0")]
    quiet(world, count=1)


def test_relayed_to_who_does_not_offer_it(world):
    world.start()
    sink = world.net.inside(lambda: Sink(25, {}, SINK))
    with sink:
        send(world, {"user@sink.test": "NOTIFY=SUCCESS"}, message("relayed"))
        [told] = world.server.wait_for_mail()
    dsn = read(told)
    assert dsn.actions() == [("user@sink.test", "relayed", "2.0.0")]
    assert dsn.recipients[0]["Remote-MTA"] == "dns; sink.test"
    assert dsn.recipients[0]["Diagnostic-Code"] == "smtp; 250 2.0.0 kept"
    assert "does not report what becomes of it" in " ".join(dsn.text.split())
    assert len(sink.mails) == 1


def test_postfix_asks_us(world):
    world.start()
    send(world, {"you@example.test": "NOTIFY=SUCCESS"}, message("from postfix"), "ENVID=pf1",
         through=THEIRS, sender=USERS[0])
    world.server.wait_for_mail()
    [told] = world.postfix.wait_for_messages(USERS[0])
    dsn = read(told)
    assert dsn.message_fields["Reporting-MTA"] == "dns; mx.example.test"
    assert dsn.message_fields["Original-Envelope-Id"] == "pf1"
    assert dsn.recipients[0]["Original-Recipient"] == "rfc822;you@example.test"
    assert dsn.actions() == [("you@example.test", "delivered", "2.0.0")]
    time.sleep(2)
    assert len(world.postfix.messages(USERS[0])) == 1


def test_never_is_never(world):
    """A failure, a delay, a delivery: nothing is told."""
    world.server.set("queue", delay_notice_after="1s")
    world.start()
    sink = world.net.inside(lambda: Sink(25, {"RCPT": ["@fixed 450 4.2.0 later"]}, SINK))
    with sink:
        send(world, {"nobody@postfix.test": "NOTIFY=NEVER", "user@sink.test": "NOTIFY=NEVER",
                     USERS[0]: "NOTIFY=NEVER"}, message("silence"))
        world.postfix.wait_for_messages(USERS[0])
        wait_until("the refusal", lambda: "<nobody@postfix.test>" in world.postfix.output())
        quiet(world)


@pytest.mark.parametrize(("ret", "kind"), [("RET=FULL", "message/rfc822"),
                                           ("RET=HDRS", "text/rfc822-headers"),
                                           ("", "text/rfc822-headers")])
def test_what_comes_back(world, ret, kind):
    world.start()
    send(world, {"nobody@postfix.test": ""}, message("refused", "the whole text\r\n"), ret)
    [told] = world.server.wait_for_mail()
    dsn = read(told)
    assert dsn.actions() == [("nobody@postfix.test", "failed", "5.1.1")]
    assert dsn.returned.get_content_type() == kind
    assert (b"the whole text" in told) == (ret == "RET=FULL")


def test_a_large_one_comes_back_as_its_header(world):
    world.server.set("report", returned_bytes_max="1KiB")
    world.start()
    send(world, {"nobody@postfix.test": ""}, message("large", "x" * 60 + "\r\n" * 2000),
         "RET=FULL")
    [told] = world.server.wait_for_mail()
    assert read(told).returned.get_content_type() == "text/rfc822-headers"


def test_a_delay_is_told_once(world):
    world.server.set("queue", delay_notice_after="3s", retry_after=["1s"], expire_after="1m")
    world.start()
    sink = world.net.inside(lambda: Sink(25, {"RCPT": ["@fixed 450 4.2.2 the mailbox is full"]},
                                         SINK))
    with sink:
        send(world, {"user@sink.test": ""}, message("late"))
        [told] = world.server.wait_for_mail()
        dsn = read(told)
        assert dsn.actions() == [("user@sink.test", "delayed", "4.2.2")]
        assert dsn.recipients[0]["Will-Retry-Until"]
        assert "You need not send it again" in dsn.text
        assert "450 4.2.2 the mailbox is full" in dsn.text
        quiet(world, count=1)
        # Not again after a restart; and in the end the failure.
        world.server.stop()
        world.server.start()
        told = world.server.wait_for_mail(count=2, seconds=120)
    actions = sorted(read(one).actions()[0][1] for one in told)
    assert actions == ["delayed", "failed"]


def test_an_unreachable_server_is_a_delay(world):
    """Behind a destination that is not there nothing is attempted; its senders are told."""
    world.server.set("queue", delay_notice_after="3s", retry_after=["10m"])
    world.start()
    for number in range(3):
        send(world, {"user@sink.test": ""}, message(f"late {number}"))
    told = world.server.wait_for_mail(count=3)
    assert {read(one).actions()[0][:2] for one in told} == {("user@sink.test", "delayed")}
    quiet(world, count=3)


def test_an_alias_of_several_answers_for_itself(world):
    world.server.cli("alias", "add", "list@example.test", "other@example.test", USERS[0])
    world.start()
    send(world, {"list@example.test": "NOTIFY=SUCCESS"}, message("to all"))
    world.server.wait_for_mail("other")
    world.postfix.wait_for_messages(USERS[0])
    [told] = world.server.wait_for_mail()
    assert read(told).actions() == [("list@example.test", "expanded", "2.0.0")]
    assert b"other@example.test" not in told and USERS[0].encode() not in told
    quiet(world, count=1)


def test_to_a_list_it_is_delivered(world):
    """RFC 3461 §5.2.7.1: once, and nothing that its sender asked goes to the members."""
    world.server.cli("alias", "add", "list@example.test", "other@example.test", "them@sink.test")
    world.server.cli("alias", "add", "owner-list@example.test", "other@example.test")
    world.start()
    with world.net.inside(lambda: Sink(25, {}, SINK, offers=["DSN"])) as sink:
        send(world, {"list@example.test": "NOTIFY=SUCCESS"}, message("to all"),
             "ENVID=mine RET=FULL")
        wait_until("the member's", lambda: sink.mails, 60)
        [mail] = sink.mails
        assert mail.sender == "owner-list@example.test"
        assert not any(word in " ".join(mail.said) for word in ("ENVID", "RET=", "ORCPT"))
    [told] = world.server.wait_for_mail()
    assert read(told).actions() == [("list@example.test", "delivered", "2.0.0")]


def test_an_alias_of_one_is_an_address(world):
    world.server.cli("alias", "add", "single@example.test", USERS[0])
    world.start()
    send(world, {"single@example.test": "NOTIFY=SUCCESS"}, message("to one"))
    [told] = world.server.wait_for_mail()
    dsn = read(told)
    assert dsn.message_fields["Reporting-MTA"] == "dns; mx.postfix.test"
    assert dsn.recipients[0]["Original-Recipient"] == "rfc822;single@example.test"
    assert dsn.recipients[0]["Action"] == "delivered"
