"""tests/peers/courier.py: Courier's mail server of Debian: esmtpd, courierd, authdaemond, userdb.

What:    takes mail for its domains, relays by MX for those who may, and tries again after two
         seconds; people are those of its userdb, with Maildirs.
In/Out:  address, host name, domains, people, certificate → a running server.
Errors:  RuntimeError with what esmtpd said; its other programs speak to a syslog that is not there.
Limits:  messages up to 64 MiB.
"""

import shutil
from pathlib import Path

from peers.netns import Netns
from peers.pki import Certificate
from peers.private import Private

VMAIL_ID = 4903  # as in netns.PASSWD
COURIER_ID = 4911
SPOOL = ("allfilters", "filters", "msgq", "msgs", "sts", "tmp", "tmp/broken", "track")
SETTINGS = {"sizelimit": "67108864", "retryalpha": "2", "retrybeta": "1000", "esmtpdelay": "0"}
ESMTPD = """
ADDRESS={address}
TARPIT=0
unset TLS_DHPARAMS
"""
START = """\
set +u  # their files name what is not set
mkdir -p /run/courier/authdaemon
chown -R courier:courier /run/courier
/usr/sbin/makeuserdb
/usr/sbin/makealiases -tmp=/etc/courier/aliases.tmp
printf '{client}\\tallow,RELAYCLIENT\\n.\\n' |
  /usr/lib/courier/courier/makedatprog - /etc/courier/access.tmp /etc/courier/smtpaccess.dat
(set -a; . /etc/courier/authdaemonrc; exec /usr/lib/courier/courier-authlib/authdaemond) &
env -i sh -c 'set -a; . /etc/courier/courierd; exec /usr/lib/courier/courier/courierd' &
set -a
. /etc/courier/esmtpd
exec /usr/sbin/couriertcpd -address={address} -user=courier -group=courier -maxprocs=100 \
  -maxperc=100 -maxperip=100 -access=/etc/courier/smtpaccess.dat -noidentlookup 25 \
  /usr/sbin/courieresmtpd
"""


class Courier(Private):
    def __init__(self, net: Netns, address: str, folder: Path, hostname: str):
        super().__init__(net, folder, "PACKAGES_MTAS")
        self.address, self.hostname = address, hostname

    def launch(self, domains: list[str], people: tuple[str, ...], certificate: Certificate,
               client: str, mail: Path, routes: dict[str, str]) -> None:
        """`client` may relay; a person's Maildir is mail/PERSON/Maildir.

        It takes every address of the namespace for its own, and mail by MX to there for a loop:
        `routes` are the hosts of other domains.
        """
        self.users(f"courier:x:{COURIER_ID}:{COURIER_ID}::/var/lib/courier:/usr/sbin/nologin\n",
                   f"courier:x:{COURIER_ID}:\n")
        shutil.copytree(self.root / "etc/courier", self.folder / "etc/courier")
        self.write("etc/environment", "")
        lists = {"esmtproutes": [f"{domain}:{host}" for domain, host in routes.items()],
                 "me": [self.hostname], "defaultdomain": domains[:1], "locals": domains,
                 "esmtpacceptmailfor": domains, "dsnfrom": [f"<postmaster@{domains[0]}>"],
                 **{name: [value] for name, value in SETTINGS.items()}}
        for name, lines in lists.items():
            self.write(f"etc/courier/{name}", "".join(f"{line}\n" for line in lines))
        self.write("etc/courier/userdb", "".join(
            f"{one}\tuid={VMAIL_ID}|gid={VMAIL_ID}|home={mail}/{one}|shell=/bin/sh\n"
            for one in people), 0o600)
        self.write("etc/courier/esmtpd.pem", certificate.key.read_text()
                   + certificate.certificate.read_text(), 0o600, COURIER_ID)
        self.add("etc/courier/esmtpd", ESMTPD.format(address=self.address))
        self.add("etc/courier/authdaemonrc", "\nauthmodulelist=authuserdb\n")
        for name in ("", *SPOOL):
            self.make(f"var/lib/courier/{name}", 0o770, COURIER_ID)
        for path in (self.folder / "etc/courier").rglob("*"):
            if path.name != "esmtpd.pem":
                shutil.chown(path, 0, COURIER_ID)
        self.start("sh", "-euc", START.format(address=self.address, client=client))
        self.wait_for(self.address)

    def add(self, name: str, text: str) -> None:
        with open(self.folder / name, "a", encoding="ascii") as file:
            file.write(text)
