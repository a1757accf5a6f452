// policy/impersonation/look_alikes.h: an index of domains that finds those that another resembles.
//
// What:    names are found by what they look like (skeleton without hyphens) and by what is left
//          when one letter is taken out, so that a question costs a few look-ups, however many
//          domains there are.
// In/Out:  add(domain), remove(domain), find(domain) → the domains that it looks like, and how.
// Errors:  none.
// Limits:  domains_max domains; matches_max answers; edit distance only for names of letters_min
//          letters, other suffixes only for suffix_letters_min.
// Not here: whose domains they are (impersonation.h, state/contacts.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/impersonation/domain_parts.h"

namespace policy {

// Beginning with the plainest attempt.
enum class Likeness : std::uint8_t { subdomain, characters, hyphen, letter, suffix };

struct LookAlike {
  std::string domain;  // that is imitated
  Likeness how = Likeness::characters;
};

class LookAlikes {
 public:
  static constexpr std::size_t domains_max = 100'000;
  static constexpr std::size_t matches_max = 16;
  static constexpr std::size_t letters_min = 6;
  static constexpr std::size_t suffix_letters_min = 4;

  // Domains of one base are counted and make one entry.
  void add(std::string_view domain);
  void remove(std::string_view domain);
  // Never the domain itself or what it is below.
  [[nodiscard]] std::vector<LookAlike> find(std::string_view domain) const;
  [[nodiscard]] bool contains(std::string_view domain) const;  // the domain's base
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    DomainParts parts;
    std::u32string letters;  // of parts.name
    std::size_t count = 0;
  };
  using Entries = std::unordered_map<std::string, Entry>;
  using Index = std::unordered_multimap<std::size_t, const Entry*>;

  template <class Call>
  static void each_key(const Entry& entry, Call call);
  void find_subdomain(const DomainParts& parts, std::vector<LookAlike>& out) const;
  void find_name(const DomainParts& parts, std::vector<LookAlike>& out) const;
  void find_letter(const DomainParts& parts, std::vector<LookAlike>& out) const;

  Entries entries_;  // by base
  Index index_;      // of entries_, whose nodes stay where they are
};

// One letter put in, taken out, replaced or swapped with its neighbour; a digit for a digit does
// not count: "web24" is not "web25".
[[nodiscard]] bool one_edit_apart(std::u32string_view a, std::u32string_view b);

}  // namespace policy
