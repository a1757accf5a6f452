"""The Debian package, its units and the container file, without installing any of them."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from peers.unpack import library_path, peers_root
from stagepost import ROOT, binary

EXPOSURE_MAX = 2.0  # of systemd-analyze security: 0 is locked in, 10 is free
INSTRUCTIONS = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL",
                "HEALTHCHECK", "ENTRYPOINT", "CMD"}


def build_package(output: Path, version: str) -> Path:
    """From the binary that is tested; hardly compressed, which is all that takes time."""
    env = {**os.environ, "DPKG_DEB_COMPRESSOR_TYPE": "gzip", "DPKG_DEB_COMPRESSOR_LEVEL": "1"}
    done = subprocess.run([ROOT / "packaging/deb", "--binary", binary(), "--version", version,
                           "--output", output], env=env, capture_output=True, text=True,
                          check=False, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(done.stdout.splitlines()[-1])


@pytest.fixture(name="package", scope="module")
def make_package(tmp_path_factory) -> Path:
    return build_package(tmp_path_factory.mktemp("deb"), "0.1.0+test")


def ask_dpkg(*arguments: str | Path) -> str:
    return subprocess.run(["dpkg-deb", *arguments], capture_output=True, text=True, check=True,
                          timeout=60).stdout


def test_what_is_in_the_package(package):
    assert package.name.startswith("stagepost_0.1.0+test_")
    contents = ask_dpkg("--contents", package)
    names = {name: mode for mode, name in
             re.findall(r"^(\S+) root/root .* \./(\S+?)/?$", contents, re.MULTILINE)}
    for name in ("usr/bin/stagepost", "lib/systemd/system/stagepost.service",
                 "lib/systemd/system/stagepost.socket", "etc/stagepost",
                 "usr/share/man/man1/stagepost.1.gz", "usr/share/man/man8/stagepost.8.gz",
                 "usr/share/bash-completion/completions/stagepost",
                 "usr/share/doc/stagepost/copyright",
                 "usr/share/doc/stagepost/docs/install.md"):
        assert name in names or f"{name}.gz" in names, f"{name} is not in\n{contents}"
    assert names["usr/bin/stagepost"] == "-rwxr-xr-x"
    # What programs call a mail server by: links to the one binary.
    for link, target in {"usr/sbin/sendmail": "../bin/stagepost", "usr/bin/mailq": "stagepost",
                         "usr/bin/newaliases": "stagepost",
                         "usr/lib/sendmail": "../sbin/sendmail"}.items():
        assert re.search(rf"\./{re.escape(link)} -> {re.escape(target)}$", contents,
                         re.MULTILINE), f"{link} is not in\n{contents}"
    # Nothing of ours is there before init.
    assert not [name for name in names if name.endswith(".toml")]
    assert not [name for name in names if name.startswith("var/")]


def test_what_the_package_asks_for(package):
    # As Debian's mail servers do it (policy 11.6): one at a time.
    for field in ("Provides", "Conflicts", "Replaces"):
        assert ask_dpkg("--field", package, field).strip() == "mail-transport-agent"
    depends = ask_dpkg("--field", package, "Depends")
    for name in ("adduser", "ca-certificates", "libssl3", "libunbound8", "libsqlite3-0"):
        assert re.search(rf"\b{re.escape(name)}\b", depends), depends
    scripts = ask_dpkg("--info", package, "postinst")
    assert "debconf" not in scripts and "stagepost init DOMAIN" in scripts


@pytest.mark.long
def test_the_same_binary_gives_the_same_package(package, tmp_path):
    again = build_package(tmp_path, "0.1.0+test")
    assert again.read_bytes() == package.read_bytes()


def systemd_analyze(*arguments: str | Path) -> subprocess.CompletedProcess:
    root = peers_root("PACKAGES_SYSTEMD")
    program = root / "usr/bin/systemd-analyze"
    if not program.exists():  # the host has systemd, so apt unpacked the package alone
        program = root / "bin/systemd-analyze"
    folders = [library_path(root), *(str(path) for path in root.glob("usr/lib/*/systemd"))]
    units = next(path for path in (root / "lib/systemd/system", root / "usr/lib/systemd/system")
                 if path.is_dir())
    return subprocess.run([program, *arguments, "--no-pager"], capture_output=True, text=True,
                          check=False, timeout=60,
                          env={**os.environ, "LD_LIBRARY_PATH": ":".join(folders),
                               "SYSTEMD_UNIT_PATH": str(units)})


def test_the_sandbox_of_the_unit():
    done = systemd_analyze("security", "--offline=true", f"--threshold={int(EXPOSURE_MAX * 10)}",
                           ROOT / "packaging/systemd/stagepost.service")
    found = re.search(r"exposure level for stagepost\.service: (\d+\.\d+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found.group(1)) <= EXPOSURE_MAX, done.stdout
    assert done.returncode == 0, done.stdout


def calls_of(name: str) -> set[str]:
    """A set of system calls, with those that it includes."""
    if not name.startswith("@"):
        return {name}
    lines = systemd_analyze("syscall-filter", name).stdout.splitlines()
    members = {line.strip() for line in lines[1:] if line.strip() and "#" not in line}
    return set().union(*(calls_of(one) for one in members))


def allowed_by(unit: str) -> set[str]:
    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE):
        named = set().union(*(calls_of(one) for one in line.lstrip("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def test_the_unit_lets_the_server_make_its_own_sandbox():
    """And the keeper start servers: what a filter around them refuses they cannot have."""
    unit = (ROOT / "packaging/systemd/stagepost.service").read_text()
    needed = {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
              "prctl", "prlimit64", "clone", "execveat", "pidfd_open", "pidfd_send_signal",
              "waitid", "signalfd4", "poll", "socketpair", "pipe2", "dup2"}
    assert not needed - allowed_by(unit)


def test_the_units_are_understood(tmp_path):
    """Every key is one that systemd knows; what it would run is there."""
    for name in ("stagepost.service", "stagepost.socket"):
        text = (ROOT / "packaging/systemd" / name).read_text()
        text = text.replace("/usr/bin/stagepost", str(binary())).replace("man:stagepost(8)",
                                                                        "https://example.org/")
        (tmp_path / name).write_text(text)
    done = systemd_analyze("verify", tmp_path / "stagepost.service", tmp_path / "stagepost.socket")
    complaints = [line for line in done.stderr.splitlines()
                  if re.match(r"(?:\S*/)?stagepost\.(?:service|socket)", line)]
    assert not complaints, complaints


def instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def test_the_container_file():
    found = instructions((ROOT / "packaging/Containerfile").read_text())
    words = [word for word, _ in found]
    assert set(words) <= INSTRUCTIONS and words.count("FROM") == 2
    assert words[0] == "FROM" and found[0][1].endswith(" AS build")
    assert [value for word, value in found if word == "USER"] == ["stagepost"]
    health = next(value for word, value in found if word == "HEALTHCHECK")
    assert health.endswith('CMD ["stagepost", "health"]')
    for word, value in found:
        if word == "RUN":  # the shell understands it
            subprocess.run(["sh", "-nc", value], check=True, timeout=10)
            for program in re.findall(r"(?:^|&& )((?:\./|packaging/)\S+)", value):
                assert (ROOT / program).exists(), program


def test_the_scripts_of_the_package_are_understood():
    for name in ("postinst", "prerm", "postrm"):
        script = ROOT / f"packaging/debian/stagepost.{name}"
        subprocess.run(["sh", "-n", script], check=True, timeout=10)
    subprocess.run(["bash", "-n", ROOT / "packaging/deb"], check=True, timeout=10)
