"""sendmail, mailq, newaliases: as the programs of a host call them, with the server up and down."""

import email
import email.policy
import os
import random
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dsn import read
from peers.clients import environment
from peers.netns import wait_until
from peers.unpack import library_path, peers_root
from sink import Sink
from stagepost import Stagepost, binary, free_ports

NOBODY = 65534
SECONDS_MAX = 60
KILLS = 100 if os.environ.get("STAGEPOST_LONG") else 15


class Host:
    """The names that programs know, and a server whose home they lead to."""

    def __init__(self, server: Stagepost, folder: Path):
        self.server, self.bin = server, folder / "bin"
        self.bin.mkdir()
        for name in ("sendmail", "mailq", "newaliases"):
            (self.bin / name).symlink_to(binary())
        self.sendmail = self.bin / "sendmail"
        self.folder = server.home / "sendmail"
        self.drop = self.folder / "drop"

    def env(self, **more: str) -> dict[str, str]:
        return environment(STAGEPOST_HOME=str(self.server.home), HOME=str(self.bin), **more)

    def run(self, command: list, text: bytes | str = b"", code: int | None = 0,
            user: int | None = None) -> str:
        as_user = [] if user is None else ["setpriv", f"--reuid={user}", f"--regid={user}",
                                           "--clear-groups"]
        text = text.encode() if isinstance(text, str) else text
        done = subprocess.run([*as_user, *command], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=SECONDS_MAX,
                              cwd=self.bin, env=self.env())
        output = done.stdout.decode(errors="replace")
        assert code is None or done.returncode == code, f"{command}: {done.returncode}\n{output}"
        return output

    def send(self, *arguments: str, text: bytes | str = "Subject: hello\n\nhello\n",
             code: int = 0, user: int | None = None) -> str:
        return self.run([self.sendmail, *arguments], text, code, user)

    def letters(self) -> list[Path]:
        return [path for path in self.drop.iterdir() if not path.name.startswith(".")]

    def mail(self, count: int = 1, local: str = "you") -> list[email.message.EmailMessage]:
        return [email.message_from_bytes(one, policy=email.policy.default)
                for one in self.server.wait_for_mail(local, count)]

    def wait_until_taken(self) -> None:
        wait_until("an empty drop folder", lambda: not self.letters(), 30)


@pytest.fixture(name="host")
def make_host(server, folder) -> Host:
    return Host(server, folder)


def test_a_message_is_completed(host):
    host.send("-F", "Wächter", "you@example.test",
              text="To: you\nBcc: x@example.test\nSubject: hi\n\n.dotted\nlast\n.\nnot sent\n")
    [mail] = host.mail()
    assert mail["From"] == "Wächter <root@example.test>" and mail["To"] == "you@example.test"
    assert mail["Date"] and mail["Message-ID"] and mail["Bcc"] is None
    assert mail.get_content() == ".dotted\nlast\n"
    assert "with local" in mail["Received"] and "127.0.0.1" not in mail["Received"]
    assert mail["Return-Path"] == "<root@example.test>"
    explained = host.server.cli("explain", "you@example.test")
    assert "root@example.test" in explained and "sendmail" in explained


def test_who_is_who_the_kernel_says(host):
    """Another user, who can read neither the configuration nor the state."""
    host.server.config.chmod(0o600)
    host.send("you@example.test", user=NOBODY)
    [mail] = host.mail()
    assert "nobody@example.test" in mail["From"]
    host.send("-f", "web@example.org", "-t", text="To: you@example.test\nFrom: A <a@b.example>\n\n",
              user=NOBODY)
    second = next(one for one in host.mail(2) if one["From"] == "A <a@b.example>")
    assert second["Return-Path"] == "<web@example.org>"


def test_names_of_the_system(host):
    """cron's mail for root goes to the postmaster, who is the first mailbox."""
    host.send("root", text="Subject: from cron\n\nx\n")
    assert host.mail()[0]["Subject"] == "from cron"
    assert host.mail()[0]["Delivered-To"] in (None, "you@example.test")


