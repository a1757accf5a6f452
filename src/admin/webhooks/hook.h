// admin/webhooks/hook.h: a webhook, and the events that it is told.
//
// What:    Hook is where to and what of; Happening is one event as it will be told; matches() joins
//          them.
// In/Out:  an event of the trace → Happening, when it is of a kind that webhooks know.
// Errors:  none: values.
// Limits:  those of the trace's records.
// Not here: keeping them (store.h), sending them (sender.h), signing (signature.h).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"
#include "trace/record.h"

namespace webhooks {

enum class Kind : std::uint8_t { accepted, delivered, deferred, failed, held, report };
inline constexpr std::array<std::string_view, 6> kind_names = {"accepted", "delivered", "deferred",
                                                               "failed",   "held",      "report"};
[[nodiscard]] std::string_view to_string(Kind kind);
[[nodiscard]] std::optional<Kind> parse_kind(std::string_view text);

struct Hook {
  std::string name;
  std::string url;
  std::vector<Kind> kinds;  // empty: all
  std::string account;      // only of mail that it sent; empty: of any
  std::string domain;       // only of mail from or to it; empty: any
  std::string secret;       // "whsec_…"
  std::string old_secret;   // signs, too, until old_until
  base::Time old_until;
  base::Time created;
  // How it fares.
  std::optional<base::Time> last_success;
  std::optional<base::Time> last_failure;
  std::string last_error;
  std::uint32_t failures = 0;  // in a row
};

struct Happening {
  std::string id;  // the same whenever this event is told, so that a receiver knows it again
  Kind kind = Kind::delivered;
  std::string message;  // its id; events of one message are told in order; empty: of none
  std::string account;
  std::vector<std::string> domains;  // of its sender and recipients, in lower case
  std::string body;                  // JSON
};

// Is an event of this name one that could be told? Cheap: asked of every event there is.
[[nodiscard]] std::optional<Kind> kind_of(std::string_view event_name);
[[nodiscard]] std::optional<Happening> happening_of(const trace::StoredEvent& event);
[[nodiscard]] bool matches(const Hook& hook, const Happening& happening);

}  // namespace webhooks
