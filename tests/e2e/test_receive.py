"""Mail from the Internet comes in: real clients, refusals, STARTTLS, large messages."""

import smtplib
import subprocess

import pytest
from mail import (SENDER, assert_delivered_exactly, crlf, large_message, message, refusal)
from stagepost import Stagepost, tls_context

pytestmark = pytest.mark.sanitized
CLIENT_SECONDS_MAX = 60


def connect(server: Stagepost, listener: str = "smtp") -> smtplib.SMTP:
    return smtplib.SMTP(server.address, server.ports[listener], "client.example.net",
                        timeout=CLIENT_SECONDS_MAX)


def run_client(*arguments: str, data: bytes = b"", code: int = 0) -> str:
    done = subprocess.run(arguments, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=CLIENT_SECONDS_MAX)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == code, f"{arguments[0]}: {done.returncode}\n{output}"
    return output


def test_smtplib_sends(server):
    sent = message("by smtplib", "one\r\n.two\r\n..three\r\n\r\nno tab\tat the end \r\n")
    with connect(server) as client:
        assert client.sendmail(SENDER, server.user, sent) == {}
    [delivered] = server.wait_for_mail()
    assert delivered.startswith(f"Return-Path: <{SENDER}>".encode())
    assert_delivered_exactly(delivered, sent)


def test_swaks_sends(server, folder):
    sent = message("by swaks")
    (folder / "sent").write_bytes(sent.removesuffix(b"\r\n"))  # swaks adds the last line end
    output = run_client("swaks", "--server", f"127.0.0.1:{server.ports['smtp']}", "--from", SENDER,
                        "--to", server.user, "--helo", "client.example.net", "--data",
                        f"@{folder}/sent")
    assert "<-  250 2.0.0" in output
    [delivered] = server.wait_for_mail()
    assert_delivered_exactly(delivered, sent)


@pytest.mark.parametrize("tls", [[], ["--ssl-reqd", "--insecure"]], ids=["plain", "starttls"])
def test_curl_sends(server, tls):
    sent = message("by curl")
    run_client("curl", "-sS", *tls, f"smtp://127.0.0.1:{server.ports['smtp']}/client.example.net",
               "--mail-from", SENDER, "--mail-rcpt", server.user, "--upload-file", "-", data=sent)
    [delivered] = server.wait_for_mail()
    assert_delivered_exactly(delivered, sent)


def test_unknown_mailbox_is_refused_at_once(server):
    with connect(server) as client:
        code, text = refusal(client, "nobody@example.test")
        assert (code, text[:5]) == (550, "5.1.1")
        # The session goes on, and the next mail is taken.
        assert client.sendmail(SENDER, server.user, message("after a refusal")) == {}
    server.wait_for_mail()


def test_nobody_relays_without_permission(server):
    """Invariant 5 of the house."""
    with connect(server) as client:
        for recipient in ("someone@example.net", "someone%example.net@other.test",
                          "@example.test:someone@example.net"):
            code, text = refusal(client, recipient)
            assert (code, text[:5]) == (550, "5.7.1"), recipient


def test_submission_wants_a_login(server):
    with connect(server, "submission") as client:
        client.starttls(context=tls_context())
        client.ehlo()
        code, text = client.mail(SENDER)
        assert (code, text[:5]) == (530, b"5.7.0")


def test_submission_with_a_login(server):
    sent = message("submitted", sender=server.user)
    with connect(server, "submission") as client:
        client.ehlo()
        assert not client.has_extn("auth")  # never in the clear
        client.starttls(context=tls_context())
        client.login(server.user, server.password)
        assert client.sendmail(server.user, server.user, sent) == {}
    [delivered] = server.wait_for_mail()
    assert delivered.replace(b"\r\n", b"\n").endswith(b"\n\nhello\n")


def test_submission_with_a_wrong_password(server):
    with connect(server, "submission") as client:
        client.starttls(context=tls_context())
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.login(server.user, "wrong" + server.password)
        assert refused.value.smtp_code == 535


