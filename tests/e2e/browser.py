"""tests/e2e/browser.py: Debian's Chromium, driven by the scripts of tests/web.

What:    the sources of web/ and tests/web with their node modules, in build/web-tests; the browser,
         unpacked, not installed; run() calls a script and shows what it says.
In/Out:  a script's name, a configuration (JSON) → its output; pictures in build/web-tests/shots.
Errors:  a script that finds a problem ends with 1: its output is the failure.
Limits:  NPM_SECONDS_MAX, SCRIPT_SECONDS_MAX.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from peers.netns import Netns
from peers.unpack import library_path, peers_root
from stagepost import ROOT

FOLDER = ROOT / "build/web-tests"
SHOTS = FOLDER / "shots"
PARTS = ("web", "tests/web")
NPM_SECONDS_MAX = 300
SCRIPT_SECONDS_MAX = 900
# Scripts of packages are not run: what is needed works without them.
NPM = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]


def copy_sources(source: Path, copy: Path) -> None:
    """As they are now; the modules that are there already stay."""
    copy.mkdir(parents=True, exist_ok=True)
    for old in copy.iterdir():
        if old.name == "node_modules":
            continue
        if old.is_dir():
            shutil.rmtree(old)
        else:
            old.unlink()
    shutil.copytree(source, copy, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("node_modules", "dist"))


def install_modules(folder: Path) -> None:
    """By the lock file, and only when that has changed."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules/.stagepost-lock"
    if stamp.exists() and stamp.read_text() == lock:
        return
    done = subprocess.run(NPM, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=NPM_SECONDS_MAX)
    assert done.returncode == 0, f"npm ci in {folder}:\n{done.stdout[-3000:]}"
    stamp.write_text(lock)


def prepare() -> Path:
    """The folder in which web/ and tests/web lie as in the project, ready to be used."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for part in PARTS:
            copy_sources(ROOT / part, FOLDER / part)
            install_modules(FOLDER / part)
    SHOTS.mkdir(exist_ok=True)
    return FOLDER


def call(*arguments: object, cwd: Path, net: Netns | None = None) -> str:
    prefix = net.prefix() if net else []
    done = subprocess.run([*prefix, *arguments], cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, timeout=SCRIPT_SECONDS_MAX)
    assert done.returncode == 0, f"{' '.join(map(str, arguments[:2]))}:\n{done.stdout[-12000:]}"
    return done.stdout


def browser() -> dict[str, str]:
    root = peers_root("PACKAGES_WEB_TEST")
    libraries = library_path(root)
    private = [str(path) for path in sorted((root / "usr/lib").glob("*-linux-gnu/pulseaudio"))]
    return {"browser": str(root / "usr/lib/chromium/chromium-headless-shell"),
            "libraries": os.pathsep.join([libraries, *private])}


def run(script: str, net: Netns | None = None, **told: object) -> str:
    """Calls tests/web/SCRIPT.mjs; what it prints is shown with the test."""
    config = {**browser(), "shots": str(SHOTS), **told}
    out = call("node", f"{script}.mjs", json.dumps(config), cwd=prepare() / "tests/web", net=net)
    print(out)
    return out
