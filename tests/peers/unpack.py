"""tests/peers/unpack.py: packages of a list of cmake/packages.sh (PACKAGES_PEERS), in build/peers.

Libraries that they need and that the host lacks are unpacked with them. A second call finds the
folder and does nothing. Run it to see the folder: /usr/bin/python3 -m peers.unpack (in tests/).
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "peers"
DOWNLOAD_SECONDS_MAX = 300
APT = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3"]


class UnpackError(RuntimeError):
    pass


def wanted_packages(name: str) -> list[str]:
    text = (ROOT / "cmake" / "packages.sh").read_text()
    found = re.search(rf"^{name}=\(([^)]*)\)", text, re.MULTILINE)
    if not found:
        raise UnpackError(f"cmake/packages.sh has no {name}=(…)")
    return found.group(1).split()


def run(command: list[str], cwd: Path | None = None) -> str:
    env = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=DOWNLOAD_SECONDS_MAX)
    if done.returncode != 0:
        raise UnpackError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout


def with_dependencies(packages: list[str]) -> list[str]:
    """The packages and what apt would install with them; nothing is installed (-s).

    Each is planned alone: mail servers conflict with each other, but not when merely unpacked.
    """
    plans = [run([*APT, "-s", "-y", "--no-install-recommends", "install", package])
             for package in packages]
    found = re.findall(r"^Inst (\S+)", "".join(plans), re.MULTILINE)
    return sorted({*packages, *found})


def fetch(packages: list[str], folder: Path) -> None:
    """Downloads and unpacks; the lists of apt are fetched when they are missing or too old."""
    debs = folder / "debs"
    debs.mkdir(parents=True)
    try:
        run([*APT, "download", *with_dependencies(packages)], cwd=debs)
    except UnpackError:
        sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
        run([*sudo, *APT, "update"])
        run([*APT, "download", *with_dependencies(packages)], cwd=debs)
    for deb in sorted(debs.glob("*.deb")):
        run(["dpkg", "-x", str(deb), str(folder)])
    shutil.rmtree(debs)


def peers_root(which: str = "PACKAGES_PEERS") -> Path:
    """The folder with usr/sbin/… of that list's packages; unpacked on the first call."""
    packages = wanted_packages(which)
    name = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = CACHE / f"root-{name}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            fresh = CACHE / f"unpacking-{name}"
            shutil.rmtree(fresh, ignore_errors=True)
            fetch(packages, fresh)
            fresh.rename(folder)
    return folder


def library_path(root: Path) -> str:
    """For LD_LIBRARY_PATH: where the libraries of the peers are."""
    folders = [root / "usr/lib/postfix", *sorted((root / "usr/lib").glob("*-linux-gnu"))]
    return ":".join(str(folder) for folder in folders)


if __name__ == "__main__":
    print(peers_root())
