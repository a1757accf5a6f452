"""tests/peers/checkers.py: opendkim, opendmarc, policyd-spf and rspamd, which check senders.

What:    milters on unix sockets and Postfix's policy service, as their packages configure them but
         for paths, users and logs; and unbound, the caching resolver of this machine (127.0.0.1).
In/Out:  a namespace whose resolv.conf names 127.0.0.1, a folder → `milters`, `services` and
         `restriction` for Postfix; they write Authentication-Results with our authserv-id.
Errors:  RuntimeError with the log of what did not start.
Limits:  the folder must be reachable for the user nobody.
Not here: what rspamd checks besides SPF, DKIM and DMARC.
"""

import os
from pathlib import Path

from peers import unpack
from peers.netns import Netns, wait_until

PACKAGES = "PACKAGES_VERIFY"
NOBODY = 65534
START_SECONDS_MAX = 120  # rspamd compiles its expressions first, slowly on a busy machine

UNBOUND = """\
server:
  interface: 127.0.0.1
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  username: ""
  use-syslog: no
  logfile: ""
  module-config: "iterator"
forward-zone:
  name: "."
  forward-addr: {dns}
remote-control:
  control-enable: no
"""
OPENDKIM = """\
Mode v
Canonicalization relaxed/simple
OversignHeaders From
Syslog no
UserID nobody:nogroup
UMask 000
Socket local:{socket}
AuthservID {name}
Nameservers 127.0.0.1
"""
OPENDMARC = """\
Syslog false
UserID nobody:nogroup
UMask 0000
Socket local:{socket}
AuthservID {name}
TrustedAuthservIDs {name}
RejectFailures true
PublicSuffixList {suffixes}
"""
# TestOnly: it has no other meaning for what passes.
POLICYD = """\
debugLevel = 0
TestOnly = 1
HELO_reject = Fail
Mail_From_reject = Fail
PermError_reject = False
TempError_Defer = False
Header_Type = AR
Authserv_Id = {name}
skip_addresses = 127.0.0.0/8,::ffff:127.0.0.0/104,::1
"""
# Self-scan: the proxy is the scanner, as rspamd's manual advises for one machine. No rules in Lua,
# no statistics, no maps from the Internet: only what verifies a sender, and the field about it.
RSPAMD = """\
options {{
  filters = "dkim";
  local_addrs = ["127.0.0.0/8"];
  dns {{ nameserver = ["127.0.0.1"]; timeout = 1s; sockets = 16; retransmits = 5; }}
  url_tld = "${{SHAREDIR}}/effective_tld_names.dat";
  pidfile = "{folder}/rspamd.pid";
  control_socket = "{folder}/control.sock mode=0600";
  tempdir = "{folder}";
  hs_cache_dir = "{folder}";
}}
logging {{ type = "console"; level = "warning"; }}
worker "rspamd_proxy" {{
  bind_socket = "{socket} mode=0666";
  milter = yes;
  timeout = 120s;
  upstream "local" {{ default = yes; self_scan = yes; }}
  count = 1;
}}
actions {{ reject = 15; add_header = 6; greylist = null; }}
modules {{ path = "${{PLUGINSDIR}}"; }}
dkim {{ dkim_cache_size = 2k; }}
spf {{ spf_cache_size = 2k; }}
dmarc {{ actions = {{ reject = "reject"; }} }}
milter_headers {{
  use = ["authentication-results"];
  routines {{ authentication-results {{ add_smtp_user = false; }} }}
}}
"""


def library_path() -> str:
    """Some of their libraries lie in folders of their own, others beside those of the system."""
    root = unpack.peers_root(PACKAGES)
    return ":".join([unpack.library_path(root), f"{root}/usr/lib", f"{root}/usr/lib/rspamd"])


