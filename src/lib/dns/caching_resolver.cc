// See caching_resolver.h.
#include "lib/dns/caching_resolver.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lib/base/check.h"
#include "lib/dns/names.h"
#include "lib/io/completion.h"
#include "lib/io/deadline.h"

namespace dns {

struct CachingResolver::Flight {
  std::optional<Answer> answer;
  io::Signal landed;
};

CachingResolver::CachingResolver(std::unique_ptr<Resolver> below, io::Clock& clock,
                                 Settings settings)
    : below_(std::move(below)), clock_(clock), settings_(std::move(settings)) {}

CachingResolver::~CachingResolver() {
  group_.cancel();
  CHECK(group_.running() == 0, "a resolver below a cache did not end when it was cancelled");
}

io::Task<Answer> CachingResolver::query(std::string name, Type type) {
  const std::string key = fmt::format("{}/{}", name_key(name), static_cast<unsigned>(type));
  if (const Answer* known = find(key)) co_return *known;
  const base::Instant deadline = clock_.now() + settings_.query_timeout;
  const std::shared_ptr<Flight> flight = join(key, std::move(name), type);
  if (!flight) co_return no_answer("too many DNS questions at once");
  while (!flight->answer) {
    const auto waited = co_await io::with_deadline(clock_, deadline, flight->landed.wait());
    if (!waited && !flight->answer) co_return no_answer(waited.error().text());
  }
  co_return *flight->answer;
}

const Answer* CachingResolver::find(const std::string& key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return nullptr;
  const auto entry = found->second;
  const base::Instant now = clock_.now();
  if (entry->expires <= now) {
    index_.erase(found);
    entries_.erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  aged_ = entry->answer;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - entry->stored).count();
  aged_.ttl_seconds -= std::min(aged_.ttl_seconds, static_cast<std::uint32_t>(age));
  return &aged_;
}

base::Duration CachingResolver::keep_for(const Answer& answer) const {
  const base::Duration ttl = std::chrono::seconds(answer.ttl_seconds);
  if (answer.status == Status::ok) return std::min(ttl, settings_.ttl_max);
  if (is_negative(answer.status)) return std::min(ttl, settings_.negative_ttl_max);
  return settings_.trouble_ttl;
}

void CachingResolver::store(const std::string& key, const Answer& answer) {
  const base::Duration ttl = keep_for(answer);
  if (ttl <= base::Duration(0) || settings_.cache_entries_max == 0) return;
  if (const auto old = index_.find(key); old != index_.end()) {
    entries_.erase(old->second);
    index_.erase(old);
  }
  while (entries_.size() >= settings_.cache_entries_max) {
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
  const base::Instant now = clock_.now();
  entries_.push_front({key, answer, now, now + ttl});
  index_[key] = entries_.begin();
}

std::shared_ptr<CachingResolver::Flight> CachingResolver::join(const std::string& key,
                                                               std::string name, Type type) {
  if (const auto found = flights_.find(key); found != flights_.end()) return found->second;
  if (flights_.size() >= settings_.queries_max) return nullptr;
  auto flight = std::make_shared<Flight>();
  flights_[key] = flight;
  group_.spawn(fetch(key, std::move(name), type, flight));
  return flight;
}

// Not bound to who asked first: the answer is worth keeping even when everybody has given up.
io::Task<void> CachingResolver::fetch(std::string key, std::string name, Type type,
                                      std::shared_ptr<Flight> flight) {
  Answer answer = co_await below_->query(std::move(name), type);
  flights_.erase(key);
  store(key, answer);
  flight->answer = std::move(answer);
  flight->landed.notify();
}

void CachingResolver::clear() {
  entries_.clear();
  index_.clear();
}

}  // namespace dns
