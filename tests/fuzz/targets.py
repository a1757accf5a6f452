"""tests/fuzz/targets.py: the fuzz targets, their dictionaries, and where their first inputs are.

What:    every NAME.cc beside this file is a target. Its kept inputs are seeds/NAME, its words
         dictionaries/FAMILY.dict; dialogues and corpora are made into inputs at run time.
In/Out:  names → paths; first_inputs() writes into a folder.
Errors:  a corpus that is not there is left out; the caller says so.
Limits:  input_bytes_max: what is longer makes a fuzzer slow and teaches it little.
Not here: running them (run), what they reach (coverage).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SEEDS = HERE / "seeds"
DICTIONARIES = HERE / "dictionaries"
CORPORA = Path(os.environ.get("STAGEPOST_CORPORA") or ROOT.parent / "shared" / "corpora")

input_bytes_max = 16_384
WAIT = b"\xff"  # kit/conversation.h: wait_for_answer

# Which words a target knows, by the beginning of its name.
FAMILIES = (
    ("session_client", "replies"), ("smtp_replies", "replies"),
    ("session_", "smtp"), ("smtp_", "smtp"), ("sendmail_", "smtp"), ("small_", "smtp"),
    ("proxy_", "smtp"), ("srs_", "smtp"),
    ("message_", "message"), ("bench_message", "message"), ("policy_author", "message"),
    ("report_mail", "message"), ("send_letter", "http"),
    ("http_", "http"), ("web_", "http"), ("autodiscover", "http"),
    ("mailauth_", "mailauth"), ("client_helo", "mailauth"),
    ("dns_", "zone"), ("zone_", "zone"), ("mta_sts", "mailauth"),
    ("dmarc_report", "xml"), ("tls_report", "json"), ("acme_", "json"), ("rspamd_", "json"),
    ("sasl_", "json"), ("state_", "json"), ("certificates", "json"),
    ("config_", "config"), ("simulate_", "config"), ("import_", "config"), ("alias_", "config"),
    ("milter_", "milter"),
)

# Folders of the corpora whose files are first inputs as they are, and targets whose input is a
# whole message.
AS_THEY_ARE = {
    "dmarc_report_xml": ["dmarc-reports-parsedmarc", "dmarc-schema"],
    "tls_report": ["dmarc-reports-parsedmarc"],
    "mailauth_spf": ["spf-fuzz-blitiri"],
    "zone_file": ["rspamd-auth"],
    "smtp_replies": ["fuzz-curl-smtp"],
    "session_client": ["fuzz-curl-smtp"],
    "smtp_commands": ["fuzz-chasquid"],
    "session_server": ["fuzz-chasquid"],
    "certificates": ["dane-openssl"],
    "report_mail": ["dmarc-reports-parsedmarc", "bounce-sisimai-dev"],
    "message_address": ["addr-isemail"],
}
MESSAGES = ("mime-enmime", "mime-python", "eai-arnt", "dkim-dkimpy", "rspamd-auth", "corpus-sa")
WANT_MESSAGES = ("message_header", "message_mime", "message_recode", "mailauth_dkim",
                 "mailauth_auth_results", "report_mail", "smtp_data", "smtp_bdat")
messages_max = 300  # of all folders, the small ones first


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.cc"))


def dictionary(name: str) -> Path | None:
    for beginning, family in FAMILIES:
        if name.startswith(beginning):
            return DICTIONARIES / f"{family}.dict"
    return None


def unescape(text: str) -> bytes:
    """As tests/dialogs has it in its X: lines."""
    octets = re.sub(r"\\(x[0-9a-fA-F]{2}|.)", _octet, text)
    return octets.encode("latin-1")


def _octet(match: re.Match) -> str:
    word = match.group(1)
    if word.startswith("x") and len(word) == 3:
        return chr(int(word[1:], 16))
    return {"r": "\r", "n": "\n", "0": "\0"}.get(word, word)


def dialogue(path: Path) -> tuple[str, bytes]:
    """(port, octets of the client, which waits for each answer) of a file of tests/dialogs."""
    port, octets = "25", b""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("@ "):
            port = line[2:].strip()
        elif line.startswith("C: ") or line == "C:":
            octets += line[3:].encode() + b"\r\n"
        elif line.startswith("X: "):
            octets += unescape(line[3:])
        elif line[:2] in ("S:", "R:") and octets and not octets.endswith(WAIT):
            octets += WAIT
    return port, octets


# Which target plays a dialogue's port.
PORTS = {"25": "session_server", "587": "session_starttls", "24": "session_lmtp",
         "2525": "session_proxied", "2526": "session_proxied", "2587": "session_proxied",
         "2528": "session_proxied"}


def from_dialogues(name: str) -> Iterator[tuple[str, bytes]]:
    if not name.startswith("session_"):
        return
    for path in sorted((ROOT / "tests" / "dialogs").rglob("*.smtp")):
        port, octets = dialogue(path)
        if PORTS.get(port) == name:
            yield path.stem, octets


def stuffed(message: bytes) -> bytes:
    lines = message.replace(b"\r\n", b"\n").split(b"\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)


def in_session(message: bytes) -> bytes:
    return (b"EHLO client.test\r\n" + WAIT + b"MAIL FROM:<a@client.test> BODY=8BITMIME\r\n"
            b"RCPT TO:<you@home.test>\r\nDATA\r\n" + WAIT + stuffed(message) + b"\r\n.\r\n" + WAIT)


def files_of(folders: list[str] | tuple[str, ...]) -> list[Path]:
    found = [path for folder in folders for path in (CORPORA / folder).rglob("*")
             if path.is_file() and path.name not in ("SOURCE.md", "LICENSE", "NOTICE")
             and path.stat().st_size <= input_bytes_max]
    return sorted(found, key=lambda path: (path.stat().st_size, path))


def from_corpora(name: str) -> Iterator[tuple[str, bytes]]:
    for path in files_of(AS_THEY_ARE.get(name, [])):
        yield path.name, path.read_bytes()
    if name in WANT_MESSAGES or name == "session_server":
        for path in files_of(MESSAGES)[:messages_max]:
            message = path.read_bytes()
            yield path.name, in_session(message) if name == "session_server" else message


def first_inputs(name: str, folder: Path, corpora: bool) -> int:
    """Writes them; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = list(from_dialogues(name))
    if corpora:
        inputs += from_corpora(name)
    for number, (origin, octets) in enumerate(inputs):
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", origin)[:80]
        (folder / f"first-{number:04}-{safe}").write_bytes(octets)
    return len(inputs)
