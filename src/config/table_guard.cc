// See table.h: the guard over log-ins, and the limits of sending.
#include "config/table.h"

namespace config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint64_t failures_max = 1'000'000;

// How failures are counted, and what a single one costs.
std::vector<Setting> counting_settings() {
  return {
      setting("on", STAGEPOST_FIELD(policy.guard.on), flag_codec(),
              "Delay and ban those whose log-ins fail."),
      setting("allow", STAGEPOST_FIELD(policy.guard.allow), list_codec(network_codec()),
              "Networks that are never delayed or banned. Private ranges are never banned anyway."),
      setting("ban_port_25", STAGEPOST_FIELD(policy.guard.ban_port_25), flag_codec(),
              "A banned address may not bring mail for us, either."),
      setting("failures_half_life", STAGEPOST_FIELD(policy.guard.failures_half_life),
              duration_codec(minutes(1), hours(24 * 30)),
              "A failed log-in counts half after this time, a quarter after twice this time."),
      setting("delay_after", STAGEPOST_FIELD(policy.guard.delay_after),
              count_codec<std::uint32_t>(0, failures_max),
              "Failures of an address after which each log-in waits: 1 s, 2 s, 4 s and so on."),
      setting("delay_max", STAGEPOST_FIELD(policy.guard.delay_max),
              duration_codec(seconds(0), minutes(1)), "The longest such wait."),
  };
}

std::vector<Setting> closing_settings() {
  return {
      setting("address_failures_max", STAGEPOST_FIELD(policy.guard.address_failures_max),
              count_codec<std::uint32_t>(1, failures_max),
              "Failures that ban an address; an IPv6 /64 counts as one."),
      setting("network_failures_max", STAGEPOST_FIELD(policy.guard.network_failures_max),
              count_codec<std::uint32_t>(1, failures_max),
              "Failures that ban an IPv4 /24 or an IPv6 /48."),
      setting("wide_network_failures_max", STAGEPOST_FIELD(policy.guard.wide_network_failures_max),
              count_codec<std::uint32_t>(1, failures_max), "Failures that ban an IPv6 /32."),
      setting("known_place_factor", STAGEPOST_FIELD(policy.guard.known_place_factor),
              count_codec<std::uint32_t>(1, 1'000),
              "Times as many failures for an address and its network where somebody has logged in "
              "lately."),
      setting("place_failures_max", STAGEPOST_FIELD(policy.guard.place_failures_max),
              count_codec<std::uint32_t>(1, failures_max),
              "Failures of one log-in in a network where it has succeeded: more have to wait."),
      setting("place_half_life", STAGEPOST_FIELD(policy.guard.place_half_life),
              duration_codec(minutes(1), hours(24 * 30)), "The half-life of those failures."),
      setting("ban_times", STAGEPOST_FIELD(policy.guard.ban_times),
              list_codec(duration_codec(seconds(1), hours(24 * 366)), 1),
              "How long the first ban lasts, the second and so on; the last is for all later "
              "ones."),
      setting("ban_memory", STAGEPOST_FIELD(policy.guard.ban_memory),
              duration_codec(minutes(1), hours(24 * 366)),
              "So long after a ban the next one is a first one again."),
      setting("account_failures_max", STAGEPOST_FIELD(policy.guard.account_failures_max),
              count_codec<std::uint32_t>(1, failures_max),
              "Failures of one log-in, from everywhere: then places where it never succeeded have "
              "to wait."),
      setting("place_memory", STAGEPOST_FIELD(policy.guard.place_memory),
              duration_codec(hours(1), hours(24 * 366)),
              "How long a successful log-in makes its place a known one."),
      setting("tracked_max", STAGEPOST_FIELD(policy.guard.tracked_max),
              count_codec<std::uint32_t>(100, 10'000'000),
              "Addresses and networks with failures, and log-in names, in memory."),
      setting("bans_max", STAGEPOST_FIELD(policy.guard.bans_max),
              count_codec<std::uint32_t>(100, 10'000'000), "Bans in force at one time."),
  };
}

Section guard_section() {
  Section section;
  section.name = "guard";
  section.text =
      "Who guesses passwords is slowed down, then shut out for a while. See also `stagepost ban`.";
  section.settings = counting_settings();
  for (Setting& one : closing_settings()) section.settings.push_back(std::move(one));
  return section;
}

Section sending_section() {
  Section section;
  section.name = "sending";
  section.text =
      "How much an account may send is set with `stagepost limits set`; here is who is told, and "
      "how it is remembered.";
  section.settings = {
      path_setting("state", STAGEPOST_FIELD(policy.state_path),
                   {.below = Below::state, .name = "state.db"},
                   "Where counters, bans and last uses are kept over a restart."),
      setting("state_save_every", STAGEPOST_FIELD(policy.state_save_every),
              duration_codec(seconds(1), hours(1)),
              "How often they are written. A crash loses so much of them."),
      setting("warn_percent", STAGEPOST_FIELD(policy.limits.warn_percent),
              count_codec<std::uint32_t>(1, 100),
              "The part of a daily limit at which an account's owner is warned."),
      setting("administrator", STAGEPOST_FIELD(policy.limits.administrator), text_codec("address"),
              "Who is told of held mail besides its sender; when empty, postmaster of the "
              "account's domain."),
      setting("known_recipients_max", STAGEPOST_FIELD(policy.limits.known_recipients_max),
              count_codec<std::uint32_t>(100, 10'000'000),
              "Recipients remembered per account, as keyed hashes; the longest unused are "
              "forgotten."),
      setting("known_recipients_keep", STAGEPOST_FIELD(policy.limits.known_recipients_keep),
              duration_codec(std::chrono::hours(24), std::chrono::hours(24 * 3'660)),
              "How long after the last mail to it a recipient is remembered."),
  };
  return section;
}

}  // namespace

std::vector<Section> guard_sections() { return {guard_section(), sending_section()}; }

}  // namespace config
