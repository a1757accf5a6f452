// See tls_stream.h.
#include "lib/io/tls_stream.h"

#include <openssl/pem.h>

namespace io {
namespace {

// Plain octets in one record (RFC 8446 §5.1); a write fills records as far as it can.
constexpr std::size_t record_bytes_max = 16UL * 1024;
// Ciphertext that one write gathers before it goes to the stream below.
constexpr std::size_t burst_bytes = 64UL * 1024;
// Room for ciphertext from below: little for those who talk, much for those who send.
constexpr std::size_t small_read_bytes = 2UL * 1024;
constexpr std::size_t large_read_bytes = 16UL * 1024;

// Never asks at a terminal: a key that needs a passphrase is an error.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*unused*/) { return 0; }

}  // namespace

std::string take_openssl_errors() {
  std::string words;
  for (unsigned long code = ERR_get_error(); code != 0; code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!words.empty()) words += "; ";
    words += reason != nullptr ? reason : fmt::format("OpenSSL error {:#x}", code);
  }
  return words;
}

std::unexpected<base::Error> fail_tls(std::string_view doing) {
  std::string words = take_openssl_errors();
  if (words.empty()) words = "unknown reason";
  return base::fail(base::ErrorKind::tls, fmt::format("{}: {}", doing, words));
}

base::Result<SslContextPtr> make_ssl_context(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContextPtr context(SSL_CTX_new(method));
  if (!context) return fail_tls("make a TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);  // RFC 8996, RFC 9325 §3.1.1
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets need no memory
  return context;
}

base::Result<std::vector<X509Ptr>> parse_certificates(std::string_view pem) {
  ERR_clear_error();
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return fail_tls("read certificates");
  std::vector<X509Ptr> out;
  for (;;) {
    X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    out.push_back(std::move(certificate));
  }
  // The text ends with "no start line"; anything else is damage.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (out.empty() || !at_end) return fail_tls("read certificates");
  ERR_clear_error();
  return out;
}

base::Result<KeyPtr> parse_key(std::string_view pem) {
  ERR_clear_error();
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return fail_tls("read the private key");
  KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) return fail_tls("read the private key");
  return key;
}

// OpenSSL's view of the stream below: reads take from in_, writes append to out_; nothing waits.
struct StreamBio {
  static TlsStream& stream_of(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* written) {
    stream_of(bio).out_.append(data, size);
    *written = size;
    return 1;
  }

  static int read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
    TlsStream& stream = stream_of(bio);
    BIO_clear_retry_flags(bio);
    *got = std::min(size, stream.in_.size() - stream.in_taken_);
    if (*got == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(into, stream.in_.data() + stream.in_taken_, *got);
    stream.in_taken_ += *got;
    return 1;
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    CHECK(method != nullptr, "OpenSSL has room for one BIO method");
    BIO_meth_set_write_ex(method, write);
    BIO_meth_set_read_ex(method, read);
    BIO_meth_set_ctrl(method, control);
    return method;
  }

  static BIO* make(TlsStream& stream) {
    static BIO_METHOD* const method = make_method();  // as long as the process
    BIO* bio = BIO_new(method);
    CHECK(bio != nullptr, "OpenSSL has memory for a BIO");
    BIO_set_data(bio, &stream);
    BIO_set_init(bio, 1);
    return bio;
  }
};

TlsStream::TlsStream(std::unique_ptr<Stream> below, SslPtr ssl, std::shared_ptr<const void> owner)
    : below_(std::move(below)), owner_(std::move(owner)), ssl_(std::move(ssl)) {
  BIO* bio = StreamBio::make(*this);
  SSL_set_bio(ssl_.get(), bio, bio);  // takes the one reference for both
}

TlsStream::~TlsStream() {
  CHECK(!flushing_, "a TLS stream ended while somebody writes");
  // OpenSSL forgets the session of a connection that nobody shut down, as TLS 1.0 asked; RFC 4346
  // §7.2.1 lifted that: a peer that just goes may come back with its ticket.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

Task<base::Result<>> TlsStream::handshake() {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const int why = SSL_get_error(ssl_.get(), result);
    if (result != 1 && why != SSL_ERROR_WANT_READ) {
      co_return co_await fail_with_alert("TLS handshake");
    }
    if (!waits_for_words(result == 1)) {
      if (auto sent = co_await flush(true); !sent) co_return sent;
    }
    if (result == 1) break;
    if (auto filled = co_await fill(); !filled) {
      filled.error().detail = "in the TLS handshake: " + filled.error().detail;
      co_return filled;
    }
  }
  note_negotiated();
  co_return base::Result<>();
}

