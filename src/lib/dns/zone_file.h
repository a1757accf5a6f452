// lib/dns/zone_file.h: a DNS that is read from ordinary zone-file text (RFC 1035 §5).
//
// What:    $ORIGIN, $TTL, @, relative names, names left out, TTL and class in either order,
//          parentheses, quoted strings, \" and \DDD, comments; wildcards (RFC 4592), CNAME chains,
//          and no_name told from no_data (RFC 8020). One text may hold many zones; none needs SOA.
// In/Out:  parse(text) → ZoneFile; then query(), which answers at once.
// Errors:  invalid, with line and remedy. A type that nobody here asks for is passed over, but its
//          name exists.
// Limits:  ZoneFileLimits; cname_chain_max.
// Not here: a DNS of shorthand for unit tests (zone_resolver.h), real DNS (unbound_resolver.h).
//
// Without $ORIGIN every name is absolute. Comment lines that make a name fail:
//   ; !servfail NAME        every question about NAME
//   ; !timeout NAME         the same; it is said to have timed out
//   ; !timeout NAME TYPE    questions of this type only
// Right after records of NAME itself such a line means every type but those that stand there.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "lib/dns/resolver.h"

namespace dns {

struct ZoneFileLimits {
  std::size_t text_bytes_max = 32UL << 20;
  std::size_t records_max = 500'000;
};

class ZoneFile final : public Resolver {
 public:
  static constexpr unsigned cname_chain_max = 8;
  static constexpr std::size_t mistakes_max = 20;

  [[nodiscard]] static base::Result<std::unique_ptr<ZoneFile>> parse(std::string_view text,
                                                                     ZoneFileLimits limits = {});
  // Leaves out records with mistakes and names them, up to mistakes_max; fails only where nobody
  // can tell where a record ends.
  [[nodiscard]] static base::Result<std::unique_ptr<ZoneFile>> parse_what_can_be_read(
      std::string_view text, std::vector<std::string>& mistakes, ZoneFileLimits limits = {});

  io::Task<Answer> query(std::string name, Type type) override;
  [[nodiscard]] Answer lookup(std::string_view name, Type type) const;
  [[nodiscard]] std::size_t names() const { return nodes_.size(); }

 private:
  friend class ZoneReader;

  struct Set {
    std::uint32_t ttl_seconds = 0;  // the shortest of its records
    std::vector<Record> records;
  };
  // A name that exists; without sets it is an empty non-terminal, or has other types only.
  struct Node {
    std::map<Type, Set> sets;
    [[nodiscard]] const Set* set(Type type) const {
      const auto found = sets.find(type);
      return found == sets.end() ? nullptr : &found->second;
    }
  };
  struct Fault {
    enum class Scope : std::uint8_t { all, absent_types, one_type };
    Scope scope = Scope::all;
    Type type = Type::a;
    std::string why;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;

  ZoneFile() = default;
  [[nodiscard]] static base::Result<std::unique_ptr<ZoneFile>> parse(
      std::string_view text, ZoneFileLimits limits, std::vector<std::string>* mistakes);
  // The node that answers for the name: its own, or a wildcard's; nullptr: there is no such name.
  [[nodiscard]] const Node* find(std::string_view key) const;
  [[nodiscard]] const Fault* fault_of(std::string_view key, Type type) const;

  ByName<Node> nodes_;  // the root is always there
  ByName<std::vector<Fault>> faults_;
};

}  // namespace dns
