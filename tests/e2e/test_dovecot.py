"""People read their mail: Dovecot beside us, configured by `stagepost dovecot-config`."""

import base64
import imaplib
import json
import os
import re
import smtplib
import socket
import stat
import subprocess

import pytest
from mail import message
from peers import unpack
from peers.dovecot import VMAIL_ID, Dovecot, own
from peers.netns import ETC, Netns, wait_until
from peers.pki import Authority
from peers.slapd import READER, SUFFIX, Slapd, dn_of, person

OURS, CLIENT = "10.0.0.2", "10.0.0.1"
MAIN, OTHER = "a long enough 1", "another long one 2"
SIEVE = b"""require ["fileinto", "mailbox"];
if header :contains "subject" "[list]" { fileinto :create "Lists"; }
"""


class World:
    """Our server and Dovecot on one address; `receive` is a mail from the Internet on port 25."""

    def __init__(self, net: Netns, folder, new_server):
        self.net = net
        self.server = new_server("example.test", net=net, address=OURS)
        self.user = "reader@example.test"
        self.server.add_user(self.user, MAIN)
        self.dovecot = Dovecot(net, OURS, self.server, folder / "dovecot")

    def start(self, *options: str) -> "World":
        self.dovecot.configure(*options).start()
        self.server.start()
        return self

    def receive(self, subject: str, body: str = "Hello", to: str = "") -> None:
        to = to or self.user
        text = message(subject, to=to, body=body)

        def dialogue() -> None:
            with smtplib.SMTP(OURS, 25, "mx.elsewhere.test", timeout=30,
                              source_address=(CLIENT, 0)) as client:
                assert client.sendmail("friend@elsewhere.test", [to], text) == {}

        self.net.inside(dialogue)

    def app_password(self, name: str, scope: str) -> tuple[str, str]:
        output = self.server.cli("app-password", "add", self.user, name, f"--{scope}")
        found = re.search(r"password[^:\n]*:\s*(\S+)", output, re.IGNORECASE)
        assert found, output
        return f"{self.user}/{name}", found.group(1)


@pytest.fixture(name="world")
def make_world(folder, new_server):
    with Netns(CLIENT, OURS) as net:
        with open(ETC / net.name / "hosts", "a", encoding="ascii") as hosts:
            hosts.write(f"{OURS} mail.example.test\n")
        world = World(net, folder, new_server)
        try:
            yield world
            world.server.finish()
        finally:
            world.dovecot.stop()


def subjects(messages: list[bytes]) -> list[str]:
    return [re.search(rb"^Subject: (.*?)\r?$", text, re.MULTILINE).group(1).decode()
            for text in messages]


def put_script(world: World, text: bytes) -> None:
    """A person's Sieve rule by ManageSieve (RFC 5804), through TLS."""
    def dialogue() -> None:
        plain = socket.create_connection((OURS, 4190), timeout=20)
        lines = plain.makefile("rb")

        def answer() -> bytes:
            while not (line := lines.readline()).upper().startswith((b"OK", b"NO", b"BYE")):
                assert line, "the connection ended"
            assert line.upper().startswith(b"OK"), line
            return line

        answer()
        plain.sendall(b"STARTTLS\r\n")
        answer()
        lines.detach()
        with world.dovecot.tls().wrap_socket(plain) as secure:
            lines = secure.makefile("rb")
            answer()
            proof = base64.b64encode(f"\0{world.user}\0{MAIN}".encode())
            secure.sendall(b'AUTHENTICATE "PLAIN" "%s"\r\n' % proof)
            answer()
            secure.sendall(b'PUTSCRIPT "rules" {%d+}\r\n%s\r\n' % (len(text), text))
            answer()
            secure.sendall(b'SETACTIVE "rules"\r\n')
            answer()

    world.net.inside(dialogue)


