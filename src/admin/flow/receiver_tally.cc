// See receiver_tally.h.
#include "admin/flow/receiver_tally.h"

#include <algorithm>
#include <tuple>

#include "lib/base/text.h"
#include "trace/line.h"

namespace flow {
namespace {

constexpr std::size_t domain_bytes_max = 255;  // RFC 1035 §2.3.4

// In small letters; empty when it is no domain that a table could show.
std::string domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return {};
  std::string_view domain = address.substr(at + 1);
  if (domain.ends_with('>')) domain.remove_suffix(1);
  if (domain.empty() || domain.size() > domain_bytes_max) return {};
  std::string out = base::lower(domain);
  return trace::escaped(out) == out ? out : std::string();
}

// What may stand in a local part (RFC 5321 §4.1.2), and what no text puts before one.
bool is_local_part(char c) {
  return static_cast<unsigned char>(c) > ' ' &&
         std::string_view("<>()[]:;,").find(c) == std::string_view::npos && c != '@';
}

std::uint64_t milliseconds_of(std::string_view delay) {
  const auto duration = base::parse_duration(delay);
  if (!duration || *duration < base::Duration(0)) return 0;
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(*duration).count());
}

}  // namespace

std::string without_local_parts(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '@' && !out.empty() && is_local_part(out.back())) {
      while (!out.empty() && is_local_part(out.back())) out.pop_back();
      out += "…";
    }
    out += c;
  }
  return out;
}

void ReceiverTally::see(const trace::EventView& event) {
  if (event.name == "message.accepted" && event.session.value == 0) {
    const std::lock_guard lock(mutex_);
    ++injected_;
    return;
  }
  ReceiverCounts counts;
  if (event.name == "recipient.delivered") {
    counts.delivered = 1;
    counts.milliseconds = milliseconds_of(event.field("delay"));
  } else if (event.name == "recipient.deferred") {
    counts.deferred = 1;
  } else if (event.name == "recipient.failed") {
    counts.failed = 1;
  } else {
    return;
  }
  const std::string domain = domain_of(event.field("to"));
  if (domain.empty()) return;
  const std::lock_guard lock(mutex_);
  note(domain, counts);
  if (counts.delivered == 0) note_trouble(domain, event);
}

void ReceiverTally::note(std::string_view domain, const ReceiverCounts& counts) {
  auto at = counts_.find(domain);
  if (at == counts_.end()) {
    const bool full = counts_.size() >= domains_max;
    at = counts_.try_emplace(std::string(full ? others : domain)).first;
  }
  at->second += counts;
}

void ReceiverTally::note_trouble(std::string_view domain, const trace::EventView& event) {
  if (troubles_.size() >= domains_max && !troubles_.contains(domain)) return;
  const std::string_view reply = event.field("reply").substr(0, text_bytes_max);
  troubles_[std::string(domain)] = {.when = event.time,
                                    .text = trace::escaped(without_local_parts(reply))};
}

Receivers ReceiverTally::take() {
  Receivers out;
  {
    const std::lock_guard lock(mutex_);
    out.counts.assign(counts_.begin(), counts_.end());
    out.troubles.assign(troubles_.begin(), troubles_.end());
    out.injected = std::exchange(injected_, 0);
    counts_.clear();
    troubles_.clear();
  }
  // Where there is no line left for all, those with the most mail get one.
  std::ranges::sort(out.counts, [](const auto& a, const auto& b) {
    return std::tuple(b.second.all(), a.first) < std::tuple(a.second.all(), b.first);
  });
  return out;
}

}  // namespace flow
