"""Milters through the running server: every action, several in a row, and one that dies."""

import json
import smtplib
import time

import pytest
from mail import SENDER, assert_delivered_exactly, large_message, message
from peers import milter as m
from peers.milter import CONTINUE, ScriptedMilter
from stagepost import Stagepost, tls_context

EVERY_CHANGE = [m.add_header("X-Last", "end"), m.insert_header(0, "X-First", "one\n two"),
                m.change_header(1, "Subject", "changed"), m.PROGRESS, m.replace_body(b"new\n"),
                m.replace_body(b"body\r\n"), m.add_recipient("me@example.test")]


def with_milters(server: Stagepost, *milters: ScriptedMilter, **settings: object) -> Stagepost:
    """Asked in this order, called a, b, …; the server is started."""
    text = server.config.read_text()
    for name, one in zip("abc", milters, strict=False):
        values = {"name": name, "address": one.address, **settings}
        text += "\n[[milter]]\n" + "".join(
            f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    server.config.write_text(text)
    return server.start()


def send(server: Stagepost, text: bytes, *recipients: str) -> tuple[int, str]:
    """The code and text that the message is answered with, at whatever command."""
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], "client.example.net") as client:
        try:
            client.sendmail(SENDER, recipients or ["you@example.test"], text)
        except smtplib.SMTPResponseException as error:
            return error.smtp_code, error.smtp_error.decode()
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            return code, words.decode()
        return 250, ""


def received(server: Stagepost, local: str = "you") -> tuple[list[str], bytes]:
    """The header lines (folds kept apart) and the body of the only mail."""
    mails = server.wait_for_mail(local)
    assert len(mails) == 1
    head, body = mails[0].replace(b"\r\n", b"\n").split(b"\n\n", 1)
    return head.decode().split("\n"), body


def test_changes_of_header_body_and_envelope(new_server):
    server = new_server()
    server.add_user("me@example.test")
    with ScriptedMilter({"E": [*EVERY_CHANGE, m.change_sender("list@example.net"),
                               CONTINUE]}) as milter:
        with_milters(server, milter)
        assert send(server, message("hello"))[0] == 250
        for local in ("you", "me"):
            lines, body = received(server, local)
            assert body == b"new\nbody\n"
            assert "Subject: changed" in lines and "Subject: hello" not in lines
            first = lines.index("X-First: one")
            assert lines[first + 1] == " two" and lines[first + 2].startswith("From: ")
            assert lines[-1] == "X-Last: end"
            assert "Return-Path: <list@example.net>" in lines
        macros = milter.macros()
        assert macros["{client_addr}"] == "127.0.0.1" and macros["{mail_addr}"] == SENDER
        assert macros["{rcpt_addr}"] == "you@example.test" and macros["i"] and macros["j"]
        assert ("Subject", "hello") in milter.headers()
        assert not any(name == "Received" for name, _ in milter.headers())
        assert b"".join(milter.all_of("B")) == b"hello\r\n"


def test_a_recipient_is_taken_away(new_server):
    server = new_server()
    server.add_user("me@example.test")
    answers = {"E": [m.delete_recipient("me@example.test"), CONTINUE]}
    with ScriptedMilter(answers) as milter:
        with_milters(server, milter)
        assert send(server, message("x"), "me@example.test", "you@example.test")[0] == 250
        server.wait_for_mail("you")
        assert server.maildir("me") == []
        # Without any recipient it is discarded.
        assert send(server, message("y"), "me@example.test")[0] == 250
        assert send(server, message("z"), "you@example.test")[0] == 250
        server.wait_for_mail("you", 2)
        assert server.maildir("me") == []


@pytest.mark.parametrize(("letter", "reply", "code", "words"), [
    ("C", m.REJECT, 554, "tell our postmaster"),
    ("M", m.reply_code("452 4.3.1 not from you"), 452, "4.3.1 not from you"),
    ("R", m.reply_code("550-5.7.1 one\r\n550 5.7.1 two"), 550, "5.7.1 one\n5.7.1 two"),
    ("T", m.TEMPFAIL, 451, "try again later"),
    ("L", m.REJECT, 550, "5.7.1"),
    ("B", m.TEMPFAIL, 451, "4.7.1"),
    ("E", m.reply_code("554 5.6.0 100%% spam"), 554, "5.6.0 100% spam"),
])
def test_its_refusals_are_given_where_it_gives_them(new_server, letter, reply, code, words):
    with ScriptedMilter({letter: [reply]}) as milter:
        server = with_milters(new_server(), milter)
        try:
            got, text = send(server, message("x"))
        except smtplib.SMTPConnectError as error:  # a greeting that is none
            got, text = error.smtp_code, error.smtp_error.decode()
        assert got == code and words in text
        assert server.maildir() == []


def test_discard_and_quarantine(new_server):
    def decide(_: bytes) -> list[bytes]:
        subject = dict(milter.headers()).get("Subject")
        milter.heard.clear()
        if subject == "away":
            return [m.DISCARD]
        return [m.quarantine("smells"), CONTINUE] if subject == "keep" else [CONTINUE]

    with ScriptedMilter({"E": decide}) as milter:
        server = with_milters(new_server(), milter)
        for subject in ("away", "keep", "fine"):
            assert send(server, message(subject))[0] == 250
        mails = server.wait_for_mail()
        assert len(mails) == 1 and b"Subject: fine" in mails[0]
        held = server.cli("queue", "list")
        assert "smells" in held and "away" not in held


