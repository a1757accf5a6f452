// lib/io/tls.h: TLS over any Stream, both sides.
//
// What:    TlsServer and TlsClient hold keys and rules (OpenSSL); wrap a Stream into a TLS Stream.
// In/Out:  accept()/connect() do the handshake and return a Stream whose tls() says what was
//          negotiated.
// Errors:  tls with OpenSSL's reason in words; closed, reset, cancelled from the stream below.
// Limits:  TLS 1.2 and up; a handshake has the caller's deadline; records as OpenSSL bounds them.
// Not here: whether TLS is wanted (session/starttls, delivery), DANE (delivery).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/network.h"
#include "lib/io/task.h"

namespace io {

// A certificate chain and its key, both PEM text.
struct TlsIdentity {
  std::vector<std::string> names;  // for SNI; empty: the default identity
  std::string certificate_pem;
  std::string key_pem;
};

// What answers a certificate authority that asks for "acme-tls/1" (RFC 8737 §3), on every listener
// of the servers that have it. Any thread.
class TlsChallenges {
 public:
  [[nodiscard]] static std::shared_ptr<TlsChallenges> make();
  TlsChallenges() = default;
  TlsChallenges(const TlsChallenges&) = delete;
  TlsChallenges& operator=(const TlsChallenges&) = delete;
  virtual ~TlsChallenges() = default;
  // `digest`: SHA-256 of the key authorization.
  virtual base::Result<> add(const std::string& name, std::string_view digest, base::Time now) = 0;
  virtual void remove(const std::string& name) = 0;
};

// Immutable once made; a reload makes a new one, old streams keep theirs.
class TlsServer {
 public:
  // The first identity is the default. Session tickets are on.
  [[nodiscard]] static base::Result<std::shared_ptr<TlsServer>> make(
      const std::vector<TlsIdentity>& identities,
      std::shared_ptr<TlsChallenges> challenges = nullptr);
  virtual ~TlsServer() = default;
  virtual Task<Network::StreamResult> accept(std::unique_ptr<Stream> stream) = 0;
};

// A server whose keys are replaced while it serves: handshakes that begin afterwards use the new
// ones, on any loop.
class TlsSwitch final : public TlsServer {
 public:
  explicit TlsSwitch(std::shared_ptr<TlsServer> first) : current_(std::move(first)) {}
  void replace(std::shared_ptr<TlsServer> next);
  Task<Network::StreamResult> accept(std::unique_ptr<Stream> stream) override;

 private:
  [[nodiscard]] std::shared_ptr<TlsServer> current() const;

  mutable std::mutex mutex_;
  std::shared_ptr<TlsServer> current_;
};

// The newest session that a server gave us, to be resumed (RFC 8446 §2.2). For the connections of
// any loop to one server under one name.
class TlsSessionStore {
 public:
  using Session = std::shared_ptr<void>;  // OpenSSL's SSL_SESSION
  [[nodiscard]] Session get() const;
  void put(Session session);
  // Connections that went on with an earlier session, without certificate and signature.
  [[nodiscard]] std::uint64_t resumed() const { return resumed_.load(std::memory_order_relaxed); }
  void note_resumed() { resumed_.fetch_add(1, std::memory_order_relaxed); }

 private:
  mutable std::mutex mutex_;
  Session session_;
  std::atomic<std::uint64_t> resumed_ = 0;
};

struct TlsClientOptions {
  std::string server_name;   // SNI and the name to verify
  bool must_verify = false;  // false: opportunistic, the outcome is only reported in TlsInfo
  std::shared_ptr<TlsSessionStore> sessions = nullptr;  // null: always a full handshake
};

class TlsClient {
 public:
  // `ca_pem`: trust anchors instead of the system's; empty for the system's.
  [[nodiscard]] static base::Result<std::shared_ptr<TlsClient>> make(const std::string& ca_pem);
  virtual ~TlsClient() = default;
  virtual Task<Network::StreamResult> connect(std::unique_ptr<Stream> stream,
                                              TlsClientOptions options) = 0;
};

// Where the system's trust anchors are read from: files and folders, as the environment
// (SSL_CERT_FILE, SSL_CERT_DIR) and OpenSSL have it.
[[nodiscard]] std::vector<std::string> trust_anchor_places();

// A new ECDSA P-256 key with a self-signed certificate for these names, valid for `days` from
// `now`.
[[nodiscard]] base::Result<TlsIdentity> make_self_signed(const std::vector<std::string>& names,
                                                         base::Time now, int days);
// The certificate of RFC 8737 §3 for one name.
[[nodiscard]] base::Result<TlsIdentity> make_challenge_identity(const std::string& name,
                                                                std::string_view digest,
                                                                base::Time now);

}  // namespace io