def test_exit_codes(host):
    """sysexits.h, with the server's words."""
    assert "There is no mailbox" in host.send("who@example.test", code=67)
    assert "no recipient" in host.send("-t", text="Subject: x\n\n", code=65)
    assert "say to whom" in host.send(code=64)
    assert "no sendmail has -K" in host.send("-K", code=64)
    host.send("-bd", code=64)
    host.send("|/bin/sh", code=65)
    host.send("you@example.test", text="To: x\n broken\nBad line\nBcc: secret@example.test\n\n",
              code=65)
    host.run([host.bin / "newaliases"])
    host.send("-bi")
    host.server.set("limits", message_bytes_max=100_000).stop()
    host.server.start()
    assert "larger than" in host.send("you@example.test", text="x\n" * 100_000, code=69)
    assert not host.letters() and not host.server.maildir()


def test_some_recipients_are_refused(host):
    """The others get it, and the sender a report."""
    host.send("-f", "you@example.test", "you@example.test", "who@example.test")
    mails = host.mail(2)
    assert [one["Subject"] for one in mails].count("hello") == 1
    report = next(one for one in mails if one.get_content_type() == "multipart/report")
    assert "who@example.test" in report.as_string()


def test_what_the_sender_wants_to_be_told(host):
    """-N, -R and -V, from the command line and by -bs (RFC 3461)."""
    host.server.add_user("other@example.test")
    host.send("-f", "you@example.test", "-N", "success", "-R", "hdrs", "-V", "QQ3", "other")
    dsn = read(host.server.wait_for_mail()[0])
    assert dsn.actions() == [("other@example.test", "delivered", "2.0.0")]
    assert dsn.message_fields["Original-Envelope-Id"] == "QQ3"
    host.run([host.sendmail, "-bs"],
             b"EHLO x\r\nMAIL FROM:<you@example.test> ENVID=QQ4\r\n"
             b"RCPT TO:<other@example.test> NOTIFY=SUCCESS\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"
             b"QUIT\r\n")
    told = [read(one) for one in host.server.wait_for_mail(count=2)]
    assert {one.message_fields["Original-Envelope-Id"] for one in told} == {"QQ3", "QQ4"}
    assert "-N: say" in host.send("-N", "always", "other", code=64)


def test_addresses_beyond_ascii(host):
    """They go as with SMTPUTF8; the trace field says so in nobody's way."""
    host.server.add_user("jörg@example.test")
    host.send("-f", "jörg@example.test", "-N", "success", "jörg@example.test", "you@example.test",
              text="Subject: hi\nTo: jörg@example.test\n\nhello\n")
    [mail] = host.mail()
    assert mail["Return-Path"] == "<jörg@example.test>" and mail["To"] == "jörg@example.test"
    mails = host.server.wait_for_mail("jörg", count=2)
    assert any(b"message/global-delivery-status" in one for one in mails)
    host.send("-t", text="To: Jörg <jörg@example.test>\nSubject: by the header\n\nhello\n")
    host.server.wait_for_mail("jörg", count=3)


def test_stagepost_sendmail(host):
    """Without links, and before the parser of the other verbs."""
    host.run([binary(), "--home", host.server.home, "sendmail", "-i", "you@example.test"],
             "x: y\n\n")
    assert len(host.mail()) == 1
    assert "-t" in host.run([binary(), "sendmail", "--help"])


def test_mailq(host):
    """In Postfix's form; others see their own alone, and may not flush."""
    [port] = free_ports(1)  # nobody listens
    host.server.set("delivery", relay_host=f"127.0.0.1:{port}").stop()
    host.server.start()
    assert host.run([host.bin / "mailq"]) == "Mail queue is empty\n"
    host.send("far@example.net")
    host.send("near@example.net", user=NOBODY)
    everything = host.run([host.bin / "mailq"])
    assert "far@example.net" in everything and "near@example.net" in everything
    assert everything.rstrip().endswith("in 2 Requests.")
    own = host.run([host.sendmail, "-bp"], user=NOBODY)
    assert "near@example.net" in own and "far@example.net" not in own
    host.run([host.sendmail, "-q"])
    assert "only root" in host.run([host.sendmail, "-q"], code=77, user=NOBODY)
    count = host.server.cli("queue", "hold", "--recipient", "*@EXAMPLE.net", "--dry-run")
    assert count == "hold: 2 message(s) would be changed\n"
    assert host.server.cli("queue", "remove", "--sender", "nob*") == "remove: 1 message(s)\n"
    assert host.server.cli("queue", "remove", "--recipient", "far@*") == "remove: 1 message(s)\n"
    host.server.stop()
    assert "does not run" in host.run([host.bin / "mailq"], code=69)


