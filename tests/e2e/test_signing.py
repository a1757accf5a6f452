"""Our own mail is signed: submissions, programs, reports; keys are rotated without a gap."""

import json
import smtplib

import pytest
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from sink import Sink
from stagepost import tls_context

pytestmark = pytest.mark.sanitized
ALGORITHMS = ["ed25519-sha256", "rsa-sha256"]
SERVER, DNS, SECOND_DNS = "192.0.2.1", "192.0.2.53", "192.0.2.54"
# Both servers are name servers of the domain's zone, which is the root here.
SERVERS = f". NS ns2.root.test.\nns2.root.test. A {SECOND_DNS}\n"
MAIL = (b"From: <you@example.test>\r\nTo: them@example.org\r\nSubject: signed\r\n"
        b"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@example.test>\r\n\r\n")


def records(server) -> str:
    """The zone-file text of all keys."""
    keys = json.loads(server.cli("dkim", "show", "--json", "--no-check"))["keys"]
    return "".join(f'{key["name"]}. TXT {strings(key["record"])}\n' for key in keys)


def strings(record: str) -> str:
    return " ".join(f'"{record[at:at + 255]}"' for at in range(0, len(record), 255))


def verified(server, mail: bytes, zone: str) -> dict[str, str]:
    """algorithm → result of each signature, as a stranger's server finds it."""
    (server.home / "mail.eml").write_bytes(mail)
    (server.home / "zone").write_text(zone)
    found = json.loads(server.cli(
        "check-mail", str(server.home / "mail.eml"), "--ip", "198.51.100.1", "--helo", "mx.test",
        "--from", "you@example.test", "--to", "you@example.test", "--json",
        "--zone", str(server.home / "zone")))
    return {one["algorithm"]: one["result"] + (one["problem"] or "") for one in found["dkim"]}


PASSED = dict.fromkeys(ALGORITHMS, "pass")


@pytest.fixture(name="relay")
def make_relay(new_server):
    """A server with keys in use that gives foreign mail to a sink."""
    with Sink(0) as sink:
        server = new_server().set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        server.set("queue", retry_after=["1s"], retry_jitter_percent=0)
        server.cli("dkim", "generate", "example.test")
        server.cli("dkim", "rotate", "example.test", "--force")
        server.start()
        server.sink = sink
        yield server


def submit(server, content: bytes, to: str = "them@example.org") -> None:
    with smtplib.SMTP(server.address, server.ports["submission"], "client.example.net",
                      timeout=60) as client:
        client.starttls(context=tls_context())
        client.login(server.user, server.password)
        assert client.mail(server.user)[0] == 250
        assert client.rcpt(to)[0] == 250
        code, text = client.data(content)
        assert code == 250, text


def sunk(server, count: int = 1) -> list[bytes]:
    wait_until(f"{count} mails at the sink", lambda: len(server.sink.mails) >= count)
    return [mail.content for mail in server.sink.mails]


@pytest.mark.parametrize("body", [b"hello\r\n", b"", b"caf\xc3\xa9\r\n", b"y" * 2000 + b"\r\n",
                                  (b"z" * 70 + b"\r\n") * 20_000],
                         ids=["short", "empty", "recoded", "long line", "large"])
def test_submissions_are_signed_as_they_leave(relay, body):
    submit(relay, MAIL + body)
    [mail] = sunk(relay)
    assert verified(relay, mail, records(relay)) == PASSED
    changed = mail.replace(b"Subject: signed", b"Subject: forged")
    assert all(one.startswith("fail") for one in
               verified(relay, changed, records(relay)).values())
    added = b"From: <boss@example.test>\r\n" + mail
    assert all(one.startswith("fail") for one in verified(relay, added, records(relay)).values())


def test_a_completed_header_is_signed(relay):
    submit(relay, b"Subject: bare\r\nBcc: spy@example.org\r\n\r\nhello\r\n")
    [mail] = sunk(relay)
    assert b"Bcc" not in mail and b"Message-ID:" in mail
    assert verified(relay, mail, records(relay)) == PASSED