def test_quarantine_may_be_the_junk_folder(new_server):
    with ScriptedMilter({"E": [m.quarantine("smells"), CONTINUE]}) as milter:
        server = with_milters(new_server(), milter, quarantine="junk")
        assert send(server, message("spam"))[0] == 250
        junk = server.home / "mail" / "example.test" / "you" / ".Junk" / "new"
        for _ in range(500):
            if junk.exists() and list(junk.iterdir()):
                break
            time.sleep(0.02)
        assert b"Subject: spam" in next(junk.iterdir()).read_bytes()


def test_two_in_a_row_the_second_sees_the_firsts_changes(new_server):
    server = new_server()
    server.add_user("me@example.test")
    with ScriptedMilter({"E": [*EVERY_CHANGE, CONTINUE]}) as first, \
            ScriptedMilter({"E": [m.change_header(1, "X-Last", " again"), CONTINUE]},
                           flags=m.NO_REPLY_HEADERS | m.LEADING_SPACE) as second:
        with_milters(server, first, second)
        assert send(server, message("hello"))[0] == 250
        lines, body = received(server)
        assert lines[-1] == "X-Last: again" and body == b"new\nbody\n"
        assert ("X-First", " one\n two") in second.headers()
        assert ("Subject", " changed") in second.headers()
        assert b"".join(second.all_of("B")) == b"new\r\nbody\r\n"


def test_the_first_ones_changes_go_when_the_second_refuses(new_server):
    server = new_server()
    server.add_user("me@example.test")
    with ScriptedMilter({"E": [*EVERY_CHANGE, CONTINUE]}) as first, \
            ScriptedMilter({"E": [m.TEMPFAIL]}) as second:
        with_milters(server, first, second)
        assert send(server, message("hello"))[0] == 451
    assert server.maildir() == [] and server.maildir("me") == []


@pytest.mark.parametrize("at", ["B", "half a body", "before its last word"])
@pytest.mark.parametrize("default", ["tempfail", "accept", "reject"])
def test_nothing_is_half_done_when_it_dies(new_server, at, default):
    """Killed in the middle of a large body, or of the one that it gives in its place."""
    server = new_server()
    server.add_user("me@example.test")
    answers = {"B": {"B": [m.Die()]},
               "half a body": {"E": [*EVERY_CHANGE[:-2], m.Die()]},
               "before its last word": {"E": [*EVERY_CHANGE, m.Die()]}}[at]
    text = large_message("large", 500_000)
    with ScriptedMilter(answers) as milter:
        with_milters(server, milter, default_action=default)
        code, _ = send(server, text)
        assert code == {"tempfail": 451, "accept": 250, "reject": 550}[default]
        if default == "accept":
            assert_delivered_exactly(server.wait_for_mail()[0], text)
        else:
            assert server.maildir() == []
        assert server.maildir("me") == []
        # And it is found again for the next message.
        milter.answers = {}
        assert send(server, message("next"))[0] == 250


def test_one_that_is_not_there(new_server):
    with ScriptedMilter({}) as gone:
        pass
    server = with_milters(new_server(), gone)
    code, words = send(server, message("x"))
    assert code == 451 and "try again later" in words
    server.stop()
    server.config.write_text(server.config.read_text() + 'default_action = "accept"\n')
    server.start()
    assert send(server, message("x"))[0] == 250


def test_rspamd_that_is_not_there_is_missed_only_when_told(new_server):
    server = new_server().set("rspamd", url="http://127.0.0.1:9").start()
    assert send(server, message("evidence is unknown"))[0] == 250
    server.stop()
    server.set("rspamd", default_action="tempfail").start()
    assert send(server, message("no evidence, no mail"))[0] == 451
    server.stop()
    server.set("rspamd", size_max="1KiB").start()  # larger ones come in unseen
    assert send(server, large_message("large", 5_000))[0] == 250


def test_one_that_is_too_slow(new_server):
    with ScriptedMilter({"E": [m.Wait(2), CONTINUE]}) as milter:
        server = with_milters(new_server(), milter, end_timeout="200ms")
        assert send(server, message("x"))[0] == 451


def test_submissions_say_who_sends_and_may_be_left_alone(new_server):
    with ScriptedMilter({}) as every, ScriptedMilter({"M": [m.REJECT]}) as strangers:
        server = new_server()
        with_milters(server, every, strangers)
        server.stop()
        server.config.write_text(server.config.read_text() + "submissions = false\n")
        server.start()
        with smtplib.SMTP("127.0.0.1", server.ports["submission"], "phone") as client:
            client.starttls(context=tls_context())
            client.login(server.user, server.password)
            client.sendmail(server.user, [server.user],
                            message("mine", sender=server.user, to=server.user))
        assert every.macros()["{auth_authen}"] == server.user
        assert every.macros()["{tls_version}"].startswith("TLSv1")
        assert strangers.heard == []
        assert send(server, message("theirs"))[0] == 550
