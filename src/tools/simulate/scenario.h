// tools/simulate/scenario.h: an Internet in a file: who receives our mail, and how.
//
// What:    Scenario is the mail that arrives and the classes of receivers that it goes to.
// In/Out:  read_scenario() reads TOML; default_scenario() is the text of the one in the program.
// Errors:  invalid; all mistakes at once, a line each: "FILE:12: provider[2].rate_window: what is
//          wrong; the remedy".
// Limits:  scenario_bytes_max, providers_max; each number has its range, said when it is left.
// Not here: how a receiver behaves (receiver.h), when mail arrives (arrivals.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace simulate {

inline constexpr std::size_t scenario_bytes_max = 1U << 20U;
inline constexpr std::size_t providers_max = 50;
inline constexpr std::uint64_t messages_max = 100'000'000;
inline constexpr unsigned days_max = 366;
inline constexpr unsigned domains_max = 1'000'000;

enum class Pattern : std::uint8_t { constant, daily, newsletter };

// The mail that is given to us.
struct Mail {
  std::uint64_t messages = 1'000'000;
  unsigned days = 7;         // in which it arrives
  unsigned domains = 5'000;  // of all providers together
  Pattern pattern = Pattern::daily;
  double zipf = 1;  // the domain of rank r of a provider has a part of 1 / r^zipf
  // newsletter: this share of all comes in bursts, the rest in the daily wave.
  double burst_share = 0.5;
  base::Duration burst_every = std::chrono::hours(24);
  base::Duration burst_length = std::chrono::minutes(30);
};

// How a host that is down looks from outside.
enum class Down : std::uint8_t { timeout, refused };

// A class of receivers. What is 0 does not happen.
struct Provider {
  std::string name = {};
  double domains = 1;      // its part of the domains …
  double mail = 1;         // … and of the mail
  unsigned receivers = 0;  // hosts that its domains share; 0: each domain has its own

  base::Duration latency = std::chrono::milliseconds(40);      // a round trip
  base::Duration processing = std::chrono::milliseconds(300);  // from the final dot to its answer
  base::Duration tarpit = {};                                  // before the greeting
  unsigned addresses = 1;                    // of its MX, all tried when it is down
  unsigned connections_max = 0;              // of ours at once; more get 421
  unsigned messages_per_connection_max = 0;  // then it closes

  std::uint64_t rate_messages = 0;  // taken per window
  base::Duration rate_window = std::chrono::hours(1);
  unsigned rate_reply = 421;
  // A sender it does not know: so many on the first day, more each day until warmup_max is reached.
  std::uint64_t warmup_messages = 0;
  unsigned warmup_growth_percent = 50;
  std::uint64_t warmup_max = 0;  // from then on there is no such limit

  base::Duration greylist_delay = {};
  base::Duration greylist_window = std::chrono::hours(48);  // a retry must come before
  unsigned greylist_known_after = 0;  // so many passes, and we are greylisted no more

  std::uint64_t block_after_refused = 0;     // by rate or warm-up within a window
  std::uint64_t block_after_complaints = 0;  // within a day
  base::Duration block_for = std::chrono::hours(4);
  unsigned block_reply = 421;

  double invalid = 0;     // share of addresses that do not exist
  double full = 0;        // share of mailboxes that are full
  double complaints = 0;  // share of delivered messages that somebody calls spam
  base::Duration full_for = std::chrono::hours(48);  // on average

  bool dead = false;
  base::Duration outage_every = {};
  base::Duration outage_for = std::chrono::hours(2);
  Down down = Down::timeout;
};

struct Scenario {
  Mail mail;
  std::vector<Provider> providers;
};

[[nodiscard]] base::Result<Scenario> read_scenario(std::string_view text,
                                                   std::string_view file_name);
[[nodiscard]] std::string_view default_scenario();

}  // namespace simulate
