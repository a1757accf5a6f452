"""tests/peers/haraka.py: Haraka from npm, with a plugin of ours that keeps mail and lets relay.

What:    takes mail for its domains into Maildirs, everything else into its outbound queue, which
         tries again every two seconds.
In/Out:  address, host name, domains, people, certificate, its unpacked package → a running server.
Errors:  RuntimeError with its output when it does not start.
Limits:  messages up to 64 MiB, lines as long as it allows.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

from peers.netns import Netns, stop
from peers.pki import Certificate

# What its plugins rcpt_to.in_host_list, relay and a queue plugin do, for the people given.
PLUGIN = """\
const fs = require('fs');
const given = %s;
exports.hook_mail = function (next, connection) { connection.relaying = false; next(); };
exports.hook_rcpt = function (next, connection, params) {
  const [to] = params;
  if (!given.domains.includes(to.host)) {
    connection.relaying = true;
    return next(OK);
  }
  if (given.people.includes(to.user)) return next(OK);
  next(DENY, 'There is nobody of that name');
};
exports.hook_queue = function (next, connection) {
  const transaction = connection.transaction;
  const kept = `${given.mail}/${transaction.uuid}`;
  const file = fs.createWriteStream(kept);
  file.on('error', () => next(DENYSOFT, 'It cannot be written'));
  file.on('close', () => {
    for (const to of transaction.rcpt_to)
      fs.copyFileSync(kept, `${given.mail}/${to.user}/tmp/${transaction.uuid}`);
    for (const to of transaction.rcpt_to)
      fs.renameSync(`${given.mail}/${to.user}/tmp/${transaction.uuid}`,
                    `${given.mail}/${to.user}/new/${transaction.uuid}`);
    fs.unlinkSync(kept);
    next(OK);
  });
  transaction.message_stream.pipe(file);
};
"""
OUTBOUND = "local_mx_ok=true\nenable_tls=true\ntemp_fail_intervals=2s*1000\n"


class Haraka:
    def __init__(self, net: Netns, address: str, folder: Path, hostname: str, package: Path):
        self.net, self.address, self.folder = net, address, folder
        self.hostname, self.package = hostname, package
        self.log = folder / "log"
        self.process: subprocess.Popen | None = None

    def launch(self, domains: list[str], people: tuple[str, ...], certificate: Certificate,
               mail: Path) -> None:
        limits = (self.package / "config/connection.ini").read_text()
        limits = re.sub(r"^;?\s*bytes\s*=.*$", f"bytes={64 << 20}", limits, flags=re.MULTILINE)
        files = {
            "config/me": f"{self.hostname}\n", "config/host_list": "",
            "config/log.ini": "[main]\nlevel=NOTICE\n", "config/outbound.ini": OUTBOUND,
            "config/connection.ini": limits, "config/databytes": f"{64 << 20}\n",
            "config/smtp.ini": f"[main]\nlisten={self.address}:25\n",
            "config/tls.ini": f"[main]\nkey={certificate.key}\ncert={certificate.certificate}\n",
            "config/plugins": "tls\nkeep\n",
            "plugins/keep.js": PLUGIN % json.dumps(
                {"domains": domains, "people": people, "mail": str(mail)}),
        }
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        shutil.rmtree(self.folder / "queue", ignore_errors=True)
        (self.folder / "queue").mkdir()
        self.process = self.net.start(
            ["node", self.package / "bin/haraka", "-c", self.folder], self.log)
        try:
            self.net.wait_for_port(self.address, 25)
        except TimeoutError as error:
            raise RuntimeError(f"{error}:\n{self.output()}") from error

    def output(self) -> str:
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def stop(self) -> None:
        if self.process:
            stop(self.process)
            self.process = None