def test_a_mail_is_delivered_by_lmtp_and_read_by_two_clients(world):
    world.start()
    world.receive("first over lmtp", body="Nothing is put down.")
    [text] = world.dovecot.wait_for_messages(world.user, MAIN)
    assert b"Nothing is put down." in text
    assert text.startswith(b"Return-Path: <friend@elsewhere.test>\r\n")
    assert b"\r\nDelivered-To: reader@example.test\r\n" in text
    curl = world.dovecot.curl(world.user, MAIN, "INBOX;MAILINDEX=1")
    assert curl.returncode == 0 and b"Subject: first over lmtp" in curl.stdout, curl.stderr
    # The folders that mail programs look for are there.
    listed = world.dovecot.curl(world.user, MAIN, "").stdout.decode()
    for folder in ("Drafts", "Sent", "Junk", "Trash"):
        assert f"\\{folder})" in listed and f'"/" {folder}' in listed, listed
    assert "lmtp" in world.server.cli("explain", world.user)


def test_sieve_files_mail_into_folders(world):
    world.start()
    put_script(world, SIEVE)
    world.receive("[list] news")
    world.receive("to you")
    [filed] = world.dovecot.wait_for_messages(world.user, MAIN, folder="Lists")
    [inbox] = world.dovecot.wait_for_messages(world.user, MAIN)
    assert subjects([filed, inbox]) == ["[list] news", "to you"]


def test_mail_that_our_policy_marks_goes_to_junk(world):
    world.start()
    world.server.set("verify", author_faults="junk")
    world.server.stop()
    world.server.start()

    def send(text: bytes) -> None:
        with smtplib.SMTP(OURS, 25, "mx.elsewhere.test", timeout=30) as client:
            client.sendmail("friend@elsewhere.test", [world.user], text)

    # Two authors: each mail program shows another one.
    suspect = b"From: <boss@example.test>\r\n" + message("cheap watches", to=world.user)
    world.net.inside(lambda: send(suspect))
    [junk] = world.dovecot.wait_for_messages(world.user, MAIN, folder="Junk")
    assert subjects([junk]) == ["cheap watches"]
    # A stranger's own mark is no verdict of ours: it is cut out, and says nothing.
    marked = b"X-Spam-Flag: YES\r\n" + message("marked by its sender", to=world.user)
    world.net.inside(lambda: send(marked))
    [inbox] = world.dovecot.wait_for_messages(world.user, MAIN)
    assert subjects([inbox]) == ["marked by its sender"] and b"X-Spam-Flag" not in inbox
    assert "Error" not in world.dovecot.log.read_text()


def test_a_full_mailbox_is_refused_at_rcpt(world):
    world.start("--quota", "23kB")
    world.server.set("policy", quota_status_keep="0s")
    world.server.stop()
    world.server.start()
    world.receive("fits", body="x" * 60 + "\r\n")
    world.dovecot.wait_for_messages(world.user, MAIN)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        world.receive("too large for the room", body=("x" * 70 + "\r\n") * 420)
    assert refused.value.recipients[world.user][0] == 552
    for number in range(2):  # the last may go over it a little
        world.receive(f"filler {number}", body=("x" * 70 + "\r\n") * 140)
        world.dovecot.wait_for_messages(world.user, MAIN, count=2 + number)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        world.receive("full")
    code, text = refused.value.recipients[world.user]
    assert code == 552 and text.startswith(b"5.2.2"), text
    # An operator who asks why sees it.
    wait_until("the refusal in the traces",
               lambda: "552 5.2.2" in world.server.cli("explain", world.user))


def test_without_quota_status_mail_is_accepted(world):
    world.start()
    world.dovecot.stop()
    world.receive("Dovecot is away")  # deferred, not refused
    world.dovecot.start()
    world.server.cli("queue", "retry", "--all", code=None)
    world.dovecot.wait_for_messages(world.user, MAIN)


