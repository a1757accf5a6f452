// See tls_challenges.h.
#include "lib/io/tls_challenges.h"

#include "lib/base/text.h"

namespace io {
namespace {

// RFC 8737 §6.2; as the extension's body (RFC 7301 §3.1): a list with this one name.
constexpr std::string_view protocol(
    "\x0a"
    "acme-tls/1",
    11);
constexpr std::string_view only_this_protocol(
    "\x00\x0b\x0a"
    "acme-tls/1",
    13);

std::string_view extension_of(SSL* ssl, unsigned type) {
  const unsigned char* data = nullptr;
  std::size_t bytes = 0;
  if (SSL_client_hello_get0_ext(ssl, type, &data, &bytes) != 1) return {};
  return {reinterpret_cast<const char*>(data), bytes};
}

// RFC 6066 §3: a list's length, then type 0, a length, the name; we take the first.
std::string_view name_in(std::string_view extension) {
  constexpr std::size_t fixed = 5;
  if (extension.size() < fixed || extension[2] != 0) return {};
  const auto octet = [&](std::size_t at) { return static_cast<unsigned char>(extension[at]); };
  const std::size_t bytes = static_cast<std::size_t>(octet(3)) << 8U | octet(4);
  return extension.size() - fixed < bytes ? std::string_view() : extension.substr(fixed, bytes);
}

int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_bytes,
                    const unsigned char* asked, unsigned asked_bytes, void* /*unused*/) {
  if (std::string_view(reinterpret_cast<const char*>(asked), asked_bytes) != protocol) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = asked + 1;
  *out_bytes = static_cast<unsigned char>(asked_bytes - 1);
  return SSL_TLSEXT_ERR_OK;
}

// Without it the first context's would choose an identity for the name once more.
int keep_context(SSL* /*ssl*/, int* /*alert*/, void* /*unused*/) { return SSL_TLSEXT_ERR_OK; }

base::Result<SslContextPtr> make_context(const TlsIdentity& identity) {
  auto context = make_ssl_context(TLS_server_method());
  if (!context) return context;
  SSL_CTX_set_alpn_select_cb(context->get(), choose_protocol, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context->get(), keep_context);
  if (auto used = use_identity(**context, identity); !used) {
    return std::unexpected(std::move(used.error()));
  }
  return context;
}

}  // namespace

std::shared_ptr<TlsChallenges> TlsChallenges::make() {
  return std::make_shared<OpensslChallenges>();
}

base::Result<> OpensslChallenges::add(const std::string& name, std::string_view digest,
                                      base::Time now) {
  const auto identity = make_challenge_identity(name, digest, now);
  if (!identity) return std::unexpected(identity.error());
  auto context = make_context(*identity);
  if (!context) return std::unexpected(std::move(context.error()));
  const std::lock_guard lock(mutex_);
  if (by_name_.size() >= names_max) {
    return base::fail(base::ErrorKind::limit, "too many names are being proved at once");
  }
  by_name_[base::lower(name)] = std::move(*context);
  return {};
}

void OpensslChallenges::remove(const std::string& name) {
  const std::lock_guard lock(mutex_);
  by_name_.erase(base::lower(name));
}

void OpensslChallenges::answer_on(SSL_CTX& context) {
  SSL_CTX_set_client_hello_cb(&context, &OpensslChallenges::on_client_hello, this);
}

SslContextPtr OpensslChallenges::find(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = by_name_.find(base::lower(name));
  if (found == by_name_.end()) return nullptr;
  SSL_CTX_up_ref(found->second.get());
  return SslContextPtr(found->second.get());
}

// RFC 8737 §3: only who asks for this protocol and no other is the authority.
int OpensslChallenges::on_client_hello(SSL* ssl, int* /*alert*/, void* self) {
  const std::string_view protocols =
      extension_of(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation);
  if (protocols != only_this_protocol) return SSL_CLIENT_HELLO_SUCCESS;
  const auto context = static_cast<OpensslChallenges*>(self)->find(
      name_in(extension_of(ssl, TLSEXT_TYPE_server_name)));
  if (context) SSL_set_SSL_CTX(ssl, context.get());  // counts a reference of its own
  return SSL_CLIENT_HELLO_SUCCESS;
}

}  // namespace io
