// report/dmarc/observation.h: one evaluated message as an aggregate report counts it (RFC 9990).
//
// What:    who sent it, what was published, what SPF, DKIM and DMARC said, what was done.
// In/Out:  made by server/ from what policy saw; Tally counts it.
// Errors:  none: a value.
// Limits:  signatures_max, reasons_max are kept of a message.
// Not here: the whole message: no address and no subject ever come here.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace report {

// RFC 9990 allows 100; each set of them makes a row of its own, so a few are enough.
inline constexpr std::size_t signatures_max = 10;
inline constexpr std::size_t reasons_max = 4;

// The record that was found, as the report quotes it; empty fields were not there.
struct PublishedPolicy {
  std::string domain;  // where the record was found
  std::string p;
  std::string sp;
  std::string np;
  bool strict_dkim = false;
  bool strict_spf = false;
  bool testing = false;
  std::string fo;
  bool operator==(const PublishedPolicy&) const = default;
};

struct SignatureResult {
  std::string domain;
  std::string selector;
  std::string result;  // RFC 8601 §2.7.1
  std::string words;
};

struct Reason {
  std::string type;  // "mailing_list", "local_policy", …
  std::string comment;
};

// What a row of the report says; rows that are alike are counted together.
struct ReportRow {
  std::string source;       // an address, IPv6 in its full form
  std::string disposition;  // none, quarantine, reject
  bool dkim_aligned = false;
  bool spf_aligned = false;
  std::vector<Reason> reasons;
  std::string header_from;
  std::string envelope_from;
  std::string envelope_to;  // empty: several domains, or not told
  std::vector<SignatureResult> dkim;
  std::string spf_domain;
  std::string spf_result;  // RFC 8601 §2.7.2
};

struct Observation {
  base::Time when;
  PublishedPolicy policy;
  ReportRow row;
};

// A row ↔ one line of JSON: the key that equal rows are counted under.
[[nodiscard]] std::string encode_row(const ReportRow& row);
[[nodiscard]] ReportRow decode_row(std::string_view text);
[[nodiscard]] std::string encode_policy(const PublishedPolicy& policy);
[[nodiscard]] PublishedPolicy decode_policy(std::string_view text);

}  // namespace report
