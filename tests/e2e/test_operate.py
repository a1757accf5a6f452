"""Operating a server: the command line with and without one running, reload, health, metrics."""

import json
import re
import signal
import smtplib
import urllib.request

import pytest
from mail import SENDER, message, refusal
from peers.netns import wait_until
from sink import Sink

pytestmark = [pytest.mark.sanitized, pytest.mark.threads]


def connect(server) -> smtplib.SMTP:
    return smtplib.SMTP(server.address, server.ports["smtp"], "client.example.net", timeout=60)


def send(server, recipient: str, text: bytes = message("operate")) -> None:
    with connect(server) as client:
        assert client.sendmail(SENDER, recipient, text) == {}


def http(server, path: str) -> str:
    url = f"http://127.0.0.1:{server.ports['http']}{path}"
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode()


def queued(server) -> list[dict]:
    return json.loads(server.cli("queue", "list", "--json"))["messages"]


@pytest.fixture(name="relay")
def make_relay(new_server):
    """A server that relays everything for 127.0.0.1 to a sink that is not there yet."""
    with Sink(0) as sink:
        port = sink.port
    server = new_server().set("policy", relay_networks=["127.0.0.0/8"])
    server.set("delivery", relay_host=f"127.0.0.1:{port}").set("queue", retry_after=["1h"])
    server.start()
    server.sink_port = port
    return server


def test_changes_of_the_directory_are_live(server):
    with connect(server) as client:
        assert refusal(client, "new@example.test")[0] == 550
    server.add_user("new@example.test")
    send(server, "new@example.test")
    server.wait_for_mail("new")
    server.cli("alias", "add", "both@example.test", "new@example.test", server.user)
    send(server, "both@example.test")
    server.wait_for_mail("new", 2)
    server.wait_for_mail("you")
    assert "both@example.test" in server.cli("alias", "list")
    server.cli("alias", "remove", "both@example.test")
    server.cli("user", "remove", "new@example.test")
    with connect(server) as client:
        assert refusal(client, "new@example.test")[0] == 550
        assert refusal(client, "both@example.test")[0] == 550
    server.cli("domain", "add", "second.test")
    assert server.cli("domain", "list").split() == ["example.test", "second.test"]
    server.cli("domain", "remove", "second.test")


def test_the_directory_without_a_server(server):
    server.stop()
    server.add_user("offline@example.test")
    assert "offline@example.test" in server.cli("user", "list")
    server.start()
    send(server, "offline@example.test")
    server.wait_for_mail("offline")


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_verbs_of_the_queue(relay, running):
    for number in range(3):
        send(relay, f"a{number}@far.test")
    # A destination that cannot be reached is put off as a whole: not every message has its attempt.
    wait_until("the first attempt", lambda: any(m["attempts"] for m in queued(relay)) and
               not any(m["active"] for m in queued(relay)), 20)
    [tried, *_] = [m["id"] for m in queued(relay) if m["attempts"]]
    if not running:
        relay.stop()
    # Two loops may take two mails in one millisecond: ids then do not tell which came first.
    by_recipient = {m["recipients"][0]: m["id"] for m in queued(relay)}
    first, second, third = (by_recipient[f"a{number}@far.test"] for number in range(3))
    assert "refused" in relay.cli("queue", "show", tried)
    assert "would be changed" in relay.cli("queue", "hold", "--all", "--dry-run")
    assert not any(m["hold"] for m in queued(relay))
    relay.cli("queue", "hold", first, "--reason", "looks odd")
    assert [m["hold_reason"] for m in queued(relay) if m["hold"]] == ["looks odd"]
    relay.cli("queue", "remove", "--recipient", "a1@far.test", "--reason", "test")
    assert sorted(m["id"] for m in queued(relay)) == sorted([first, third])
    assert second not in relay.cli("queue", "list")
    relay.cli("queue", "list", "--sender", "nobody@example.net")
    relay.cli("queue", "show", second, code=1)
    relay.cli("queue", "remove", code=1)  # which?
    if not running:
        relay.start()
    with Sink(relay.sink_port) as sink:
        relay.cli("queue", "release", first)
        relay.cli("queue", "retry", "--all")
        wait_until("both mails", lambda: len(sink.mails) == 2, 30)
    assert "0 messages" in relay.cli("queue", "list")
    story = relay.cli("explain", second)
    assert "test" in story and "a1@far.test" in story


def test_bounce_tells_the_sender(relay):
    with connect(relay) as client:
        client.sendmail(relay.user, "a@far.test", message("to be bounced"))
    wait_until("a deferred message", lambda: [m["attempts"] for m in queued(relay)] == [1], 20)
    relay.cli("queue", "bounce", "--all")
    [report] = relay.wait_for_mail()
    assert b"multipart/report" in report and b"a@far.test" in report
    assert b"Subject: to be bounced" in report
    assert queued(relay) == []


def test_explain_and_send(server):
    output = server.cli("send", "--from", server.user, server.user,
                        text="Subject: from the command line\n\nhello\n")
    [identity] = re.findall(r"^(\S{13}) is safe", output)
    [delivered] = server.wait_for_mail()
    assert b"Subject: from the command line" in delivered and b"Message-ID:" in delivered
    wait_until("the end of the story", lambda: "delivered" in server.cli("explain", identity), 10)
    assert identity in server.cli("explain", server.user)
    server.cli("explain", "0000000000001", code=1)


