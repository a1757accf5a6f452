"""The server's own sandbox: nothing gets out, and nothing that a server does is hindered by it."""

import os
import re
import signal
import smtplib
import subprocess
from pathlib import Path

from mail import SENDER, message
from peers.netns import wait_until
from stagepost import free_ports

OWNER = 4906  # nobody's number on this machine


def trials(text: str) -> dict[str, str]:
    """what was tried → "refused: why"."""
    rows = re.findall(r"^  (.{46}) ((?:NOT REFUSED|refused): .*)$", text, re.MULTILINE)
    return {what.strip(): outcome for what, outcome in rows}


def test_an_intruder_gets_nowhere(new_server):
    server = new_server()
    text = server.cli("sandbox", code=None)
    print(text)
    found = trials(text)
    assert len(found) >= 25, text
    assert not [what for what, outcome in found.items() if not outcome.startswith("refused")]
    assert "system calls are filtered" in text
    server.cli("sandbox", code=0)


def test_the_server_says_that_it_is_confined(new_server):
    server = new_server().start()
    wait_until("its word", lambda: "server.confined" in server.log_text(), 20)
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert re.search(r"^Seccomp:\s+2$", status, re.MULTILINE)
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    assert re.search(r"^Max core file size\s+0\s+0\s", limits, re.MULTILINE)


def test_its_memory_is_nobodys(new_server):
    """Neither its own user nor another one reads it, and it leaves no core."""
    server = new_server()
    for path in [server.home, *server.home.rglob("*")]:
        os.chown(path, OWNER, OWNER)
    server.run_as = OWNER
    server.start()
    wait_until("its word", lambda: "server.confined" in server.log_text(), 20)
    pid = server.process.pid
    for user in (OWNER, OWNER + 1):
        for name in ("mem", "maps", "environ"):
            done = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}",
                                   "--clear-groups", "head", "-c1", f"/proc/{pid}/{name}"],
                                  capture_output=True, text=True, check=False, timeout=20)
            assert "Permission denied" in done.stderr, f"{name} by {user}: {done}"
    assert Path(f"/proc/{pid}/mem").stat().st_uid == 0
    process = server.process
    process.send_signal(signal.SIGQUIT)
    process.wait(20)
    server.process = None
    assert not list(server.home.glob("core*"))


def test_a_reload_that_needs_more_is_refused_and_says_so(new_server, tmp_path):
    server = new_server().start()
    certificate, key = tmp_path / "mx.pem", tmp_path / "mx.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "9",
                    "-subj", "/CN=mx.example.test", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=30)
    server.set("tls", certificate=str(certificate), key=str(key))
    server.process.send_signal(signal.SIGHUP)
    wait_until("the reload to fail", lambda: "server.reload_failed" in server.log_text(), 20)
    assert f"needs {tmp_path}, which the running server has closed" in server.log.read_text()
    # The old configuration stays in force; a restart opens what the new one needs.
    with smtplib.SMTP("127.0.0.1", server.ports["smtp"], timeout=20) as client:
        client.sendmail(SENDER, [f"you@{server.domain}"], message("still here"))
    server.stop()
    server.start()


def test_without_it_the_server_runs_as_before(new_server):
    server = new_server()
    server.set("server", sandbox=False)
    server.start()
    assert "server.confined" not in server.log.read_text()
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert re.search(r"^Seccomp:\s+0$", status, re.MULTILINE)
    assert "the running server has none of this" in server.cli("sandbox", code=None)
