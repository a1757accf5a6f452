// policy/client/list_codes.h: what a list's answer means.
//
// What:    tells a listing from an error, weighs it, says it in words.
// In/Out:  ListSetting and the A records → ListReading.
// Errors:  127.255.255.x, 127.0.0.1, whatever is outside 127/8 and what a list is known to answer
//          when it does not want to be asked are errors, never listings.
// Limits:  codes_max records are looked at.
// Not here: asking (list_query.h), when a list is set aside (list_watch.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/dns/resolver.h"
#include "policy/client/settings.h"
#include "policy/findings.h"

namespace policy {

inline constexpr std::size_t codes_max = 16;

struct ListReading {
  ListFinding::State state = ListFinding::State::not_listed;
  std::vector<std::string> codes;
  std::string meaning;      // of a listing; of an error: what is wrong
  int weight = 0;           // negative of an allow-list
  bool accusation = false;  // an error that the list itself sent: it is to be set aside
};

[[nodiscard]] ListReading read_list(const ListSetting& list, const dns::Answer& answer);
// Does an address lie in those codes?
[[nodiscard]] bool matches(const ListCodes& codes, const io::IpAddress& address);
// The zone as it may be told to others: without a key that its subscriber alone knows.
[[nodiscard]] std::string shown_zone(std::string_view zone);

}  // namespace policy
