"""Shell completion and the manual page: bash, zsh, fish and groff take what the binary prints."""

import subprocess
from pathlib import Path

import pytest
from peers import unpack
from stagepost import binary

BASH = """
source /dev/stdin <<'SCRIPT'
{script}
SCRIPT
COMP_WORDS=({words} {current})
COMP_CWORD={at}
_stagepost
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def printed(*arguments: str) -> str:
    return subprocess.run([binary(), *arguments], capture_output=True, text=True, check=True,
                          timeout=30).stdout


def run(*command, text: str = "") -> str:
    """Standard output; nothing may be on standard error."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False,
                          timeout=30)
    assert done.returncode == 0 and not done.stderr, f"{command}: {done.stderr}"
    return done.stdout


def complete(*words: str) -> list[str]:
    """What bash offers for the last of these words."""
    quoted = [f"'{word}'" for word in words]
    text = BASH.format(script=printed("completion", "bash"), words=" ".join(quoted[:-1]),
                       current=quoted[-1], at=len(words) - 1)
    return run("bash", "--norc", text=text).split()


@pytest.mark.parametrize(("words", "offered", "others"), [
    (["stagepost", "us"], ["user"], []),
    (["stagepost", ""], ["serve", "queue", "import", "--home"], ["add"]),
    (["stagepost", "user", ""], ["add", "passwd", "--home"], ["serve"]),
    (["stagepost", "user", "add", "--"], ["--name", "--quota", "--home", "--help"], ["add"]),
    (["stagepost", "--home", "/x", "user", "a"], ["add"], []),
    (["stagepost", "import", ""], ["postfix", "aliases"], ["fish"]),
    (["stagepost", "completion", ""], ["bash", "zsh", "fish"], ["add"]),
])
def test_bash_offers(words, offered, others):
    found = complete(*words)
    assert set(offered) <= set(found) and not set(others) & set(found), found


def test_shells_can_read_the_scripts(folder):
    run("bash", "-n", text=printed("completion", "bash"))
    root = unpack.peers_root("PACKAGES_SHELLS")
    for shell, options in (("bin/zsh", ["-f", "-n"]),
                           ("usr/bin/fish", ["--no-config", "--no-execute"])):
        script = folder / "script"
        script.write_text(printed("completion", Path(shell).name))
        run("env", f"LD_LIBRARY_PATH={unpack.library_path(root)}", root / shell, *options, script)


def test_manual_page_has_no_faults():
    page = printed("man")
    shown = run("groff", "-man", "-ww", "-Tutf8", "-P-cbou", text=page)
    for words in ("stagepost user add", "--dovecot-passwd", "EXIT STATUS"):
        assert words in shown.replace("‐", "-").replace("−", "-"), words
