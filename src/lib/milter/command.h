// lib/milter/command.h: what an MTA tells a filter, as packets.
//
// What:    one function per command of the protocol.
// In/Out:  values → a packet as it goes over the wire.
// Errors:  none. NULs in a text are left out: they would begin the next one.
// Limits:  body_chunk takes chunk_bytes_max at most (CHECK); the other texts are the caller's.
// Not here: which commands a filter wants (protocol.h), the answers (reply.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace milter {

// Where a client connects from.
struct Client {
  std::string host;     // its confirmed name, or "unknown"
  std::string address;  // "192.0.2.1" or "2001:db8::1"; empty: not known
  std::uint16_t port = 0;
  bool v6 = false;
};

using Macros = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] std::string connect_command(const Client& client);                          // 'C'
[[nodiscard]] std::string helo_command(std::string_view name);                            // 'H'
[[nodiscard]] std::string mail_command(const std::vector<std::string>& arguments);        // 'M'
[[nodiscard]] std::string rcpt_command(const std::vector<std::string>& arguments);        // 'R'
[[nodiscard]] std::string data_command();                                                 // 'T'
[[nodiscard]] std::string header_command(std::string_view name, std::string_view value);  // 'L'
[[nodiscard]] std::string end_of_headers_command();                                       // 'N'
[[nodiscard]] std::string body_command(std::string_view chunk);                           // 'B'
[[nodiscard]] std::string end_of_body_command();                                          // 'E'
[[nodiscard]] std::string unknown_command(std::string_view line);                         // 'U'
[[nodiscard]] std::string abort_command();                                                // 'A'
[[nodiscard]] std::string quit_command();                                                 // 'Q'
// Quit, and the next connection's commands follow on this one.
[[nodiscard]] std::string quit_new_connection_command();  // 'K'
// What the command with this letter may want to know.
[[nodiscard]] std::string macro_command(char letter, const Macros& macros);  // 'D'
[[nodiscard]] std::string options_command(std::string_view offer);           // 'O'

}  // namespace milter
