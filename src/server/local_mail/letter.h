// server/local_mail/letter.h: a message of a user of this host with its envelope, as octets.
//
// What:    what `sendmail` hands to the server over its socket, or leaves in the drop folder: both
//          are the same octets.
// In/Out:  Letter ↔ text.
// Errors:  invalid, with words for the log, for anything that write() would not have written.
// Limits:  recipients_max, line_bytes_max of the head; the reader of the file limits the whole.
// Not here: what addresses mean (addresses.h), who wrote it: the kernel says.
//
//   stagepost-letter 1
//   key: 5f0c…              32 to 64 letters and digits; the same letter never counts twice
//   sender: bob             as said with -f: an address, a local part, or <> ; missing: the user's
//   recipient: a@example.org
//   ret: full               RFC 3461; so are notify: failure,delay and envid:
//   bytes: 1234             of the message, which follows an empty line, in lines that end with
//                           CRLF
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/message/envelope.h"

namespace local_mail {

inline constexpr std::size_t recipients_max = 10'000;
inline constexpr std::size_t line_bytes_max = 1'000;
inline constexpr std::size_t head_bytes_max = (recipients_max + 10) * 300;
inline constexpr std::size_t key_bytes_min = 32;
inline constexpr std::size_t key_bytes_max = 64;
inline constexpr std::size_t envid_bytes_max = 100;  // RFC 3461 §4.4

struct Letter {
  std::string key;
  std::optional<std::string> sender;    // "" is the null sender
  std::vector<std::string> recipients;  // not empty; an address or a local part
  message::Envelope::Ret ret = message::Envelope::Ret::unset;
  std::uint8_t notify = message::notify_default;
  std::string envid;
  std::string message;

  bool operator==(const Letter&) const = default;
};

[[nodiscard]] bool is_key(std::string_view text);
// RFC 3461 §4.4: printable ASCII.
[[nodiscard]] bool is_envid(std::string_view text);
// "failure,delay", "success", "never": the bits, or nothing when it is none.
[[nodiscard]] std::optional<std::uint8_t> read_notify(std::string_view words);

[[nodiscard]] std::string write_letter(const Letter& letter);
[[nodiscard]] base::Result<Letter> read_letter(std::string_view text);

}  // namespace local_mail
