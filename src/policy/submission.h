// policy/submission.h: what is done to mail that our own people submit (RFC 6409 §8).
//
// What:    the header is completed and rid of Bcc; the body's recoding joins the edits; what cannot
//          be mended and no other server would take is refused with the remedy.
// In/Out:  Transaction at end of data + the verdict so far → edits in it, or a refusal.
// Errors:  550 5.7.1 for a From that would become somebody else's address, 550 5.6.0 for a Bcc
//          that stands where the header has ended for strict readers, 552 5.3.4 for a header
//          that is too long to be looked through, 554 5.6.0 for a line over 998 octets.
// Limits:  the header's (message::HeaderLimits).
// Not here: the header's text (lib/message/submission.h), the body's (lib/message/recode.h). Mail
//          from other servers is never changed.
#pragma once

#include "policy/settings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

void complete_submission(const Settings& settings, const Transaction& transaction,
                         const directory::Snapshot& known, Verdict& verdict);

}  // namespace policy
