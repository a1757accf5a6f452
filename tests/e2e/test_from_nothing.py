"""From nothing: what README says for a real server, and a mail that passes SPF, DKIM and DMARC.

A namespace has the world: name servers that take updates (Knot), a certificate authority (Pebble),
a mail server elsewhere (Postfix). The peer's verdict is that of pyspf, dkimpy and authheaders.
"""

import base64
import json
import re
import shutil
import smtplib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from peers.debian import Root, kept_root
from peers.dns import UPDATE_KEY, DnsServer
from peers.netns import Netns, command, stop, wait_until
from peers.pebble import MANAGEMENT_PORT, Pebble
from peers.postfix import Postfix
from peers.verify_mail import verified
from stagepost import binary
from test_install import Machine, depends
from test_package import build_package

SERVER, DNS, CA = "192.0.2.1", "192.0.2.53", "192.0.2.14"
PEER = "203.0.113.25"  # in a namespace of its own: both have a port 25
DOMAIN, HOST, PEER_DOMAIN = "our.test", "mail.our.test", "far.test"
# What others have: the address's provider its PTR, the authority and the peer their names.
ROOT = f"""\
ca.test. A {CA}
1.2.0.192.in-addr.arpa. PTR {HOST}.
25.113.0.203.in-addr.arpa. PTR mx.{PEER_DOMAIN}.
{PEER_DOMAIN}. MX 10 mx.{PEER_DOMAIN}.
mx.{PEER_DOMAIN}. A {PEER}
gmail.com. MX 10 ca.test.
"""
SECRET = base64.b64encode(b"a secret for updates of the zone").decode()
KEY = f'key "{UPDATE_KEY}" {{\n\talgorithm hmac-sha256;\n\tsecret "{SECRET}";\n}};\n'
FRIEND = f"friend@{PEER_DOMAIN}"
SECONDS_MAX = 60


class World:
    def __init__(self, net: Netns, folder: Path, zones: dict[str, str]):
        self.net, self.folder = net, folder
        # All hosts of this world have their addresses here; one of them is the server's way out.
        net.run("ip", "route", "add", "default", "dev", "lo", "src", SERVER)
        self.home = folder / "home"
        self.key = folder / "dns.key"
        self.key.write_text(KEY)
        self.dns = DnsServer(net, DNS, folder / "dns", update_secret=SECRET, zones=zones)
        self.dns.start(ROOT)
        self.ca = Pebble(net, CA, "ca.test", folder / "ca", DNS)
        self.processes = []

    def run(self, *arguments: str | Path, code: int | None = 0) -> str:
        done = subprocess.run([*self.net.prefix(), binary(), *arguments, "--home", self.home],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=SECONDS_MAX)
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def init(self, *more: str | Path, code: int = 0) -> str:
        return self.run("init", DOMAIN, "--yes", "--acme", self.ca.directory_url, "--acme-ca",
                        self.ca.ca_file, *more, code=code)

    def publish_options(self) -> list[str | Path]:
        return ["--dns-server", DNS, "--dns-key", self.key]

    def serve(self) -> Path:
        log = self.folder / "serve.log"
        process = self.net.start([binary(), "serve", "--home", self.home], log)
        self.processes.append(process)
        wait_until("the server is ready", lambda: process.poll() is not None or
                   "ready:" in log.read_text(), SECONDS_MAX)
        assert process.poll() is None, log.read_text()
        return log

    def served(self, zone: str = DOMAIN) -> str:
        """The zone as the name server has it now."""
        return self.dns.control("knotc", "-b", "zone-read", f"{zone}.")

    def stop(self) -> None:
        for process in self.processes:
            assert stop(process) == 0
        self.ca.stop()
        self.dns.stop()


@pytest.fixture(name="world")
def make_world(folder):
    with Netns(SERVER, DNS, CA, dns=DNS) as net:
        world = World(net, folder, {DOMAIN: "", "second.test": "sub NS ns.elsewhere.test.\n"})
        yield world
        world.stop()


def password_in(said: str) -> str:
    return re.search(r"Password:\s+(\S+)", said).group(1)


