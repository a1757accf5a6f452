// policy/client/refusals.h: what a client is told that is not welcome, and what it can do.
//
// What:    the verdict that follows from the findings of a client, and the texts of all of them.
// In/Out:  ClientFindings and the settings → Verdict; each text names the cause and the remedy.
// Errors:  none.
// Limits:  text of lists is cut where it was read (list_query.h).
// Not here: how it was found out (client_checks.h).
#pragma once

#include "policy/client/greylist.h"
#include "policy/client/rates.h"
#include "policy/findings.h"
#include "policy/settings.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

// By what is known of the client when a recipient is named.
[[nodiscard]] Verdict judge_client(const ClientFindings& client, const Settings& settings,
                                   const Transaction& transaction);
// RFC 5321 §4.5.1 and RFC 2142: whoever is refused must be able to ask why.
[[nodiscard]] bool is_for_complaints(const message::Address& recipient);

[[nodiscard]] Verdict too_often(const TooOften& rate, Act act, std::string_view hostname);
[[nodiscard]] Verdict spoke_early(const Settings& settings);
[[nodiscard]] Verdict come_again(const GreylistAnswer& answer);
// "5 minutes": what people read.
[[nodiscard]] std::string in_words(base::Duration duration);

}  // namespace policy
