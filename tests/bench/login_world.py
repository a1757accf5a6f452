"""tests/bench/login_world.py: Stagepost, and Postfix with Dovecot's SASL, with the same accounts.

What:    10,000 accounts with the same password but salts of their own: Stagepost's in its
         directory.db, Dovecot's in a passwd-file of the same verifiers (SCRAM-SHA-256, 4096
         rounds). Stagepost runs twice: as it comes, and without its cache of passwords that were
         right a minute ago, for a fair comparison. All take log-ins on TLS from the first octet
         and show certificates of one kind (P-256).
In/Out:  a folder → servers with address, port, group (CPU of all processes), start time, memory.
Errors:  RuntimeError, AssertionError or TimeoutError with the log of what did not start.
Limits:  needs root, and a kernel with overlayfs: Dovecot's programs name each other by path.
Not here: other ways to keep Dovecot's users (SQL costs it more), its cache (off as it comes).
"""

import base64
import hashlib
import hmac
import os
import sqlite3
import time
from pathlib import Path

from groups import GroupedNet, Server
from peers import unpack
from peers.netns import wait_until
from peers.pki import Authority
from peers.postfix import Postfix
from stagepost import Stagepost

CLIENT, STAGEPOST, POSTFIX, CACHING = (f"10.0.0.{n}" for n in (1, 2, 3, 4))
PASSWORD = "a long enough 1"
ROUNDS = 4096  # as Stagepost stores them (RFC 7677)
DOVECOT = """\
protocols = none
base_dir = {folder}/run
state_dir = {folder}/state
import_environment = LD_LIBRARY_PATH={libraries}
auth_mechanisms = plain
ssl = no
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
log_path = {folder}/log
passdb {{
  driver = passwd-file
  args = scheme=SCRAM-SHA-256 username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid=4903 gid=4903 home=/nonexistent
}}
service auth {{
  unix_listener {folder}/auth {{
    mode = 0666
  }}
}}
"""


def keys(number: int) -> tuple[str, str, str]:
    """(salt, StoredKey, ServerKey) of that account in base64; a millisecond each."""
    salt = f"the salt of {number:05}".encode()
    salted = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt, ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return tuple(base64.b64encode(part).decode() for part in (salt, stored, server))


def address_of(number: int) -> str:
    return f"user{number:05}@example.test"


def fill_directory(database: Path, verifiers: list[tuple[str, str, str]]) -> None:
    """Straight into SQLite: `stagepost user add` is a process each."""
    accounts = len(verifiers)
    with sqlite3.connect(database) as connection:
        connection.executemany("INSERT INTO mailboxes (address, domain) VALUES (?, 'example.test')",
                               [(address_of(number),) for number in range(accounts)])
        connection.executemany(
            "INSERT INTO logins (login, address, verifier) VALUES (?, ?, ?)",
            [(address_of(number), address_of(number),
              f"SCRAM-SHA-256${ROUNDS}:{salt}${stored}:{server}")
             for number, (salt, stored, server) in enumerate(verifiers)])
    connection.close()


class Post(Server):
    def __init__(self, name: str, address: str, port: int):
        super().__init__(name, address)
        self.port = port
        self.start_seconds = 0.0

    def memory_mib(self) -> float:
        return self.group.memory_bytes() / 2**20


class LoginWorld:
    """with LoginWorld(folder, accounts) as world: world.stagepost, world.postfix"""

    def __init__(self, folder: Path, accounts: int):
        self.folder = folder
        folder.mkdir()
        self.accounts = accounts
        self.verifiers = [keys(number) for number in range(accounts)]
        self.net = GroupedNet(CLIENT, STAGEPOST, POSTFIX, CACHING)
        self.authority = Authority(folder / "pki")
        self.ours: list[Stagepost] = []
        self.stagepost = Post("Stagepost", STAGEPOST, 465)
        self.caching = Post("Stagepost as it comes", CACHING, 465)
        self.postfix = Post("Postfix + Dovecot", POSTFIX, 25)
        self.tools = Server("tools", CLIENT)

    def __enter__(self) -> "LoginWorld":
        self.net.__enter__()
        try:
            self._start_stagepost(self.stagepost, "0s")
            self._start_stagepost(self.caching, "1m")
            self._start_postfix()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_stagepost(self, server: Post, cache: str) -> None:
        home = self.folder / server.name.replace(" ", "-")
        home.mkdir()
        ours = Stagepost(home, "example.test", net=self.net, address=server.address).init()
        self.ours.append(ours)
        fill_directory(home / "state/directory.db", self.verifiers)
        made = self.authority.sign("stagepost.test")
        ours.set("", hostname="stagepost.test").set("log", level="warning")
        ours.set("http", addresses=[])  # both would want the same port
        ours.set("tls", certificate=str(made.certificate), key=str(made.key))
        ours.set("policy", password_cache_time=cache)
        self.net.group = server.group
        begin = time.monotonic()
        ours.start()
        server.start_seconds = time.monotonic() - begin
        self.net.group = None

    def _start_dovecot(self, folder: Path) -> None:
        for name in ("run", "state"):
            (folder / name).mkdir(parents=True)
        root = unpack.peers_root()
        libraries = unpack.library_path(root)
        (folder / "users").write_text("".join(
            f"{address_of(number)}:{{SCRAM-SHA-256}}{ROUNDS},{salt},{stored},{server}\n"
            for number, (salt, stored, server) in enumerate(self.verifiers)))
        (folder / "dovecot.conf").write_text(DOVECOT.format(folder=folder, libraries=libraries))
        script = (f"mount -t overlay overlay -o lowerdir={root}/usr:/usr /usr && "
                  f"exec /usr/sbin/dovecot -F -c {folder}/dovecot.conf")
        self.net.start(["/bin/sh", "-c", script], folder / "out", {"LD_LIBRARY_PATH": libraries})
        try:
            wait_until("Dovecot's socket", (folder / "auth").exists, 20)
        except TimeoutError as error:
            raise RuntimeError(f"{error}: {(folder / 'out').read_text()}") from error

    def _start_postfix(self) -> None:
        self.net.group = self.postfix.group
        begin = time.monotonic()
        self._start_dovecot(self.folder / "dovecot")
        options = {
            "smtpd_tls_wrappermode": "yes", "smtpd_tls_security_level": "encrypt",
            "smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": str(self.folder / "dovecot/auth"), "smtpd_tls_auth_only": "yes",
            "maillog_file": "", "smtpd_client_connection_count_limit": "0", "max_use": "1000",
        }
        Postfix(self.net, POSTFIX, self.folder / "postfix", "postfix.test", []).start(
            [], self.authority.sign("postfix.test"), options)
        self.postfix.start_seconds = time.monotonic() - begin
        self.net.group = None

    def __exit__(self, *_: object) -> None:
        for ours in self.ours:
            ours.stop()
        self.net.__exit__()
        for server in (self.stagepost, self.caching, self.postfix, self.tools):
            server.group.close()


def foreign_share(busy: float, known: float, seconds: float) -> float:
    return max(0.0, busy - known) / seconds / (os.cpu_count() or 1)
