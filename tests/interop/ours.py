"""tests/interop/ours.py: Stagepost on the command line: check-mail --batch and dkim sign.

In/Out:  cases as dicts → answers as dicts, in order; a mail and keys → the signed mail.
Limits:  BATCH_SECONDS_MAX for a batch.
"""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BATCH_SECONDS_MAX = 600


def binary() -> Path:
    path = Path(os.environ.get("STAGEPOST_BINARY") or ROOT / "build/release/stagepost")
    assert path.exists(), f"{path} is not built: run ./run --build"
    return path


def check_batch(cases: list[dict], home: Path) -> list[dict]:
    """`home` has no configuration: the default settings apply and every recipient is ours."""
    lines = "".join(json.dumps({"id": number, **case}) + "\n" for number, case in enumerate(cases))
    done = subprocess.run([binary(), "check-mail", "--batch", "--home", home], input=lines,
                          capture_output=True, text=True, check=False, timeout=BATCH_SECONDS_MAX)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == list(range(len(cases))), done.stderr
    for answer in answers:
        assert "error" not in answer, answer
    return answers


def sign(mail: bytes, *, domain: str, keys: list[tuple[str, Path]], forms: str) -> bytes:
    arguments = ["dkim", "sign", "--domain", domain, "--canonicalization", forms]
    for selector, path in keys:
        arguments += ["--selector", selector, "--key", str(path)]
    done = subprocess.run([binary(), *arguments], input=mail, capture_output=True, check=False,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
