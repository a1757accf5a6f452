"""tests/peers/sendmail.py: sendmail 8.17 of Debian, with local users whose mail a script keeps.

What:    takes mail for its domains, relays for everybody by MX, runs its queue every two seconds.
In/Out:  address, host name, domains, people, certificate → a running server.
Errors:  RuntimeError with its output when it does not start.
Limits:  messages up to 64 MiB; no limits by load, as tests share the machine with others.
"""

from pathlib import Path

from peers.netns import Netns
from peers.pki import Certificate
from peers.private import Private

VMAIL_ID = 4903  # as in netns.PASSWD
CF = "/usr/share/sendmail/cf/"
USERS = "smmta:x:4909:4909::/nonexistent:/usr/sbin/nologin\n" \
        "smmsp:x:4910:4910::/nonexistent:/usr/sbin/nologin\n"
GROUPS = "smmta:x:4909:\nsmmsp:x:4910:\nmail:x:8:\n"
# The namespace's addresses are all on one interface: it must not take them for its own.
# F=8: eight bits need no conversion on the way to the script. Debian builds it without SMTPUTF8.
MC = """\
OSTYPE(`gnu')dnl
define(`confDOMAIN_NAME', `{hostname}')dnl
define(`confMAX_MESSAGE_SIZE', `67108864')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confTO_IDENT', `0')dnl
define(`confFORWARD_PATH', `')dnl
define(`confDEF_USER_ID', `{vmail}:{vmail}')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confPID_FILE', `/run/sendmail.pid')dnl
define(`confCACERT', `/etc/mail/ca.pem')dnl
define(`confCACERT_PATH', `/etc/mail')dnl
define(`confSERVER_CERT', `/etc/mail/cert.pem')dnl
define(`confSERVER_KEY', `/etc/mail/key.pem')dnl
define(`LOCAL_MAILER_PATH', `{folder}/keep')dnl
define(`LOCAL_MAILER_ARGS', `keep $u')dnl
define(`LOCAL_MAILER_FLAGS', `Pn8')dnl
FEATURE(`promiscuous_relay')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`nocanonify')dnl
FEATURE(`no_default_msa')dnl
DAEMON_OPTIONS(`Family=inet, Addr={address}, Port=25')dnl
CLIENT_OPTIONS(`Family=inet, Addr={address}')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
LOCAL_CONFIG
Cw {domains}
"""
START = f"""\
cd /etc/mail
m4 -D_CF_DIR_={CF} {CF}m4/cf.m4 sendmail.mc > sendmail.cf
/usr/libexec/sendmail/sendmail -bi
exec /usr/libexec/sendmail/sendmail -bD -q2s
"""
KEEP = """\
#!/bin/sh
cat > {mail}/$1/tmp/$$ && mv {mail}/$1/tmp/$$ {mail}/$1/new/$$
"""


class Sendmail(Private):
    def __init__(self, net: Netns, address: str, folder: Path, hostname: str):
        super().__init__(net, folder, "PACKAGES_MTAS")
        self.address, self.hostname = address, hostname

    def launch(self, domains: list[str], people: tuple[str, ...], certificate: Certificate,
               authority: Path, mail: Path) -> None:
        self.users(USERS + "".join(f"{one}:x:{VMAIL_ID}:{VMAIL_ID}::{mail}/{one}:/bin/sh\n"
                                   for one in people), GROUPS)
        self.write("keep", KEEP.format(mail=mail), 0o755)
        self.write("etc/mail/sendmail.mc", MC.format(
            hostname=self.hostname, vmail=VMAIL_ID, folder=self.folder, address=self.address,
            domains=" ".join(domains)))
        for name, path, mode in (("cert", certificate.certificate, 0o644), ("ca", authority, 0o644),
                                 ("key", certificate.key, 0o600)):
            self.write(f"etc/mail/{name}.pem", path.read_text(), mode)
        self.write("etc/mail/aliases", "postmaster: root\nMAILER-DAEMON: root\n")
        self.make("var/spool/mqueue", 0o700)
        self.start("sh", "-euc", START)
        self.wait_for(self.address)