// What a server of TLS 1.3 has to say at the end is its ticket (RFC 8446 §4.6.1), for which nobody
// waits: it goes along with what is said next. One write, and one wake-up of the peer, less.
bool TlsStream::waits_for_words(bool handshake_done) const {
  return handshake_done && SSL_is_server(ssl_.get()) == 1 &&
         SSL_version(ssl_.get()) >= TLS1_3_VERSION;
}

void TlsStream::note_negotiated() {
  info_.protocol = SSL_get_version(ssl_.get());
  if (const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_.get()); cipher != nullptr) {
    info_.cipher = SSL_CIPHER_get_name(cipher);
    info_.cipher_bits = SSL_CIPHER_get_bits(cipher, nullptr);
  }
  const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
  if (name != nullptr) info_.server_name = name;
}

TlsBinding TlsStream::tls_binding() const {
  constexpr std::string_view label = "EXPORTER-Channel-Binding";  // RFC 9266 §2
  constexpr std::size_t exporter_bytes = 32;
  SSL* const ssl = ssl_.get();
  TlsBinding out;
  const bool modern = SSL_version(ssl) >= TLS1_3_VERSION;
  // Before TLS 1.3 somebody between may synchronize two connections unless the master secret is
  // bound to the handshake (RFC 7627 §1, RFC 9266 §4.2).
  if (!modern && SSL_get_extms_support(ssl) != 1) return out;
  out.exporter.resize(exporter_bytes);
  ERR_clear_error();
  if (SSL_export_keying_material(ssl, reinterpret_cast<unsigned char*>(out.exporter.data()),
                                 out.exporter.size(), label.data(), label.size(), nullptr, 0,
                                 1) != 1) {
    out.exporter.clear();
  }
  if (modern) return out;
  // RFC 5929 §3.1: the first Finished of the handshake: the client's, or the server's when an
  // earlier session was resumed.
  std::array<char, EVP_MAX_MD_SIZE> finished;
  const bool ours = (SSL_is_server(ssl) == 1) == (SSL_session_reused(ssl) == 1);
  const std::size_t bytes = ours ? SSL_get_finished(ssl, finished.data(), finished.size())
                                 : SSL_get_peer_finished(ssl, finished.data(), finished.size());
  out.unique.assign(finished.data(), std::min(bytes, finished.size()));
  return out;
}

Task<base::Result<std::size_t>> TlsStream::read_some(std::span<char> into) {
  CHECK(!into.empty(), "a read has room for an octet");
  for (;;) {
    if (broken_) co_return std::unexpected(*broken_);
    ERR_clear_error();
    std::size_t got = 0;
    const std::size_t unsent = out_.size();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    if (result == 1) co_return got;
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_ZERO_RETURN) {
      co_return base::fail(base::ErrorKind::closed, "the peer ended TLS");
    }
    if (why != SSL_ERROR_WANT_READ) {
      co_return std::unexpected((co_await fail_with_alert("TLS read")).error());
    }
    // An answer of the protocol itself (key update); a writer under way takes it along.
    if (out_.size() > unsent) {
      if (auto sent = co_await flush(false); !sent) co_return std::unexpected(sent.error());
    }
    if (auto filled = co_await fill(); !filled) {
      // RFC 8446 §6.1: without close_notify somebody may have cut the end off.
      if (filled.error().kind == base::ErrorKind::closed) {
        broken_ = {base::ErrorKind::reset, "TLS truncated: the peer ended without close_notify"};
        continue;
      }
      co_return std::unexpected(std::move(filled.error()));
    }
  }
}

Task<base::Result<>> TlsStream::wait_readable() {
  if (broken_ || SSL_has_pending(ssl_.get()) == 1 || in_taken_ < in_.size()) {
    co_return base::Result<>();
  }
  std::string().swap(in_);  // nobody knows when there will be use for it
  in_taken_ = 0;
  co_return co_await below_->wait_readable();
}

