// lib/milter/protocol.h: the numbers of the milter protocol, version 6, as an MTA sees it.
//
// What:    actions, protocol flags, stages and macro lists, and what both sides agreed on.
// In/Out:  offer() → the MTA's OPTNEG; agree(their answer) → Agreement.
// Errors:  invalid: an answer that is no answer to what was offered.
// Limits:  text_bytes_max for each list of macros.
// Not here: single commands and replies (command.h, reply.h), who is asked when (policy/filters).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace milter {

inline constexpr std::uint32_t protocol_version = 6;
inline constexpr std::uint32_t protocol_version_min = 2;
inline constexpr std::size_t chunk_bytes_max = 65'535;  // of a body, in one BODY or REPLBODY
inline constexpr std::size_t text_bytes_max = 64UL * 1024;

// What a filter may ask for at the end of the message.
namespace action {
inline constexpr std::uint32_t add_headers = 0x001;
inline constexpr std::uint32_t change_body = 0x002;
inline constexpr std::uint32_t add_recipients = 0x004;
inline constexpr std::uint32_t delete_recipients = 0x008;
inline constexpr std::uint32_t change_headers = 0x010;
inline constexpr std::uint32_t quarantine = 0x020;
inline constexpr std::uint32_t change_sender = 0x040;
inline constexpr std::uint32_t add_recipients_with_parameters = 0x080;
inline constexpr std::uint32_t set_macro_lists = 0x100;
inline constexpr std::uint32_t all = 0x1ff;
}  // namespace action

// What it does not want to be told, what it does not answer, and what it understands.
namespace flag {
inline constexpr std::uint32_t no_connect = 0x000001;
inline constexpr std::uint32_t no_helo = 0x000002;
inline constexpr std::uint32_t no_mail = 0x000004;
inline constexpr std::uint32_t no_rcpt = 0x000008;
inline constexpr std::uint32_t no_body = 0x000010;
inline constexpr std::uint32_t no_headers = 0x000020;
inline constexpr std::uint32_t no_end_of_headers = 0x000040;
inline constexpr std::uint32_t no_reply_headers = 0x000080;
inline constexpr std::uint32_t no_unknown = 0x000100;
inline constexpr std::uint32_t no_data = 0x000200;
inline constexpr std::uint32_t skip = 0x000400;
inline constexpr std::uint32_t rejected_recipients = 0x000800;
inline constexpr std::uint32_t no_reply_connect = 0x001000;
inline constexpr std::uint32_t no_reply_helo = 0x002000;
inline constexpr std::uint32_t no_reply_mail = 0x004000;
inline constexpr std::uint32_t no_reply_rcpt = 0x008000;
inline constexpr std::uint32_t no_reply_data = 0x010000;
inline constexpr std::uint32_t no_reply_unknown = 0x020000;
inline constexpr std::uint32_t no_reply_end_of_headers = 0x040000;
inline constexpr std::uint32_t no_reply_body = 0x080000;
inline constexpr std::uint32_t header_leading_space = 0x100000;
inline constexpr std::uint32_t all = 0x1fffff;
}  // namespace flag

// In the numbers of the macro lists.
enum class Stage : std::uint8_t { connect, helo, mail, rcpt, data, end_of_message, end_of_headers };
inline constexpr std::size_t stages = 7;

struct Offer {
  std::uint32_t actions = action::all;
  // Recipients that we refuse, and commands that nobody knows, cost no filter anything.
  std::uint32_t flags = flag::all & ~flag::rejected_recipients;
};

struct Agreement {
  std::uint32_t version = protocol_version;
  std::uint32_t actions = 0;
  std::uint32_t flags = 0;
  // Names with spaces between, as the filter wrote them; nullopt: it left the choice to us.
  std::array<std::optional<std::string>, stages> macros;

  [[nodiscard]] bool may(std::uint32_t wanted) const { return (actions & wanted) != 0; }
  [[nodiscard]] bool has(std::uint32_t wanted) const { return (flags & wanted) != 0; }
  // Is this stage's command sent, and is it answered? Of end_of_message: always both.
  [[nodiscard]] bool wants(Stage stage) const;
  [[nodiscard]] bool answers(Stage stage) const;
};

// The payload of OPTNEG.
[[nodiscard]] std::string offer(const Offer& offer);
[[nodiscard]] base::Result<Agreement> agree(const Offer& offered, std::string_view payload);

}  // namespace milter