def test_health_and_metrics(server):
    assert http(server, "/health") == "ok\n"
    send(server, server.user)
    server.wait_for_mail()
    metrics = http(server, "/metrics")
    assert re.search(r"^stagepost_session_messages_total 1$", metrics, re.MULTILINE)
    assert re.search(r"^# TYPE stagepost_session_messages_total counter$", metrics, re.MULTILINE)
    with pytest.raises(urllib.error.HTTPError):  # what the control socket has is not for the world
        http(server, "/api/v1/users")


def test_reload_keeps_sessions_and_refuses_mistakes(server):
    with connect(server) as old:
        old.ehlo()
        server.set("limits", message_bytes_max="1MB")
        server.process.send_signal(signal.SIGHUP)
        wait_until("the reload", lambda: "server.reloaded" in server.log_text(), 20)
        with connect(server) as new:
            new.ehlo()
            assert new.esmtp_features["size"] == "1000000"
        assert old.sendmail(SENDER, server.user, message("an old session goes on")) == {}
    server.set("limits", no_such_setting=1)
    server.process.send_signal(signal.SIGHUP)
    wait_until("the complaint", lambda: "reload_failed" in server.log_text(), 20)
    send(server, server.user)
    server.wait_for_mail(count=2)


def test_reload_says_what_became_of_it(new_server):
    """What counts from a start only is named by the reload, the doctor and the settings."""
    server = new_server()
    assert "no server runs" in server.complaint("reload")
    server.start()
    assert server.cli("reload").splitlines() == [
        "The configuration was read; new connections and attempts use it."]
    server.set("limits", message_bytes_max="1MB").set("privacy", local_parts="hash")
    server.set("mta_sts", mode="enforce")
    said = server.cli("reload")
    assert re.findall(r"^  (\S+)$", said, re.MULTILINE) == ["privacy.local_parts", "mta_sts.mode"]
    wait_until("the warning", lambda: "server.restart_needed" in server.log_text(), 20)
    assert "privacy.local_parts, mta_sts.mode" in server.log_text()
    shown = server.cli("settings", "--all")
    assert 'limits.message_bytes_max = "1MB"' in shown
    assert 'privacy.local_parts = "keep"    # after a restart: "hash"' in shown
    assert "not put in force yet: privacy.local_parts, mta_sts.mode" in server.cli(
        "doctor", "--all", code=None)
    server.set("limits", no_such_setting=1)
    assert "limits.no_such_setting" in server.complaint("reload")
    server.config.write_text(server.config.read_text().replace("no_such_setting = 1\n", ""))
    server.stop()
    server.start()
    assert "start" not in server.cli("reload")
    assert 'privacy.local_parts = "hash"' in server.cli("settings", "--all")


def test_check_names_line_key_and_remedy(new_server):
    server = new_server()
    server.cli("check")
    server.set("limits", recipient_max=200)
    number = server.config.read_text().splitlines().index("recipient_max = 200") + 1
    done = server.cli("check", code=1)
    assert done == ""
    import subprocess

    from stagepost import binary
    said = subprocess.run([binary(), "check", "--home", server.home], check=False, timeout=60,
                          capture_output=True, text=True).stderr
    assert f"stagepost.toml:{number}: limits.recipient_max" in said and "recipients_max" in said
    server.config.write_text(server.config.read_text().replace("recipient_max = 200\n", ""))


def test_settings_page_is_current(new_server):
    from stagepost import ROOT
    assert new_server().cli("check", "--settings-markdown") == \
        (ROOT / "docs" / "settings.md").read_text()


def test_two_servers_never_share_a_folder(server):
    import subprocess

    from stagepost import binary
    second = subprocess.run([binary(), "serve", "--home", server.home], capture_output=True,
                            text=True, check=False, timeout=60)
    assert second.returncode == 1
    assert "in use" in second.stderr


def test_two_servers_never_share_a_port(server, new_server):
    """Loops share ports by SO_REUSEPORT; a second server must not get half of the connections."""
    import subprocess

    from stagepost import binary
    other = new_server("other.test")
    text = other.config.read_text()
    other.config.write_text(text.replace(f":{other.ports['smtp']}", f":{server.ports['smtp']}"))
    second = subprocess.run([binary(), "serve", "--home", other.home], capture_output=True,
                            text=True, check=False, timeout=60)
    assert second.returncode == 1
    assert f"127.0.0.1:{server.ports['smtp']}" in second.stderr


def test_a_mailbox_with_a_space_in_its_name(server):
    server.add_user('"sp ace"@example.test')
    send(server, '"sp ace"@example.test')
    wait_until("its delivery", lambda: "recipient.delivered" in server.log_text(), 20)


def test_postmaster_is_always_there(server):
    with connect(server) as client:
        client.ehlo()
        client.mail(SENDER)
        assert client.docmd("RCPT", "TO:<postmaster>")[0] == 250
        assert client.docmd("RCPT", "TO:<postmaster@mail.example.test>")[0] == 250


def test_a_certificate_that_is_not_there_is_named(new_server):
    server = new_server().set("tls", certificate="/no/such.pem", key="/no/such.key")
    server.cli("check", code=1)
    server.set("tls", certificate="", key="")
