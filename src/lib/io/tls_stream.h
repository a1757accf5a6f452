// lib/io/tls_stream.h: TLS on one Stream; used only by tls_*.cc.
//
// What:    TlsStream drives one OpenSSL connection over the Stream below it, by a BIO of our own
//          that only touches memory; the small owners of OpenSSL objects that tls_*.cc share.
// In/Out:  handshake() once, then it is a Stream.
// Errors:  tls with OpenSSL's words; `reset` when the peer ends without close_notify (truncation).
// Limits:  ciphertext held: about 80 KiB while writing, 16 KiB while reading fast, 2 KiB while
//          reading slowly, none in wait_readable().
// Not here: keys and rules (tls_server.cc, tls_client.cc).
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/completion.h"
#include "lib/io/network.h"

namespace io {

template <auto free_function>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpensslFree<SSL_free>>;
using BioPtr = std::unique_ptr<BIO, OpensslFree<BIO_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY_free>>;

// Empties OpenSSL's error queue of this thread into words: "wrong version number".
[[nodiscard]] std::string take_openssl_errors();
// An Error of kind tls: "doing: words of OpenSSL".
[[nodiscard]] std::unexpected<base::Error> fail_tls(std::string_view doing);
// What both sides share: TLS 1.2 and up, no renegotiation, small memory when idle.
[[nodiscard]] base::Result<SslContextPtr> make_ssl_context(const SSL_METHOD* method);
// Every certificate of a PEM text, in order.
[[nodiscard]] base::Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem);
// The first private key of a PEM text.
[[nodiscard]] base::Result<KeyPtr> parse_key(std::string_view pem);

class TlsStream final : public Stream {
 public:
  // `owner` is kept alive as long as the stream: the rules that `ssl` points to.
  TlsStream(std::unique_ptr<Stream> below, SslPtr ssl, std::shared_ptr<const void> owner);
  ~TlsStream() override;

  // As client or server, as set in `ssl`.
  Task<base::Result<>> handshake();

  Task<base::Result<std::size_t>> read_some(std::span<char> into) override;
  Task<base::Result<>> wait_readable() override;
  using Stream::write;
  Task<base::Result<>> write(std::span<const std::string_view> pieces) override;
  Task<base::Result<>> shutdown() override;
  Task<base::Result<>> finish(std::string_view last_words) override;
  [[nodiscard]] Endpoint local() const override { return below_->local(); }
  [[nodiscard]] Endpoint peer() const override { return below_->peer(); }
  [[nodiscard]] const TlsInfo* tls() const override { return &info_; }
  [[nodiscard]] TlsBinding tls_binding() const override;

  [[nodiscard]] SSL& ssl() { return *ssl_; }
  [[nodiscard]] TlsInfo& info() { return info_; }

 private:
  friend struct StreamBio;
  class PieceCutter;

  void note_negotiated();
  base::Result<> encrypt(std::string_view record);
  [[nodiscard]] bool waits_for_words(bool handshake_done) const;
  Task<base::Result<>> fill();
  Task<base::Result<>> flush(bool wait_for_others);
  // Sends the alert that a failed call has left, then gives the failure; keeps it for later calls.
  Task<base::Result<>> fail_with_alert(std::string doing);

  std::unique_ptr<Stream> below_;
  std::shared_ptr<const void> owner_;
  SslPtr ssl_;
  TlsInfo info_;
  std::optional<base::Error> broken_;

  std::string in_;  // ciphertext from below, from in_taken_ on not yet taken by OpenSSL
  std::size_t in_taken_ = 0;
  bool reads_are_large_ = false;
  std::string out_;  // ciphertext from OpenSSL, not yet written below
  bool flushing_ = false;
  Signal flushed_;
};

}  // namespace io
