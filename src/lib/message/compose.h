// lib/message/compose.h: a message written from its parts (RFC 5322, RFC 2045 to 2047, RFC 2231).
//
// What:    From, To, Subject, text, HTML and attachments → header and MIME body: multipart/mixed
//          around multipart/alternative and multipart/related, as far as each is needed.
// In/Out:  Composition → text with CRLF line ends, ASCII but for UTF-8 addresses.
// Errors:  none: texts of any kind are taken. What is no UTF-8 in a header shows U+FFFD, line ends
//          and controls in it become spaces, so nothing can begin another field.
// Limits:  lines of at most 998 octets, folded at 78 where that can be; encoded words of 75.
// Not here: which fields a program may set (admin/sending), Bcc (never written), trace fields.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/time.h"
#include "lib/message/address.h"

namespace message {

// "Jürgen Müller" <juergen@example.org>
struct NamedAddress {
  std::string name;
  Address address;
};

struct Attachment {
  std::string file_name;
  std::string type = "application/octet-stream";  // is_media_type()
  std::string content_id;  // not empty: HTML shows it as cid:…; is_content_id()
  std::string octets;
};

struct Composition {
  std::vector<NamedAddress> from;
  std::vector<NamedAddress> to;
  std::vector<NamedAddress> cc;
  std::vector<NamedAddress> reply_to;
  std::string subject;
  std::string text;
  std::string html;
  std::vector<Attachment> attachments;
  std::vector<std::pair<std::string, std::string>> headers;  // names are is_field_name()
  base::Time date;
  std::string message_id;  // "left@right", without angle brackets
  // Differs from message to message and cannot be foretold: what no text contains by chance or on
  // purpose. Letters and digits, at most 40.
  std::string boundary;
};

// "type/subtype", both RFC 2045 tokens; no parameters.
[[nodiscard]] bool is_media_type(std::string_view text);
// RFC 5322 §3.6.8, at most 76 octets.
[[nodiscard]] bool is_field_name(std::string_view text);
// dot-atom characters and @, at most 200 octets.
[[nodiscard]] bool is_content_id(std::string_view text);

[[nodiscard]] std::string compose(const Composition& composition);

// "Subject: =?utf-8?b?…?=", folded, with its CRLF: any text as a field that means that text.
[[nodiscard]] std::string text_field(std::string_view name, std::string_view text);

}  // namespace message
