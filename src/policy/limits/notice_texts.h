// policy/limits/notice_texts.h: what owners and administrators read about limits of sending.
//
// What:    three notices: a limit is near, mail is held (to the owner; to the administrator).
// In/Out:  the account and the reason → Notice.
// Errors:  none.
// Limits:  plain text, lines of at most 78 characters but for addresses.
// Not here: when they are sent (sending_ledger.h), how (session/notice.h).
#pragma once

#include <string_view>

#include "policy/verdict.h"

namespace policy {

[[nodiscard]] Notice near_limit_notice(const message::Address& to, std::string_view what);
[[nodiscard]] Notice held_notice(const message::Address& to, std::string_view reason);
[[nodiscard]] Notice held_notice_to_administrator(const message::Address& to,
                                                  std::string_view account,
                                                  std::string_view reason);

}  // namespace policy