def send(world: World, password: str, trust) -> None:
    """As a mail program does that verifies the certificate."""
    def submit() -> None:
        with smtplib.SMTP(SERVER, 587, "client.our.test", timeout=SECONDS_MAX) as client:
            client._host = HOST  # what starttls() verifies
            client.starttls(context=trust)
            client.login(f"you@{DOMAIN}", password)
            client.sendmail(f"you@{DOMAIN}", [FRIEND], f"From: You <you@{DOMAIN}>\r\n"
                            f"To: {FRIEND}\r\nSubject: the first mail\r\n\r\nHello.\r\n")

    world.net.inside(submit)


def policy_over_https(world: World) -> str:
    """As a sender that knows MTA-STS: the certificate must be good for the policy's own name."""
    roots = world.folder / "roots.pem"
    roots.write_text(world.net.run("curl", "-sS", "--cacert", world.ca.ca_file,
                                   f"https://ca.test:{MANAGEMENT_PORT}/roots/0"))
    return world.net.run("curl", "-sS", "--fail", "--cacert", roots,
                         f"https://mta-sts.{DOMAIN}/.well-known/mta-sts.txt")


@contextmanager
def peer_of(world: World) -> Iterator[Postfix]:
    """A mail server elsewhere: a cable between the namespaces, whose private ends are nobody's."""
    with Netns(PEER, dns=DNS) as net:
        command("ip", "link", "add", "cable", "netns", world.net.name, "type", "veth",
                "peer", "name", "cable", "netns", net.name)
        for end, own, other, source in ((world.net, "10.99.0.1", "10.99.0.2", SERVER),
                                        (net, "10.99.0.2", "10.99.0.1", PEER)):
            end.run("ip", "address", "add", f"{own}/30", "dev", "cable")
            end.run("ip", "link", "set", "cable", "up")
            end.run("ip", "route", "replace", "default", "via", other, "src", source)
        peer = Postfix(net, PEER, world.folder / "peer", f"mx.{PEER_DOMAIN}", [PEER_DOMAIN])
        peer.start([FRIEND])
        yield peer
        peer.stop()


def first_mail(world: World, peer: Postfix, said: str, log: Path) -> dict:
    """What a person does next: sends a mail. And what its receiver makes of it."""
    wait_until("the certificate", lambda: "certificate.replaced" in log.read_text(), SECONDS_MAX)
    send(world, password_in(said), world.ca.trust())
    [mail] = wait_until("the mail at the peer", lambda: peer.messages(FRIEND), SECONDS_MAX)
    (world.folder / "mail.eml").write_bytes(mail)
    verdict = verified(peer.net, world.folder / "mail.eml", SERVER, HOST, f"you@{DOMAIN}")
    assert verdict["spf"] == "pass" and verdict["dmarc"] == "pass", verdict
    assert verdict["dkim"] == {"rsa-sha256": "pass", "ed25519-sha256": "pass"}, verdict
    return verdict


def http_status(world: World, url: str, host: str) -> str:
    return world.net.run("curl", "-sSk", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                         f"Host: {host}", url)


def test_from_nothing_to_a_mail_that_is_believed(world):
    world.ca.start()
    with peer_of(world) as peer:
        begun = time.monotonic()
        # README: one command, and the server's start.
        said = world.init("--publish", *world.publish_options())
        log = world.serve()
        first_mail(world, peer, said, log)
        print(f"from nothing to a mail that is believed: {time.monotonic() - begun:.1f} s")
    assert "With --yes you agree to the terms of service of " + world.ca.directory_url in said
    assert "signs from now on" in said and f"ptr {SERVER}: its PTR is {HOST}" in said, said
    policy = policy_over_https(world)
    assert policy.splitlines() == ["version: STSv1", "mode: testing", f"mx: {HOST}",
                                   "max_age: 604800"], policy
    url = f"https://{HOST}/.well-known/mta-sts.txt"
    assert http_status(world, url, f"mta-sts.{DOMAIN}") == "200"
    for host in ("mta-sts.elsewhere.test", DOMAIN, f"mta-sts.{DOMAIN}.elsewhere.test", "mta-sts."):
        assert http_status(world, url, host) == "404", host
    names = json.loads(world.run("certificate", "show", "--json"))["certificate"]["names"]
    assert sorted(names) == [f"autoconfig.{DOMAIN}", HOST, f"mta-sts.{DOMAIN}"]
    shown = world.run("dns", "show", DOMAIN)
    assert "All of them are published." in shown, shown
    # A new domain's name gets into the certificate. (In the same zone: these name servers do not
    # follow a CNAME into another one, as those do that an authority asks.)
    world.run("domain", "add", f"team.{DOMAIN}", "--publish", "--yes", *world.publish_options())

    def names_now() -> list[str]:
        shown = json.loads(world.run("certificate", "order", "--json"))
        return shown["certificate"]["names"]

    # A moment ago the name was not there, and that has been kept for its TTL.
    wait_until("the new name", lambda: f"mta-sts.team.{DOMAIN}" in names_now(), SECONDS_MAX)


