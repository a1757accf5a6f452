// See tls.h.
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdlib>

#include "lib/io/address.h"
#include "lib/io/tls.h"
#include "lib/io/tls_stream.h"

namespace io {
namespace {

// Encryption to whom we do not know is better than none (RFC 7435): weak keys and old signatures
// are refused only where we verify.
constexpr int security_level_opportunistic = 0;
constexpr int security_level_verifying = 2;
constexpr const char* ciphers = "HIGH:!aNULL:!eNULL:!PSK:!SRP:!DSS:!MD5";

base::Result<> trust(SSL_CTX& context, const std::string& ca_pem) {
  ERR_clear_error();
  if (ca_pem.empty()) {
    if (SSL_CTX_set_default_verify_paths(&context) == 1) return {};
    return fail_tls("load the system's certificate authorities");
  }
  auto anchors = parse_certificates(ca_pem);
  if (!anchors) return std::unexpected(std::move(anchors.error()));
  X509_STORE* store = SSL_CTX_get_cert_store(&context);
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);  // an anchor need not be a root
  for (const X509Ptr& anchor : *anchors) {
    if (X509_STORE_add_cert(store, anchor.get()) != 1) return fail_tls("trust a certificate");
  }
  return {};
}

std::string from_environment(const char* name, const char* otherwise) {
  const char* const value = ::secure_getenv(name);  // as OpenSSL itself asks
  return value == nullptr ? otherwise : value;
}

// What the peer must be called. An address literal is compared with addresses, and is never SNI
// (RFC 6066 §3).
bool expect_name(SSL& ssl, const std::string& name) {
  if (IpAddress::parse(name)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&ssl), name.c_str()) == 1;
  }
  SSL_set_hostflags(&ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(&ssl, name.c_str()) == 1 &&
         SSL_set_tlsext_host_name(&ssl, name.c_str()) == 1;
}

void note_verification(TlsStream& stream, const TlsClientOptions& options) {
  const long result = SSL_get_verify_result(&stream.ssl());
  TlsInfo& info = stream.info();
  info.server_name = options.server_name;
  if (options.server_name.empty()) {
    info.verify_error = "no name to verify";
  } else if (result == X509_V_OK && SSL_get0_peer_certificate(&stream.ssl()) != nullptr) {
    info.verified = true;
  } else {
    info.verify_error = X509_verify_cert_error_string(result);
  }
}

// A TLS 1.3 server gives its tickets after the handshake, while we read; the stream keeps the
// store as long as it lives.
int keep_session(SSL* ssl, SSL_SESSION* session) {
  auto* store = static_cast<TlsSessionStore*>(SSL_get_app_data(ssl));
  if (store == nullptr) return 0;
  store->put({session, OpensslFree<SSL_SESSION_free>()});
  return 1;
}

// What a stream keeps alive: the rules of its client, and where its sessions go.
struct Kept {
  std::shared_ptr<const void> client;
  std::shared_ptr<TlsSessionStore> sessions;
};

class OpensslClient final : public TlsClient, public std::enable_shared_from_this<OpensslClient> {
 public:
  explicit OpensslClient(SslContextPtr context) : context_(std::move(context)) {}

  Task<Network::StreamResult> connect(std::unique_ptr<Stream> stream,
                                      TlsClientOptions options) override {
    auto ssl = make_ssl(options);
    if (!ssl) co_return std::unexpected(std::move(ssl.error()));
    std::shared_ptr<const void> owner = shared_from_this();
    if (options.sessions) {
      owner = std::make_shared<const Kept>(Kept{std::move(owner), options.sessions});
    }
    auto out = std::make_unique<TlsStream>(std::move(stream), std::move(*ssl), std::move(owner));
    if (auto done = co_await out->handshake(); !done) {
      co_return std::unexpected(std::move(done.error()));
    }
    note_verification(*out, options);
    if (options.sessions && SSL_session_reused(&out->ssl()) == 1) options.sessions->note_resumed();
    co_return out;
  }

 private:
  [[nodiscard]] base::Result<SslPtr> make_ssl(const TlsClientOptions& options) const {
    ERR_clear_error();
    if (options.must_verify && options.server_name.empty()) {
      return base::fail(base::ErrorKind::invalid, "TLS that must verify needs a name");
    }
    SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) return fail_tls("make a TLS connection");
    SSL_set_connect_state(ssl.get());
    SSL_set_security_level(
        ssl.get(), options.must_verify ? security_level_verifying : security_level_opportunistic);
    // Without SSL_VERIFY_PEER a client verifies, too, but the handshake goes on whatever it finds.
    SSL_set_verify(ssl.get(), options.must_verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (!options.server_name.empty() && !expect_name(*ssl, options.server_name)) {
      return fail_tls("expect the name " + options.server_name);
    }
    if (options.sessions) {
      SSL_set_app_data(ssl.get(), options.sessions.get());
      // Counts a reference of its own.
      const auto session = options.sessions->get();
      if (session) SSL_set_session(ssl.get(), static_cast<SSL_SESSION*>(session.get()));
    }
    return ssl;
  }

  SslContextPtr context_;
};

}  // namespace

TlsSessionStore::Session TlsSessionStore::get() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

void TlsSessionStore::put(Session session) {
  const std::lock_guard lock(mutex_);
  std::swap(session_, session);  // the old one is freed after the lock
}

std::vector<std::string> trust_anchor_places() {
  std::vector<std::string> out = {
      from_environment(X509_get_default_cert_file_env(), X509_get_default_cert_file())};
  // A list of folders, as PATH is one.
  std::string folders =
      from_environment(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  for (std::size_t at = 0; at <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    if (end > at) out.push_back(folders.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

base::Result<std::shared_ptr<TlsClient>> TlsClient::make(const std::string& ca_pem) {
  auto context = make_ssl_context(TLS_client_method());
  if (!context) return std::unexpected(std::move(context.error()));
  if (SSL_CTX_set_cipher_list(context->get(), ciphers) != 1) return fail_tls("set the ciphers");
  SSL_CTX_set_session_cache_mode(context->get(),
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context->get(), keep_session);
  if (auto trusted = trust(**context, ca_pem); !trusted) {
    return std::unexpected(std::move(trusted.error()));
  }
  return std::make_shared<OpensslClient>(std::move(*context));
}

}  // namespace io
