// cli/check_mail.h: the stage on which mails are rehearsed, one after the other.
//
// What:    loop, clock, resolver and settings for policy::Rehearsal; writes nothing, takes no lock.
// In/Out:  open(home) → MailChecker; check(MailCase) → policy::Rehearsed.
// Errors:  a broken configuration, a zone text with a mistake, a resolver that cannot start.
// Limits:  those of the policy's settings.
// Not here: reading cases (check_mail_case.h), showing results (check_mail_text.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/check_mail_case.h"
#include "cli/cli.h"
#include "lib/base/result.h"
#include "policy/rehearsal.h"

namespace cli {

class MailChecker {
 public:
  // The settings and the directory of the home when it has a configuration; else the defaults,
  // under this host name, nobody exempt, and every recipient a mailbox of ours.
  [[nodiscard]] static base::Result<std::unique_ptr<MailChecker>> open(const Place& place,
                                                                       std::string hostname);
  MailChecker(const MailChecker&) = delete;
  MailChecker& operator=(const MailChecker&) = delete;
  ~MailChecker();

  [[nodiscard]] base::Result<policy::Rehearsed> check(MailCase one);
  // Mistakes in a zone text end a check, or (`lenient`) are told by zone_mistakes() after it.
  void set_lenient(bool lenient);
  [[nodiscard]] const std::vector<std::string>& zone_mistakes() const;

 private:
  struct Parts;
  explicit MailChecker(std::unique_ptr<Parts> parts);
  [[nodiscard]] base::Result<dns::Resolver*> resolver_of(const MailCase& one);

  std::unique_ptr<Parts> parts_;
};

}  // namespace cli
