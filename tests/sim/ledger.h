// tests/sim/ledger.h: the account of every message, and the checkers of the invariants.
//
// What:    clients note what was answered 250, receivers what they took, the town when it crashed;
//          check() compares this with Maildirs, DSNs and the queue.
// In/Out:  notes → a list of violations in words; empty when all is well.
// Errors:  none.
// Limits:  none.
// Not here: making trouble (town.h).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/base/time.h"

namespace sim {

// One client message: its token stands in the subject, so that it is recognised wherever it turns
// up.
struct Sent {
  bool null_sender = false;
  std::string notify;  // of every recipient (RFC 3461 §4.1); empty: not said
  std::vector<std::string> recipients;
};

struct Taken {
  base::Instant when;
  bool in_doubt = false;  // the receiver hung up instead of answering after the final dot
  bool reports = false;   // it offers DSN: what is told of success is its business
};

class Ledger {
 public:
  // → token. It stands in every foreign recipient's address, too, so that a refused RCPT tells.
  std::string begin(Sent sent);
  [[nodiscard]] const Sent& sent(const std::string& token) const;
  void accepted(const std::string& token) { accepted_.insert(token); }  // 250 was read
  void taken(const std::string& token, const std::string& recipient, Taken taken);
  void refused(const std::string& token, const std::string& recipient);  // 5yz by a receiver
  // A moment after which what was under way may be done again: a crash, a failed disk.
  void trouble(base::Instant from, base::Instant until) { troubles_.emplace_back(from, until); }

  struct Evidence {
    std::vector<std::string> local_mail;  // files of you@home.test
    std::vector<std::string> bounces;     // files of back@home.test
    std::set<std::string> queued;         // "token recipient" still in the queue
  };
  [[nodiscard]] std::vector<std::string> check(const Evidence& evidence) const;
  [[nodiscard]] std::size_t accepted_count() const { return accepted_.size(); }

 private:
  [[nodiscard]] bool excused(const std::vector<Taken>& taken) const;
  void check_accounted(const Evidence& evidence, std::vector<std::string>& violations) const;
  void check_duplicates(std::vector<std::string>& violations) const;
  void check_bounces(const Evidence& evidence, std::vector<std::string>& violations) const;
  void check_told(const Evidence& evidence, std::vector<std::string>& violations) const;

  std::map<std::string, Sent> sent_;
  std::set<std::string> accepted_;
  std::map<std::pair<std::string, std::string>, std::vector<Taken>> taken_;
  std::set<std::pair<std::string, std::string>> refused_;
  std::vector<std::pair<base::Instant, base::Instant>> troubles_;
};

}  // namespace sim
