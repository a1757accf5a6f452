// Tests of host_checks.h and tls_checks.h.
#include "admin/doctor/host_checks.h"

#include "admin/doctor/fixture_test.h"
#include "admin/doctor/tls_checks.h"
#include "lib/base/text.h"
#include "lib/io/digest.h"
#include "lib/io/sim/script.h"
#include "lib/io/task_group.h"
#include "lib/io/tls.h"

namespace doctor {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view names =
    "mail.our.test A 198.51.100.9\n9.100.51.198.in-addr.arpa PTR mail.our.test\n"
    "mail.our.test TXT \"v=spf1 a -all\"\n";

TEST_F(DoctorTest, NamesThatAreRight) {
  publish(names);
  EXPECT_EQ(said(run(check_host_address)), "ok: A 198.51.100.9");
  EXPECT_EQ(said(run(check_helo_name)), "ok: it leads to this host");
  EXPECT_EQ(said(run(check_ptr)), "ok: its PTR is mail.our.test");
  EXPECT_EQ(said(run(check_fcrdns)), "ok: its name mail.our.test leads back to it");
  EXPECT_EQ(said(run(check_host_spf)), "ok: SPF of mail.our.test says pass");
}

TEST_F(DoctorTest, NamesThatAreWrong) {
  publish(
      "mail.our.test A 192.0.2.7\n9.100.51.198.in-addr.arpa PTR dyn-9.provider.test\n"
      "dyn-9.provider.test A 192.0.2.7\n");
  EXPECT_EQ(said(run(check_host_address)), "mend: there is no A record with 198.51.100.9");
  EXPECT_EQ(said(run(check_helo_name)), "warning: it leads to 192.0.2.7, which is not this host");
  const Findings ptr = run(check_ptr);
  EXPECT_EQ(said(ptr), "warning: its PTR is dyn-9.provider.test, not mail.our.test");
  EXPECT_EQ(ptr.front().paste, "9.100.51.198.in-addr.arpa. 3600 IN PTR mail.our.test.");
  EXPECT_EQ(said(run(check_fcrdns)), "mend: its name dyn-9.provider.test does not lead back to it");
  EXPECT_THAT(said(run(check_host_spf)), StartsWith("note: SPF of mail.our.test says none"));
}

TEST_F(DoctorTest, NamesThatNobodyKnowsOrTells) {
  publish("other.test A 192.0.2.1\n");
  EXPECT_EQ(said(run(check_ptr)), "mend: it has no PTR");
  EXPECT_EQ(said(run(check_helo_name)), "mend: it has no address yet");
  publish("mail.our.test FAIL\n9.100.51.198.in-addr.arpa FAIL\n");
  for (const HostCheck check :
       {check_host_address, check_helo_name, check_ptr, check_fcrdns, check_host_spf}) {
    EXPECT_THAT(said(run(check)), StartsWith("unknown: "));
  }
  addresses.clear();
  EXPECT_EQ(said(run(check_ptr)), "unknown: this host has only private addresses");
  EXPECT_EQ(said(run(check_port_25_in)), "unknown: this host has only private addresses");
}

TEST_F(DoctorTest, StaleAddressesAreNamed) {
  publish(std::string(names) + "mail.our.test AAAA 2001:db8::9\n");
  const Findings findings = run(check_host_address);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[1].what, "2001:db8::9 is not an address of this host");
}

// Somebody who greets at port 25.
class Greeter {
 public:
  Greeter(io::Network& network, const std::string& at, std::string line)
      : listener_(std::move(*network.listen(*io::Endpoint::parse(at), {}))),
        line_(std::move(line)) {
    serving_.spawn(serve());
  }
  io::Task<void> stop() { return serving_.stop(); }

 private:
  io::Task<void> serve() {
    while (true) {
      auto stream = co_await listener_->accept();
      if (!stream) co_return;
      io::sim::Peer peer(std::move(*stream));
      (void)co_await peer.send(line_);
      (void)co_await peer.read_all();
    }
  }
  std::unique_ptr<io::Listener> listener_;
  std::string line_;
  io::TaskGroup serving_;
};