def test_programs_and_reports_are_signed(relay):
    text = "From: you@example.test\nSubject: from cron\n\nhello\n"
    relay.cli("send", "--from", "you@example.test", "them@example.org", text=text)
    [mail] = sunk(relay)
    assert verified(relay, mail, records(relay)) == PASSED
    relay.sink.answers["RCPT"] = ["550 5.1.1 nobody of that name"]
    submit(relay, MAIL + b"to nobody\r\n")
    report = next(mail for mail in relay.wait_for_mail() if b"multipart/report" in mail)
    signed = report[report.index(b"DKIM-Signature:"):]
    own = signed.replace(b"\r\n", b"\n").split(b"\n\n")[0]  # below it is the original's
    assert own.count(b"DKIM-Signature:") == 2
    with_crlf = signed.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert verified(relay, with_crlf, records(relay)) == PASSED


def test_strangers_are_not_signed(relay):
    with smtplib.SMTP("127.0.0.1", relay.ports["smtp"], "mx.elsewhere.test", timeout=30) as client:
        client.sendmail("you@example.test", ["you@example.test"], MAIL + b"forged\r\n")
    [mail] = relay.wait_for_mail()
    assert b"DKIM-Signature" not in mail


def test_no_keys_no_signature_and_broken_keys_stop_no_mail(new_server):
    with Sink(0) as sink:
        server = new_server().set("delivery", relay_host=f"127.0.0.1:{sink.port}")
        server.start()
        server.sink = sink
        submit(server, MAIL + b"one\r\n")
        server.cli("dkim", "generate", "example.test", "--type", "rsa")
        server.cli("dkim", "rotate", "example.test", "--force")
        submit(server, MAIL + b"two\r\n")
        server.stop()
        next((server.home / "state/dkim").glob("*.pem")).write_text("no key")
        server.start()
        submit(server, MAIL + b"three\r\n")
        counts = [mail.count(b"DKIM-Signature:") for mail in sorted(
            sunk(server, 3), key=lambda mail: [b"one", b"two", b"three"].index(mail.split()[-1]))]
        assert counts == [0, 1, 0]


def test_new_keys_are_used_when_every_name_server_has_them(new_server, folder):
    with Netns(SERVER, DNS, SECOND_DNS, dns=DNS) as net:
        first = DnsServer(net, DNS, folder / "dns1").start(SERVERS)
        second = DnsServer(net, SECOND_DNS, folder / "dns2").start(SERVERS)
        server = new_server(net=net, address=SERVER).set("dkim", check_every="1s").start()
        server.cli("dkim", "generate", "example.test")
        shown = server.cli("dkim", "rotate", "example.test", code=1)
        assert "not" in shown, shown
        zone = SERVERS + records(server)
        first.change(zone)
        wait_until("the first server's record is seen", lambda: any(
            one["serves"] == "same"
            for key in json.loads(server.cli("dkim", "show", "--json"))["keys"]
            for one in key["servers"]))
        assert {key["state"] for key in json.loads(server.cli("dkim", "show", "--json"))["keys"]} \
            == {"pending"}
        second.change(zone)
        wait_until("the keys are in use, without a word of ours", lambda: {
            key["state"] for key in json.loads(
                server.cli("dkim", "show", "--json", "--no-check"))["keys"]} == {"active"})
        wait_until("the log says so", lambda: "dkim.switched" in server.log_text(None))
        # The next ones: the old go on signing until the new are served, then they retire.
        server.cli("dkim", "rotate", "example.test", code=None)
        states = [key["state"] for key in
                  json.loads(server.cli("dkim", "show", "--json", "--no-check"))["keys"]]
        assert sorted(states) == ["active", "active", "pending", "pending"]
        zone = SERVERS + records(server)
        first.change(zone)
        second.change(zone)
        wait_until("they take over", lambda: sorted(
            key["state"] for key in json.loads(server.cli("dkim", "show", "--json", "--no-check"))
            ["keys"]) == ["active", "active", "retired", "retired"])
