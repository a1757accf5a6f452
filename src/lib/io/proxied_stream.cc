// See proxied_stream.h.
#include "lib/io/proxied_stream.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace io {
namespace {

constexpr std::size_t read_bytes = 512;  // most headers are below 110

Task<base::Result<>> at_once() { co_return base::Result<>{}; }
Task<base::Result<std::size_t>> so_many(std::size_t bytes) { co_return bytes; }

}  // namespace

Task<base::Result<ProxyGreeting>> read_proxy_header(Ref<Stream> stream) {
  std::string octets;
  std::array<char, read_bytes> chunk;
  for (;;) {
    const auto got = co_await stream->read_some(chunk);
    if (!got) co_return std::unexpected(got.error());
    octets.append(chunk.data(), *got);
    ProxyParse parsed = parse_proxy_header(octets);
    if (parsed.status == ProxyParse::Status::malformed) {
      co_return base::fail(base::ErrorKind::invalid, std::move(parsed.problem));
    }
    if (parsed.status == ProxyParse::Status::done) {
      co_return ProxyGreeting{.header = parsed.header, .early = octets.substr(parsed.bytes)};
    }
  }
}

ProxiedStream::ProxiedStream(std::unique_ptr<Stream> below, ProxyGreeting greeting)
    : below_(std::move(below)),
      early_(std::move(greeting.early)),
      local_(below_->local()),
      peer_(below_->peer()) {
  if (greeting.header.client != ProxyHeader::Client::relayed) return;
  local_ = greeting.header.destination;
  peer_ = greeting.header.source;
}

Task<base::Result<std::size_t>> ProxiedStream::read_some(std::span<char> into) {
  if (early_.empty()) return below_->read_some(into);
  const std::size_t bytes = std::min(into.size(), early_.size() - taken_);
  std::memcpy(into.data(), early_.data() + taken_, bytes);
  taken_ += bytes;
  if (taken_ == early_.size()) std::string().swap(early_);
  return so_many(bytes);
}

Task<base::Result<>> ProxiedStream::wait_readable() {
  return early_.empty() ? below_->wait_readable() : at_once();
}

}  // namespace io
