"""tests/data/homes/make.py FILE: a small home of the program that is built now, as a backup.

What:    see README.md beside it.
In/Out:  STAGEPOST_BINARY → FILE.
Limits:  run it once, when a format has changed; the file is kept for good.
"""

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / folder) for folder in ("e2e", ".")]

from load import Client, content
from peers.netns import wait_until
from stagepost import Stagepost, free_ports


def send(server: Stagepost, name: str) -> None:
    client = Client(server.ports["smtp"])
    client.send(f"{name}@example.net", content(name, 300))
    client.close()


def make(file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Stagepost(Path(folder) / "home")
        server.home.mkdir()
        server.init()
        server.set("policy", relay_networks=["127.0.0.0/8"])
        server.set("delivery", relay_host=f"127.0.0.1:{free_ports(1)[0]}")
        server.set("queue", retry_after=["1h"])
        server.add_user(f"friend@{server.domain}")
        server.cli("alias", "add", f"info@{server.domain}", server.user)
        server.cli("dkim", "generate", server.domain)
        server.cli("token", "add", "monitoring", "--scope", "read")
        server.cli("webhook", "add", "shop", "https://shop.example.net/hook")
        server.start()
        send(server, "put-off")
        wait_until("a first attempt", lambda: "refused" in server.cli("queue", "list"), 20)
        send(server, "held")
        server.cli("queue", "hold", "--recipient", "held@example.net", "--reason", "an operator's")
        send(server, "new")
        server.stop()
        server.cli("backup", file)


if __name__ == "__main__":
    make(Path(sys.argv[1]).resolve())
