"""The interop matrix, clients: every program that sends mail, by every way that it has, as a table.

Each cell was looked at in the mailbox. What else is asked of them: test_clients.py (log-ins, wrong
passwords, strangers' certificates), test_sendmail.py (arguments, the server down).
"""

import re

import pytest
import test_sendmail
from interop import settle
from peers.clients import CLIENTS
from peers.netns import wait_until
from peers.pki import Authority
from test_clients import PORTS, account, assert_sent, outgoing

HEAD = ["program", "587 with STARTTLS", "465", "our sendmail"]
TITLES = {"smtplib": "Python smtplib", "PHP": "PHP mail()"}
NODEMAILER = """\
require('nodemailer').createTransport({sendmail: true, path: process.argv[1]}).sendMail(
  {from: 'you@example.test', to: 'you@example.test', subject: 'from nodemailer', text: 'It works.'},
  error => process.exit(error ? 1 : 0));
"""


def submitted(server, authority: Authority, name: str, security: str) -> str:
    mail = outgoing(server, f"{name}, {security}")
    CLIENTS[name](account(server, authority, security), mail)

    def arrived() -> list[bytes]:
        return [text for text in server.maildir("friend") if mail.subject.encode() in text]

    [delivered] = wait_until(mail.subject, arrived)
    assert_sent(delivered, mail)
    found = re.search(rb"with ESMTPSA\s+\((TLSv1\.\d)", delivered)
    assert found, delivered
    return found.group(1).decode()


def from_nodemailer(host) -> None:
    # Node brings libraries of its own.
    host.run(["env", "-u", "LD_LIBRARY_PATH", "node", "-e", NODEMAILER, host.sendmail])


def from_swaks(host) -> None:
    host.run(["swaks", "--pipe", f"{host.sendmail} -bs", "--from", "you@example.test", "--to",
              "you@example.test", "--header", "Subject: from swaks", "--body", "It works."])


BY_SENDMAIL = {"swaks": from_swaks, "mutt": test_sendmail.from_mutt,
               "s-nail": test_sendmail.from_s_nail, "nodemailer": from_nodemailer,
               "git send-email": test_sendmail.from_git, "PHP": test_sendmail.from_php,
               "cron": test_sendmail.test_cron}


def handed_over(host, name: str) -> str:
    if name not in BY_SENDMAIL:
        return "–"
    BY_SENDMAIL[name](host)
    [delivered] = wait_until(f"a mail by {name}", lambda: [
        text for text in host.server.maildir()
        if re.search(rb"^Subject: (from |Cron ).*%s" % (b"" if name == "cron" else name.encode()),
                     text, re.MULTILINE)])
    assert b"It works." in delivered and b"with local" in delivered
    return "yes"


@pytest.mark.long
def test_table(folder, new_server):
    authority = Authority(folder / "pki")
    made = authority.sign("localhost")
    server = new_server().set("tls", certificate=str(made.certificate), key=str(made.key))
    server.add_user("friend@example.test")
    server.start()
    host = test_sendmail.Host(server, folder)
    rows = {}
    for name in ("cron", *CLIENTS, "PHP"):  # cron's test wants an empty mailbox
        cells = [submitted(server, authority, name, security) if name in CLIENTS else "–"
                 for security in PORTS]
        rows[TITLES.get(name, name)] = [*cells, handed_over(host, name)]
    rows["cron"] = rows.pop("cron")  # the last
    settle("clients", HEAD, rows, [])
