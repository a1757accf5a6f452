"""tests/peers/clients.py: mail clients that send one message with a log-in, as users set them up.

What:    each of CLIENTS is a function (account, mail) that runs the client until it is done; all of
         them check the server's certificate against the account's authority.
In/Out:  Account: where and as whom; Outgoing: what → the client's output.
Errors:  ClientError with the output when the client says that it failed.
Limits:  SECONDS_MAX for each. Programs of PACKAGES_PEERS are unpacked (unpack.py), never installed.
"""

import json
import os
import select
import smtplib
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

from peers import unpack

SECONDS_MAX = 30
HELO = "client.example.net"


class ClientError(RuntimeError):
    pass


@dataclass(frozen=True)
class Account:
    """`implicit`: TLS from the first octet (port 465), else STARTTLS; `mechanism`: "" is theirs."""

    port: int
    implicit: bool
    user: str
    password: str
    authority: Path
    folder: Path
    mechanism: str = ""
    host: str = "localhost"
    prefix: tuple[str, ...] = ()  # of a network namespace


@dataclass(frozen=True)
class Outgoing:
    sender: str
    recipients: list[str]
    subject: str
    body: str

    def text(self) -> bytes:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = \
            self.sender, ", ".join(self.recipients), self.subject
        mail.set_content(self.body)
        return mail.as_bytes().replace(b"\n", b"\r\n")


def environment(**more: str) -> dict[str, str]:
    """Libraries and modules of the unpacked packages before those of the host; no user's files."""
    root = unpack.peers_root()
    perl = [root / "usr/share/perl5", *sorted((root / "usr/lib").glob("*-linux-gnu/perl5/5*"))]
    path = [root / "usr/bin", root / "usr/lib/git-core"]
    return {**os.environ, "LC_ALL": "C.UTF-8", "NODE_PATH": str(root / "usr/share/nodejs"),
            "LD_LIBRARY_PATH": unpack.library_path(root), "PERL5LIB": ":".join(map(str, perl)),
            "PATH": ":".join([*map(str, path), os.environ["PATH"]]), **more}


def run(command: list[str | os.PathLike], account: Account, text: bytes = b"",
        code: int = 0) -> str:
    try:
        done = subprocess.run([*account.prefix, *command], input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=SECONDS_MAX,
                              cwd=account.folder, env=environment(HOME=str(account.folder)))
    except subprocess.TimeoutExpired as error:
        raise ClientError(f"{command[0]} hangs: {error.stdout}") from error
    output = done.stdout.decode(errors="replace")
    if done.returncode != code:
        raise ClientError(f"{command[0]}: {done.returncode}\n{output}")
    return output


def written(account: Account, name: str, text: str) -> Path:
    """A file that only we may read: msmtp refuses others."""
    path = account.folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def smtplib_client(account: Account, mail: Outgoing) -> str:
    context = ssl.create_default_context(cafile=str(account.authority))
    if account.implicit:
        client = smtplib.SMTP_SSL(account.host, account.port, HELO, timeout=SECONDS_MAX,
                                  context=context)
    else:
        client = smtplib.SMTP(account.host, account.port, HELO, timeout=SECONDS_MAX)
    try:
        with client:
            if not account.implicit:
                client.starttls(context=context)
            client.login(account.user, account.password)
            refused = client.sendmail(mail.sender, mail.recipients, mail.text())
    except (smtplib.SMTPException, ssl.SSLError) as error:
        raise ClientError(str(error)) from error
    if refused:
        raise ClientError(str(refused))
    return ""


def swaks(account: Account, mail: Outgoing) -> str:
    return run(["swaks", "--server", f"{account.host}:{account.port}", "--helo", HELO,
                "--tls-on-connect" if account.implicit else "--tls", "--tls-verify",
                "--tls-ca-path", account.authority, "--auth", account.mechanism or "PLAIN",
                "--auth-user", account.user, "--auth-password", account.password,
                "--from", mail.sender, "--to", ",".join(mail.recipients), "--data",
                "@" + str(written(account, "swaks.eml", mail.text().decode()))], account)


def msmtp(account: Account, mail: Outgoing) -> str:
    settings = written(account, "msmtprc", f"""\
account default
host {account.host}
port {account.port}
domain {HELO}
tls on
tls_starttls {"off" if account.implicit else "on"}
tls_trust_file {account.authority}
auth {account.mechanism.lower() or "on"}
user {account.user}
password {account.password}
from {mail.sender}
""")
    return run(["msmtp", "-v", "-C", settings, "--", *mail.recipients], account, mail.text())


def curl(account: Account, mail: Outgoing) -> str:
    scheme = "smtps" if account.implicit else "smtp"
    options = ["--login-options", f"AUTH={account.mechanism}"] if account.mechanism else []
    to = [part for one in mail.recipients for part in ("--mail-rcpt", one)]
    # Not with the unpacked libraries: it is the host's.
    return run(["env", "-u", "LD_LIBRARY_PATH", "curl", "-sSv", "--ssl-reqd", "--cacert",
                account.authority, "--user", f"{account.user}:{account.password}", *options,
                "--mail-from", mail.sender, *to, "--upload-file", "-",
                f"{scheme}://{account.host}:{account.port}/{HELO}"], account, mail.text())