def test_log_ins(world):
    world.start()
    read_name, read_secret = world.app_password("phone", "read")
    send_name, send_secret = world.app_password("printer", "send")
    may = world.dovecot.may_log_in
    assert may(world.user, MAIN) and may(world.user.upper(), MAIN)
    # It opens the mailbox itself.
    world.receive("for the phone")
    [text] = world.dovecot.wait_for_messages(read_name, read_secret)
    assert subjects([text]) == ["for the phone"]
    # What it may read with does not send.
    with pytest.raises(smtplib.SMTPAuthenticationError):
        submit_log_in(world, read_name, read_secret)
    submit_log_in(world, send_name, send_secret)
    assert not may(send_name, send_secret)


def test_a_revoked_app_password_opens_nothing(world):
    """One failure a test: Dovecot makes an address wait longer after each."""
    world.start()
    name, secret = world.app_password("phone", "read")
    assert world.dovecot.may_log_in(name, secret)
    world.server.cli("app-password", "revoke", world.user, "phone")
    assert not world.dovecot.may_log_in(name, secret)


def submit_log_in(world: World, user: str, password: str) -> None:
    def dialogue() -> None:
        with smtplib.SMTP_SSL(OURS, 465, timeout=30, context=world.dovecot.tls()) as client:
            client.login(user, password)

    world.net.inside(dialogue)


def test_a_new_password_counts_at_once(world):
    world.start()
    assert world.dovecot.may_log_in(world.user, MAIN)
    world.server.cli("user", "passwd", world.user, "--password-stdin", text=f"{OTHER}\n")
    assert world.dovecot.may_log_in(world.user, OTHER)
    assert not world.dovecot.may_log_in(world.user, MAIN)


def test_scram_and_no_password_in_clear(world):
    world.start()

    def clear() -> None:
        with imaplib.IMAP4(OURS, 143, timeout=20) as client:
            assert "LOGINDISABLED" in client.capabilities
            assert "STARTTLS" in client.capabilities

    world.net.inside(clear)
    root = unpack.peers_root()
    done = subprocess.run(
        [*world.net.prefix(), root / "usr/bin/gsasl", "--imap", "mail.example.test", "143",
         "--starttls", "--no-cb",
         f"--x509-ca-file={world.server.home}/state/self-signed.crt", "-m", "SCRAM-SHA-256",
         "-a", world.user, "-p", MAIN],
        env={**os.environ, "LD_LIBRARY_PATH": unpack.library_path(root)},
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=30)
    assert b"Client authentication finished" in done.stderr + done.stdout, done
    assert "method=SCRAM-SHA-256" in world.dovecot.log.read_text()


def test_maildir_delivery(world):
    """We write the Maildirs as their user, Dovecot reads them; 2.3 counts them for its quota."""
    world.net.run("sysctl", "-q", "net.ipv4.ip_unprivileged_port_start=0")
    world.dovecot.configure("--deliver", "maildir", "--server-user", "vmail").start()
    own(world.server.home, VMAIL_ID)
    world.server.run_as = VMAIL_ID
    world.server.start()
    world.receive("by Maildir")
    [text] = world.dovecot.wait_for_messages(world.user, MAIN)
    assert subjects([text]) == ["by Maildir"]
    assert text.startswith(b"Return-Path: <friend@elsewhere.test>\r\n")


@pytest.fixture(name="slapd")
def make_slapd(folder, world):
    """slapd with TLS where the server is; its reader's password needs every kind of escape."""
    names = {socket.gethostname(), socket.getfqdn()} - {"localhost"}
    certificate = Authority(folder / "pki").sign("localhost", *sorted(names))
    slapd = Slapd(folder / "slapd", 389, 636, certificate, world.net)
    odd = person("odd").replace("mail: odd@", "mail: ../odd@")
    slapd.load(person("ada"), person("bob"), person("eve").replace("eve@corp", "eve@other"), odd)
    secret = """# it's "$HOME" \\%u%{user}"""
    slapd.start().modify(f"dn: {READER}\nchangetype: modify\nreplace: userPassword\n"
                         f"userPassword:: {base64.b64encode(secret.encode()).decode()}\n")
    (world.server.home / "ldap.password").write_text(secret + "\n")
    world.server.set("ldap", url="ldap://localhost", start_tls=True, base_dn=SUFFIX, bind_dn=READER,
                     domains=["corp.test"], password_file="ldap.password", login_attribute="uid",
                     ca_file=str(folder / "pki" / "ca.pem"))
    yield slapd
    slapd.stop()


