// tests/sim/ledger.h: the account of every message, and the checkers of the invariants.
//
// What:    clients note what was answered 250, receivers what they were asked and what they took,
//          the town its troubles; the checkers compare this with mailboxes and reports.
// In/Out:  notes → violations in words; none when all is well. check_so_far() holds at any moment,
//          check_end() when the queues have run dry.
// Errors:  none.
// Limits:  none.
// Not here: making trouble (troubles.h).
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "tests/sim/weather.h"

namespace sim {

// One client message: its token stands in the subject, so that it is recognised wherever it turns
// up.
struct Sent {
  bool null_sender = false;
  std::string notify;  // of every recipient (RFC 3461 §4.1); empty: not said
  std::vector<std::string> recipients;
  base::Instant begun;
};

struct Taken {
  base::Instant when;
  bool in_doubt = false;  // the receiver said something else than 250, or nothing
  bool reports = false;   // it offers DSN: what is told of success is its business
  Link link;
};

// What else may be true in this story.
struct Licence {
  bool expires = false;  // messages may be given up before the faults end
  base::Duration record_delay = std::chrono::seconds(1);  // from a 250 to its record on the disk
  unsigned rot = 0;  // records that were damaged on the disk: so many messages may suffer
};

class Ledger {
 public:
  using Key = std::pair<std::string, std::string>;  // token, recipient

  // → token. It stands in every foreign recipient's address, too, so that a refused RCPT tells.
  std::string begin(Sent sent);
  [[nodiscard]] const Sent& sent(const std::string& token) const;
  void accepted(const std::string& token) { accepted_.insert(token); }  // 250 was read
  void taken(const std::string& token, const std::string& recipient, Taken taken);
  void refused(const std::string& token, const std::string& recipient);  // 5yz by a receiver
  // A receiver is asked about this recipient by the machine at `from`, and says "not now".
  struct PutOff {
    base::Instant said;
    base::Instant known;  // the transaction came to its end, and nothing of it was lost
  };
  void asked(const std::string& token, const std::string& recipient, const io::IpAddress& from,
             base::Instant when);
  void deferred(const std::string& token, const std::string& recipient, const io::IpAddress& from,
                PutOff put_off) {
    deferred_[{{token, recipient}, from}].push_back(put_off);
  }
  // A moment after which what was under way may be done again: a crash, a failed disk.
  void trouble(base::Instant from, base::Instant until) { troubles_.emplace_back(from, until); }
  void clock_jumped(base::Instant when) { jumps_.push_back(when); }
  // Something happened that may never happen.
  void violation(std::string what) { violations_.push_back(std::move(what)); }

  struct Evidence {
    std::map<Key, unsigned> files;                            // of that message in that mailbox
    std::map<std::string, std::vector<std::string>> reports;  // about that message
    std::vector<std::string> strange;                         // what should lie in no mailbox
    std::function<bool(const Link&, base::Instant)> broke;
    bool hop_broke = false;  // between our own two servers

    void add_mailbox(const std::string& address, const std::vector<std::string>& texts);
    void add_reports(std::vector<std::string> texts);
    [[nodiscard]] unsigned count(const std::string& token, const std::string& address) const;
  };
  [[nodiscard]] std::vector<std::string> check_so_far(const Evidence& evidence) const;
  [[nodiscard]] std::vector<std::string> check_end(const Evidence& evidence) const;
  [[nodiscard]] std::size_t accepted_count() const { return accepted_.size(); }
  [[nodiscard]] bool heard_of(const std::string& token) const;  // taken or refused by a receiver

  Licence licence;

 private:
  using Violations = std::vector<std::string>;
  [[nodiscard]] bool in_trouble(base::Instant when) const;
  [[nodiscard]] bool was_recorded(const PutOff& put_off) const;
  [[nodiscard]] bool in_doubt(const Taken& taken, const Evidence& evidence) const;
  [[nodiscard]] bool excused(const Key& key, const Evidence& evidence) const;
  [[nodiscard]] bool hop_excused(const std::string& recipient, const Evidence& evidence) const;
  void check_lost(const Evidence& evidence, Violations& lost) const;
  void check_duplicates(const Evidence& evidence, Violations& doubled) const;
  void check_reports(const Evidence& evidence, Violations& violations) const;
  void check_reasons(const Evidence& evidence, Violations& violations) const;
  void check_told(const Evidence& evidence, Violations& violations) const;
  void check_told_of(const std::string& token, const std::string& recipient,
                     const Evidence& evidence, Violations& violations) const;

  std::map<std::string, Sent> sent_;
  std::set<std::string> accepted_;
  std::map<Key, std::vector<Taken>> taken_;
  std::set<Key> refused_;
  std::map<std::pair<Key, io::IpAddress>, std::vector<PutOff>> deferred_;
  std::vector<std::pair<base::Instant, base::Instant>> troubles_;
  std::vector<base::Instant> jumps_;
  Violations violations_;
};

// A message of ours, and the sign that it is whole.
[[nodiscard]] std::string token_in(std::string_view text);
[[nodiscard]] std::string last_line_of(const std::string& token);

}  // namespace sim
