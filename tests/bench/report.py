"""tests/bench/report.py: what compare prints: conditions, tables, ratios.

Each value is the median of the runs; ± is half the distance of the extremes, in percent of it.
Ratios are ours divided by the better Postfix of that measure.
"""

import os
import platform
import re
import statistics
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from measure import LATENCY_BYTES, MESSAGE_BYTES, Calls, Run, percentile
from peers import unpack
from stagepost import binary

Runs = dict[str, list[Run]]


def output(*command: str | os.PathLike) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False, timeout=20)
    return done.stdout.strip()


def postfix_version() -> str:
    root = unpack.peers_root()
    environment = f"LD_LIBRARY_PATH={unpack.library_path(root)}"
    return output("env", environment, root / "usr/sbin/postconf", "-d", "-h", "mail_version")


def conditions(folder: Path) -> list[str]:
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"{output(binary(), '--version')}; Postfix {postfix_version()} (Debian), "
        "its smtp-source and smtp-sink",
        f"{os.cpu_count()} cores ({cpu.group(1) if cpu else 'unknown'}), {memory:.0f} GiB, Linux "
        f"{platform.release()}, load average {os.getloadavg()[0]:.1f} at the start",
        f"state on {output('findmnt', '-n', '-o', 'SOURCE,FSTYPE', '-T', folder)}; servers, load "
        "and sink share the cores; loopback",
        f"relay: {MESSAGE_BYTES} octets, many messages per connection, one sink; latency: "
        f"{LATENCY_BYTES} octets, a connection each",
        "durable: Postfix as it comes (fsync before 250), Stagepost as it comes; Postfix without "
        "a log, Stagepost with its trace",
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


def ratio(values: dict[str, float], better: Callable[..., float]) -> float:
    others = [value for name, value in values.items() if name.startswith("Postfix")]
    return values["Stagepost"] / better(others) if others and better(others) else 0.0


def medians(runs: Runs, attribute: str) -> dict[str, float]:
    return {name: statistics.median(getattr(run, attribute) for run in several)
            for name, several in runs.items() if several}


def relay_lines(name: str, runs: Runs, calls: dict[str, Calls]) -> list[str]:
    head = ["", "accept/s", "at sink/s", "CPU ms/msg", "tools ms/msg", "syncs/msg", "calls/msg",
            "messages", "foreign CPU"]
    rows = []
    for server, several in runs.items():
        counted = calls.get(server)
        rows.append([
            server, cell([run.accept_rate for run in several], 0),
            cell([run.sink_rate for run in several], 0),
            cell([run.cpu_ms for run in several], 3),
            f"{statistics.median(run.tools_cpu_ms for run in several):.3f}",
            f"{counted.syncs:.2f}" if counted else "–", f"{counted.total:.1f}" if counted else "–",
            f"{several[0].count} ×{len(several)}",
            f"{max(run.foreign for run in several) * 100:.0f}%"])
    lines = [f"{name}", *table(head, rows)]
    accept = ratio(medians(runs, "accept_rate"), max)
    rate, cpu = ratio(medians(runs, "sink_rate"), max), ratio(medians(runs, "cpu_ms"), min)
    return [*lines, f"{name}: ratio_rate={rate:.2f} ratio_cpu={cpu:.2f} ratio_accept={accept:.2f}"]


def latency_lines(name: str, times: dict[str, list[list[float]]]) -> list[str]:
    rows, middle, high = [], {}, {}
    for server, several in times.items():
        p50 = [percentile(run, 0.50) for run in several]
        p99 = [percentile(run, 0.99) for run in several]
        middle[server], high[server] = statistics.median(p50), statistics.median(p99)
        rows.append([server, cell(p50, 2), cell(p99, 2), f"{max(map(max, several)):.2f}",
                     f"{len(several[0])} ×{len(several)}"])
    lines = [name, *table(["connect → 250, ms", "p50", "p99", "max", "messages"], rows)]
    return [*lines, f"{name}: ratio_p50={ratio(middle, min):.2f} ratio_p99={ratio(high, min):.2f}"]
