// See counters.h.
#include "tools/bench/counters.h"

#include <fmt/format.h>

namespace bench {

std::string counts_line(const Counts& counts) {
  return fmt::format(
      R"({{"messages":{:12},"distinct":{:12},"duplicates":{:12},"damaged":{:12},"foreign":{:12},)"
      R"("refused":{:12},"connections":{:12},"bytes":{:16}}})"
      "\n",
      counts.messages, counts.distinct, counts.duplicates, counts.damaged, counts.foreign,
      counts.refused, counts.connections, counts.bytes);
}

void Counters::add(Which which, std::uint64_t number) {
  numbers_[static_cast<std::size_t>(which)].fetch_add(number, std::memory_order_relaxed);
}

std::uint64_t Counters::get(Which which) const {
  return numbers_[static_cast<std::size_t>(which)].load(std::memory_order_relaxed);
}

Counters::Which Counters::kind_of(const Finding& finding) {
  if (finding.kind == Finding::Kind::foreign) return Which::foreign;
  if (finding.kind == Finding::Kind::damaged) return Which::damaged;
  const std::lock_guard lock(mutex_);
  auto page = pages_.find(finding.number / page_bits);
  if (page == pages_.end()) {
    if (pages_.size() >= pages_max) return Which::foreign;
    page = pages_.emplace(finding.number / page_bits, std::make_unique<Page>()).first;
  }
  auto bit = (*page->second)[finding.number % page_bits];
  if (bit) return Which::duplicates;
  bit = true;
  return Which::distinct;
}

void Counters::note_message(const Finding& finding) {
  add(kind_of(finding), 1);
  add(Which::bytes, finding.bytes);
}

Counts Counters::counts() const {
  Counts out{.messages = 0,
             .distinct = get(Which::distinct),
             .duplicates = get(Which::duplicates),
             .damaged = get(Which::damaged),
             .foreign = get(Which::foreign),
             .refused = get(Which::refused),
             .connections = get(Which::connections),
             .bytes = get(Which::bytes)};
  out.messages = out.distinct + out.duplicates + out.damaged + out.foreign;
  return out;
}

void Counters::reset() {
  const std::lock_guard lock(mutex_);
  pages_.clear();
  for (auto& number : numbers_) number.store(0, std::memory_order_relaxed);
}

}  // namespace bench
