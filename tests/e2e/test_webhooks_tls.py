"""Webhooks over the Internet: a name from the DNS, port 443, a certificate that is verified."""

import ssl

import pytest
from api import Receiver, verify
from mail import message
from peers.dns import DnsServer
from peers.netns import Netns, wait_until
from peers.pki import Authority, Certificate

US, SHOP, DNS = "10.0.0.2", "10.0.0.3", "10.0.0.53"
ZONE = f"hook.shop.test. A {SHOP}\n"


@pytest.fixture(name="net")
def make_net(folder):
    with Netns("10.0.0.1", US, SHOP, DNS, dns=DNS) as net:
        DnsServer(net, DNS, folder / "dns").start(ZONE)
        yield net


def receiver(net: Netns, signed: Certificate) -> Receiver:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    return net.inside(lambda: Receiver(443, SHOP, context))


def start(new_server, net: Netns):
    server = new_server("example.test", net=net, address=US)
    server.set("webhooks", allow_networks=["10.0.0.0/24"])
    return server.start()


def send(server) -> str:
    return server.cli("send", "--from", server.user, server.user,
                      text=message("hello").decode()).split()[0]


def test_a_verified_receiver_is_told(net, folder, new_server, monkeypatch):
    authority = Authority(folder / "pki")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    shop = receiver(net, authority.sign("hook.shop.test"))
    try:
        server = start(new_server, net)
        told = server.cli("webhook", "add", "shop", "https://hook.shop.test/events")
        secret = next(word for word in told.split() if word.startswith("whsec_"))
        sent = send(server)
        wait_until("both events", lambda: len(shop.events) >= 2, 30)
        assert shop.types(sent) == ["message.accepted", "message.delivered"]
        assert all(verify(secret, event.headers, event.body) for event in shop.events)
        assert shop.events[0].headers["host"] == "hook.shop.test"
    finally:
        shop.stop()


@pytest.mark.parametrize("fault", ["unknown authority", "other name"])
def test_nothing_is_told_to_an_impostor(net, folder, new_server, monkeypatch, fault):
    authority = Authority(folder / "pki")
    trusted = Authority(folder / "others") if fault == "unknown authority" else authority
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.certificate))
    shop = receiver(net, authority.sign("hook.shop.test" if trusted is not authority
                                        else "else.shop.test"))
    try:
        server = start(new_server, net)
        server.cli("webhook", "add", "shop", "https://hook.shop.test/events")
        send(server)
        wait_until("a failure",
                   lambda: "certificate" in server.cli("webhook", "list", "--json"), 30)
        assert shop.events == []
    finally:
        shop.stop()