class Checkers:
    """Starts what is asked for; each start appends to what Postfix has to be told."""

    def __init__(self, net: Netns, folder: Path, name: str):
        self.net = net
        self.folder = folder
        self.name = name
        self.root = unpack.peers_root(PACKAGES)
        self.env = {"LD_LIBRARY_PATH": library_path()}
        self.milters: list[str] = []
        self.services = ""
        self.restriction = ""
        folder.mkdir(parents=True)
        os.chown(folder, NOBODY, NOBODY)
        folder.chmod(0o755)

    def write(self, name: str, text: str, **values: object) -> Path:
        file = self.folder / name
        file.write_text(text.format(folder=self.folder, name=self.name, **values))
        return file

    def start_unbound(self, dns: str) -> "Checkers":
        """Its parent: the server that knows everything."""
        configuration = self.write("unbound.conf", UNBOUND, dns=dns)
        self.net.start([self.root / "usr/sbin/unbound", "-d", "-c", configuration],
                       self.folder / "unbound.log", self.env)
        self.net.wait_for_port("127.0.0.1", 53)
        return self

    def start_milter(self, program: str, socket: Path, *options: str | os.PathLike) -> None:
        log = self.folder / f"{socket.stem}.log"
        process = self.net.start([self.root / program, "-f", *options], log, self.env)
        wait_until(f"{program} listens ({log})",
                   lambda: process.poll() is not None or socket.is_socket(), START_SECONDS_MAX)
        if process.poll() is not None:
            raise RuntimeError(f"{program} ended: {log.read_text()[-2000:]}")
        self.milters.append(f"unix:{socket}")

    def start_opendkim(self) -> "Checkers":
        socket = self.folder / "opendkim.sock"
        configuration = self.write("opendkim.conf", OPENDKIM, socket=socket)
        self.start_milter("usr/sbin/opendkim", socket, "-x", configuration)
        return self

    def start_opendmarc(self) -> "Checkers":
        socket = self.folder / "opendmarc.sock"
        suffixes = self.root / "usr/share/publicsuffix/public_suffix_list.dat"
        configuration = self.write("opendmarc.conf", OPENDMARC, socket=socket, suffixes=suffixes)
        self.start_milter("usr/sbin/opendmarc", socket, "-c", configuration)
        return self

    def start_rspamd(self) -> "Checkers":
        socket = self.folder / "rspamd.sock"
        share = self.root / "usr/share/rspamd"
        configuration = self.write("rspamd.conf", RSPAMD, socket=socket)
        places = {"CONFDIR": self.root / "etc/rspamd", "LOCAL_CONFDIR": self.folder,
                  "SHAREDIR": share, "PLUGINSDIR": share / "plugins",
                  "RULESDIR": share / "rules", "LUALIBDIR": share / "lualib",
                  "DBDIR": self.folder, "RUNDIR": self.folder, "LOGDIR": self.folder,
                  "WWWDIR": share / "www"}
        options = [f"--var={name}={place}" for name, place in places.items()]
        self.start_milter("usr/bin/rspamd", socket, "-u", "nobody", "-g", "nogroup", *options,
                          "-c", configuration)
        return self

    def use_policyd_spf(self) -> "Checkers":
        """Postfix starts it, one process for each of its smtpd."""
        configuration = self.write("policyd-spf.conf", POLICYD)
        packages = self.root / "usr/lib/python3/dist-packages"
        self.services = (
            "policyd-spf unix - n n - 0 spawn user=nobody argv=/usr/bin/env "
            f"PYTHONPATH={packages} PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "
            f"{self.root}/usr/bin/policyd-spf {configuration}\n")
        self.restriction = "check_policy_service unix:private/policyd-spf"
        return self

    def postfix_options(self) -> dict[str, str]:
        """A message is not accepted unchecked: a dead milter defers it."""
        options = {}
        if self.milters:
            options = {"smtpd_milters": " ".join(self.milters), "milter_default_action": "tempfail",
                       "milter_protocol": "6"}
        if self.restriction:
            options |= {
                "smtpd_recipient_restrictions": f"reject_unauth_destination, {self.restriction}",
                "policyd-spf_time_limit": "3600"}
        return options