def test_smtp_on_standard_input(host):
    """sendmail -bs, as Symfony's mailer calls it."""
    talk = ("EHLO x\r\nMAIL FROM:<me@example.org>\r\nRCPT TO:<you@example.test>\r\nDATA\r\n"
            "From: me@example.org\r\nSubject: talked\r\n\r\n..\r\n.\r\n"
            "MAIL FROM:<me@example.org>\r\nRCPT TO:<who@example.test>\r\nDATA\r\nx: y\r\n\r\n.\r\n"
            "QUIT\r\n")
    output = host.run([host.sendmail, "-bs"], talk)
    codes = [line.split(" ")[0] for line in output.splitlines() if not line[3:4] == "-"]
    assert codes == ["220", "250", "250", "250", "354", "250", "250", "250", "354", "550", "221"]
    [mail] = host.mail()
    assert mail["Subject"] == "talked" and mail.get_content() == ".\n"


# Down.


def test_the_server_is_down(host):
    """The next start takes it, and gives it the sender who left it."""
    host.server.stop()
    host.send("you@example.test", text="Subject: down\n\nx\n", user=NOBODY)
    host.send("you@example.test", text="Subject: down, too\n\nx\n")
    assert len(host.letters()) == 2
    rights = stat.S_IMODE(host.drop.stat().st_mode)
    assert rights & 0o1777 == 0o1733
    for letter in host.letters():
        assert stat.S_IMODE(letter.stat().st_mode) in (0o640, 0o644)
    # Nobody else can see what is there, nor take another's away.
    assert "denied" in host.run(["ls", host.drop], code=2, user=NOBODY)
    ours = next(one for one in host.letters() if one.stat().st_uid == 0)
    assert "not permitted" in host.run(["rm", "-f", ours], code=1, user=NOBODY)
    host.server.start()
    senders = {one["Subject"]: one["Return-Path"] for one in host.mail(2)}
    assert senders == {"down": "<nobody@example.test>", "down, too": "<root@example.test>"}
    host.wait_until_taken()


def test_a_running_server_looks(host):
    """A letter that came into the folder in some other way, while the socket was away."""
    (host.folder / "socket").rename(host.folder / "away")
    host.send("you@example.test")
    assert len(host.mail()) == 1
    host.wait_until_taken()


def test_a_refused_letter_comes_back(host):
    host.server.stop()
    host.send("-f", "you@example.test", "who@example.test", text="Subject: lost\n\nx\n")
    host.send("-f", "", "who@example.test", text="Subject: for nobody\n\nx\n")
    host.server.start()
    [report] = host.mail()
    assert report.get_content_type() == "multipart/report" and "lost" in report.as_string()
    host.wait_until_taken()
    assert len(list((host.folder / "drop.bad").iterdir())) == 1  # nobody can be told
    wait_until("its line in the log", lambda: "nobody can be told" in host.server.log_text(None))


def hostile(host: Host) -> None:
    """What somebody might put there."""
    secret = host.server.home / "secret"
    secret.write_text("stagepost-letter 1\nkey: " + "a" * 32 +
                      "\nrecipient: you@example.test\nbytes: 0\n\n")
    secret.chmod(0o600)
    drop = host.drop
    (drop / "link").symlink_to(secret)
    os.link(secret, drop / ("hard-" + "a" * 32))
    os.mkfifo(drop / "fifo")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(drop / "socket"))
    (drop / "folder").mkdir()
    (drop / "full").mkdir()
    (drop / "full" / "file").write_text("x")
    (drop / "empty").touch()
    (drop / "half").write_text("stagepost-letter 1\nkey: ")
    (drop / "noise").write_bytes(random.Random(1).randbytes(100_000))
    (drop / "another-name").write_text(secret.read_text())
    with open(drop / "giant", "wb") as file:
        file.truncate(1 << 40)  # no block is written
    (drop / "\x1b[31m\nname").write_text("x")
    (drop / ".unfinished").write_text("x")


