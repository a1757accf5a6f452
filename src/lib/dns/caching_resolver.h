// lib/dns/caching_resolver.h: a small cache and a deadline in front of another resolver.
//
// What:    answers from memory while the TTL lasts; equal questions at the same time are asked
//          once.
// In/Out:  dns::Resolver over a dns::Resolver, one per loop.
// Errors:  trouble when the answer takes longer than query_timeout, when there are too many
//          questions, or when the asking task is stopped. Trouble is kept for trouble_ttl only.
// Limits:  Settings: cache_entries_max (the one not used longest goes), queries_max, ttl_max.
// Not here: the look-up itself (unbound_resolver.h, zone_resolver.h).
#pragma once

#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/dns/resolver.h"
#include "lib/dns/resolver_settings.h"
#include "lib/io/clock.h"
#include "lib/io/task_group.h"

namespace dns {

class CachingResolver final : public Resolver {
 public:
  // What is below must end every wait at once when it is cancelled.
  CachingResolver(std::unique_ptr<Resolver> below, io::Clock& clock, Settings settings);
  ~CachingResolver() override;  // whoever asked has ended

  io::Task<Answer> query(std::string name, Type type) override;
  void clear();
  [[nodiscard]] std::size_t entries() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Answer answer;
    base::Instant stored;
    base::Instant expires;
  };
  struct Flight;  // a question that has been asked below

  [[nodiscard]] const Answer* find(const std::string& key);
  void store(const std::string& key, const Answer& answer);
  [[nodiscard]] base::Duration keep_for(const Answer& answer) const;
  std::shared_ptr<Flight> join(const std::string& key, std::string name, Type type);
  io::Task<void> fetch(std::string key, std::string name, Type type,
                       std::shared_ptr<Flight> flight);

  std::unique_ptr<Resolver> below_;
  io::Clock& clock_;
  Settings settings_;
  std::list<Entry> entries_;  // the last used first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
  std::unordered_map<std::string, std::shared_ptr<Flight>> flights_;
  Answer aged_;  // what find() returned last
  io::TaskGroup group_;
};

}  // namespace dns
