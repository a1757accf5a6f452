// Tests of TlsSwitch and TlsChallenges: other keys while sessions go on; who asks for acme-tls/1.
#include "lib/io/digest.h"
#include "lib/io/real/loop_test.h"
#include "lib/io/tls.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

class SwitchTest : public real::LoopTest {
 protected:
  struct Ends {
    Network::StreamResult client;
    Network::StreamResult server;
  };
  TlsIdentity identity(const std::string& name) {
    return *make_self_signed({name}, doors_.clock.wall(), 30);
  }
  std::shared_ptr<TlsServer> server_of(const TlsIdentity& of) {
    return *TlsServer::make({of}, challenges_);
  }

  Ends shake(TlsServer& server, const TlsIdentity& trusted) {
    Pair pair = connect();
    const auto client = *TlsClient::make(trusted.certificate_pem);
    std::optional<Network::StreamResult> accepted;
    std::optional<Network::StreamResult> connected;
    start(server.accept(std::move(pair.server)), accepted);
    start(client->connect(std::move(pair.client),
                          {.server_name = "mx.example.org", .must_verify = true}),
          connected);
    finish();
    return {std::move(*connected), std::move(*accepted)};
  }

  // The names in the certificate that a client gets which asks for these protocols (ALPN); "none:
  // …" when there is no handshake.
  std::string shown(TlsServer& server, std::string_view protocols, const char* name) {
    Pair pair = connect();
    const SslContextPtr context = *make_ssl_context(TLS_client_method());
    SslPtr ssl(SSL_new(context.get()));
    SSL_set_connect_state(ssl.get());
    SSL_set_tlsext_host_name(ssl.get(), name);
    SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
    TlsStream client(std::move(pair.client), std::move(ssl), nullptr);
    std::optional<Network::StreamResult> accepted;
    std::optional<base::Result<>> done;
    start(server.accept(std::move(pair.server)), accepted);
    start(client.handshake(), done);
    finish();
    if (!*done) return "none";
    const unsigned char* chosen = nullptr;
    unsigned chosen_bytes = 0;
    SSL_get0_alpn_selected(&client.ssl(), &chosen, &chosen_bytes);
    const std::unique_ptr<X509, OpensslFree<X509_free>> got(
        SSL_get1_peer_certificate(&client.ssl()));
    char subject[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(got.get()), NID_commonName, subject,
                              sizeof(subject));
    const bool is_challenge = X509_get_ext_count(got.get()) == 5;  // one more than others
    return std::string(subject) + (is_challenge ? " challenge " : " ") +
           std::string(reinterpret_cast<const char*>(chosen), chosen_bytes);
  }

  std::shared_ptr<TlsChallenges> challenges_ = TlsChallenges::make();
};

TEST_F(SwitchTest, HandshakesThatBeginAfterwardsUseTheNewKeys) {
  const TlsIdentity first = identity("mx.example.org");
  const TlsIdentity second = identity("mx.example.org");
  TlsSwitch server(server_of(first));
  auto old = shake(server, first);
  ASSERT_TRUE(old.client && old.server);
  EXPECT_FALSE(shake(server, second).client);
  server.replace(server_of(second));
  EXPECT_TRUE(shake(server, second).client);
  EXPECT_FALSE(shake(server, first).client);
  ASSERT_TRUE(run((*old.client)->write("still here")));  // and what was begun goes on
  EXPECT_EQ(read(**old.server), "still here");
}

TEST_F(SwitchTest, OnlyTheAuthorityGetsTheChallenge) {
  constexpr std::string_view acme =
      "\x0a"
      "acme-tls/1";
  constexpr std::string_view http =
      "\x08"
      "http/1.1";
  const auto server = server_of(identity("mx.example.org"));
  EXPECT_EQ(shown(*server, acme, "mx.example.org"), "mx.example.org ");
  ASSERT_TRUE(challenges_->add("MX.example.org", sha256("proof"), doors_.clock.wall()));
  EXPECT_EQ(shown(*server, acme, "mx.example.org"), "MX.example.org challenge acme-tls/1");
  EXPECT_EQ(shown(*server, acme, "other.example.org"), "mx.example.org ");
  EXPECT_EQ(shown(*server, http, "mx.example.org"), "mx.example.org ");
  EXPECT_EQ(shown(*server, std::string(acme) + std::string(http), "mx.example.org"),
            "mx.example.org ");
  challenges_->remove("mx.example.org");
  EXPECT_EQ(shown(*server, acme, "mx.example.org"), "mx.example.org ");
}

}  // namespace
}  // namespace io
