// See updater.h.
#include "lib/dns/updater.h"

#include <fmt/format.h>

#include "lib/dns/exchange.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/io/random.h"

namespace dns {

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
