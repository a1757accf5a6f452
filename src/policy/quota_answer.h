// policy/quota_answer.h: the attribute lines of Postfix's policy protocol, as a client needs them.
//
// What:    writes a request about one recipient, reads the answer's action.
// In/Out:  QuotaQuestion → "name=value" lines and an empty one; octets of an answer → QuotaAnswer.
// Errors:  nullopt: no action in it, or one that says nothing about a mailbox (trouble).
// Limits:  answer_bytes_max; a text of text_bytes_max is passed on.
// Not here: the connection (quota_status.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/smtp/reply.h"

namespace policy {

struct QuotaQuestion {
  std::string mailbox;
  std::string sender;
  std::uint64_t size = 0;  // as announced; 0: not said
};

[[nodiscard]] std::string quota_request(const QuotaQuestion& question);

struct QuotaAnswer {
  static constexpr std::size_t answer_bytes_max = 4096;
  static constexpr std::size_t text_bytes_max = 400;

  std::optional<smtp::Reply> refusal;  // 4yz or 5yz; none: the mailbox has room
};

// Is the answer complete: an empty line, or more than it may have?
[[nodiscard]] bool is_whole_answer(std::string_view octets);
[[nodiscard]] std::optional<QuotaAnswer> read_quota_answer(std::string_view octets);

}  // namespace policy