def test_submissions_is_tls_from_the_first_octet(server):
    with smtplib.SMTP_SSL(server.address, server.ports["submissions"], "client.example.net",
                          context=tls_context(), timeout=CLIENT_SECONDS_MAX) as client:
        client.login(server.user, server.password)
        assert client.sendmail(server.user, server.user,
                               message("over 465", sender=server.user)) == {}
    server.wait_for_mail()


def test_starttls(server):
    sent = message("over TLS")
    with connect(server) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        client.starttls(context=tls_context())
        assert client.sock.version() in ("TLSv1.2", "TLSv1.3")
        client.ehlo()
        assert not client.has_extn("starttls")
        assert client.sendmail(SENDER, server.user, sent) == {}
    [delivered] = server.wait_for_mail()
    assert_delivered_exactly(delivered, sent)
    assert b"ESMTPS" in delivered  # RFC 3848


def test_commands_before_the_handshake_are_dropped(server):
    """What a stranger pipelines behind STARTTLS in the clear is not obeyed under TLS."""
    with connect(server) as client:
        client.ehlo()
        client.sock.sendall(b"STARTTLS\r\nMAIL FROM:<evil@example.net>\r\n")
        code, _ = client.getreply()
        if code != 220:
            assert 500 <= code <= 599
            return
        client.sock = tls_context().wrap_socket(client.sock)
        client.file = None
        client.ehlo()
        code, _ = client.rcpt(server.user)
        assert code == 503


def test_ten_megabytes(server):
    sent = large_message("large", 10 << 20)
    with connect(server) as client:
        assert client.sendmail(SENDER, server.user, sent) == {}
    [delivered] = server.wait_for_mail()
    assert_delivered_exactly(delivered, sent)


def test_too_large_is_refused_and_the_rest_is_not_obeyed(new_server):
    server = new_server().set("limits", message_bytes_max=100_000).start()
    with connect(server) as client:
        client.ehlo()
        code, _ = client.mail(SENDER, ["SIZE=100001"])
        assert code == 552
        client.rset()
        client.mail(SENDER)
        client.rcpt(server.user)
        body = crlf(b"QUIT\n" * 40_000)
        code, _ = client.data(message("too large") + body)
        assert code == 552
        assert client.noop()[0] == 250
    assert server.maildir() == []


@pytest.mark.parametrize(
    "end", [b"\n.\r\n", b"\r\n.\n", b"\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n"])
def test_no_smuggling(server, end):
    """Invariant 6: only CRLF . CRLF ends a message."""
    with connect(server) as client:
        client.ehlo()
        client.mail(SENDER)
        client.rcpt(server.user)
        client.putcmd("data")
        assert client.getreply()[0] == 354
        smuggled = b"MAIL FROM:<evil@example.net>\r\nRCPT TO:<you@example.test>\r\nDATA\r\nevil"
        client.send(b"Subject: outer\r\n\r\nouter" + end + smuggled + b"\r\n.\r\n")
        code, _ = client.getreply()
        assert 500 <= code <= 599
        assert client.noop()[0] == 250
    assert server.maildir() == []


def test_many_recipients_get_one_copy_each(server):
    names = [f"user{number}" for number in range(20)]
    for name in names:
        server.add_user(f"{name}@example.test")
    with connect(server) as client:
        recipients = [f"{name}@example.test" for name in names]
        assert client.sendmail(SENDER, recipients, message("to many")) == {}
    for name in names:
        assert len(server.wait_for_mail(name)) == 1


def test_stop_lets_a_restart_deliver(server):
    with connect(server) as client:
        client.sendmail(SENDER, server.user, message("before"))
    assert server.stop() == 0
    server.start()
    with connect(server) as client:
        client.sendmail(SENDER, server.user, message("after"))
    assert len(server.wait_for_mail(count=2)) == 2