def test_hostile_drops(host):
    host.server.stop()
    hostile(host)
    host.send("you@example.test", text="Subject: between\n\nx\n")
    host.server.start()
    assert [one["Subject"] for one in host.mail()] == ["between"]
    host.wait_until_taken()
    wait_until("every bad drop in the log",
               lambda: host.server.log_text(None).count("sendmail.bad_drop") == 12)
    assert "\x1b" not in host.server.log_text(None)
    assert (host.server.home / "secret").exists()
    time.sleep(12)  # it looks again, and says nothing again
    assert host.server.log_text(None).count("sendmail.bad_drop") == 12
    assert len(host.server.maildir()) == 1


def test_each_letter_once(host):
    """kill -9 of the server, at any instant; senders that go on all the while."""
    seed = int(os.environ.get("STAGEPOST_SEED") or random.randrange(1 << 32))
    source = random.Random(seed)
    taken: list[str] = []
    server = host.server
    for life in range(KILLS):
        senders = []
        for number in range(6):
            name = f"letter {life} {number}"
            one = subprocess.Popen([host.sendmail, "-i", "you@example.test"], env=host.env(),
                                   stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
            one.stdin.write(f"Subject: {name}\n\n{'x' * 70}\n".encode() * 1)
            one.stdin.close()
            senders.append((name, one))
        time.sleep(source.uniform(0, 0.3))
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait()
        taken += [name for name, one in senders if one.wait(SECONDS_MAX) == 0]
        server.start()
    wait_until("all letters", lambda: len({one["Subject"] for one in (
        email.message_from_bytes(mail) for mail in server.maildir())}) >= len(taken), 60)
    host.wait_until_taken()
    subjects = [email.message_from_bytes(mail)["Subject"] for mail in server.maildir()]
    assert sorted(subjects) == sorted(taken), f"seed {seed}"
    assert len(taken) == KILLS * 6


def test_the_writer_is_killed(host):
    """Of a sendmail that dies on its way nothing is left that counts."""
    host.server.stop()
    for number in range(20):
        one = subprocess.Popen([host.sendmail, "you@example.test"], env=host.env(),
                               stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        one.stdin.write(b"Subject: killed\n\n" + b"x\n" * 200_000)
        one.stdin.close()
        time.sleep(number * 0.005)
        one.kill()
        one.wait()
    whole = len(host.letters())
    host.server.start()
    host.wait_until_taken()
    assert len(host.server.wait_for_mail("you", whole)) == whole if whole else True
    for mail in host.server.maildir():
        assert mail.count(b"x\n") + mail.count(b"x\r\n") >= 200_000
    assert "sendmail.bad_drop" not in host.server.log_text(None)


# Programs.


def assert_one(host: Host, subject: str, body: str) -> email.message.EmailMessage:
    [mail] = host.mail()
    assert mail["Subject"] == subject and body in mail.get_body().get_content()
    return mail


@pytest.mark.parametrize("down", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("program", ["python", "git send-email", "mutt", "s-nail", "PHP"])
def test_programs(host, program, down):
    if down:
        host.server.stop()
    PROGRAMS[program](host)
    if down:
        assert len(host.letters()) == 1
        host.server.start()
    mail = assert_one(host, f"from {program}", "It works.")
    assert mail["Date"] and mail["Message-ID"]


def from_python(host: Host) -> None:
    text = ("import subprocess, email.message\nm = email.message.EmailMessage()\n"
            "m['To'] = 'you@example.test'\nm['Subject'] = 'from python'\n"
            "m.set_content('It works.')\n"
            f"subprocess.run([{str(host.sendmail)!r}, '-t', '-oi'], check=True, "
            "input=m.as_bytes())\n")
    host.run([sys.executable, "-c", text])


def from_git(host: Host) -> None:
    patch = host.bin / "0001.patch"
    patch.write_text("From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\n"
                     "From: You <you@example.test>\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n"
                     "Subject: from git send-email\n\nIt works.\n")
    host.run(["git", "-c", "user.name=You", "-c", "user.email=you@example.test", "send-email",
              f"--sendmail-cmd={host.sendmail}", "--to=you@example.test", "--suppress-cc=all",
              "--confirm=never", "--no-validate", "--envelope-sender=auto", patch])


def from_mutt(host: Host) -> None:
    settings = host.bin / "muttrc"
    settings.write_text(f'set sendmail = "{host.sendmail} -oem -oi"\nset copy = no\n'
                        'set from = "you@example.test"\nset use_envelope_from = yes\n'
                        'set dsn_notify = "failure,delay"\nset dsn_return = hdrs\n')
    host.run(["mutt", "-n", "-F", settings, "-s", "from mutt", "--", "you@example.test"],
             "It works.\n")


def from_s_nail(host: Host) -> None:
    host.run(["s-nail", "-:/", "-S", "sendwait", "-S", f"mta={host.sendmail}", "-S",
              "v15-compat=yes", "-S", "nosave", "-r", "you@example.test", "-s", "from s-nail",
              "you@example.test"], "It works.\n")


def from_php(host: Host) -> None:
    root = peers_root("PACKAGES_LOCAL")
    code = ("exit(mail('you@example.test', 'from PHP', \"It works.\\n\", "
            "['From' => 'web@example.org'], '-f web@example.org') ? 0 : 1);")
    host.run(["env", f"LD_LIBRARY_PATH={library_path(root)}", root / "usr/bin/php8.2", "-n", "-d",
              f"sendmail_path={host.sendmail} -t -i", "-r", code])


PROGRAMS = {"python": from_python, "git send-email": from_git, "mutt": from_mutt,
            "s-nail": from_s_nail, "PHP": from_php}


def test_cron(host):
    """The real cron with a job that says something, in a mount namespace of its own."""
    root = peers_root("PACKAGES_LOCAL")
    script = host.bin / "cron.sh"
    wrapper = host.bin / "sendmail.sh"
    wrapper.write_text("#!/bin/sh\n"
                       f"STAGEPOST_HOME={host.server.home} exec {host.sendmail} \"$@\"\n")
    wrapper.chmod(0o755)
    # cron knows /usr/sbin/sendmail alone.
    script.write_text(f"""set -e
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/cron
cp {wrapper} /mnt/upper/sendmail
mount -t overlay none -o lowerdir=/usr/sbin,upperdir=/mnt/upper,workdir=/mnt/work /usr/sbin
mount -t tmpfs none /run
mkdir -p /var/spool/cron && mount --bind /mnt/cron /var/spool/cron
mkdir /var/spool/cron/crontabs
printf '@reboot echo It works.\\n' > /var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
LD_LIBRARY_PATH={library_path(root)} exec {root}/usr/sbin/cron -f
""")
    with subprocess.Popen(["unshare", "-m", "bash", script], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as cron:
        try:
            [mail] = host.mail()
        finally:
            os.killpg(cron.pid, signal.SIGKILL)
    assert "Cron <root@" in mail["Subject"] and "It works." in mail.get_content()
    assert mail["From"].addresses[0].addr_spec == "root@example.test"
    assert mail["To"] == "root@example.test"


def test_a_relayed_message_is_counted(host):
    """Mail of the host's users counts for their account, and goes out as anybody's."""
    [port] = free_ports(1)
    server = host.server
    server.stop()
    server.set("delivery", relay_host=f"127.0.0.1:{port}")
    with Sink(port) as sink:
        server.start()
        host.send("far@example.net", user=NOBODY)
        wait_until("the message at the next hop", lambda: sink.mails, 30)
        assert b"with local" in sink.mails[0].content
    assert "nobody@example.test" in server.cli("limits", "show")
