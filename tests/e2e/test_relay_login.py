"""We log in at relay hosts: Postfix with Dovecot's SASL, Exim (Debian's has no SCRAM)."""

import base64
import hashlib
import re
import shutil
import sys
import time
from types import SimpleNamespace

import pytest
from mail import assert_delivered_exactly, message
from peers import exim
from peers.dovecot_sasl import DovecotSasl
from peers.netns import Netns, wait_until
from stagepost import ROOT
from test_postfix import CLIENT, NAMES, OURS, THEIRS, USERS, ZONE, World

sys.path.append(str(ROOT / "tests/bench"))
from peer import VMAIL_ID  # noqa: E402
from peers_exim import Exim  # noqa: E402

EXIM = "10.0.0.7"
RELAY = "mx.postfix.test"
WAIT_SECONDS_MAX = 60
ROUTE = '[[route]]\ndomain = "*"\nhost = "{host}"\nport = 25\ntls = "{tls}"\nuser = "{user}"\n'


class RelayWorld(World):
    """Postfix wants a log-in; we know it by its authority, which the system's stand for."""

    def __init__(self, net, folder, new_server, monkeypatch):
        super().__init__(net, folder, new_server)
        monkeypatch.setenv("SSL_CERT_FILE", str(self.pki.certificate))
        self.sasl = DovecotSasl(net, folder / "sasl")

    def route(self, user: str, password: str, host: str = RELAY, tls: str = "verified",
              **more: str) -> "RelayWorld":
        lines = "".join(f'{key} = "{value}"\n' for key, value in more.items())
        if "password_file" not in more:
            lines += f'password = "{password}"\n'
        self.server.append(ROUTE.format(host=host, tls=tls, user=user) + lines)
        return self

    def begin(self, users: dict[str, str], mechanisms: str | None = None) -> "RelayWorld":
        self.sasl.start(users, **({"mechanisms": mechanisms} if mechanisms else {}))
        self.start(**self.sasl.options())
        return self

    def mechanism(self) -> str:
        """As the newest attempt that was told says."""
        found = re.findall(r"auth=(\S+)", self.server.log_text(None))
        return found[-1] if found else ""

    def waits(self, words: str) -> str:
        """What `queue list` says, as soon as these words are in it."""
        def listed() -> str | None:
            text = self.server.cli("queue", "list")
            return text if words in text else None

        return wait_until(f"'{words}' in the queue", listed, WAIT_SECONDS_MAX)


@pytest.fixture(name="world")
def make_world(folder, new_server, monkeypatch):
    with Netns(CLIENT, OURS, THEIRS, EXIM, NAMES, dns=NAMES) as net:
        world = RelayWorld(net, folder, new_server, monkeypatch)
        yield world
        world.server.finish()


# The password is kept as it is, so that every mechanism can use it; or only hashed.
@pytest.mark.parametrize("offered, kept, used", [
    ("plain login scram-sha-1 scram-sha-256", "{PLAIN}pencil case", "SCRAM-SHA-256"),
    ("plain login scram-sha-1", "{PLAIN}pencil case", "SCRAM-SHA-1"),
    ("plain login", "{PLAIN}pencil case", "PLAIN"),
    ("login", "{PLAIN}pencil case", "LOGIN"),
    ("plain scram-sha-256", "hashed", "PLAIN"),
], ids=["scram-sha-256", "scram-sha-1", "plain", "login", "scram-refused"])
def test_postfix_and_dovecot(world, offered, kept, used):
    if kept == "hashed":
        kept = hashed("pencil case")
    world.route("an@isp.example", "pencil case").begin({"an@isp.example": kept}, offered)
    sent = message("to a relay", to=USERS[0])
    world.to_postfix([USERS[0]], sent)
    [delivered] = world.postfix.wait_for_messages(USERS[0], seconds=WAIT_SECONDS_MAX)
    assert_delivered_exactly(delivered, sent)
    assert b"Authenticated sender: an@isp.example" in delivered
    wait_until("the attempt in the log", lambda: world.mechanism() == used, WAIT_SECONDS_MAX)
    assert "pencil case" not in world.server.log_text(None)


def test_each_sender_logs_in_for_himself(world):
    """Two people and the rest, over a host that has connections to spare: each mail comes from who
    it is of, and a wrong password of one holds up no other."""
    people = ("an", "bo")
    for person in people:
        world.route(f"{person}@isp.example", f"of {person}")
        world.server.append(f'senders = ["{person}@sender.test"]\n')
    world.route("shop@isp.example", "wrong")
    world.server.append('senders = ["shop@sender.test"]\n')
    world.route("rest@isp.example", "of rest")
    world.begin({f"{one}@isp.example": f"{{PLAIN}}of {one}" for one in (*people, "rest", "shop")})
    senders = ["shop", *people, "cy", *people, "cy", *people]
    for number, sender in enumerate(senders):
        world.to_postfix([USERS[0]], message(f"of {sender} {number}", to=USERS[0]),
                         sender=f"{sender}@sender.test")
    arrived = world.postfix.wait_for_messages(USERS[0], len(senders) - 1, WAIT_SECONDS_MAX)
    for one in arrived:
        [sender] = re.findall(rb"^Subject: of (\w+)", one, re.M)
        account = {b"cy": b"rest"}.get(sender, sender) + b"@isp.example"
        assert b"Authenticated sender: " + account + b")" in one
    world.waits("4.7.8")
    listed = world.server.cli("queue", "list", "--json")
    assert "relay:mx.postfix.test:25/shop@isp.example" in listed