def test_people_of_ldap_read_their_mail(world, slapd):
    world.server.cli("domain", "add", "corp.test")
    world.server.add_user("bob@corp.test", OTHER)  # the bob of LDAP has the password MAIN
    world.start()
    world.receive("to ada", to="ada@corp.test")
    [text] = world.dovecot.wait_for_messages("ada@corp.test", MAIN)
    assert subjects([text]) == ["to ada"]
    assert subjects(world.dovecot.messages("ADA", MAIN)) == ["to ada"]  # her uid
    assert len(world.server.maildir("ada", "corp.test")) == 1
    assert not world.dovecot.may_log_in("ada@corp.test", "wrong")
    # What directory.db has is its own, other domains are nobody's, and no path leads out.
    assert world.dovecot.who_may(
        ("ada@corp.test", MAIN), ("ada@corp.test", OTHER), ("bob@corp.test", MAIN), ("bob", MAIN),
        ("bob@corp.test", OTHER), ("eve@other.test", MAIN), ("eve", MAIN), ("odd", MAIN),
        ("../odd@corp.test", MAIN), ("*", MAIN), ("ada@corp.test", ""),
        (world.user, MAIN)) == ["ada@corp.test", "bob@corp.test", world.user]
    mode = (world.dovecot.folder / "etc/dovecot-ldap.conf.ext").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    log = world.dovecot.log.read_text()
    assert "Error" not in log and "Warning" not in log, log


def refused_from(address: str) -> None:
    with socket.create_connection((OURS, 587), 10, source_address=(address, 0)) as client:
        assert b" 5.7.0 " in client.recv(1000) or b" 4.7.0 " in client.recv(1000)


def test_guesses_over_imap_meet_our_guard(world):
    """Dovecot asks our login guard, and tells it how a log-in ended."""
    thief = "203.0.113.9"
    world.net.run("ip", "address", "add", f"{thief}/24", "dev", "lo")
    world.start()
    conf = world.dovecot.folder / "etc/dovecot.conf"
    assert stat.S_IMODE(conf.stat().st_mode) == 0o600  # the guard's key is in it

    key = re.search(r"X-API-Key: (\w+)", conf.read_text()).group(1)
    url = re.search(r"auth_policy_server_url = (\S+)", conf.read_text()).group(1)
    assert world.dovecot.may_log_in(world.user, MAIN)
    shown = world.server.cli("user", "show", world.user)
    assert "never used" not in shown, shown
    guess = world.net.prefix() + ["curl", "-sk", "--max-time", "20", "--interface", thief, "-u",
                                  f"{world.user}:wrong", f"imaps://{OURS}:993/"]
    assert subprocess.run(guess, check=False, timeout=40).returncode != 0
    counted = "stagepost_guard_failures_total 1"
    wait_until("the guess is counted", lambda: counted in world.net.run(
        "curl", "-s", url.replace("/dovecot-auth-policy", "/metrics")))
    # Dovecot's own delays make real guessing slow; the rest is said in its words.

    def ask(command: str, shown_key: str = key, **more: object) -> str:
        body = json.dumps({"login": world.user, "remote": thief, **more})
        return world.net.run("curl", "-s", "-H", f"X-API-Key: {shown_key}", "-d", body,
                             f"{url}?command={command}")

    assert json.loads(ask("allow"))["status"] == 0
    for _ in range(12):
        ask("report", success=False, policy_reject=False)
    assert json.loads(ask("allow"))["status"] == -1
    assert thief in world.server.cli("ban", "list")
    assert "missing or wrong" in ask("allow", shown_key="0" * 64)
    # The same ban holds on the submission ports.
    world.net.inside(lambda: refused_from(thief))
    # The owner reads on from where he is known.
    assert world.dovecot.may_log_in(world.user, MAIN)
