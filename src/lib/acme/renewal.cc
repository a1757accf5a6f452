// See renewal.h.
#include "lib/acme/renewal.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace acme {
namespace {

// Evenly in [0, 65536), the same for the same certificate.
std::int64_t share_of(std::string_view serial) {
  const std::string digest = io::sha256(serial);
  const auto octet = [&](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(digest[at]));
  };
  return static_cast<std::int64_t>(octet(0) << 8U | octet(1));
}

constexpr std::int64_t shares = 65'536;

}  // namespace

base::Time renew_at(const io::Certificate& facts, base::Duration before) {
  const base::Duration lifetime = facts.not_after - facts.not_before;
  const base::Duration wanted = before > base::Duration(0) ? before : lifetime / 3;
  const base::Duration early = lifetime / 30 * share_of(facts.serial) / shares;
  return std::max(facts.not_after - wanted - early, facts.not_before + lifetime / 2);
}

base::Duration pause_after(const std::vector<base::Duration>& ladder, unsigned failures,
                           base::Duration asked_for, std::uint64_t random) {
  if (ladder.empty() || failures == 0) return asked_for;
  const base::Duration step = ladder[std::min<std::size_t>(failures, ladder.size()) - 1];
  const auto more = step / 4 * static_cast<std::int64_t>(random % shares) / shares;
  return std::max(step + more, asked_for);
}

bool names_differ(std::vector<std::string> have, std::vector<std::string> want) {
  for (auto* names : {&have, &want}) {
    for (std::string& name : *names) name = base::lower(name);
    std::ranges::sort(*names);
    const auto twice = std::ranges::unique(*names);
    names->erase(twice.begin(), twice.end());
  }
  return have != want;
}

std::string tlsa_data(std::string_view digest) { return "3 1 1 " + base::hex(digest); }

RolloverStep rollover_step(const TlsaView& view, std::string_view current, std::string_view next,
                           RolloverMemory& memory, base::Time now) {
  if (!view.known) return RolloverStep::unknown;
  const auto has = [&](std::string_view digest) {
    return std::ranges::find(view.digests, digest) != view.digests.end();
  };
  if (!has(next)) memory = {};
  if (!has(current)) return RolloverStep::free;
  if (!has(next)) return RolloverStep::publish;
  if (memory.digest != next) memory = {.digest = std::string(next), .seen_since = now, .ttl = {}};
  // A resolver tells what is left of the TTL: the longest of several looks is nearest to it.
  memory.ttl = std::max(memory.ttl, view.ttl);
  return now < memory.seen_since + memory.ttl ? RolloverStep::wait : RolloverStep::ready;
}

}  // namespace acme
