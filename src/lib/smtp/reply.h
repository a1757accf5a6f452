// lib/smtp/reply.h: an SMTP reply as a value (RFC 5321 §4.2, RFC 2034, RFC 3463).
//
// What:    Reply is code, enhanced code and lines of text; Failure is a reply with what only the
//          log may know.
// In/Out:  reply(550, {5, 1, 1}, "No such user") → wire() for the peer, text() for the log.
// Errors:  none. Control bytes in the text, which may stem from a peer, become spaces.
// Limits:  wire lines of at most reply_line_bytes_max octets; longer text is wrapped.
// Not here: reading replies (reply_reader.h), which reply to give (session/, policy/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace smtp {

// RFC 3463 class.subject.detail.
struct EnhancedCode {
  std::uint8_t class_ = 0;
  std::uint16_t subject = 0;
  std::uint16_t detail = 0;

  bool operator==(const EnhancedCode&) const = default;
  [[nodiscard]] std::string text() const;  // "5.1.1"
};

struct Reply {
  int code = 0;
  std::optional<EnhancedCode> enhanced;
  std::vector<std::string> lines;  // text only, without codes

  bool operator==(const Reply&) const = default;
  [[nodiscard]] bool positive() const { return code >= 200 && code < 300; }
  [[nodiscard]] bool intermediate() const { return code >= 300 && code < 400; }
  [[nodiscard]] bool temporary() const { return code >= 400 && code < 500; }
  [[nodiscard]] bool permanent() const { return code >= 500 && code < 600; }

  // On one line, for logs and DSNs: "550 5.1.1 No such user".
  [[nodiscard]] std::string text() const;
  // As it goes to the peer, CRLF included. The enhanced code stands on every line (RFC 2034 §4).
  [[nodiscard]] std::string wire() const;
  void append_wire(std::string& out) const;
};

// A text with '\n' in it makes several lines.
[[nodiscard]] Reply reply(int code, EnhancedCode enhanced, std::string text);
// Without enhanced code: greeting, EHLO and 3yz replies have none (RFC 2034 §4).
[[nodiscard]] Reply reply(int code, std::string text);

// Why something could not be done for mail: what the peer is told and what only we know.
struct Failure {
  bool permanent = false;
  Reply reply;
  std::string detail;
};

}  // namespace smtp
