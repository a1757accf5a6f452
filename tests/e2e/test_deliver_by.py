"""Deadlines (DELIVERBY, RFC 2852) and priorities (MT-PRIORITY, RFC 6710), from server to server."""

import contextlib
import json
import re
import smtplib
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest
from dsn import Dsn, read
from mail import message
from peers.netns import wait_until
from sink import Sink
from stagepost import Stagepost, tls_context

pytestmark = [pytest.mark.sanitized]
WAIT_SECONDS_MAX = 60


def submit(server: Stagepost, to: str, options: list[str], subject: str = "in time",
           rcpt: list[str] | None = None) -> str:
    """What the server answers to MAIL."""
    with smtplib.SMTP(server.address, server.ports["submission"], "client.example.net",
                      timeout=60) as client:
        client.starttls(context=tls_context())
        client.login(server.user, server.password)
        code, answer = client.mail(server.user, options)
        assert code == 250, answer
        assert client.rcpt(to, rcpt or [])[0] == 250
        assert client.data(message(subject, to=to, sender=server.user))[0] == 250
        return answer.decode()


@contextlib.contextmanager
def sending(new_server, sink: Sink) -> Iterator[Stagepost]:
    """A server that gives what is not its own to the sink."""
    server = new_server().set("delivery", relay_host=f"127.0.0.1:{sink.port}")
    server.set("queue", retry_after=["1s"], retry_jitter_percent=0)
    server.set("limits", deliver_by_min="1s").set("server", loops=1)
    yield server.start()


def told(server: Stagepost, count: int = 1) -> list[Dsn]:
    return [read(one) for one in server.wait_for_mail(count=count, seconds=WAIT_SECONDS_MAX)]


def listed(server: Stagepost) -> list[dict]:
    return json.loads(server.cli("queue", "list", "--json"))["messages"]


@pytest.fixture(name="pair")
def make_pair(new_server):
    """The first gives its mail to the second."""
    second = new_server("second.test").start()
    first = new_server().set("delivery", relay_host=f"127.0.0.1:{second.ports['smtp']}")
    return first.start(), second


def test_it_goes_on_from_server_to_server(pair):
    first, second = pair
    submit(first, second.user, ["BY=3600;RT", "MT-PRIORITY=5"])
    [delivered] = second.wait_for_mail()
    assert b"\tpriority 5;" in delivered
    # The second one knows the deadline; for a priority the first has not logged in there.
    story = second.cli("explain", second.user)
    assert "to be delivered by" in story and "of priority" not in story
    [dsn] = told(first)
    assert dsn.actions() == [(second.user, "relayed", "2.0.0")]
    left = parsedate_to_datetime(dsn.message_fields["Deliver-By-Date"]) - \
        parsedate_to_datetime(dsn.message_fields["Arrival-Date"])
    assert 3590 <= left.total_seconds() <= 3600
    assert "knows that it is to be delivered by" in " ".join(dsn.text.split())


def test_what_is_left_is_told(new_server):
    with Sink(offers=["DELIVERBY 10", "MT-PRIORITY"], answers={"RCPT": ["450 4.2.0 later"]}) \
            as sink, sending(new_server, sink) as server:
        submit(server, "them@sink.test", ["BY=120;R", "MT-PRIORITY=9"])
        wait_until("the mail", lambda: sink.mails, WAIT_SECONDS_MAX)
        found = re.search(r" BY=(\d+);R ?", sink.mails[0].said[0])
        assert found and 60 < int(found[1]) < 120, sink.mails[0].said
        assert " MT-PRIORITY=9" in sink.mails[0].said[0]


@pytest.mark.parametrize(("offers", "by"), [((), "BY=120;R"), (["DELIVERBY 3600"], "BY=120;R")],
                         ids=["not-offered", "too-short"])
def test_it_comes_back_from_who_would_not_keep_it(new_server, offers, by):
    with Sink(offers=offers) as sink, sending(new_server, sink) as server:
        submit(server, "them@sink.test", [by])
        [dsn] = told(server)
        assert dsn.actions() == [("them@sink.test", "failed", "5.4.7")]
        assert "by the time that was set for it" in " ".join(dsn.text.split())
        assert not sink.mails


