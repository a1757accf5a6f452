"""The life of an account: passwords, app passwords, grants, what is kept about a person, its end.

All of it through the command line of the real server, online and offline, and seen by a client.
"""

import json
import os
import pty
import re
import smtplib
import stat
import subprocess

import pytest
from peers.netns import wait_until
from stagepost import Stagepost, binary, tls_context

pytestmark = pytest.mark.sanitized
CLIENT_SECONDS_MAX = 60


def connect(server: Stagepost) -> smtplib.SMTP:
    client = smtplib.SMTP(server.address, server.ports["submission"], "client.example.net",
                          timeout=CLIENT_SECONDS_MAX)
    client.starttls(context=tls_context())
    client.ehlo()
    return client


def log_in(server: Stagepost, user: str, password: str) -> smtplib.SMTP:
    client = connect(server)
    client.login(user, password)
    return client


def refused(server: Stagepost, user: str, password: str) -> bool:
    client = connect(server)
    try:
        client.login(user, password)
    except smtplib.SMTPAuthenticationError as error:
        assert error.smtp_code == 535
        return True
    finally:
        client.close()
    return False


def mail(header: str, subject: str = "hello") -> str:
    return f"{header}\r\nTo: you@example.test\r\nSubject: {subject}\r\n\r\nhello\r\n"


def send(client: smtplib.SMTP, sender: str, header: str | None = None) -> tuple[int, str]:
    """The last answer: 250, or the refusal of MAIL or of the message."""
    code, text = client.mail(sender)
    if code != 250:
        return code, text.decode()
    code, text = client.rcpt("you@example.test")
    assert code == 250, text
    code, text = client.data(mail(f"From: <{sender}>" if header is None else header))
    return code, text.decode()


def made_password(output: str) -> str:
    return re.search(r"Password \(shown only now\): (\S+)", output).group(1)


def test_a_password_counts_at_once(server):
    server.cli("user", "add", "an@example.test", "--name", "An Example", "--quota", "2GB",
               "--password-stdin", text="first one 1\n")
    session = log_in(server, "an@example.test", "first one 1")
    assert send(session, "an@example.test")[0] == 250
    server.cli("user", "passwd", "an@example.test", "--password-stdin", text="second one 2\n")
    # The session that the old password began ends at its next transaction.
    code, text = session.mail("an@example.test")
    assert code == 421 and b"log in again" in text, text
    assert refused(server, "an@example.test", "first one 1")
    assert send(log_in(server, "an@example.test", "second one 2"), "an@example.test")[0] == 250
    third = made_password(server.cli("user", "passwd", "an@example.test", "--generate"))
    assert refused(server, "an@example.test", "second one 2")
    log_in(server, "an@example.test", third).quit()
    # Without a terminal nobody is asked, and nothing is changed.
    server.cli("user", "passwd", "an@example.test", code=1)
    log_in(server, "an@example.test", third).quit()
    shown = json.loads(server.cli("user", "show", "an@example.test", "--json"))
    assert (shown["full_name"], shown["quota_bytes"]) == ("An Example", 2_000_000_000)
    assert shown["sending"]["messages_today"] == 2
    assert shown["logins"][0]["last_address"] == "127.0.0.1"
    server.cli("user", "set", "an@example.test", "--quota", "none")
    assert "without limit" in server.cli("user", "show", "an@example.test")


def test_app_passwords(server):
    you = server.user
    phone = made_password(server.cli("app-password", "add", you, "phone"))
    reader = made_password(server.cli("app-password", "add", you, "Reader", "--read"))
    printer = made_password(
        server.cli("app-password", "add", you, "printer", "--send", "--expires", "90d"))
    session = log_in(server, f"{you}/phone", phone)
    assert send(session, you)[0] == 250
    log_in(server, f"{you}/printer", printer).quit()
    assert refused(server, f"{you}/reader", reader)  # not for sending
    assert refused(server, f"{you}/phone", printer)  # each is its own
    assert refused(server, you, phone)
    listed = json.loads(server.cli("app-password", "list", you, "--json"))["app_passwords"]
    assert [one["name"] for one in listed] == ["phone", "printer", "reader"]
    assert listed[0]["last_address"] == "127.0.0.1" and "last_use" not in listed[2]
    assert listed[1]["send"] and not listed[1]["read"] and listed[1]["expires"] > "2026"
    assert phone not in server.cli("app-password", "list", you)
    server.cli("app-password", "revoke", you, "phone")
    assert send(session, you)[0] == 421  # at once, also where it is logged in
    assert refused(server, f"{you}/phone", phone)
    server.cli("app-password", "add", you, "late", "--expires", "2001-01-01", code=1)
    server.cli("app-password", "add", you, "bad name", code=1)
    log_in(server, you, server.password).quit()


