"""People from LDAP, by a real slapd: mail, aliases, groups, log-ins; and slapd going away."""

import base64
import json
import os
import smtplib
import socket
import time
import urllib.request

import pytest
from mail import SENDER, message, refusal
from peers.netns import wait_until
from peers.pki import Authority
from peers.slapd import (READER, READER_PASSWORD, SUFFIX, Slapd, dn_of, group, person)
from stagepost import Stagepost, free_ports, tls_context

pytestmark = pytest.mark.sanitized
PASSWORD = "a long enough 1"
PEOPLE = [person("ada", aliases=("countess@corp.test",)), person("bob"),
          person("eve", aliases=("eve@elsewhere.example",)), group("team", ["ada", "bob"])]


@pytest.fixture(name="slapd")
def make_slapd(folder):
    # libldap compares the certificate with the host's own name when it is told localhost.
    names = {socket.gethostname(), socket.getfqdn()} - {"localhost"}
    certificate = Authority(folder / "pki").sign("localhost", *sorted(names))
    slapd = Slapd(folder / "slapd", *free_ports(2), certificate)
    yield slapd
    slapd.stop()


@pytest.fixture(name="server")
def make_server(new_server, slapd):
    """Configured for slapd, not started; you@example.test is its own mailbox."""
    server = new_server()
    (server.home / "ldap.password").write_text(READER_PASSWORD + "\n")
    return server.set("ldap", url=slapd.url, base_dn=SUFFIX, bind_dn=READER, domains=["corp.test"],
                      password_file="ldap.password", refresh_interval="1s", timeout="2s",
                      unknown_for="1s")


def send(server: Stagepost, recipient: str, subject: str) -> None:
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], "client.example.net") as client:
        client.sendmail(SENDER, [recipient], message(subject))


def answer(server: Stagepost, recipient: str) -> tuple[int, str]:
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], "client.example.net") as client:
        code, text = refusal(client, recipient)
        return code, text.split()[0]


def login_code(server: Stagepost, user: str, password: str) -> int:
    """The code that AUTH PLAIN is answered with."""
    with smtplib.SMTP("127.0.0.1", server.ports["submission"], "client.example.net") as client:
        client.starttls(context=tls_context())
        client.ehlo()
        secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        return client.docmd("AUTH PLAIN", secret)[0]


def health(server: Stagepost) -> str:
    url = f"http://127.0.0.1:{server.ports['http']}/health"
    with urllib.request.urlopen(url, timeout=10) as response:
        return response.read().decode()


def test_mail_for_people_aliases_and_groups(server, slapd):
    slapd.load(*PEOPLE).start()
    server.start()
    send(server, "ada@corp.test", "to ada")
    assert b"to ada" in server_mail(server, "ada", 1)
    send(server, "countess+x@corp.test", "by her alias")
    assert b"by her alias" in server_mail(server, "ada", 2)
    send(server, "team@corp.test", "to the team")
    assert b"to the team" in server_mail(server, "ada", 3)
    assert b"to the team" in server_mail(server, "bob", 1)
    send(server, server.user, "beside the people of its own")
    server.wait_for_mail()
    assert answer(server, "nobody@corp.test") == (550, "5.1.1")
    assert answer(server, "eve@elsewhere.example") == (550, "5.7.1")
    assert health(server) == "ok\n"


def server_mail(server: Stagepost, local: str, count: int) -> bytes:
    wait_until(f"{count} messages for {local}",
               lambda: len(server.maildir(local, "corp.test")) >= count, 30)
    return b"".join(server.maildir(local, "corp.test"))


def test_a_new_person_gets_mail_at_once(server, slapd):
    slapd.load(*PEOPLE).start()
    # Nothing is read again in this test: only the look-up at RCPT can know.
    server.set("ldap", refresh_interval="1h", unknown_for="0s").start()
    assert answer(server, "new@corp.test") == (550, "5.1.1")
    slapd.add(person("new"), group("fresh", ["new", "bob"]))
    send(server, "new@corp.test", "welcome")
    assert b"welcome" in server_mail(server, "new", 1)
    send(server, "fresh@corp.test", "to both")
    assert b"to both" in server_mail(server, "bob", 1)
    slapd.delete(dn_of("eve"))
    assert answer(server, "eve@corp.test")[0] == 250  # until everybody is read again


def test_slapd_goes_away_and_comes_back(server, slapd):
    slapd.load(*PEOPLE).start()
    server.start()
    assert answer(server, "nobody@corp.test") == (550, "5.1.1")
    slapd.stop()
    wait_until("its absence is told", lambda: "LDAP is away" in health(server), 20)
    send(server, "ada@corp.test", "known from before")
    server_mail(server, "ada", 1)
    assert answer(server, "nobody@corp.test") == (451, "4.3.0")
    assert answer(server, "nobody@example.test") == (550, "5.1.1")
    assert login_code(server, "ada@corp.test", PASSWORD) == 454
    assert login_code(server, "nobody@corp.test", PASSWORD) == 454
    assert login_code(server, server.user, server.password) == 235
    # A restart meanwhile lives on the copy.
    server.stop()
    server.start()
    send(server, "team@corp.test", "after a restart")
    server_mail(server, "bob", 1)
    assert answer(server, "nobody@corp.test") == (451, "4.3.0")
    slapd.start()
    wait_until("it is back", lambda: health(server) == "ok\n", 20)
    assert answer(server, "nobody@corp.test") == (550, "5.1.1")
    assert login_code(server, "ada@corp.test", PASSWORD) == 235
    log = server.log_text(None)
    assert "directory.ldap_away" in log and "directory.ldap_back" in log
    assert PASSWORD not in log and READER_PASSWORD not in log