def test_who_does_not_know_deadlines(new_server):
    """With N it goes, its sender is told so, and that server is asked to tell of delays."""
    with Sink(offers=["DSN"]) as sink, sending(new_server, sink) as server:
        submit(server, "them@sink.test", ["BY=120;N"])
        submit(server, "them@sink.test", ["BY=120;N"], rcpt=["NOTIFY=NEVER"])
        [dsn] = told(server)
        assert dsn.actions() == [("them@sink.test", "relayed", "2.0.0")]
        assert "does not know that it is to be delivered by" in " ".join(dsn.text.split())
        wait_until("both mails", lambda: len(sink.mails) == 2, WAIT_SECONDS_MAX)
        asked = sorted(mail.said[1].split("> ")[1] for mail in sink.mails)
        assert asked == ["NOTIFY=FAILURE,DELAY", "NOTIFY=NEVER"]


def test_its_time_is_over(new_server):
    """R: it comes back, also after a restart, and is not tried again."""
    with Sink(offers=["DELIVERBY"], answers={"RCPT": ["@fixed 450 4.2.2 the mailbox is full"]}) \
            as sink, sending(new_server, sink) as server:
        submit(server, "them@sink.test", ["BY=6;R", "RET=FULL"])
        [waits] = wait_until("the queue", lambda: listed(server))
        assert waits["deliver_by"] and waits["at_deadline"] == "return"
        server.stop()
        server.start()
        [dsn] = told(server)
        assert dsn.actions() == [("them@sink.test", "failed", "5.4.7")]
        words = " ".join(dsn.text.split())
        assert "or not at all" in words and "450 4.2.2 the mailbox is full" in words
        assert listed(server) == [] and not sink.mails


def test_its_time_is_over_where_nobody_is(new_server):
    """Behind a destination that is unreachable nothing is attempted; it comes back all the same."""
    with Sink() as sink:
        pass
    server = new_server().set("delivery", relay_host=f"127.0.0.1:{sink.port}")
    server.set("queue", retry_after=["10m"]).set("limits", deliver_by_min="1s").start()
    submit(server, "them@sink.test", ["BY=3;R"])
    [dsn] = told(server)
    assert dsn.actions() == [("them@sink.test", "failed", "5.4.7")]


def test_it_is_late_and_goes_on(new_server):
    with Sink(offers=["DELIVERBY"], answers={"RCPT": ["@fixed 450 4.2.2 the mailbox is full"]}) \
            as sink, sending(new_server, sink) as server:
        submit(server, "them@sink.test", ["BY=3;N"])
        [dsn] = told(server)
        assert dsn.actions() == [("them@sink.test", "delayed", "4.4.7")]
        assert dsn.recipients[0]["Will-Retry-Until"]
        sink.answers.clear()
        wait_until("the mail", lambda: sink.mails, WAIT_SECONDS_MAX)
        assert re.search(r" BY=-\d+;N", sink.mails[0].said[0])
        assert len(server.maildir()) == 1


def test_the_more_urgent_goes_first(new_server):
    with Sink(answers={"CONNECT": ["421 4.3.2 later"]}, offers=["MT-PRIORITY"]) as sink, \
            sending(new_server, sink) as server:
        server.stop()
        server.set("queue", retry_after=["10m"], destination_concurrency_max=1).start()
        submit(server, "them@sink.test", [], "0 first")
        wait_until("the refusal", lambda: "421 4.3.2" in server.cli("queue", "list"))
        for priority in (-5, 0, 3, 9):
            submit(server, "them@sink.test", [f"MT-PRIORITY={priority}"], f"{priority} then")
        assert "    priority 9\n" in server.cli("queue", "list")
        assert sorted(one["priority"] for one in listed(server)) == [-5, 0, 0, 3, 9]
        server.stop()  # an order that outlives a restart
        server.start()
        server.cli("queue", "retry", "--all")
        wait_until("five mails", lambda: len(sink.mails) == 5, WAIT_SECONDS_MAX)
        order = [re.search(rb"Subject: (\S+ \S+)", mail.content)[1] for mail in sink.mails]
        assert sorted(order[2:4]) == [b"0 first", b"0 then"]  # due at the same instant
        assert order[:2] + order[4:] == [b"9 then", b"3 then", b"-5 then"]
        assert b"\tpriority 9;" in sink.mails[0].content


def test_a_stranger_is_told_what_he_gets(server):
    with smtplib.SMTP(server.address, server.ports["smtp"], "client.example.net") as client:
        client.ehlo()
        assert client.esmtp_features["deliverby"] == "60"
        assert client.has_extn("mt-priority")
        assert client.mail("a@example.org", ["MT-PRIORITY=4"]) == (
            250, b"2.3.6 0 is the priority of this message; those who log in may ask for more")
    server.set("limits", priority_max=2)
    server.stop()
    server.start()
    answer = submit(server, server.user, ["MT-PRIORITY=4"])
    assert answer.startswith("2.3.6 2 is the priority of this message")
