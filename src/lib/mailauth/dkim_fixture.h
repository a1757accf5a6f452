// lib/mailauth/dkim_fixture.h: what the tests of DKIM and ARC share.
//
// What:    a DNS of key records in a map, and functions that verify a whole message in one call.
// In/Out:  message text (with CRLF) → DkimReport, ArcVerdict.
// Errors:  none; a name in `troubled` does not answer.
// Limits:  tests and fuzz targets only.
// Not here: the parts themselves.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/sim/world.h"
#include "lib/mailauth/arc_verifier.h"
#include "lib/mailauth/dkim_key.h"
#include "lib/mailauth/dkim_verifier.h"

namespace mailauth {

class KeyZone final : public dns::Resolver {
 public:
  KeyZone() = default;
  KeyZone(const KeyZone& other)
      : dns::Resolver(), records(other.records), troubled(other.troubled) {}
  KeyZone& operator=(const KeyZone&) = delete;
  ~KeyZone() override = default;

  io::Task<dns::Answer> query(std::string name, dns::Type /*type*/) override {
    ++queries;
    dns::Answer answer;
    answer.canonical_name = name;
    const auto found = records.find(name);
    if (troubled.contains(name)) {
      answer.why = "SERVFAIL";
    } else if (found == records.end()) {
      answer.status = dns::Status::no_name;
    } else {
      answer.status = dns::Status::ok;
      for (const std::string& text : found->second) {
        dns::Record record;
        record.data = text;
        answer.records.push_back(std::move(record));
      }
    }
    co_return answer;
  }

  void publish(std::string_view selector, std::string_view domain, const PublicKey& key) {
    records[key_record_name(selector, domain)] = {key_record_text(key)};
  }

  std::map<std::string, std::vector<std::string>> records;
  std::set<std::string> troubled;
  unsigned queries = 0;
};

struct Parts {
  std::string_view header;
  std::string_view body;
};

inline Parts split_message(std::string_view message) {
  const std::size_t end = message.starts_with("\r\n") ? 0 : message.find("\r\n\r\n");
  if (end == std::string_view::npos) return {.header = message, .body = {}};
  const std::size_t header = end == 0 ? 0 : end + 2;
  return {.header = message.substr(0, header), .body = message.substr(header + 2)};
}

inline base::Time at_second(std::int64_t seconds) {
  return base::Time(std::chrono::seconds(seconds));
}

struct Checked {
  DkimReport dkim;
  ArcVerdict arc;
};

// The whole way of a receiver; the body comes in chunks of `chunk_bytes`.
inline Checked check_message(dns::Resolver& zone, std::string_view message,
                             std::int64_t now_seconds, std::size_t chunk_bytes = 1024,
                             DkimLimits limits = {}) {
  io::sim::World world(1);
  const Parts parts = split_message(message);
  BodyHashes bodies;
  DkimVerifier dkim(parts.header, bodies, limits);
  ArcVerifier arc(parts.header, bodies);
  for (std::size_t at = 0; at < parts.body.size(); at += chunk_bytes) {
    bodies.feed(parts.body.substr(at, chunk_bytes));
  }
  bodies.finish();
  const base::Time now = at_second(now_seconds);
  Checked checked;
  checked.dkim = world.run(dkim.verify(zone, now));
  checked.arc = world.run(arc.verify(zone, now));
  return checked;
}

// "pass", or "fail permerror …": all results of a message.
inline std::string results_of(const DkimReport& report) {
  std::string words;
  for (const DkimVerdict& verdict : report.verdicts) {
    if (!words.empty()) words += ' ';
    words += to_string(verdict.result);
  }
  return words;
}

// Lone LF becomes CRLF.
inline std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

}  // namespace mailauth
