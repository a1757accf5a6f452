// admin/records/judge.h: one name server's answer held against one record that should be there.
//
// What:    judge() says right, fits, missing, stale or other; join() makes one of several.
// In/Out:  Record, Answer and what is known besides → Verdict.
// Errors:  none: an answer that is trouble is not judged.
// Limits:  shown_bytes_max of what is there.
// Not here: asking (state.h).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "admin/records/state.h"

namespace records {

struct Verdict {
  State state = State::missing;
  std::string words = {};
  std::vector<dns::Change> in_the_way = {};
};

// Of the host, and of what the question's name needs besides.
struct Known {
  std::string hostname;
  std::vector<io::IpAddress> addresses = {};
  std::set<std::string> own_names = {};  // names of MX hosts that are this one
  bool spf_passes = false;               // SPF as it is lets our addresses pass
  bool policy_is_here = false;           // mta-sts.DOMAIN leads to this host
  std::string dmarc_above = {};          // the domain above whose DMARC record counts; "": none
};

[[nodiscard]] Verdict judge(const Record& record, const dns::Answer& answer, const Known& known);

struct Said {
  std::string where;  // "ns1.example.net [192.0.2.53]"
  Verdict verdict;
};
[[nodiscard]] Verdict join(const std::vector<Said>& said);

}  // namespace records
