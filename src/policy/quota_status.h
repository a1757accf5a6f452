// policy/quota_status.h: is a mailbox full? Asked of Dovecot's quota-status service at RCPT.
//
// What:    asks by Postfix's policy protocol over a unix or TCP socket, and remembers the answer
//          for some seconds.
// In/Out:  mailbox, sender, size → the refusal to give, or none.
// Errors:  trouble (no service, no answer in time, nonsense) is no refusal: the fact is evidence
//          only, and the delivery will find out. `trouble` says what it was.
// Limits:  one deadline for the whole question; entries_max answers; idle_max open connections.
// Not here: the protocol's text (quota_answer.h), whose mailbox (recipient.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/network.h"
#include "lib/io/task.h"
#include "lib/smtp/reply.h"
#include "policy/quota_answer.h"
#include "policy/settings.h"

namespace policy {

class QuotaStatus {
 public:
  static constexpr std::size_t entries_max = 10'000;
  static constexpr std::size_t idle_max = 4;

  struct Finding {
    std::optional<smtp::Reply> refusal;
    std::string trouble;  // why nobody knows; empty: somebody does
  };

  QuotaStatus(io::Doors doors, dns::Resolver& resolver) : doors_(doors), resolver_(resolver) {}
  QuotaStatus(const QuotaStatus&) = delete;
  QuotaStatus& operator=(const QuotaStatus&) = delete;

  // At once without a service in the settings.
  io::Task<Finding> ask(std::shared_ptr<const Settings> settings, QuotaQuestion question);

 private:
  struct Known {
    std::optional<smtp::Reply> refusal;
    base::Instant until;
  };
  using Stream = std::unique_ptr<io::Stream>;

  io::Task<base::Result<QuotaAnswer>> ask_service(io::ServicePlace place, std::string request);
  io::Task<base::Result<QuotaAnswer>> talk(Stream stream, std::string request,
                                           io::ServicePlace place);
  io::Task<base::Result<Stream>> connect(io::ServicePlace place);

  io::Doors doors_;
  dns::Resolver& resolver_;
  std::unordered_map<std::string, Known> known_;
  std::vector<Stream> idle_;
  io::ServicePlace idle_place_;  // where idle_ leads
};

}  // namespace policy
