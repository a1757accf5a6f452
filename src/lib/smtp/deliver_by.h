// lib/smtp/deliver_by.h: mail that is to be delivered by a time (RFC 2852).
//
// What:    the value of BY in MAIL, the deadline that comes of it, and what is left of it for the
//          next server.
// In/Out:  parameter text → By; By and the time now → message::DeliverBy; that → parameter text.
// Errors:  nullopt for what the RFC's grammar does not allow; 501 5.5.4 for a time that we do not
//          take; 554 5.4.7 where the next server could not keep it.
// Limits:  by_seconds_max of the grammar: nine digits.
// Not here: what happens at the deadline (queue/), the reports (report/).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/message/envelope.h"
#include "lib/smtp/reply.h"

namespace smtp {

inline constexpr std::int64_t by_seconds_max = 999'999'999;

struct By {
  std::int64_t seconds = 0;  // with N also 0 or less: it is late already, and was told to be
  message::DeliverBy::Mode mode = message::DeliverBy::Mode::none;
  bool trace = false;
};

// "120;R", "-5;NT".
[[nodiscard]] std::optional<By> parse_by(std::string_view text);

struct ByRules {
  std::uint64_t seconds_min = 0;  // with R
  base::Time release_at;          // not before then (RFC 4865); 1970: at once
};
[[nodiscard]] std::expected<message::DeliverBy, Reply> deliver_by(const By& by,
                                                                  const ByRules& rules,
                                                                  base::Time now);

// What is left of the time, as the value of BY.
[[nodiscard]] std::string by_text(const message::DeliverBy& by, base::Time now);
// Why it must not go to a server that offers this (nullopt: no DELIVERBY at all); nothing: it may.
[[nodiscard]] std::optional<Reply> too_late(const message::DeliverBy& by,
                                            std::optional<std::uint64_t> offered, base::Time now);

}  // namespace smtp
