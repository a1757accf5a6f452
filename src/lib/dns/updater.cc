// See updater.h.
#include "lib/dns/updater.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "lib/dns/exchange.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/random.h"

namespace dns {

base::Result<io::Endpoint> parse_server(std::string_view text) {
  constexpr std::uint16_t dns_port = 53;
  if (const auto alone = io::IpAddress::parse(text)) return io::Endpoint{*alone, dns_port};
  if (const auto with_port = io::Endpoint::parse(text)) return *with_port;
  return base::fail(
      base::ErrorKind::invalid,
      fmt::format("\"{}\" is not an IP address, with :port if not 53", base::printable(text)));
}

io::Task<base::Result<>> send_update(UpdaterParts parts, Update update) {
  constexpr std::uint64_t ids = 65'536;
  update.id = static_cast<std::uint16_t>(parts.doors.random.below(ids));
  const base::Time now = parts.doors.clock.wall();
  auto message = write_update(update, parts.key, now);
  if (!message) co_return std::unexpected(std::move(message.error()));
  const auto reply =
      co_await io::with_timeout(parts.doors.clock, parts.timeout,
                                exchange(parts.doors.network, parts.server, message->octets));
  if (!reply) {
    co_return base::fail(reply.error().kind, fmt::format("name server {}: {}", parts.server.text(),
                                                         reply.error().detail));
  }
  auto done = read_update_reply(
      *reply, {.id = update.id, .mac = message->mac, .key = parts.key, .now = now});
  if (!done) done.error().detail += fmt::format(" (name server {})", parts.server.text());
  co_return done;
}

}  // namespace dns
