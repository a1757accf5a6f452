"""tests/tidy/clang_tidy.py: clang-tidy-19 over src; every finding is an error.

A file is checked again only when its text, a header of ours that it includes (as ninja recorded
them), its command line, .clang-tidy or clang-tidy itself changed: the key of a clean file is kept
in build/tidy-cache. Output of a failing file is printed; --count writes "passed failed".

The plugin own_declarations.cc, compiled first, keeps clang-tidy from matching the libraries'
headers again for each file: a fifth of the time, and the same findings (clang_tidy_test.py).
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "tidy-cache"
PLUGIN_SOURCE = Path(__file__).with_name("own_declarations.cc")
LLVM_INCLUDES = "/usr/lib/llvm-19/include"
FILE_SECONDS_MAX = 300


def make_plugin(folder: Path, own: str) -> Path:
    """Compiles the plugin into `folder`; files whose path contains `own` are ours."""
    folder.mkdir(parents=True, exist_ok=True)
    plugin = folder / "own_declarations.so"
    if not plugin.exists() or plugin.stat().st_mtime < PLUGIN_SOURCE.stat().st_mtime:
        subprocess.run(["clang++-19", "-std=c++17", "-O1", "-fno-rtti", "-fPIC", "-shared",
                        "-isystem", LLVM_INCLUDES, f'-DOWN_FOLDER="{own}"', PLUGIN_SOURCE,
                        "-o", plugin], check=True, timeout=300)
    return plugin


def ninja_headers(build: Path) -> dict[str, list[Path]]:
    """Object path → the files in our tree that it was compiled from."""
    out = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True,
                         check=False, timeout=120).stdout
    headers: dict[str, list[Path]] = {}
    current: list[Path] = []
    for line in out.splitlines():
        if line.startswith("    "):
            path = (build / line.strip()).resolve()
            if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "build"):
                current.append(path)
        elif ": #deps" in line:
            current = headers.setdefault(line.split(": #deps")[0], [])
    return headers


class Cache:
    def __init__(self, build: Path):
        self.headers = ninja_headers(build)
        self.digests: dict[Path, bytes] = {}
        version = subprocess.run(["clang-tidy-19", "--version"], capture_output=True, check=True)
        self.common = version.stdout + (ROOT / ".clang-tidy").read_bytes()
        self.common += PLUGIN_SOURCE.read_bytes()
        CACHE.mkdir(parents=True, exist_ok=True)

    def digest(self, path: Path) -> bytes:
        if path not in self.digests:
            text = path.read_bytes() if path.exists() else b"absent"
            self.digests[path] = hashlib.sha256(text).digest()
        return self.digests[path]

    def key(self, entry: dict) -> str:
        command = entry.get("command") or shlex.join(entry["arguments"])
        found = re.search(r" -o (\S+)", command)
        deps = self.headers.get(found.group(1)) if found else None
        if not deps:  # never compiled: every header counts
            deps = sorted((ROOT / "src").rglob("*.h"))
        state = hashlib.sha256(self.common + command.encode())
        for path in sorted({Path(entry["file"]).resolve(), *deps}):
            state.update(str(path.relative_to(ROOT)).encode() + self.digest(path))
        return state.hexdigest()


def check(build: Path, plugin: Path, file: str) -> tuple[int, str, float]:
    start = time.monotonic()
    try:
        command = ["clang-tidy-19", f"--load={plugin}", "-p", build, "--quiet", file]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, timeout=FILE_SECONDS_MAX)
        return done.returncode, done.stdout, time.monotonic() - start
    except subprocess.TimeoutExpired:
        return 1, f"{file}: clang-tidy took more than {FILE_SECONDS_MAX} s\n", FILE_SECONDS_MAX


def wanted(args: argparse.Namespace) -> list[dict]:
    entries = json.loads((args.build / "compile_commands.json").read_text())
    result = []
    for entry in entries:
        path = Path(entry["file"]).resolve()
        if not path.is_relative_to(ROOT / "src"):
            continue
        if path.name.endswith("_test.cc") and not args.tests:
            continue
        if args.files and path.relative_to(ROOT).as_posix() not in args.files:
            continue
        result.append(entry)
    # The largest first, so that no processor ends alone with it.
    return sorted(result, key=lambda e: -os.path.getsize(e["file"]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "debug")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--count", type=Path, help="file that gets 'passed failed'")
    parser.add_argument("--tests", action="store_true", help="*_test.cc as well")
    parser.add_argument("files", nargs="*", help="only these, as src/…")
    args = parser.parse_args()
    args.build = args.build.resolve()
    cache = Cache(args.build)
    plugin = make_plugin(CACHE, "/src/")
    passed = failed = cached = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        running = {}
        for entry in wanted(args):
            key = cache.key(entry)
            if (CACHE / key).exists():
                cached += 1
                passed += 1
                os.utime(CACHE / key)
            else:
                future = pool.submit(check, args.build, plugin, entry["file"])
                running[future] = (entry["file"], key)
        for done in concurrent.futures.as_completed(running):
            file, key = running[done]
            code, output, seconds = done.result()
            name = Path(file).resolve().relative_to(ROOT)
            print(f"{'ok    ' if code == 0 else 'FAILED'} {seconds:6.1f} s {name}")
            if code == 0:
                passed += 1
                (CACHE / key).touch()
            else:
                failed += 1
                print(output)
    print(f"clang-tidy: {passed} clean ({cached} of them unchanged), {failed} with findings")
    if args.count:
        args.count.write_text(f"{passed} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
