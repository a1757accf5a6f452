// lib/message/multipart.h: writes a MIME multipart body (RFC 2046 §5.1), for DSNs and reports.
//
// What:    puts parts between boundaries, with a boundary that occurs in none of them.
// In/Out:  subtype, parameters, parts → the Content-Type value and the body, CRLF line ends.
// Errors:  none.
// Limits:  the parts are in memory; callers cut what they quote.
// Not here: reading MIME, transfer encodings, the other fields of the message's header.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace message {

struct Part {
  std::string header;  // whole fields with CRLF: "Content-Type: text/plain; charset=utf-8\r\n"
  std::string body;    // CRLF lines
};

struct Multipart {
  std::string content_type;  // multipart/report; report-type=delivery-status; boundary="…", folded
  std::string body;
};

// type: "multipart/report; report-type=delivery-status". seed: anything that differs from message
// to message (the queue id); it makes boundaries differ between nested messages.
[[nodiscard]] Multipart write_multipart(std::string_view type, const std::vector<Part>& parts,
                                        std::string_view seed);

}  // namespace message
