// admin/sending/wishes.h: what a program asks for its message beside the message itself.
//
// What:    priority (RFC 6710), deadline (RFC 2852), reports (RFC 3461): what a mail client would
//          say with MAIL and RCPT.
// In/Out:  JSON object → Wishes. Numbers may be texts, for a query has nothing else.
// Errors:  invalid, naming the field.
// Limits:  those of the parameters.
// Not here: whether the account may have it (session/mail.cc).
#pragma once

#include <array>
#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/message/envelope.h"
#include "lib/smtp/deliver_by.h"

namespace sending {

inline constexpr std::array<std::string_view, 7> wish_fields = {
    "priority", "deliver_within", "at_deadline", "trace", "notify", "ret", "envid"};

struct Wishes {
  std::int8_t priority = 0;
  std::optional<smtp::By> by;
  message::Envelope::Ret ret = message::Envelope::Ret::unset;
  std::uint8_t notify = message::notify_default;
  std::string envid;
};

[[nodiscard]] base::Result<Wishes> read_wishes(const boost::json::object& fields);

}  // namespace sending
