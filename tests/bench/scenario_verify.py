"""tests/bench/scenario_verify.py: full verification of strangers' mail: runs tests/bench/verify.

That has its own servers (Postfix with policyd-spf, opendkim and opendmarc; Postfix with rspamd),
DNS and messages; here its tables and ratios are only passed on.
"""

import argparse
import re
import subprocess
from pathlib import Path

from report import Result
from world import World

TEXT = "SPF, DKIM and DMARC of strangers' mail beside a milter chain and rspamd (bench/verify)"
SECONDS_MAX = 900


def run(world: World, name: str, options: argparse.Namespace) -> Result:
    program = Path(__file__).resolve().parent / "verify"
    arguments = ["--quick"] if options.quick else ["--runs", str(options.runs)]
    done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False, timeout=SECONDS_MAX)
    if done.returncode != 0:
        raise RuntimeError(f"tests/bench/verify: {(done.stdout + done.stderr)[-500:]}")
    result = Result(name, [f"{name}: {TEXT}", *done.stdout.strip().splitlines()])
    ratios = re.findall(r"^(\w+): ([\w ]+): (ratio_cpu=\S+)", done.stdout, re.MULTILINE)
    result.summary = " ".join(f"{load}_{who.replace(' ', '_')}_{ratio}"
                              for load, who, ratio in ratios)
    result.figures["lines"] = [line for line in result.lines if "ratio" in line]
    return result