def test_a_name_that_the_authority_refuses_costs_nothing(world):
    world.ca.start(domainBlocklist=[f"autoconfig.{DOMAIN}"])
    world.init("--publish", *world.publish_options())
    log = world.serve()
    wait_until("the certificate", lambda: "certificate.replaced" in log.read_text(), SECONDS_MAX)
    assert "certificate.name_set_aside" in log.read_text()
    names = json.loads(world.run("certificate", "show", "--json"))["certificate"]["names"]
    assert HOST in names and f"autoconfig.{DOMAIN}" not in names


@pytest.mark.long
def test_from_nothing_with_the_package(folder, tmp_path_factory):
    """Installed by apt in a Debian root; the server runs with the rights that its unit gives."""
    package = build_package(tmp_path_factory.mktemp("deb"), "0.1.0")
    with Netns(SERVER, DNS, CA, dns=DNS) as net, \
            Root.over(kept_root(depends(package)), folder / "over") as root:
        world = World(net, folder, {DOMAIN: ""})
        machine = Machine(root, net, folder)
        world.ca.start()
        begun = time.monotonic()
        machine.install(package)
        root.path("/etc/resolv.conf").write_text(f"nameserver {DNS}\n")
        for file in (world.key, world.ca.ca_file):
            shutil.copy(file, root.path("/srv"))
        said = machine.here.run(
            "stagepost", "init", DOMAIN, "--yes", "--publish", "--dns-server", DNS, "--dns-key",
            f"/srv/{world.key.name}", "--acme", world.ca.directory_url, "--acme-ca",
            f"/srv/{world.ca.ca_file.name}")
        machine.start()
        with peer_of(world) as peer:
            first_mail(world, peer, said, machine.log)
        print(f"from the package to a mail that is believed: {time.monotonic() - begun:.1f} s")
        machine.stop()
        world.stop()


# --- publishing, step by step and against the grain -----------------------------------------------

def lines(text: str, word: str) -> list[str]:
    return [line for line in text.splitlines() if word in line]


def test_what_is_there_and_not_ours_stays(world):
    """MX, SPF and DMARC of somebody else, and a proof in a TXT record beside SPF."""
    world.dns.stop()
    world.dns = DnsServer(world.net, DNS, world.folder / "dns2", update_secret=SECRET, zones={
        DOMAIN: '@ MX 10 mx.provider.test.\n@ TXT "v=spf1 include:provider.test -all"\n'
                '@ TXT "proof=1"\n_dmarc TXT "v=DMARC1; p=reject"\nautoconfig A 198.51.100.9\n'})
    world.dns.start(ROOT)
    said = world.init("--publish", *world.publish_options())
    assert "10 mx.provider.test" in said and "--replace puts ours in its place" in said
    zone = world.served()
    for kept in ("10 mx.provider.test.", "include:provider.test", "proof=1", "p=reject",
                 "198.51.100.9"):
        assert kept in zone, (kept, zone)
    assert HOST not in "".join(lines(zone, " MX ")) and "v=spf1 mx" not in zone
    assert lines(zone, "_domainkey") and lines(zone, "_submissions._tcp")
    said = world.run("dns", "publish", DOMAIN, "--yes", "--replace", *world.publish_options())
    assert f"- {DOMAIN}  MX  10 mx.provider.test." in said, said
    zone = world.served()
    assert f"10 {HOST}." in zone and "mx.provider.test" not in zone
    assert '"v=spf1 mx -all"' in zone and "include:provider.test" not in zone
    assert "proof=1" in zone and "p=reject" in zone  # a policy of its owner's does its work
    assert "198.51.100.9" not in zone and f"autoconfig.{DOMAIN}." in zone
    assert "There is nothing to publish." in world.run("dns", "publish", DOMAIN,
                                                       *world.publish_options())


