// policy/rehearsal.h: what would become of this mail? All moments of a session, without a session.
//
// What:    runs Policy over a message that is given as octets, as if its client had brought it now;
//          what a refusal would have kept from being looked at is looked at all the same.
// In/Out:  RehearsedMail → Rehearsed: the findings, the verdict, and the moment that decided.
// Errors:  none: whatever is wrong with the mail is part of the verdict.
// Limits:  those of the settings. Rates, greylist and contacts begin empty each time.
// Not here: JSON of the result (findings_json.h), where the message comes from (cli/).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/io/tls.h"
#include "policy/findings.h"
#include "policy/policy.h"

namespace policy {

struct RehearsedMail {
  std::string octets;  // lines end in CRLF (with_crlf)
  io::IpAddress ip;
  std::string helo;
  message::Address from;
  std::vector<message::Address> to;
  bool ask_filters = false;  // milters and rspamd of the settings
};

struct Rehearsed {
  enum class Moment : std::uint8_t { connect, helo, mail, rcpt, data, end };
  struct Recipient {
    message::Address address;
    Verdict verdict;
    std::vector<message::Address> leads_to;  // after aliases
  };
  Transaction transaction;
  Findings findings;
  Verdict verdict;              // of the first moment that refused, else of the end; all fields
  Moment moment = Moment::end;  // that decided
  std::vector<Recipient> recipients;
};
[[nodiscard]] std::string_view to_string(Rehearsed::Moment moment);

// What the rehearsal stands on; the doors outlive it. The clock's wall() is the time of the mail.
struct RehearsalParts {
  io::Doors doors;
  std::shared_ptr<const Settings> settings;
  // Null: the recipients of each mail are mailboxes, and their domains are ours.
  std::shared_ptr<const directory::Snapshot> known;
  std::shared_ptr<io::TlsClient> tls = nullptr;  // for rspamd over https
};

class Rehearsal {
 public:
  explicit Rehearsal(RehearsalParts parts);
  Rehearsal(const Rehearsal&) = delete;
  Rehearsal& operator=(const Rehearsal&) = delete;
  ~Rehearsal();

  io::Task<Rehearsed> run(RehearsedMail mail, io::Ref<dns::Resolver> resolver);

 private:
  struct Memory;  // what rules of log-ins and accounts stand on, though nobody logs in
  RehearsalParts parts_;
  std::unique_ptr<Memory> memory_;
};

// Lines that end in a lone LF get their CR; others stay as they are.
[[nodiscard]] std::string with_crlf(std::string_view octets);

}  // namespace policy
