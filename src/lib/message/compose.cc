// See compose.h.
#include "lib/message/compose.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/compose_field.h"
#include "lib/message/recode.h"
#include "lib/message/submission.h"
#include "lib/message/trace_fields.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

constexpr std::size_t content_id_bytes_max = 200;
constexpr std::size_t field_name_bytes_max = 76;  // so that ": " and a word fit on its line

// RFC 2045 §5.1
bool is_token(std::string_view text) {
  constexpr std::string_view specials = "()<>@,;:\\\"/[]?=";
  return !text.empty() && text.size() <= 127 && std::ranges::all_of(text, [&](char c) {
    return c > ' ' && c < '\x7f' && !specials.contains(c);
  });
}

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32 + 2);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\r' && text[at] != '\n') {
      out += text[at];
      continue;
    }
    if (text[at] == '\r' && text.substr(at + 1).starts_with('\n')) ++at;
    out += "\r\n";
  }
  if (!out.empty() && !out.ends_with("\r\n")) out += "\r\n";
  return out;
}

bool fits_as_it_is(std::string_view text) {
  std::size_t column = 0;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x7f || (octet < ' ' && c != '\t' && c != '\r' && c != '\n')) return false;
    column = c == '\n' ? 0 : column + 1;
    if (column > text_line_bytes_max) return false;
  }
  return true;
}

struct Part {
  std::string fields;
  std::string body;  // ends with CRLF, or is empty
};

Part text_part(std::string_view subtype, std::string_view text) {
  const std::string lines = with_crlf(text);
  Part part;
  part.fields = fmt::format("Content-Type: text/{}; charset={}\r\n", subtype,
                            is_ascii(lines) ? "us-ascii" : "utf-8");
  std::string_view encoding = "7bit";
  if (fits_as_it_is(lines)) {
    part.body = lines;
  } else if (std::string quoted = quoted_printable(lines); quoted.size() <= lines.size() * 3 / 2) {
    encoding = "quoted-printable";
    part.body = std::move(quoted);
  } else {
    encoding = "base64";
    part.body = base64_lines(lines) + "\r\n";
  }
  part.fields += fmt::format("Content-Transfer-Encoding: {}\r\n", encoding);
  return part;
}

Part attachment_part(const Attachment& attachment) {
  Part part;
  part.fields =
      fmt::format("Content-Type: {}\r\nContent-Transfer-Encoding: base64\r\n", attachment.type);
  const bool shown = !attachment.content_id.empty();
  if (shown) part.fields += fmt::format("Content-ID: <{}>\r\n", attachment.content_id);
  part.fields += "Content-Disposition: ";
  part.fields += shown ? "inline" : "attachment";
  part.fields += file_name_parameter(attachment.file_name);
  part.fields += "\r\n";
  part.body = base64_lines(attachment.octets) + "\r\n";
  return part;
}

// Each level has a boundary of its own, none of which begins as another does.
Part multipart(std::string_view subtype, const std::vector<Part>& parts, const std::string& seed) {
  const std::string boundary = fmt::format("=_{}_{}", subtype, seed);
  Part out;
  out.fields =
      fmt::format("Content-Type: multipart/{};\r\n boundary=\"{}\"\r\n", subtype, boundary);
  for (const Part& part : parts) {
    out.body += fmt::format("--{}\r\n", boundary);
    out.body += part.fields;
    out.body += "\r\n";
    out.body += part.body;
    // RFC 2046 §5.1.1: the CRLF before a boundary belongs to it.
    out.body += "\r\n";
  }
  out.body += fmt::format("--{}--\r\n", boundary);
  return out;
}

Part html_part(const Composition& from) {
  Part html = text_part("html", from.html);
  std::vector<Part> related;
  for (const Attachment& one : from.attachments) {
    if (!one.content_id.empty()) related.push_back(attachment_part(one));
  }
  if (related.empty()) return html;
  related.insert(related.begin(), std::move(html));
  return multipart("related", related, from.boundary);
}

Part body_of(const Composition& from) {
  Part shown;
  if (from.html.empty()) {
    shown = text_part("plain", from.text);
  } else if (from.text.empty()) {
    shown = html_part(from);
  } else {
    shown =
        multipart("alternative", {text_part("plain", from.text), html_part(from)}, from.boundary);
  }
  std::vector<Part> mixed;
  for (const Attachment& one : from.attachments) {
    if (one.content_id.empty() || from.html.empty()) mixed.push_back(attachment_part(one));
  }
  if (mixed.empty()) return shown;
  mixed.insert(mixed.begin(), std::move(shown));
  return multipart("mixed", mixed, from.boundary);
}

}  // namespace

bool is_media_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_token(text.substr(0, slash)) &&
         is_token(text.substr(slash + 1));
}

bool is_field_name(std::string_view text) {
  return !text.empty() && text.size() <= field_name_bytes_max &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
}

bool is_content_id(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~.@";
  return !text.empty() && text.size() <= content_id_bytes_max &&
         std::ranges::all_of(text, [&](char c) {
           return base::is_alpha(c) || base::is_digit(c) || others.contains(c);
         });
}

std::string compose(const Composition& composition) {
  std::string out = date_field(composition.date);
  out += fmt::format("Message-ID: <{}>\r\n", composition.message_id);
  out += address_field("From", composition.from);
  if (!composition.reply_to.empty()) out += address_field("Reply-To", composition.reply_to);
  if (!composition.to.empty()) out += address_field("To", composition.to);
  if (!composition.cc.empty()) out += address_field("Cc", composition.cc);
  out += text_field("Subject", composition.subject);
  for (const auto& [name, value] : composition.headers) out += text_field(name, value);
  out += "MIME-Version: 1.0\r\n";
  const Part body = body_of(composition);
  out += body.fields;
  out += "\r\n";
  out += body.body;
  return out;
}

}  // namespace message