def test_what_is_left_alone_is_not_waited_for(world):
    """SPF is published at a name whose MX is somebody else's."""
    world.dns.stop()
    world.dns = DnsServer(world.net, DNS, world.folder / "dns2", update_secret=SECRET,
                          zones={DOMAIN: "@ MX 10 mx.provider.test.\n"})
    world.dns.start(ROOT)
    world.init()
    begun = time.monotonic()
    world.run("dns", "publish", DOMAIN, "--yes", *world.publish_options())
    assert time.monotonic() - begun < SECONDS_MAX / 2
    zone = world.served()
    assert '"v=spf1 mx -all"' in zone and HOST not in "".join(lines(zone, " MX "))


def test_a_second_domain_comes_and_goes(world):
    world.init("--publish", *world.publish_options())
    said = world.run("domain", "add", "second.test")
    assert "missing" in said and "10 mail.our.test" in said
    said = world.run("domain", "add", "third.test", "--publish", "--yes",
                     *world.publish_options(), code=0)
    said = world.run("dns", "publish", "second.test", "--yes", *world.publish_options())
    assert "Every name server serves every record." in said, said
    assert "signs from now on" in said
    shown = json.loads(world.run("dns", "show", "second.test", "--json"))
    assert shown["well"] and {one["state"] for one in shown["records"]} == {"right"}
    zone = world.run("dns", "show", "second.test", "--zone")
    assert f"second.test. 3600 IN MX 10 {HOST}." in zone
    said = world.run("domain", "remove", "second.test")
    assert "second.test. 3600 IN MX 10 mail.our.test." in said
    assert not lines(said, f"{HOST}. 3600 IN A")  # the host's own serve the other domain


def test_without_a_yes_nothing_is_changed(world):
    before = world.served()
    world.init()
    said = world.run("dns", "publish", DOMAIN, *world.publish_options(), code=1)
    assert f"+ {DOMAIN}  MX  10 {HOST}." in said and "nothing was changed" in said
    assert world.served() == before


def refused(world, *options: str | Path) -> str:
    said = world.run("dns", "publish", DOMAIN, "--yes", *options, code=1)
    assert " MX " not in world.served()
    return said


def test_updates_that_are_refused(world):
    world.init()
    other = world.folder / "other.key"
    other.write_text(KEY.replace(SECRET, base64.b64encode(b"another").decode()))
    assert "BADSIG" in refused(world, "--dns-server", DNS, "--dns-key", other)
    other.write_text(KEY.replace(UPDATE_KEY, "nobody.test"))
    assert "BADKEY" in refused(world, "--dns-server", DNS, "--dns-key", other)
    assert "was not changed" in refused(world, "--dns-server", DNS)  # without a key
    assert "refused" in refused(world, "--dns-server", f"{SERVER}:5353", "--dns-key", world.key)
    assert "--dns-server" in refused(world)
    other.write_text("nonsense")
    assert "tsig-keygen" in refused(world, "--dns-server", DNS, "--dns-key", other)
    assert "not an IP address" in refused(world, "--dns-server", "ns.our.test")
    missing = world.run("dns", "publish", DOMAIN, "--dns-key", "/nowhere", code=1)
    assert "--dns-key" in missing and "/nowhere" in missing
    assert "domain add" in world.run("dns", "show", "elsewhere.test", code=1)


def test_a_part_of_the_domain_that_is_elsewhere(world):
    """_tcp.our.test is delegated to a server that takes nothing: the rest is published."""
    world.dns.stop()
    world.dns = DnsServer(world.net, DNS, world.folder / "dns2", update_secret=SECRET,
                          zones={DOMAIN: f"_tcp NS ns.{PEER_DOMAIN}.\n"})
    world.dns.start(ROOT + f"ns.{PEER_DOMAIN}. A {CA}\n")
    said = world.init("--publish", *world.publish_options(), code=1)
    assert "unknown" in said or "was not changed" in said, said
    zone = world.served()
    assert f"10 {HOST}." in zone and "_submissions" not in zone


def test_without_any_dns_nothing_hangs(folder):
    with Netns(SERVER, dns=DNS) as net:
        home = folder / "home"
        begun = time.monotonic()
        done = subprocess.run([*net.prefix(), binary(), "init", DOMAIN, "--yes", "--home", home],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=120)
        assert done.returncode == 0, done.stderr
        assert "not known" in done.stdout and f"{DOMAIN}  MX  10 {HOST}" in done.stdout
        assert "none is ordered: no public authority knows our.test" in done.stdout
        assert time.monotonic() - begun < 100
