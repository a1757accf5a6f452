"""tests/e2e/bench.py: `stagepost bench` as tests run it.

What:    Sink and Bare run beside the test; load() and others run and give their JSON.
In/Out:  options as on the command line → what they count.
Errors:  a tool that does not become ready or does not end fails the test with its words.
Limits:  READY_SECONDS_MAX, RUN_SECONDS_MAX.
"""

import json
import signal
import subprocess
from pathlib import Path

from peers.netns import wait_until
from stagepost import binary

READY_SECONDS_MAX = 20
RUN_SECONDS_MAX = 60


def run(verb: str, *options: object, code: int | None = 0) -> subprocess.CompletedProcess:
    done = subprocess.run([binary(), "bench", verb, *map(str, options)], text=True, check=False,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=RUN_SECONDS_MAX)
    assert code is None or done.returncode == code, \
        f"bench {verb}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def measured(verb: str, *options: object, code: int | None = 0) -> dict:
    return json.loads(run(verb, *options, "--json", code=code).stdout)


def load(port: int, *options: object, code: int | None = 0) -> dict:
    return measured("load", "--to", f"127.0.0.1:{port}", *options, code=code)


class Server:
    """A verb that listens; `ready 127.0.0.1:PORT` names its port."""

    def __init__(self, verb: str, *options: object):
        self.process = subprocess.Popen([binary(), "bench", verb, *map(str, options)], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        first = self.process.stdout.readline().split()
        assert first[:1] == ["ready"], f"bench {verb} did not become ready: {first}"
        self.ports = [int(place.rpartition(":")[2]) for place in first[1:]]

    def end(self, code: int = 0) -> str:
        """What it prints at SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        text, _ = self.process.communicate(timeout=RUN_SECONDS_MAX)
        assert self.process.returncode == code, f"{self.process.returncode}: {text}"
        return text

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


class Sink(Server):
    def __init__(self, folder: Path, *options: object):
        self.file = folder / "counts.json"
        super().__init__("sink", "--listen", "127.0.0.1:0", "--count-file", self.file, *options)
        self.port = self.ports[0]

    def counts(self) -> dict:
        return json.loads(self.file.read_text())

    def wait_for(self, what: str, number: int) -> dict:
        wait_until(f"{number} {what} at the sink", lambda: self.counts()[what] >= number,
                   READY_SECONDS_MAX)
        return self.counts()