TEST_F(DoctorTest, Port25In) {
  EXPECT_THAT(said(run(check_port_25_in)), StartsWith("mend: nobody takes mail at"));
  serving = false;
  EXPECT_EQ(said(run(check_port_25_in)), "unknown: the server does not run");
  serving = true;
  {
    Greeter ours(host.doors().network, "198.51.100.9:25", "220 mail.our.test ESMTP\r\n");
    EXPECT_EQ(said(run(check_port_25_in)), "ok: 198.51.100.9:25 answers");
    world.run(ours.stop());
  }
  Greeter other(host.doors().network, "198.51.100.9:25", "220 postfix.test ESMTP\r\n");
  EXPECT_EQ(said(run(check_port_25_in)),
            "mend: somebody else answers at 198.51.100.9:25: 220 postfix.test ESMTP");
  world.run(other.stop());
  addresses = {*io::IpAddress::parse("203.0.113.5")};  // of the NAT before us
  EXPECT_THAT(said(run(check_port_25_in)), StartsWith("unknown: 203.0.113.5:25 cannot be reached"));
}

TEST_F(DoctorTest, Port25Out) {
  io::sim::Host far(world, {"192.0.2.25"});
  EXPECT_THAT(said(run(check_port_25_out)),
              StartsWith("unknown: it could not be tried: gmail.com"));
  publish("gmail.com MX 5 mx.far.test\nmx.far.test A 192.0.2.25\n");
  EXPECT_THAT(said(run(check_port_25_out)), StartsWith("mend: no mail can leave: refused"));
  Greeter open(far.doors().network, "192.0.2.25:25", "220 far\r\n");
  EXPECT_EQ(said(run(check_port_25_out)), "ok: 192.0.2.25:25 of gmail.com can be reached");
  world.run(open.stop());
  config.admin.doctor.probe_domain.clear();
  EXPECT_EQ(said(run(check_port_25_out)), "unknown: it is not tried: doctor.probe_domain is empty");
}

TEST_F(DoctorTest, OpenRelays) {
  known = directory::make_snapshot({.domains = {"our.test"}, .mailboxes = {"you@our.test"}});
  EXPECT_EQ(said(run(check_relay)), "ok: strangers cannot send through this server");
  config.policy.relay_networks = {*io::IpNetwork::parse("8.0.0.0/7")};
  const Findings findings = run(check_relay);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_EQ(findings[1].what,
            "this is an open relay: 8.8.4.4 may send to someone@elsewhere.invalid");
}

TEST_F(DoctorTest, BlockLists) {
  config.admin.doctor.lists = {"good.test", "all.test", "gone.test", "zen.spamhaus.org"};
  publish(
      "2.0.0.127.good.test A 127.0.0.2\n2.0.0.127.all.test A 127.0.0.2\n"
      "1.0.0.127.all.test A 127.0.0.2\n2.0.0.127.zen.spamhaus.org A 127.0.0.2\n"
      "9.100.51.198.zen.spamhaus.org A 127.0.0.3\n"
      "9.100.51.198.zen.spamhaus.org TXT \"https://list.test/why\"\n");
  const Findings findings = run(check_block_lists);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_THAT(findings[0].what, HasSubstr("it seems to list everything"));
  EXPECT_EQ(findings[0].severity, Severity::unknown);
  EXPECT_EQ(findings[1].about, "gone.test");
  EXPECT_EQ(said({findings[2]}),
            "mend: zen.spamhaus.org lists it 127.0.0.3: Spamhaus CSS: sends spam lately");
  EXPECT_EQ(findings[2].paste, "https://list.test/why");
  publish("2.0.0.127.good.test A 127.0.0.2\n");
  EXPECT_EQ(said({run(check_block_lists).back()}), "ok: not on any of 1 lists");
  publish("other.test A 192.0.2.1\n");
  EXPECT_EQ(said({run(check_block_lists).back()}), "unknown: no list could be asked about it");
}

