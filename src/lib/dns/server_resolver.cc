// See server_resolver.h.
#include "lib/dns/server_resolver.h"

#include "lib/dns/exchange.h"
#include "lib/dns/names.h"
#include "lib/dns/wire.h"
#include "lib/io/deadline.h"

namespace dns {
namespace {

// A connection with one question needs no secret: who could answer it has the connection.
constexpr std::uint16_t question_id = 0x5350;

}  // namespace

io::Task<Answer> ServerResolver::query(std::string name, Type type) {
  const WireQuestion question{.id = question_id, .name = name_key(name), .type = type};
  auto octets = write_query(question);
  if (!octets) co_return no_answer(octets.error().detail);
  const auto reply = co_await io::with_timeout(
      parts_.clock, parts_.timeout, exchange(parts_.network, parts_.server, std::move(*octets)));
  if (!reply) co_return no_answer(reply.error().text());
  Answer answer = read_reply(*reply, question);
  if (answer.status == Status::ok && answer.records.empty()) {
    co_return co_await parts_.elsewhere.query(answer.canonical_name, type);
  }
  co_return answer;
}

}  // namespace dns
