// policy/filters/milter_macros.h: what a milter may know besides the commands' arguments.
//
// What:    the macros of each stage, by the names that sendmail gave them and Postfix kept:
//          {client_addr}, {auth_authen}, {tls_version}, i, j, …
// In/Out:  Transaction + stage + the list that the filter asked for → names and values.
// Errors:  none: what is not known is not sent.
// Limits:  values are those of the transaction.
// Not here: the packet (lib/milter/command.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/milter/command.h"
#include "lib/milter/protocol.h"
#include "policy/transaction.h"

namespace policy {

struct MacroFacts {
  const Transaction& transaction;
  const message::Recipient* recipient = nullptr;  // of RCPT
  std::string_view hostname;                      // j
  std::string_view client_name;                   // empty: not known
};

// `wanted`: names with spaces between, with or without braces; nullopt: those that are usual.
[[nodiscard]] milter::Macros milter_macros(const MacroFacts& facts, milter::Stage stage,
                                           const std::optional<std::string>& wanted);

// The name of a client whose address leads to none.
inline constexpr std::string_view unknown_client = "unknown";

}  // namespace policy
