"""tests/peers/slapd.py: OpenLDAP's server on a loopback port, with people of the test.

What:    dc=corp,dc=test with an administrator and a reading account; entries are added, changed
         and removed while it runs; it can be stopped and started on the same port.
In/Out:  entries (LDIF) → ldap://127.0.0.1:PORT, or ldaps://localhost:PORT with a certificate.
Limits:  everything is unpacked, nothing installed; the folder holds its database.
"""

import os
import socket
import subprocess
from pathlib import Path

from peers import unpack
from peers.netns import Netns, stop, wait_until
from peers.pki import Certificate

SUFFIX = "dc=corp,dc=test"
ADMIN, ADMIN_PASSWORD = f"cn=admin,{SUFFIX}", "admin of the test"
READER, READER_PASSWORD = f"cn=stagepost,{SUFFIX}", "reader of the test"
SCHEMAS = ("core", "cosine", "nis", "inetorgperson", "misc")
COMMAND_SECONDS_MAX = 120
CONFIGURATION = """\
{includes}
modulepath {root}/usr/lib/ldap
moduleload back_mdb.so
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
{tls}
database mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw "{password}"
directory {folder}/data
maxsize 1073741824
index objectClass,uid,mail,mailLocalAddress eq
limits dn.exact="{reader}" size=unlimited time=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""
BASE = f"""\
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
o: Corp
dc: corp

dn: ou=people,{SUFFIX}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{SUFFIX}
objectClass: organizationalUnit
ou: groups

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: stagepost
userPassword: {READER_PASSWORD}
"""


def dn_of(uid: str) -> str:
    return f"uid={uid},ou=people,{SUFFIX}"


def person(uid: str, password: str = "a long enough 1", aliases: tuple[str, ...] = ()) -> str:
    """The LDIF of UID@corp.test; aliases are values of mailLocalAddress."""
    lines = [f"dn: {dn_of(uid)}", "objectClass: inetOrgPerson",
             "objectClass: inetLocalMailRecipient", f"uid: {uid}", f"cn: {uid}", f"sn: {uid}",
             f"mail: {uid}@corp.test", f"userPassword: {password}",
             *(f"mailLocalAddress: {alias}" for alias in aliases)]
    return "\n".join(lines) + "\n"


def group(name: str, uids: list[str]) -> str:
    """groupOfNames has no mail in its schema, so it is an extensibleObject, too."""
    lines = [f"dn: cn={name},ou=groups,{SUFFIX}", "objectClass: groupOfNames",
             "objectClass: extensibleObject", f"cn: {name}", f"mail: {name}@corp.test",
             *(f"member: {dn_of(uid)}" for uid in uids)]
    return "\n".join(lines) + "\n"


class Slapd:
    def __init__(self, folder: Path, port: int, tls_port: int = 0,
                 certificate: Certificate | None = None, net: Netns | None = None):
        self.folder = folder
        self.net = net  # none: the machine's own
        self.port = port
        self.tls_port = tls_port  # for ldaps://, with a certificate
        self.root = unpack.peers_root()
        self.env = {**os.environ, "LD_LIBRARY_PATH": unpack.library_path(self.root),
                    "LDAPNOINIT": "1"}
        self.certificate = certificate
        self.configuration = folder / "slapd.conf"
        self.log = folder / "slapd.log"
        self.process: subprocess.Popen | None = None
        (folder / "data").mkdir(parents=True)
        tls = (f"TLSCertificateFile {certificate.certificate}\n"
               f"TLSCertificateKeyFile {certificate.key}\n" if certificate else "")
        self.configuration.write_text(CONFIGURATION.format(
            includes="\n".join(f"include {self.root}/etc/ldap/schema/{name}.schema"
                               for name in SCHEMAS),
            root=self.root, folder=folder, tls=tls, suffix=SUFFIX, admin=ADMIN,
            password=ADMIN_PASSWORD, reader=READER))

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    def load(self, *entries: str) -> "Slapd":
        """Before the first start: the base and these entries, fast."""
        self._run("sbin/slapadd", "-q", "-f", self.configuration, "-l", "/dev/stdin",
                  text="\n".join([BASE, *entries]))
        return self

    def start(self) -> "Slapd":
        urls = f"{self.url}/"
        if self.tls_port:
            urls += f" ldaps://127.0.0.1:{self.tls_port}/"
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [*self._prefix(), self.root / "usr/sbin/slapd", "-f", self.configuration,
                 "-h", urls, "-d", "0"],
                env=self.env, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True)

        def answers() -> bool:
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            return self.net.inside(connects) if self.net else connects()

        def connects() -> bool:
            with socket.socket() as client:
                client.settimeout(1)
                return client.connect_ex(("127.0.0.1", self.port)) == 0

        wait_until("slapd answers", answers, 30)
        return self

    def stop(self) -> None:
        if self.process:
            stop(self.process)
            self.process = None

    def add(self, *entries: str) -> None:
        self._tool("ldapadd", text="\n".join(entries))

    def modify(self, ldif: str) -> None:
        self._tool("ldapmodify", text=ldif)

    def delete(self, dn: str) -> None:
        self._tool("ldapdelete", dn)

    def _tool(self, name: str, *arguments: str, text: str = "") -> None:
        self._run(f"bin/{name}", "-x", "-H", self.url, "-D", ADMIN, "-w", ADMIN_PASSWORD,
                  *arguments, text=text)

    def _prefix(self) -> list[str]:
        return self.net.prefix() if self.net else []

    def _run(self, program: str, *arguments: object, text: str = "") -> None:
        done = subprocess.run([*self._prefix(), self.root / "usr" / program, *arguments],
                              env=self.env, input=text, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              timeout=COMMAND_SECONDS_MAX)
        assert done.returncode == 0, f"{program}: {done.returncode}\n{done.stdout}"
