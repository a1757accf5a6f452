"""tests/peers/filters.py: the filters that people run: opendkim, rspamd, clamd with clamav-milter.

What:    each unpacked, with a configuration of a few lines, in a namespace.
In/Out:  Filters(net, folder) → start_…() gives the address that goes into [[milter]] or [rspamd].
Errors:  RuntimeError with the log of what did not start.
Limits:  START_SECONDS_MAX for each. ClamAV has the hand-written signatures it is given, no others.
Not here: what Postfix is told (checkers.py).
"""

import os
import socket
import subprocess
from pathlib import Path

from peers import unpack
from peers.netns import Netns, wait_until

PACKAGES = "PACKAGES_FILTERS"
NOBODY = 65534
START_SECONDS_MAX = 60

OPENDKIM = """\
Mode sv
AuthservID {authserv_id}
Domain {domain}
Selector {selector}
KeyFile {key}
RequireSafeKeys false
Canonicalization relaxed/simple
OversignHeaders From
InternalHosts 192.0.2.254
UserID nobody
Socket inet:8891@127.0.0.1
PidFile {folder}/opendkim.pid
ResolverConfiguration {resolver}
AlwaysAddARHeader yes
Background no
Syslog no
"""
# For the libunbound in opendkim, which knows of itself that there is no "test." in the world.
RESOLVER = """\
server:
  module-config: "iterator"
  local-zone: "test." nodefault
stub-zone:
  name: "test."
  stub-addr: {dns}
"""
# Only what is in its C core: DKIM, SPF and the pattern that tests filters.
RSPAMD = """\
options {{
  filters = "dkim";
  dns {{ nameserver = ["{dns}"]; timeout = 1s; }}
  url_tld = "${{SHAREDIR}}/effective_tld_names.dat";
  pidfile = "{folder}/rspamd.pid";
  control_socket = "{folder}/rspamd.sock mode=0600";
  tempdir = "{folder}";
  hs_cache_dir = "{folder}";
}}
logging {{ type = "console"; level = "warning"; }}
worker "normal" {{ bind_socket = "127.0.0.1:11333"; count = 1; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:11332";
  milter = yes;
  timeout = 60s;
  reject_message = "Spam of the worst kind";
  upstream "local" {{ default = yes; self_scan = yes; }}
  count = 1;
}}
actions {{ reject = 15; add_header = 6; greylist = null; }}
modules {{ path = "${{PLUGINSDIR}}"; }}
dkim {{ dkim_cache_size = 2k; }}
"""
CLAMD = """\
DatabaseDirectory {database}
LocalSocket {folder}/clamd.sock
TemporaryDirectory {folder}
User nobody
Foreground yes
LogTime no
"""
CLAMAV_MILTER = """\
MilterSocket inet:7357@127.0.0.1
ClamdSocket unix:{folder}/clamd.sock
TemporaryDirectory {folder}
User nobody
Foreground yes
OnInfected Reject
RejectMsg Infected with %v
AddHeader Replace
LogFile {folder}/clamav-milter.log
"""


class Filters:
    def __init__(self, net: Netns, folder: Path, dns: str):
        self.net = net
        self.folder = folder
        self.dns = dns
        self.root = unpack.peers_root(PACKAGES)
        self.env = {"LD_LIBRARY_PATH": ":".join([
            unpack.library_path(self.root), f"{self.root}/usr/lib", f"{self.root}/usr/lib/rspamd"])}
        self.processes: list[subprocess.Popen] = []
        folder.mkdir(parents=True)
        os.chown(folder, NOBODY, NOBODY)
        folder.chmod(0o755)

    def start_opendkim(self, key: Path, domain: str, selector: str, authserv_id: str) -> str:
        """Signs mail of who has logged in, verifies all other."""
        os.chown(key, NOBODY, NOBODY)
        configuration = self._write("opendkim.conf", OPENDKIM, key=key, domain=domain,
                                    selector=selector, authserv_id=authserv_id,
                                    resolver=self._write("resolver.conf", RESOLVER))
        self._start("usr/sbin/opendkim", 8891, "-f", "-x", configuration)
        return "127.0.0.1:8891"

    def start_rspamd(self) -> tuple[str, str]:
        """The address of its milter and the URL of its worker."""
        share = self.root / "usr/share/rspamd"
        places = {"CONFDIR": self.root / "etc/rspamd", "LOCAL_CONFDIR": self.folder,
                  "SHAREDIR": share, "PLUGINSDIR": share / "plugins", "RULESDIR": share / "rules",
                  "LUALIBDIR": share / "lualib", "DBDIR": self.folder, "RUNDIR": self.folder,
                  "LOGDIR": self.folder, "WWWDIR": share / "www"}
        self._start("usr/bin/rspamd", 11332, "-f", "-u", "nobody", "-g", "nogroup",
                    *(f"--var={name}={place}" for name, place in places.items()),
                    "-c", self._write("rspamd.conf", RSPAMD))
        self.net.wait_for_port("127.0.0.1", 11333)
        return "127.0.0.1:11332", "http://127.0.0.1:11333"

    def start_clamav(self, signatures: dict[str, str]) -> str:
        """Signatures by the name of their file, such as "own.hdb"."""
        database = self.folder / "database"
        database.mkdir()
        for name, text in signatures.items():
            (database / name).write_text(text)
        self._start("usr/sbin/clamd", self.folder / "clamd.sock", "--config-file",
                    self._write("clamd.conf", CLAMD, database=database))
        self._start("usr/sbin/clamav-milter", 7357, "--config-file",
                    self._write("clamav-milter.conf", CLAMAV_MILTER))
        return "127.0.0.1:7357"

    def kill(self) -> None:
        """At once: libmilter takes five seconds to notice SIGTERM."""
        for process in self.processes:
            process.kill()

    def _write(self, name: str, text: str, **values: object) -> Path:
        file = self.folder / name
        file.write_text(text.format(folder=self.folder, dns=self.dns, **values))
        return file

    def _start(self, program: str, listens: int | Path, *options: str | os.PathLike) -> None:
        log = self.folder / f"{Path(program).name}.out"
        process = self.net.start([self.root / program, *options], log, self.env)
        self.processes.append(process)
        wait_until(f"{program} listens ({log})",
                   lambda: process.poll() is not None or self._listens(listens),
                   START_SECONDS_MAX)
        if process.poll() is not None:
            raise RuntimeError(f"{program} ended: {log.read_text()[-2000:]}")

    def _listens(self, at: int | Path) -> bool:
        if isinstance(at, Path):
            return at.is_socket()

        def connects() -> bool:
            with socket.socket() as client:
                client.settimeout(1)
                return client.connect_ex(("127.0.0.1", at)) == 0

        return self.net.inside(connects)