def hashed(password: str) -> str:
    digest = hashlib.sha256(password.encode()).digest()
    return "{SHA256.b64}" + base64.b64encode(digest).decode()


def test_a_wrong_password_loses_no_mail(world):
    """It waits, doctor and explain say why; with the right one in the file it goes, without a
    restart."""
    secret = world.server.home / "relay.password"
    secret.write_text("wrong\n")
    secret.chmod(0o644)
    world.route("an", "", password_file=str(secret)).begin({"an": "{PLAIN}pencil"})
    world.to_postfix([USERS[0]], message("to wait", to=USERS[0]))
    assert "451 4.7.8" in world.waits("refuses this server's log-in")
    found = world.server.cli("doctor", code=None)
    assert re.search(r"relay-login.*relay:mx\.postfix\.test:25", found), found
    assert re.search(r"files-keys.*relay\.password", found), found
    assert "as an; see user and password" in world.server.cli("explain", USERS[0])
    assert world.server.maildir() == [], "no bounce"
    secret.write_text("pencil")
    secret.chmod(0o600)
    world.server.cli("queue", "retry", "--all")
    world.postfix.wait_for_messages(USERS[0], seconds=WAIT_SECONDS_MAX)


def test_no_password_for_strangers(world, monkeypatch):
    """PLAIN only, and a certificate that nobody vouches for: it is not shown, until that is
    allowed."""
    monkeypatch.delenv("SSL_CERT_FILE")
    world.route("an", "pencil", tls="required").begin({"an": "{PLAIN}pencil"}, "plain")
    world.to_postfix([USERS[0]], message("shown to nobody", to=USERS[0]))
    assert "certificate is not verified" in world.waits("the password is not shown to")
    assert "sasl_username" not in world.postfix.output()
    text = world.server.config.read_text()
    world.server.config.write_text(text.replace(
        'password = "pencil"', 'password = "pencil"\nplain_auth = "encrypted"'))
    world.server.stop()
    world.server.start()
    world.server.cli("queue", "retry", "--all")
    world.postfix.wait_for_messages(USERS[0], seconds=WAIT_SECONDS_MAX)


def test_the_authentication_server_is_away(world):
    """Postfix says 454: nothing is wrong with the password, and the mail goes later."""
    world.route("an", "pencil").begin({"an": "{PLAIN}pencil"})
    world.sasl.stop()
    world.to_postfix([USERS[0]], message("to wait", to=USERS[0]))
    time.sleep(2)
    world.sasl.start({"an": "{PLAIN}pencil"})

    def arrived() -> bool:  # it may take a moment until Dovecot answers again
        world.server.cli("queue", "retry", "--all")
        return len(world.postfix.messages(USERS[0])) == 1

    wait_until("the mail at Postfix", arrived, WAIT_SECONDS_MAX)
    assert world.server.maildir() == []


EXIM_MAIN = """\
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = relay
"""
EXIM_ACL = """\
relay:
  accept authenticated = *
  deny
"""
AUTHENTICATORS = {
    "PLAIN": "plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_prompts = :\n"
             "  server_condition = ${if and{{eq{$auth2}{an}}{eq{$auth3}{pencil}}}}\n"
             "  server_set_id = $auth2\n",
    "LOGIN": "login:\n  driver = plaintext\n  public_name = LOGIN\n"
             "  server_prompts = <| Username: | Password:\n"
             "  server_condition = ${if and{{eq{$auth1}{an}}{eq{$auth2}{pencil}}}}\n"
             "  server_set_id = $auth1\n",
}


class EximWithLogin(Exim):
    """One that takes mail only from who has logged in, by one mechanism."""

    mechanism = "PLAIN"

    def launch(self) -> None:
        mail = self.folder / "mail"
        mail.mkdir()
        shutil.chown(mail, VMAIL_ID, VMAIL_ID)
        var = exim.make_folders(self.folder)
        self.write("var/lib/exim4/config.autogenerated", exim.configuration(
            self.folder, self.address, exim.tls(self.setup.certificate) + EXIM_MAIN, acl=EXIM_ACL,
            routers="all:\n  driver = accept\n  transport = maildir\n",
            transports=exim.MAILDIR.format(directory=mail),
            authenticators=AUTHENTICATORS[self.mechanism]))
        self.process = self.run_private(["/usr/sbin/exim4", "-bdf", "-q30m"], var)
        self.wait_ready()


@pytest.mark.parametrize("mechanism", list(AUTHENTICATORS))
def test_exim(world, mechanism):
    world.start()
    world.server.stop()
    setup = SimpleNamespace(certificate=world.pki.sign("mx.exim.test"))
    theirs = EximWithLogin(SimpleNamespace(net=world.net, folder=world.folder), setup)
    theirs.mechanism = mechanism
    try:
        theirs.start()
        world.dns.change(ZONE + "mx.exim.test. A 10.0.0.7\n")
        world.route("an", "pencil", host="mx.exim.test")
        world.server.start()
        sent = message("to exim", to="someone@elsewhere.test")
        world.to_postfix(["someone@elsewhere.test"], sent)
        new = theirs.folder / "mail/new"
        try:
            wait_until("the mail", lambda: new.is_dir() and any(new.iterdir()), WAIT_SECONDS_MAX)
        except TimeoutError as error:
            raise AssertionError(f"{error}: {world.server.log_text()} {theirs.log()}") from error
        [delivered] = new.iterdir()
        assert_delivered_exactly(delivered.read_bytes(), sent)
        assert world.mechanism() == mechanism
    finally:
        theirs.stop()
        theirs.group.close()
