// lib/io/network.h: the door to the network.
//
// What:    Stream (a connection, plain or TLS), Listener, and Network, which makes both.
// In/Out:  bytes as std::string_view / std::span<char>; all waits are tasks and can be cancelled.
// Errors:  closed (orderly end), reset, timed_out, cancelled, refused, unreachable, tls, limit.
// Limits:  the callers': each wait on a peer is wrapped in with_deadline.
// Not here: TLS (tls.h), names (lib/dns), lines and commands (lib/smtp).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/address.h"
#include "lib/io/task.h"

namespace io {

// What TLS negotiated; empty protocol for a plain stream.
struct TlsInfo {
  std::string protocol;  // "TLSv1.3"
  std::string cipher;    // "TLS_AES_256_GCM_SHA384"
  int cipher_bits = 0;
  std::string server_name;   // SNI
  bool verified = false;     // the peer's certificate chain and name were verified
  std::string verify_error;  // why not, in words
};

// What both ends of one TLS connection know and nobody between them can have in two connections
// (RFC 5929 §3, RFC 9266). Empty where the connection has none that may be trusted.
struct TlsBinding {
  std::string exporter;  // tls-exporter, 32 octets
  std::string unique;    // tls-unique, TLS 1.2 only
};

class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;  // closes at once, without ceremony

  // At least one octet; `closed` at the orderly end of the peer's data.
  virtual Task<base::Result<std::size_t>> read_some(std::span<char> into) = 0;
  // Ends when a read has something to say: octets, the end or an error (of TLS: mostly). Whoever
  // may wait for long waits here first and holds no buffer meanwhile.
  virtual Task<base::Result<>> wait_readable() = 0;
  // All of it, in order, as one write where the kernel takes it. The bytes must live until it ends.
  virtual Task<base::Result<>> write(std::span<const std::string_view> pieces) = 0;
  // Tells the peer that we are done (FIN, TLS close_notify), without waiting for its answer.
  virtual Task<base::Result<>> shutdown() = 0;
  // The last words, then shutdown(); TLS says both in one write.
  virtual Task<base::Result<>> finish(std::string_view last_words);

  [[nodiscard]] virtual Endpoint local() const = 0;
  [[nodiscard]] virtual Endpoint peer() const = 0;
  [[nodiscard]] virtual const TlsInfo* tls() const { return nullptr; }
  // Made anew at each call (microseconds): only those who log in need it.
  [[nodiscard]] virtual TlsBinding tls_binding() const { return {}; }

  // One piece; a convenience over the virtual write.
  Task<base::Result<>> write(std::string_view bytes);
};

class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;
  virtual Task<base::Result<std::unique_ptr<Stream>>> accept() = 0;
  [[nodiscard]] virtual Endpoint local() const = 0;  // with the real port when 0 was asked for
};

struct ListenOptions {
  bool share_port = false;  // SO_REUSEPORT: one listener per loop
  int backlog = 4096;
};

class Network {
 public:
  Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  virtual ~Network() = default;

  using StreamResult = base::Result<std::unique_ptr<Stream>>;
  using ListenerResult = base::Result<std::unique_ptr<Listener>>;

  // `source`: the local address to connect from; nullopt lets the system choose.
  virtual Task<StreamResult> connect(Endpoint to, std::optional<IpAddress> source) = 0;
  virtual Task<StreamResult> connect_unix(std::string path) = 0;
  virtual ListenerResult listen(Endpoint at, ListenOptions options) = 0;
  // Replaces a stale socket file; `mode` are its permission bits.
  virtual ListenerResult listen_unix(std::string path, unsigned mode) = 0;
  // This host's own addresses, for MX loop detection (RFC 5321 §5.1).
  [[nodiscard]] virtual std::vector<IpAddress> own_addresses() const = 0;
};

}  // namespace io
