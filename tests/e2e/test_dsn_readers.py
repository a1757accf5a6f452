"""Our reports are understood by programs of others that read bounces: flufl.bounce (Mailman's) and
Mail::DeliveryStatus::BounceParser."""

import email
import os
import smtplib
import subprocess
import sys

import pytest
from dsn import read
from mail import message
from peers.unpack import library_path, peers_root
from sink import Sink

BOUNCE_PARSER = """
use Mail::DeliveryStatus::BounceParser;
my $bounce = Mail::DeliveryStatus::BounceParser->new(\\*STDIN);
print $bounce->is_bounce ? "bounce" : "no bounce", "\\n";
for my $report ($bounce->reports) {
  print join(" ", map { $report->get($_) // "" } qw(email std_reason smtp_code)), "\\n";
}
"""
REPLIES = [
    ("550 5.1.1 no such user here", "user_unknown"),
    ("550-5.1.1 The email account that you tried to reach\r\n550 5.1.1 does not exist",
     "user_unknown"),
    ("550 5.7.1 we do not like your address", None),
    ("554 no", None),
    ("552-5.2.2 over quota\r\n552 5.2.2 for long", None),
]


def bounce_parser(octets: bytes) -> list[str]:
    root = peers_root("PACKAGES_BOUNCES")
    perl = [root / "usr/share/perl5", *sorted((root / "usr/lib").glob("*-linux-gnu/perl5/*"))]
    env = {**os.environ, "LD_LIBRARY_PATH": library_path(root),
           "PERL5LIB": ":".join(map(str, perl))}
    done = subprocess.run(["perl", "-e", BOUNCE_PARSER], input=octets, env=env, timeout=60,
                          capture_output=True, check=True)
    return done.stdout.decode().splitlines()


def flufl(octets: bytes) -> tuple[set[bytes], set[bytes]]:
    """(temporary, permanent)"""
    folder = str(peers_root("PACKAGES_BOUNCES") / "usr/lib/python3/dist-packages")
    if folder not in sys.path:
        sys.path.append(folder)
    from flufl.bounce import all_failures  # pylint: disable=import-outside-toplevel
    return all_failures(email.message_from_bytes(octets))


def send(server, to: str, options: list[str] | None = None) -> None:
    with smtplib.SMTP(server.address, server.ports["smtp"], "client.test", timeout=60) as client:
        assert client.sendmail("you@example.test", [to], message("a question", to=to),
                               rcpt_options=options or ()) == {}


@pytest.fixture(name="server")
def make_server(new_server):
    server = new_server()
    server.set("policy", relay_networks=["127.0.0.1/32"])
    yield server


def relay_to(server, sink: Sink) -> None:
    server.append(f'[[route]]\ndomain = "*"\nhost = "[127.0.0.1]"\nport = {sink.port}\n'
                  'tls = "none"')


@pytest.mark.parametrize(("reply", "reason"), REPLIES)
def test_failures(server, reply, reason):
    with Sink(answers={"RCPT": [f"@fixed {reply}"]}) as sink:
        relay_to(server, sink)
        server.set("queue", expire_after="1m", retry_after=["20s"])
        server.start()
        send(server, "user@sink.test")
        # 552 to RCPT may mean "too many recipients" (RFC 5321 §4.5.3.1.10): it is tried again.
        [told] = server.wait_for_mail(seconds=90)
    [(address, action, status)] = read(told).actions()
    assert (address, action) == ("user@sink.test", "failed") and status[0] in "45"
    temporary, permanent = flufl(told)
    assert permanent == {b"user@sink.test"} and not temporary
    first, *reports = bounce_parser(told)
    assert first == "bounce" and len(reports) == 1, reports
    assert reports[0].startswith("user@sink.test ")
    assert reason is None or reports[0].split()[1] == reason, reports


def test_a_delay_is_no_failure(server):
    with Sink(answers={"RCPT": ["@fixed 450 4.2.0 greylisted"]}) as sink:
        relay_to(server, sink)
        server.set("queue", delay_notice_after="2s", retry_after=["1s"])
        server.start()
        send(server, "user@sink.test")
        [told] = server.wait_for_mail()
    assert read(told).actions() == [("user@sink.test", "delayed", "4.2.0")]
    temporary, permanent = flufl(told)
    assert temporary == {b"user@sink.test"} and not permanent
    assert bounce_parser(told)[0] == "no bounce" or len(bounce_parser(told)) == 1


def test_a_success_is_no_failure(server):
    with Sink() as sink:
        relay_to(server, sink)
        server.start()
        send(server, "user@sink.test", ["NOTIFY=SUCCESS"])
        [told] = server.wait_for_mail()
    assert read(told).actions() == [("user@sink.test", "relayed", "2.0.0")]
    assert flufl(told) == (set(), set())
    assert len(bounce_parser(told)) == 1