// Reads ciphertext once. A cancelled read leaves everything as it was.
Task<base::Result<>> TlsStream::fill() {
  if (in_taken_ < in_.size()) co_return base::Result<>();
  // A buffer of its own, so that in_ stays whole when the read fails.
  const std::size_t room = reads_are_large_ ? large_read_bytes : small_read_bytes;
  if (in_.capacity() > room * 2) std::string().swap(in_);
  in_.resize(room);
  in_taken_ = room;  // nothing to take yet
  auto got = co_await below_->read_some(in_);
  in_.resize(got.value_or(0));
  in_taken_ = 0;
  if (!got) co_return std::unexpected(std::move(got.error()));
  reads_are_large_ = *got == room || *got > small_read_bytes;
  co_return base::Result<>();
}

Task<base::Result<>> TlsStream::flush(bool wait_for_others) {
  while (flushing_) {
    if (!wait_for_others) co_return base::Result<>();
    if (auto woken = co_await flushed_.wait(); !woken) co_return woken;
  }
  base::Result<> result;
  flushing_ = true;
  while (!out_.empty() && result) {
    const std::string sending = std::exchange(out_, {});
    result = co_await below_->write(sending);
  }
  flushing_ = false;
  // A part of a record may have gone: nothing can follow it.
  if (!result && !broken_) broken_ = result.error();
  flushed_.notify();
  co_return result;
}

Task<base::Result<>> TlsStream::fail_with_alert(std::string doing) {
  auto failure = fail_tls(doing);
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK && (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0) {
    failure.error().detail += fmt::format(" ({})", X509_verify_cert_error_string(verified));
  }
  (void)co_await flush(true);  // the peer may be gone; what failed first counts
  broken_ = failure.error();
  co_return failure;
}

// Gives the octets of the pieces record by record: a full record inside one piece as it lies there,
// else put together from several.
class TlsStream::PieceCutter {
 public:
  explicit PieceCutter(std::span<const std::string_view> pieces) : pieces_(pieces) {}

  // Empty at the end. Valid until the next call.
  std::string_view next() {
    while (!pieces_.empty() && first().empty()) drop_first();
    if (pieces_.empty()) return {};
    if (pieces_.size() == 1 || first().size() >= record_bytes_max) return cut(record_bytes_max);
    gathered_.clear();
    while (!pieces_.empty() && gathered_.size() < record_bytes_max) {
      gathered_ += cut(record_bytes_max - gathered_.size());
      if (first().empty()) drop_first();
    }
    return gathered_;
  }

 private:
  [[nodiscard]] std::string_view first() const { return pieces_.front().substr(offset_); }
  void drop_first() {
    pieces_ = pieces_.subspan(1);
    offset_ = 0;
  }
  std::string_view cut(std::size_t bytes_max) {
    const std::string_view part = first().substr(0, bytes_max);
    offset_ += part.size();
    return part;
  }

  std::span<const std::string_view> pieces_;
  std::size_t offset_ = 0;
  std::string gathered_;
};

base::Result<> TlsStream::encrypt(std::string_view record) {
  ERR_clear_error();
  std::size_t written = 0;
  if (SSL_write_ex(ssl_.get(), record.data(), record.size(), &written) == 1) {
    CHECK(written == record.size(), "a write into memory takes all");
    return {};
  }
  auto failure = fail_tls("TLS write");
  if (!broken_) broken_ = failure.error();
  return failure;
}

Task<base::Result<>> TlsStream::write(std::span<const std::string_view> pieces) {
  // What another write has under way goes first, so out_ stays small.
  while (flushing_) {
    if (auto woken = co_await flushed_.wait(); !woken) co_return woken;
  }
  PieceCutter cutter(pieces);
  for (std::string_view record = cutter.next(); !record.empty(); record = cutter.next()) {
    if (broken_) co_return std::unexpected(*broken_);
    if (auto done = encrypt(record); !done) co_return done;
    if (out_.size() < burst_bytes) continue;
    if (auto sent = co_await flush(true); !sent) co_return sent;
  }
  if (broken_) co_return std::unexpected(*broken_);
  co_return co_await flush(true);
}

Task<base::Result<>> TlsStream::finish(std::string_view last_words) {
  if (broken_ || flushing_ || last_words.size() > record_bytes_max) {
    co_return co_await Stream::finish(last_words);
  }
  if (!last_words.empty()) {
    if (auto done = encrypt(last_words); !done) co_return done;
  }
  co_return co_await shutdown();
}

Task<base::Result<>> TlsStream::shutdown() {
  if (!broken_) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());  // puts close_notify into out_; the peer's is not waited for
    ERR_clear_error();
    if (auto sent = co_await flush(true); !sent) co_return sent;
  }
  co_return co_await below_->shutdown();
}

}  // namespace io
