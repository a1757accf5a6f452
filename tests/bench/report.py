"""tests/bench/report.py: what compare prints: conditions, tables, ratios, what was asked.

Each value is the median of the runs; ± is half the distance of the extremes, in percent of it.
Ratios are ours divided by the better Postfix of that measure.
"""

import os
import platform
import re
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from peers import unpack

OURS, BARE, POSTFIX = "Stagepost", "bare reference", "Postfix"


@dataclass
class Result:
    """What a scenario found: lines for people, figures for --json, what was asked."""

    name: str
    lines: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)
    asked: list[tuple[str, float, float, bool]] = field(default_factory=list)
    summary: str = ""  # the last line, after the scenario's name

    def ask(self, what: str, found: float, bound: float, at_most: bool = False) -> None:
        """at_most: the bound is an upper one."""
        self.asked.append((what, found, bound, found <= bound if at_most else found >= bound))
        self.figures[f"asked {what}"] = {"found": found, "bound": bound, "met": self.asked[-1][3]}

    def text(self) -> list[str]:
        asked = [f"  {what}: {found:,.4g}, asked {bound:,.4g}: {'met' if met else 'MISSED'}"
                 for what, found, bound, met in self.asked]
        return [*self.lines, *asked, f"{self.name}: {self.summary}"]


def output(*command: str | os.PathLike) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=20)
    return done.stdout.strip()


def postfix_version() -> str:
    root = unpack.peers_root()
    environment = f"LD_LIBRARY_PATH={unpack.library_path(root)}"
    return output("env", environment, root / "usr/sbin/postconf", "-d", "-h", "mail_version")


def machine(folder: Path) -> list[str]:
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{os.cpu_count()} cores ({cpu.group(1) if cpu else 'unknown'}), {memory:.0f} GiB, Linux "
        f"{platform.release()}, load average {os.getloadavg()[0]:.1f} at the start",
        f"state on {output('findmnt', '-n', '-o', 'SOURCE,FSTYPE', '-T', folder)}; servers, load "
        "and sink share the cores; loopback",
    ]


def spread(values: Sequence[float]) -> float:
    middle = statistics.median(values)
    return (max(values) - min(values)) / 2 / middle * 100 if middle else 0.0


def cell(values: Sequence[float], digits: int) -> str:
    return f"{statistics.median(values):,.{digits}f} ±{spread(values):.0f}%"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        first, *others = [text.ljust(widths[0]) if i == 0 else text.rjust(widths[i])
                          for i, text in enumerate(row)]
        return "  ".join([first, *others]).rstrip()

    return [line(head), "-" * (sum(widths) + 2 * (len(widths) - 1)), *map(line, rows)]


def missing_lines(missing: Mapping[str, str]) -> list[str]:
    return [f"{name}: not measured: {reason}" for name, reason in missing.items()]


def better(values: Mapping[str, float], choose: Callable[..., float]) -> float:
    """The better Postfix; 0 when there is none."""
    others = [value for name, value in values.items() if name.startswith(POSTFIX)]
    return choose(others) if others else 0.0


def ratio(upper: float, lower: float) -> float:
    return upper / lower if lower else 0.0


def medians(runs: Mapping[str, Sequence[object]], attribute: str) -> dict[str, float]:
    return {name: statistics.median(getattr(run, attribute) for run in several)
            for name, several in runs.items() if several}


def figures(runs: Mapping[str, Sequence[object]]) -> dict[str, dict[str, list[object]]]:
    """For --json: every value of every run."""
    return {name: {what: [getattr(run, what) for run in several] for what in vars(several[0])}
            for name, several in runs.items() if several}
