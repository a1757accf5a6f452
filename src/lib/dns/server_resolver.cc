// See server_resolver.h.
#include "lib/dns/server_resolver.h"

#include <array>
#include <vector>

#include "lib/dns/names.h"
#include "lib/dns/wire.h"
#include "lib/io/deadline.h"

namespace dns {
namespace {

// A connection with one question needs no secret: who could answer it has the connection.
constexpr std::uint16_t question_id = 0x5350;
constexpr std::size_t length_bytes = 2;  // RFC 1035 §4.2.2

std::size_t announced(std::string_view octets) {
  return static_cast<std::size_t>(static_cast<unsigned char>(octets[0])) << 8U |
         static_cast<std::size_t>(static_cast<unsigned char>(octets[1]));
}

}  // namespace

io::Task<base::Result<std::string>> ServerResolver::exchange(std::string query) {
  auto stream = co_await parts_.network.connect(parts_.server, std::nullopt);
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  const std::array<char, length_bytes> length = {static_cast<char>(query.size() >> 8U),
                                                 static_cast<char>(query.size() & 0xffU)};
  const std::array<std::string_view, 2> pieces = {std::string_view(length.data(), length.size()),
                                                  query};
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

io::Task<Answer> ServerResolver::query(std::string name, Type type) {
  const WireQuestion question{.id = question_id, .name = name_key(name), .type = type};
  auto octets = write_query(question);
  if (!octets) co_return no_answer(octets.error().detail);
  const auto reply =
      co_await io::with_timeout(parts_.clock, parts_.timeout, exchange(std::move(*octets)));
  if (!reply) co_return no_answer(reply.error().text());
  Answer answer = read_reply(*reply, question);
  if (answer.status == Status::ok && answer.records.empty()) {
    co_return co_await parts_.elsewhere.query(answer.canonical_name, type);
  }
  co_return answer;
}

}  // namespace dns
