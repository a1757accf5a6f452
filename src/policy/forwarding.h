// policy/forwarding.h: whose name is on mail that an alias sends on to another server.
//
// What:    a stranger's address becomes one of ours (SRS) when his SPF would break on our way out,
//          and stays when his DKIM signature carries the message through DMARC.
// In/Out:  the accepted envelope and what the checks have found → return paths of recipients.
// Errors:  none: where nothing can be made, the sender stays.
// Limits:  those of an address.
// Not here: how the address is made and read back (directory/srs/), lists and their owners
//           (directory/snapshot.h).
#pragma once

#include <cstdint>

#include "directory/directory.h"
#include "lib/message/envelope.h"
#include "policy/findings.h"
#include "policy/forwarding_settings.h"
#include "policy/verdict.h"

namespace policy {

struct ForwardedMail {
  const ForwardingSettings& settings;
  const Findings& findings;
  const Verdict& verdict;  // what is changed in the message
  const directory::Snapshot& known;
};

// The null sender and senders of ours stay, and so does what no alias leads out.
void rewrite_senders(const ForwardedMail& mail, message::Envelope& envelope);

// Will who asks DMARC about it be content with the signature, whoever brings it?
[[nodiscard]] bool is_carried_by_dkim(const Findings& findings, const Verdict& verdict);

}  // namespace policy
