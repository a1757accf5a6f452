"""tests/e2e/ledger.py: an account of every message that was answered 250.

What:    Ledger(load, …) reads what has arrived, waits until nothing is missing, and prints one line
         for the fault: accepted, delivered, duplicated, lost.
In/Out:  places: folders of whole messages (Maildirs, `bench sink --folder`) and Sinks.
Errors:  a message that is lost or not whole, or more duplicates than the fault explains.
Limits:  SETTLE_SECONDS_MAX; each file and mail is read once.
"""

from collections import Counter
from pathlib import Path

from load import Load, check
from peers.netns import wait_until
from sink import Sink
from stagepost import Stagepost

SETTLE_SECONDS_MAX = 180
ID_OCTETS = 13  # of a message's name in the reply


def maildirs(server: Stagepost, *local_parts: str) -> list[Path]:
    return [server.home / "mail" / server.domain / local / "new" for local in local_parts]


class Ledger:
    """Ledger("power loss", loads, maildirs(server, "you") + [sink]).settle(server, capsys)"""

    def __init__(self, fault: str, loads: list[Load], places: list[Path | Sink]):
        self.fault = fault
        self.loads = loads
        self.places = places
        self.arrived: Counter[str] = Counter()
        self.torn: list[str] = []
        self.strange: list[bytes] = []  # mails that are not the load's, such as reports
        self.files: set[Path] = set()
        self.read: dict[int, int] = {}  # how many mails of each Sink

    @property
    def accepted(self) -> set[str]:
        names: set[str] = set()
        for load in self.loads:
            with load.lock:
                names |= load.acknowledged
        return names

    @property
    def duplicated(self) -> int:
        return sum(count - 1 for count in self.arrived.values())

    def note(self, content: bytes) -> bool:
        name, whole = check(content)
        if not name:
            self.strange.append(content[:2_000])
            return False
        self.arrived[name] += 1
        if not whole:
            self.torn.append(name)
        return True

    def look(self) -> None:
        for place in self.places:
            if isinstance(place, Sink):
                start = self.read.get(id(place), 0)
                new = place.mails[start:]
                self.read[id(place)] = start + len(new)
                for mail in new:
                    self.note(mail.content)
                continue
            for path in place.glob("*"):
                # One that has no name yet is still being written.
                if path not in self.files and path.is_file():
                    content = path.read_bytes()
                    if check(content)[0]:
                        self.note(content)
                        self.files.add(path)

    def missing(self) -> set[str]:
        self.look()
        return self.accepted - set(self.arrived)

    def traces(self, server: Stagepost, names: set[str]) -> str:
        """What was said to the clients, and what the server knows of it."""
        out = ""
        for load in self.loads:
            for name in sorted(names & set(load.answers))[:5]:
                words = load.answers[name][1]
                out += f"{name}: {words}\n"
                for word in words.split():
                    if len(word) == ID_OCTETS:
                        out += server.cli("explain", word, code=None)
        return out

    def settle(self, server: Stagepost, capsys, duplicates_max: int = 0, why: str = "",
               seconds: float = SETTLE_SECONDS_MAX) -> None:
        """All that was accepted arrives; prints the line."""
        try:
            wait_until("every message", lambda: not self.missing(), seconds)
        except TimeoutError:
            pass  # the account below says which
        self.show(server, capsys, duplicates_max, why)

    def show(self, server: Stagepost, capsys, duplicates_max: int, why: str) -> None:
        lost = self.missing()
        accepted = self.accepted
        refused = sum((load.refused for load in self.loads), Counter())
        said = ", ".join(f"{count} x {code}" for code, count in sorted(refused.items()))
        with capsys.disabled():
            print(f"\n  {self.fault}: accepted {len(accepted)}, "
                  f"delivered {len(accepted & set(self.arrived))}, duplicated {self.duplicated}"
                  f"{f' ({why})' if self.duplicated and why else ''}, lost {len(lost)}"
                  f"{f'; refused {said}' if said else ''}")
        assert accepted, f"{self.fault}: nothing was accepted"
        assert not lost, f"{self.fault}: lost {sorted(lost)[:20]}\n{self.traces(server, lost)}" \
            f"{len(self.strange)} of no name: {self.strange[:3]}\n{server.log_text()}"
        assert not self.torn, f"{self.fault}: not whole: {self.torn[:20]}"
        assert self.duplicated <= duplicates_max, \
            f"{self.fault}: {self.duplicated} duplicates, {duplicates_max} can be explained: " \
            f"{[one for one in self.arrived.most_common(20) if one[1] > 1]}"
