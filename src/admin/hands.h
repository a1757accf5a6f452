// admin/hands.h: what needs a hand: the list at the top of the overview.
//
// What:    from what is known of queue, disk, certificate, accounts, bans and the doctor's last
//          look to short texts, each with a remedy and a link into the web interface.
// In/Out:  Facts → Hands, the gravest first.
// Errors:  none: what is not known is left out.
// Limits:  hands_max in all, doctor_max of the doctor's.
// Not here: finding the facts out (overview_routes.cc).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/doctor/history.h"
#include "admin/queue_picture.h"
#include "policy/guard/login_guard.h"
#include "policy/limits/sending_ledger.h"

namespace admin {

struct Hand {
  enum class Severity : std::uint8_t { error, warning, notice };
  std::string_view kind;  // "queue", "disk", "certificate", "destination", "held", "limit", …
  Severity severity = Severity::warning;
  std::string text;
  std::string remedy;
  std::string link;
};
[[nodiscard]] std::string_view to_string(Hand::Severity severity);

struct Facts {
  base::Time now;
  std::string trouble;             // why nothing can be accepted; empty: all is well
  std::vector<std::string> notes;  // of LDAP, of signing keys
  Picture queue;
  std::uint64_t disk_free = 0;
  std::uint64_t disk_total = 0;  // 0: not known
  std::uint64_t disk_reserve = 0;
  std::optional<base::Time> certificate_end;
  std::vector<policy::Usage> accounts;
  std::size_t bans = 0;
  std::vector<policy::ClosedLogin> closed_logins;
  std::optional<doctor::Result> doctor;
};

inline constexpr std::size_t hands_max = 50;
inline constexpr std::size_t doctor_max = 20;
inline constexpr base::Duration certificate_warning = std::chrono::hours(14 * 24);
inline constexpr base::Duration certificate_error = std::chrono::hours(3 * 24);

[[nodiscard]] std::vector<Hand> hands_of(const Facts& facts);
// Less than this is little: mail is refused below the reserve.
[[nodiscard]] bool disk_is_short(const Facts& facts);

}  // namespace admin
