// lib/dns/zone_resolver.h: a DNS made of text, for tests and the simulator.
//
// What:    answers from lines such as "example.org MX 10 mx.example.org"; follows CNAMEs and knows
//          no_name (nothing at or below the name) from no_data.
// In/Out:  add(text), then query(). Types: A AAAA MX TXT CNAME PTR SRV TLSA. Words instead of a
//          type, or after one: FAIL (trouble), BOGUS, TIMEOUT (trouble, after timeout_delay on the
//          clock), SLOW (right, after slow_delay). SECURE says that DNSSEC vouches for the name,
//          "TTL 60" sets its TTL.
// Errors:  add gives invalid with the line. The constructor takes text that must be right (CHECK).
// Limits:  cname_chain_max; records are the author's.
// Not here: wildcards, real DNS (unbound_resolver.h).
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/dns/resolver.h"
#include "lib/io/clock.h"

namespace dns {

class ZoneResolver final : public Resolver {
 public:
  static constexpr unsigned cname_chain_max = 8;

  // Without a clock TIMEOUT and SLOW answer at once.
  explicit ZoneResolver(std::string_view text, io::Clock* clock = nullptr);

  io::Task<Answer> query(std::string name, Type type) override;

  base::Result<> add(std::string_view text);
  // Forgets everything about a name; "" forgets all names.
  void remove(std::string_view name);
  [[nodiscard]] Answer lookup(std::string_view name, Type type) const;
  [[nodiscard]] std::size_t queries() const { return queries_; }

  base::Duration timeout_delay = std::chrono::seconds(10);
  base::Duration slow_delay = std::chrono::seconds(1);

 private:
  enum class Fault : std::uint8_t { none, fail, bogus, timeout, slow };
  struct Name {
    std::map<Type, std::vector<Record>> records;
    std::map<Type, Fault> type_faults;
    Fault fault = Fault::none;
    bool secure = false;
    std::uint32_t ttl_seconds = 3600;
  };

  base::Result<> add_line(std::string_view line);
  base::Result<> add_record(Name& name, Type type, std::string_view data);
  [[nodiscard]] bool exists(std::string_view key) const;
  [[nodiscard]] Fault fault_of(std::string_view key, Type type) const;

  std::map<std::string, Name, std::less<>> names_;
  io::Clock* clock_;
  std::size_t queries_ = 0;
};

}  // namespace dns