def test_a_first_start_without_slapd_refuses_nobody(server, slapd):
    slapd.load(*PEOPLE)
    server.start()
    assert answer(server, "ada@corp.test") == (451, "4.3.0")
    assert login_code(server, "ada@corp.test", PASSWORD) == 454
    slapd.start()
    wait_until("it is back", lambda: health(server) == "ok\n", 20)
    assert answer(server, "ada@corp.test")[0] == 250


def test_log_in_by_bind(server, slapd):
    slapd.load(*PEOPLE).start()
    server.set("ldap", login_attribute="uid").start()
    with smtplib.SMTP("127.0.0.1", server.ports["submission"], "client.example.net") as client:
        client.starttls(context=tls_context())
        client.ehlo()
        assert client.esmtp_features["auth"].split() == ["PLAIN", "LOGIN"]  # no SCRAM
        client.login("ada@corp.test", PASSWORD)
        client.sendmail("ada@corp.test", ["bob@corp.test"],
                        message("from ada").replace(SENDER.encode(), b"ada@corp.test", 1))
        code, _ = client.mail("bob@corp.test")
        client.docmd("RSET")
        assert code == 550
    server_mail(server, "bob", 1)
    assert login_code(server, "ADA", PASSWORD) == 235  # her uid
    for user, password in [("ada@corp.test", "wrong"), ("nobody@corp.test", PASSWORD),
                           ("ada@corp.test", "*"), ("ada@corp.test", "")]:
        assert login_code(server, user, password) == 535, (user, password)
    assert login_code(server, server.user, server.password) == 235
    slapd.modify(f"dn: {dn_of('ada')}\nchangetype: modify\nreplace: userPassword\n"
                 "userPassword: another one 2\n")
    assert login_code(server, "ada@corp.test", "another one 2") == 235
    assert login_code(server, "ada@corp.test", PASSWORD) == 535


def test_tls_is_verified(server, slapd, folder):
    slapd.load(*PEOPLE).start()
    server.set("ldap", url=f"ldap://localhost:{slapd.port}", start_tls=True)
    by_ldaps = f"ldaps://localhost:{slapd.tls_port}"
    assert server.cli("ldap", "test", code=1) == ""  # nobody we trust signed it
    server.set("ldap", ca_file=str(folder / "pki" / "ca.pem"))
    assert "3 people and 1 groups" in server.cli("ldap", "test")
    server.set("ldap", url=by_ldaps)
    assert "3 people and 1 groups" in server.cli("ldap", "test")
    # The first of two is away.
    server.set("ldap", url=[f"ldaps://localhost:{free_ports(1)[0]}", by_ldaps])
    assert "3 people and 1 groups" in server.cli("ldap", "test")
    server.set("ldap", ca_file="")
    assert server.cli("ldap", "test", code=1) == ""
    # 127.0.0.1 is not what the certificate says.
    server.set("ldap", url=slapd.url, ca_file=str(folder / "pki" / "ca.pem"))
    assert server.cli("ldap", "test", code=1) == ""


def test_the_command_line_shows_and_explains(server, slapd):
    slapd.load(*PEOPLE).start()
    assert server.cli("check").endswith("is fine\n")
    output = server.cli("ldap", "test")
    assert "3 mailboxes, 2 aliases" in output and "  team@corp.test -> 2 members" in output
    assert server.cli("ldap", "test", "team@corp.test").endswith(
        "team@corp.test goes to\n  ada@corp.test\n  bob@corp.test\n")
    server.cli("ldap", "test", "nobody@corp.test", code=1)
    (server.home / "ldap.password").write_text("wrong\n")
    server.cli("ldap", "test", code=1)
    slapd.stop()
    server.cli("ldap", "test", code=1)
    server.set("ldap", url="ldap://ldap.example.org")  # passwords in the clear
    server.cli("check", code=1)


def test_ten_thousand_people(server, slapd):
    """Prints what a refresh costs; the limits are far above what was measured."""
    count = 10_000
    uids = [f"person{number}" for number in range(count)]
    slapd.load(*(person(uid) for uid in uids), group("everybody", uids)).start()
    output = server.cli("ldap", "test")
    before = time.monotonic()
    server.start()
    ready_seconds = time.monotonic() - before
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        memory = next(line for line in status if line.startswith("VmRSS")).split()[1]
    cpu = cpu_seconds(server.process.pid)
    time.sleep(5)  # some refreshes: the interval is a second
    cpu = cpu_seconds(server.process.pid) - cpu
    print(json.dumps({"test": output.splitlines()[0], "ready_seconds": round(ready_seconds, 2),
                      "rss_kib": int(memory), "cpu_seconds_in_5": round(cpu, 2),
                      "cache_bytes": os.path.getsize(server.home / "state/ldap-cache")}))
    assert answer(server, "person9999@corp.test")[0] == 250
    assert answer(server, "everybody@corp.test")[0] == 250
    assert answer(server, "nobody@corp.test") == (550, "5.1.1")


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
