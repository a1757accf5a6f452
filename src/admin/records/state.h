// admin/records/state.h: is a record in the DNS as it should be; if not, whose is what is there?
//
// What:    look() asks every name server of the record's zone and judges what they say.
// In/Out:  Ground and Record → Row: its state, in words, and what would have to go.
// Errors:  none: trouble with the DNS is State::unknown.
// Limits:  those of View and Resolver.
// Not here: which records (wanted.h), changing anything (publisher.h).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "admin/doctor/view.h"
#include "admin/records/wanted.h"
#include "lib/base/time.h"
#include "lib/dns/resolver.h"
#include "lib/dns/update.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace records {

enum class State : std::uint8_t {
  right,    // every name server serves it
  fits,     // another record does the same work
  partly,   // some name servers serve it
  missing,  // there is nothing in its place
  stale,    // an earlier one of ours is in its place
  other,    // somebody else's is in its place
  unknown,  // the DNS does not say
};
[[nodiscard]] std::string_view to_string(State state);
[[nodiscard]] constexpr bool is_well(State state) {
  return state == State::right || state == State::fits;
}

struct Row {
  Record record;
  State state = State::unknown;
  std::string words = {};                    // what is there instead, or why it is not known
  std::vector<dns::Change> in_the_way = {};  // for stale and other: what makes room for it
};

// What the looks of one run stand on. The referenced parts outlive it.
struct Ground {
  doctor::View& view;
  dns::Resolver& resolver;
  std::string hostname;
  std::vector<io::IpAddress> addresses;
  base::Time now;
};

[[nodiscard]] io::Task<Row> look(io::Ref<const Ground> ground, Record record);

}  // namespace records
