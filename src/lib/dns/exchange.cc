// See exchange.h.
#include "lib/dns/exchange.h"

#include <array>
#include <vector>

namespace dns {
namespace {

constexpr std::size_t length_bytes = 2;  // RFC 1035 §4.2.2

std::size_t announced(std::string_view octets) {
  return static_cast<std::size_t>(static_cast<unsigned char>(octets[0])) << 8U |
         static_cast<std::size_t>(static_cast<unsigned char>(octets[1]));
}

}  // namespace

io::Task<base::Result<std::string>> exchange(io::Ref<io::Network> network, io::Endpoint server,
                                             std::string message) {
  auto stream = co_await network->connect(server, std::nullopt);
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  const std::array<char, length_bytes> length = {static_cast<char>(message.size() >> 8U),
                                                 static_cast<char>(message.size() & 0xffU)};
  const std::array<std::string_view, 2> pieces = {std::string_view(length.data(), length.size()),
                                                  message};
  if (auto sent = co_await (*stream)->write(pieces); !sent) {
    co_return std::unexpected(std::move(sent.error()));
  }
  std::string reply;
  std::vector<char> buffer(4096);
  while (reply.size() < length_bytes || reply.size() < length_bytes + announced(reply)) {
    const auto got = co_await (*stream)->read_some(buffer);
    if (!got) co_return std::unexpected(got.error());
    reply.append(buffer.data(), *got);
  }
  co_return reply.substr(length_bytes, announced(reply));
}

}  // namespace dns