TEST_F(DoctorTest, Certificates) {
  EXPECT_THAT(said(run(check_certificate)), StartsWith("unknown: there is none yet"));
  const auto made = io::make_self_signed({"mail.our.test"}, world.wall(), 30);
  const auto other = io::make_self_signed({"other.test"}, world.wall(), 5);
  ASSERT_TRUE(made && other);
  config.session.certificate_path = "/tls/cert.pem";
  config.session.key_path = "/tls/key.pem";
  EXPECT_THAT(said(run(check_certificate)), StartsWith("mend: not found"));
  write("/tls/cert.pem", made->certificate_pem);
  write("/tls/key.pem", made->key_pem);
  Findings findings = run(check_certificate);
  ASSERT_EQ(findings.size(), 5U);
  EXPECT_EQ(findings[1].severity, Severity::ok) << findings[1].what;
  EXPECT_THAT(said({findings[2]}), StartsWith("note: the certificate is self-signed"));
  EXPECT_EQ(findings[3].severity, Severity::ok) << findings[3].what;
  EXPECT_EQ(findings[4].what, "the key belongs to the certificate");
  config.session.certificate_path.clear();
  config.server.acme.directory_url = "https://ca.test/";
  config.server.acme.folder = "/state/acme";
  EXPECT_THAT(said(run(check_certificate)), StartsWith("unknown: there is none yet"));
  write("/state/acme/certificate.pem", made->certificate_pem + made->key_pem);
  findings = run(check_certificate);
  EXPECT_THAT(said(findings), StartsWith("ok: /state/acme/certificate.pem shows CN="));
  EXPECT_EQ(findings.back().what, "the key belongs to the certificate");
  config.session.certificate_path = "/tls/cert.pem";
  write("/tls/cert.pem", other->certificate_pem);
  findings = run(check_certificate);
  EXPECT_EQ(findings[1].what, "the certificate is for other.test, not for mail.our.test");
  EXPECT_EQ(findings[3].severity, Severity::mend) << findings[3].what;
  EXPECT_EQ(findings[4].severity, Severity::mend);
  EXPECT_THAT(findings[4].what, HasSubstr("another certificate"));
}

TEST_F(DoctorTest, TlsaAgainstTheCertificate) {
  const auto made = io::make_self_signed({"mail.our.test"}, world.wall(), 30);
  ASSERT_TRUE(made);
  write("/state/self-signed.crt", made->certificate_pem);
  publish("other.test A 192.0.2.1\n");
  EXPECT_EQ(said(run(check_tlsa)), "ok: no TLSA record: DANE is not used");
  const auto chain = io::read_certificates(made->certificate_pem);
  ASSERT_TRUE(chain);
  const std::string right = base::hex(io::sha256(chain->front().public_key_der));
  const std::string name = "_25._tcp.mail.our.test";
  publish(fmt::format("{0} TLSA 3 1 1 {1}\n{0} SECURE\n", name, right));
  EXPECT_THAT(said(run(check_tlsa)), StartsWith("ok: TLSA names the certificate"));
  publish(fmt::format("{} TLSA 3 1 1 {}\n", name, right));
  EXPECT_THAT(said(run(check_tlsa)), HasSubstr("the zone is not signed"));
  publish(fmt::format("{} TLSA 3 1 1 {}\n", name, std::string(64, '0')));
  const Findings findings = run(check_tlsa);
  EXPECT_THAT(said(findings), StartsWith("mend: no TLSA record fits the certificate"));
  EXPECT_THAT(findings.front().paste, HasSubstr("TLSA 3 1 1 " + right));
  const auto matching = [&chain](std::uint8_t usage, std::uint8_t selector, std::uint8_t kind,
                                 std::string data) {
    return matches({usage, selector, kind, std::move(data)}, *chain);
  };
  EXPECT_TRUE(matching(3, 0, 0, chain->front().der));
  EXPECT_TRUE(matching(3, 0, 2, io::sha512(chain->front().der)));
  EXPECT_FALSE(matching(1, 0, 0, chain->front().der)) << "PKIX usages count for nobody";
  EXPECT_FALSE(matching(2, 0, 0, chain->front().der)) << "an authority is not the server";
  EXPECT_FALSE(matching(3, 0, 3, io::sha512(chain->front().der)));
}

}  // namespace
}  // namespace doctor
