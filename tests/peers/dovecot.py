"""tests/peers/dovecot.py: Dovecot beside Stagepost, as `stagepost dovecot-config` wants it.

What:    writes the configuration with the server's own verb, starts Dovecot from build/peers in
         the server's network namespace, reads mail over IMAP with imaplib and with curl.
In/Out:  server, options of dovecot-config → a running Dovecot on ports 143, 993 and 4190.
Errors:  a Dovecot that does not start shows its log.
Limits:  netns.START_SECONDS_MAX, STOP_SECONDS_MAX; IMAP_SECONDS_MAX for a client.

Dovecot finds its modules at a path that is compiled in, so it runs in a mount namespace in which
its unpacked /usr lies below that of the machine.
"""

import imaplib
import os
import ssl
import subprocess
from pathlib import Path
from urllib.parse import quote

from peers import unpack
from peers.netns import Netns, stop, wait_until

VMAIL_ID = 4903  # as in netns.PASSWD
IMAP_SECONDS_MAX = 20
OVERLAY = ('mount --make-rprivate / && mount -t overlay overlay -o "lowerdir=/usr:$0/usr" '
           '/usr && exec "$@"')


def own_libraries(root: Path, *command: str | os.PathLike) -> list[str | os.PathLike]:
    """The command in a mount namespace where /usr has what the peers unpacked, too."""
    return ["unshare", "-m", "--", "sh", "-c", OVERLAY, root, *command]


def own(folder: Path, user: int) -> None:
    """Gives a folder and all in it to that user and group."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, user, user)


class Dovecot:
    def __init__(self, net: Netns, address: str, server, folder: Path):
        self.net = net
        self.address = address
        self.server = server
        self.folder = folder
        self.log = folder / "dovecot.log"
        self.root = unpack.peers_root()
        self.process: subprocess.Popen | None = None
        folder.mkdir()
        folder.chmod(0o755)
        self.log.touch()
        self.log.chmod(0o666)

    def configure(self, *options: str, apply: bool = True) -> "Dovecot":
        arguments = ["dovecot-config", "--output", self.folder / "etc", "--log", self.log,
                     "--run", self.folder / "run", "--listen", self.address, *options]
        self.server.cli(*map(str, arguments), *(["--apply"] if apply else []))
        own(self.server.home / "mail", VMAIL_ID)  # as the verb asks for
        return self

    def start(self) -> "Dovecot":
        self.process = self.net.start(
            own_libraries(self.root, self.root / "usr/sbin/dovecot", "-F", "-c",
                          self.folder / "etc/dovecot.conf"), self.folder / "dovecot.out")
        try:
            for port in (143, 993, 4190):
                self.net.wait_for_port(self.address, port)
            wait_until("Dovecot's sockets",
                       lambda: (self.folder / "run/quota-status").is_socket()
                       and (self.folder / "run/lmtp").is_socket())
        except TimeoutError as error:
            raise RuntimeError(f"Dovecot did not start: {self.output()}") from error
        return self

    def output(self, last: int = 4000) -> str:
        texts = [path.read_text(errors="replace")
                 for path in (self.folder / "dovecot.out", self.log) if path.exists()]
        return "\n".join(texts)[-last:]

    def stop(self) -> None:
        if self.process:
            stop(self.process)
            self.process = None

    # Clients.

    @staticmethod
    def tls() -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the server's own certificate is self-signed
        return context

    def imap(self, user: str, password: str, action):
        """Logs in with imaplib on 993 and gives action(client)'s result."""
        def inside():
            client = imaplib.IMAP4_SSL(self.address, 993, ssl_context=self.tls(),
                                       timeout=IMAP_SECONDS_MAX)
            try:
                client.login(user, password)
                return action(client)
            finally:
                client.logout()

        return self.net.inside(inside)

    def may_log_in(self, user: str, password: str) -> bool:
        try:
            return self.imap(user, password, lambda client: True)
        except imaplib.IMAP4.error:
            return False

    def who_may(self, *people: tuple[str, str]) -> list[str]:
        """Of (user, password) those that log in; asked of Dovecot itself, all at once, for each
        refusal takes seconds."""
        doveadm = own_libraries(self.root, self.root / "usr/bin/doveadm", "-c",
                                self.folder / "etc/dovecot.conf", "auth", "test")
        tests = [subprocess.Popen([*self.net.prefix(), *doveadm, user, password],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                 for user, password in people]
        codes = [test.wait(IMAP_SECONDS_MAX) for test in tests]
        assert set(codes) <= {0, os.EX_NOPERM}, codes
        return [user for (user, _), code in zip(people, codes, strict=True) if code == 0]

    def messages(self, user: str, password: str, folder: str = "INBOX") -> list[bytes]:
        def read(client) -> list[bytes]:
            status, _ = client.select(folder, readonly=True)
            if status != "OK":
                return []
            _, [numbers] = client.search(None, "ALL")
            return [client.fetch(number, "(BODY.PEEK[])")[1][0][1] for number in numbers.split()]

        return self.imap(user, password, read)

    def wait_for_messages(self, user: str, password: str, count: int = 1,
                          folder: str = "INBOX") -> list[bytes]:
        try:
            return wait_until(f"{count} messages in {folder} of {user}",
                              lambda: (found := self.messages(user, password, folder))
                              and len(found) >= count and found)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.output()}\n{self.server.log_text()}") from error

    def curl(self, user: str, password: str, path: str) -> subprocess.CompletedProcess:
        """A second client: curl imaps://. The password goes by its configuration on stdin."""
        secret = password.replace("\\", "\\\\").replace('"', '\\"')
        return subprocess.run(
            [*self.net.prefix(), "curl", "-sS", "-k", "--max-time", str(IMAP_SECONDS_MAX),
             "-K", "-", f"imaps://{self.address}:993/{quote(path, safe='/;=?')}"],
            input=f'user = "{user}:{secret}"\n'.encode(), capture_output=True, check=False,
            timeout=IMAP_SECONDS_MAX * 2)