def s_nail(account: Account, mail: Outgoing) -> str:
    scheme = "smtps" if account.implicit else "smtp"
    login = f"{quote(account.user, safe='')}:{quote(account.password, safe='')}"
    values = {"mta": f"{scheme}://{login}@{account.host}:{account.port}", "v15-compat": "yes",
              "smtp-auth": account.mechanism.lower() or "plain", "from": mail.sender,
              "hostname": HELO, "tls-verify": "strict", "tls-ca-file": str(account.authority)}
    options = [part for name, value in values.items() for part in ("-S", f"{name}={value}")]
    options += ["-S", "tls-ca-no-defaults", "-S", "nosave"]
    options += [] if account.implicit else ["-S", "smtp-use-starttls"]
    return run(["s-nail", "-:/", "-v", "-S", "sendwait", *options, "-s", mail.subject,
                *mail.recipients], account, mail.body.encode())


def mutt(account: Account, mail: Outgoing) -> str:
    scheme = "smtps" if account.implicit else "smtp"
    settings = written(account, "muttrc", f"""\
set smtp_url = "{scheme}://{quote(account.user, safe='')}@{account.host}:{account.port}"
set smtp_pass = "{account.password}"
set smtp_authenticators = "{account.mechanism.lower() or 'plain'}"
set ssl_starttls = yes
set ssl_force_tls = yes
set ssl_ca_certificates_file = "{account.authority}"
set certificate_file = "{account.authority}"
set ssl_verify_host = yes
set from = "{mail.sender}"
set realname = "You"
set use_envelope_from = yes
set hostname = "{HELO}"
set copy = no
""")
    return run(["mutt", "-n", "-F", settings, "-s", mail.subject, "--", *mail.recipients],
               account, mail.body.encode())


NODEMAILER = """\
const given = JSON.parse(require('fs').readFileSync(0));
const transport = require('nodemailer').createTransport(given.transport);
transport.sendMail(given.mail).then(
    info => { console.log(info.response); transport.close(); },
    error => { console.error(error.message); process.exit(1); });
"""


def nodemailer(account: Account, mail: Outgoing) -> str:
    transport = {
        "host": account.host, "port": account.port, "secure": account.implicit,
        "requireTLS": True, "name": HELO, "tls": {"ca": account.authority.read_text()},
        "auth": {"user": account.user, "pass": account.password},
        **({"authMethod": account.mechanism} if account.mechanism else {})}
    letter = {"from": mail.sender, "to": mail.recipients, "subject": mail.subject,
              "text": mail.body}
    # Node brings libraries of its own.
    return run(["env", "-u", "LD_LIBRARY_PATH", "node", "-e", NODEMAILER], account,
               json.dumps({"transport": transport, "mail": letter}).encode())


def git_send_email(account: Account, mail: Outgoing) -> str:
    patch = written(account, "0001.patch", f"""\
From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
From: You <{mail.sender}>
Date: Mon, 23 Nov 2026 12:00:00 +0000
Subject: {mail.subject}

{mail.body}
""")
    to = [f"--to={one}" for one in mail.recipients]
    return run(["git", "-c", "user.name=You", "-c", f"user.email={mail.sender}", "send-email",
                "--smtp-server", account.host, "--smtp-server-port", str(account.port),
                "--smtp-encryption", "ssl" if account.implicit else "tls",
                "--smtp-ssl-cert-path", account.authority, "--smtp-user", account.user,
                "--smtp-pass", account.password, "--smtp-auth", account.mechanism or "PLAIN",
                "--smtp-domain", HELO, "--from", mail.sender, *to, "--suppress-cc=all",
                "--confirm=never", "--no-validate", patch], account)


def gsasl(account: Account, mail: Outgoing) -> str:
    """Logs in, then hands on what it is given, one line whenever there is something to read."""
    arguments = ["gsasl", "--smtp", "--verbose", "--mechanism", account.mechanism,
                 "--connect", f"{account.host}:{account.port}", "--x509-ca-file",
                 account.authority, "--hostname", account.host, "--authentication-id",
                 account.user, "--password", account.password]
    # With a binding at hand it takes SCRAM without -PLUS for an attack.
    arguments += [] if account.mechanism.endswith("-PLUS") else ["--no-cb"]
    ours, theirs = os.openpty()  # into a pipe it would say nothing until its end
    output = b""

    def expect(what: bytes, line: bytes = b"") -> None:
        nonlocal output
        seen, end = len(output), time.monotonic() + SECONDS_MAX
        while what not in output[seen:]:
            if line:
                child.stdin.write(line)
                child.stdin.flush()
            if select.select([ours], [], [], 0.2 if line else SECONDS_MAX)[0]:
                output += os.read(ours, 65536)
            if time.monotonic() > end or b"error:" in output[seen:] or child.poll() is not None:
                raise ClientError(f"no {what!r} in\n{output.decode(errors='replace')}")

    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=theirs, stderr=theirs,
                          env=environment(HOME=str(account.folder))) as child:
        try:
            expect(b"Enter application data")
            for line in (f"MAIL FROM:<{mail.sender}>", *(f"RCPT TO:<{to}>"
                                                         for to in mail.recipients)):
                child.stdin.write(f"{line}\r\n".encode())
                child.stdin.flush()
                expect(b"250 2.1.")
            lines = mail.text().replace(b"\n.", b"\n..").splitlines(keepends=True)
            for line in (b"DATA\r\n", *lines, b".\r\n"):
                child.stdin.write(line)
                child.stdin.flush()
                time.sleep(0.02)  # two lines at once and the second waits for a third
            expect(b"250 2.0.0", b"NOOP\r\n")
        finally:
            child.kill()
            os.close(ours)
            os.close(theirs)
    return output.decode(errors="replace")


CLIENTS: dict[str, Callable[[Account, Outgoing], str]] = {
    "smtplib": smtplib_client, "swaks": swaks, "msmtp": msmtp, "curl": curl, "s-nail": s_nail,
    "mutt": mutt, "nodemailer": nodemailer, "git send-email": git_send_email,
}