def test_who_may_send_as_whom(server):
    you = server.user
    server.add_user("boss@example.test")
    client = log_in(server, you, server.password)
    assert send(client, "you+lists@example.test")[0] == 250
    code, text = send(client, "boss@example.test")
    assert code == 550 and "5.7.1" in text
    assert f"stagepost grant add {you} boss@example.test" in text
    for header in ("From: boss@example.test", "From: You <you@example.test>, boss@example.test",
                   f"From: {you}\r\nSender: boss@example.test",
                   f"From: {you}\r\nResent-From: boss@example.test",
                   "From:\r\n (you@example.test)\r\n \"you@example.test\" <BOSS@Example.Test>",
                   "From: everybody: you@example.test, boss@example.test;"):
        code, text = send(client, you, header)
        assert code == 550 and text.startswith("5.7.1"), (header, text)
        assert "grant add" in text and you in text
    for header in (f"From: {you}\r\nFrom: boss@example.test",
                   "From: boss@example.test <you@example.test>", "From: nobody:;",
                   "From: \"you@example.test", f"From: {you} boss@example.test"):
        code, text = send(client, you, header)
        assert code == 550 and text.startswith("5.6.0"), (header, text)
    client.quit()
    server.cli("grant", "add", you, "boss@example.test")
    client = log_in(server, you, server.password)
    assert send(client, "boss@example.test")[0] == 250
    assert send(client, you, "From: The Boss <boss@example.test>")[0] == 250
    assert send(client, "other@example.test")[0] == 550
    server.cli("grant", "add", you, "@shop.example")
    assert send(client, "any@shop.example")[0] == 250
    assert send(client, "any@sub.shop.example")[0] == 550
    assert "you@example.test may send as @shop.example" in server.cli("grant", "list")
    server.cli("grant", "remove", you, "boss@example.test")
    assert send(client, "boss@example.test")[0] == 550
    server.cli("alias", "set", "sales@example.test", you)
    assert send(client, "sales@example.test")[0] == 250
    server.cli("alias", "set", "sales@example.test", you, "boss@example.test")
    assert send(client, "sales@example.test")[0] == 550  # it is not his alone any more
    client.quit()


def test_everything_also_offline(new_server):
    server = new_server()
    you = server.user
    server.cli("user", "add", "an@example.test", "--password-stdin", text="a long one 1\n")
    phone = made_password(server.cli("app-password", "add", "an@example.test", "phone"))
    server.cli("grant", "add", "an@example.test", you)
    server.cli("user", "passwd", "an@example.test", "--password-stdin", text="another 2\n")
    assert "an@example.test/phone" in server.cli("user", "list")
    assert "may send as you@example.test" in server.cli("user", "show", "an@example.test")
    server.start()
    assert refused(server, "an@example.test", "a long one 1")
    assert send(log_in(server, "an@example.test/phone", phone), you)[0] == 250
    server.stop()
    server.cli("app-password", "revoke", "an@example.test", "phone")
    server.start()
    assert refused(server, "an@example.test/phone", phone)
    database = server.home / "state" / "directory.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


@pytest.mark.parametrize("online", [True, False], ids=["online", "offline"])
def test_export_and_erase(new_server, online):
    server = new_server().start()
    server.add_user("an@example.test", "a long one 1")
    server.cli("app-password", "add", "an@example.test", "phone")
    server.cli("alias", "add", "team@example.test", "an@example.test", server.user)
    server.cli("grant", "add", "an@example.test", "boss@example.net")
    assert send(log_in(server, "an@example.test", "a long one 1"), "an@example.test")[0] == 250
    with smtplib.SMTP(server.address, server.ports["smtp"], "mx.example.net") as client:
        client.sendmail("friend@example.net", "an+x@example.test",
                        mail("From: friend@example.net"))
    server.wait_for_mail("an")
    server.wait_for_mail("you")
    if not online:
        server.stop()
    kept = json.loads(server.cli("user", "export", "an@example.test"))
    assert kept["account"]["grants"][0]["sender"] == "boss@example.net"
    assert kept["account"]["sending"]["messages_today"] == 1
    assert kept["logins_from"]["last_uses"][0]["address"] == "127.0.0.1"
    assert {"session.login", "message.accepted"} <= {event["event"] for event in kept["events"]}
    assert kept["mail_folder"].endswith("/example.test/an")
    assert "SCRAM" not in json.dumps(kept)
    server.cli("user", "erase", "an@example.test", code=1)  # not without a yes
    assert "an@example.test" in server.cli("user", "list")
    told = server.cli("user", "erase", "an@example.test", "--mail", "--yes")
    assert "team@example.test" in told and "mail is removed" in told
    assert not (server.home / "mail/example.test/an").exists()
    server.cli("explain", "an@example.test", code=1)
    assert "erased" in server.cli("explain", "friend@example.net")  # the others' trace is there
    assert "an@example.test" not in server.cli("alias", "list")
    assert server.cli("grant", "list") == ""
    server.cli("user", "erase", "an@example.test", "--yes", code=1)  # nothing is left
    if online:
        server.stop()
    state = server.home / "state"
    left = [path for path in state.rglob("*.trace") if b"an@example.test" in path.read_bytes()]
    assert left == []
    for name in ("directory.db", "state.db"):
        assert b"an@example.test" not in (state / name).read_bytes(), name
    server.start()
    assert refused(server, "an@example.test", "a long one 1")


