// lib/io/proxied_stream.h: a connection that a proxy relays, with its client's address.
//
// What:    read_proxy_header reads what the proxy says first (proxy_header.h); ProxiedStream is the
//          connection after it.
// In/Out:  a Stream → the header and the octets that came with it, which are the client's → a
//          Stream whose peer() and local() are the client's.
// Errors:  invalid: no header, or a malformed one; those of the stream below.
// Limits:  proxy_header_bytes_max; the caller's deadline.
// Not here: whether the other side is a proxy to believe (the caller).
#pragma once

#include <memory>
#include <span>
#include <string>

#include "lib/io/network.h"
#include "lib/io/proxy_header.h"
#include "lib/io/ref.h"

namespace io {

struct ProxyGreeting {
  ProxyHeader header;
  std::string early;  // the client's, already
};

Task<base::Result<ProxyGreeting>> read_proxy_header(Ref<Stream> stream);

class ProxiedStream final : public Stream {
 public:
  // Without a client that has an address the ends are those of the connection itself.
  ProxiedStream(std::unique_ptr<Stream> below, ProxyGreeting greeting);

  Task<base::Result<std::size_t>> read_some(std::span<char> into) override;
  Task<base::Result<>> wait_readable() override;
  using Stream::write;
  Task<base::Result<>> write(std::span<const std::string_view> pieces) override {
    return below_->write(pieces);
  }
  Task<base::Result<>> shutdown() override { return below_->shutdown(); }
  Task<base::Result<>> finish(std::string_view last_words) override {
    return below_->finish(last_words);
  }
  [[nodiscard]] Endpoint local() const override { return local_; }
  [[nodiscard]] Endpoint peer() const override { return peer_; }

 private:
  std::unique_ptr<Stream> below_;
  std::string early_;
  std::size_t taken_ = 0;
  Endpoint local_;
  Endpoint peer_;
};

}  // namespace io