@pytest.mark.parametrize("local", ['"a b"', '"../../x"'], ids=["space", "slashes"])
def test_a_quoted_name_is_shown_and_erased(server, local):
    address = f"{local}@example.test"
    server.add_user(address)
    folder = server.home / "mail/example.test" / local.strip('"').replace("/", "%2F")
    folder = folder.with_name("%2E" + folder.name[1:]) if folder.name[0] == "." else folder
    home = server.home / "mail/.homes/example.test" / folder.name
    (home / "sieve").mkdir(parents=True)
    (home / "sieve/mine.sieve").write_text("keep;\n")
    with smtplib.SMTP(server.address, server.ports["smtp"], "mx.example.net") as client:
        client.sendmail("friend@example.net", address, mail("From: friend@example.net"))
    new = folder / "new"
    wait_until("its delivery", lambda: new.is_dir() and any(new.iterdir()))
    assert "log-in" in server.cli("user", "show", address)
    kept = json.loads(server.cli("user", "export", address))
    assert (kept["mail_folder"], kept["home_folder"]) == (str(folder), str(home))
    assert str(home) in server.cli("user", "erase", address, "--yes") and home.exists()
    told = server.cli("user", "erase", address, "--mail", "--yes")
    assert str(home) in told and str(folder) in told
    assert not home.exists() and not folder.exists()
    server.cli("user", "show", address, code=1)


def test_passwords_that_cannot_be(server):
    for verb in (("add", "an@example.test"), ("passwd", server.user)):
        for password, words in ((b"short 7\n", b"at least 8 characters"),
                                ("äöüäöüä\n".encode(), b"at least 8 characters"),
                                (b"caf\xe9 au lait\n", b"not UTF-8")):
            done = subprocess.run([binary(), "user", *verb, "--password-stdin", "--home",
                                   server.home], input=password, check=False, capture_output=True)
            assert done.returncode == 1 and words in done.stderr, done.stderr
    code, shown = typed(server, ["user", "passwd", "nobody@example.test"], [])
    assert code == 1 and "there is no mailbox" in shown and "New password" not in shown, shown


def test_verbs_that_are_none(server):
    for arguments, words in ((("quue", "list"), '"quue" is no verb of stagepost;'),
                             (("user", "ad", "x@y"), '"ad" is no verb of stagepost user;'),
                             (("user",), "A subcommand is required")):
        done = subprocess.run([binary(), *arguments, "--home", server.home], text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == 2 and words in done.stderr and "--help" in done.stderr, done


def test_names_that_cannot_be(server):
    for arguments, words in (
            (("domain", "add", "127.0.0.1"), "not a domain name"),
            (("domain", "add", "[192.0.2.1]"), "not a domain name"),
            (("user", "add", "an@other.test"), "stagepost domain add other.test"),
            (("grant", "add", "nobody@example.test", "a@example.net"), "there is no mailbox"),
            (("grant", "list", "nobody@example.test"), "there is no mailbox"),
            (("app-password", "revoke", "you@example.test", "x"), "there is no login")):
        done = subprocess.run([binary(), *arguments, "--home", server.home], text=True, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == 1 and words in done.stderr, done.stderr


def typed(server: Stagepost, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """Runs a verb on a terminal and types the answers; its exit code and all that was shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(binary(), [str(binary()), *arguments, "--home", str(server.home)])
    shown = b""
    try:
        for answer in answers:
            asked = b""
            while not asked.endswith(b": "):
                asked += os.read(terminal, 1024)
            shown += asked
            os.write(terminal, answer.encode() + b"\n")
        while True:
            shown += os.read(terminal, 1024)
    except OSError:  # the other side has ended
        pass
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode(errors="replace")


def test_passwords_are_typed_twice_and_not_shown(server):
    code, shown = typed(server, ["user", "passwd", server.user], ["a new one 1", "a new one 1"])
    assert code == 0 and "is changed" in shown and "a new one" not in shown, shown
    log_in(server, server.user, "a new one 1").quit()
    code, shown = typed(server, ["user", "passwd", server.user], ["one thing", "another"])
    assert code == 1 and "differ" in shown, shown
    log_in(server, server.user, "a new one 1").quit()
    code, shown = typed(server, ["user", "erase", server.user], ["no"])
    assert code == 1 and server.user in server.cli("user", "list")
    code, shown = typed(server, ["user", "erase", server.user], ["yes"])
    assert code == 0 and server.cli("user", "list") == "", shown
