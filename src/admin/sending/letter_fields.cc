// See letter_fields.h.
#include "admin/sending/letter_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/json.h"
#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace sending {
namespace {

namespace json = boost::json;

struct FieldRule {
  std::string_view name;  // in lower case
  bool any_text = false;  // false: it has a grammar of ASCII, and no encoded words
};
// "X-" and a name may be set besides. What is missing here is written by us (From, Date,
// Content-…), says who is answerable (Sender, Resent-…), is trace (Received, Return-Path) or is
// evidence (Authentication-Results, DKIM-Signature, ARC-…).
constexpr std::array allowed = {
    FieldRule{"in-reply-to"},
    FieldRule{"references"},
    FieldRule{"list-id"},
    FieldRule{"list-help"},
    FieldRule{"list-unsubscribe"},
    FieldRule{"list-unsubscribe-post"},
    FieldRule{"list-subscribe"},
    FieldRule{"list-post"},
    FieldRule{"list-owner"},
    FieldRule{"list-archive"},
    FieldRule{"auto-submitted"},
    FieldRule{"precedence"},
    FieldRule{"importance"},
    FieldRule{"priority"},
    FieldRule{"sensitivity"},
    FieldRule{"feedback-id"},
    FieldRule{"expires"},
    FieldRule{"thread-index"},
    FieldRule{"comments", true},
    FieldRule{"keywords", true},
    FieldRule{"organization", true},
    FieldRule{"thread-topic", true},
};

bool has_controls(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

base::Result<> check_value(std::string_view field, std::string_view text,
                           const LetterLimits& limits) {
  if (text.size() > limits.value_bytes_max) {
    return invalid(fmt::format("\"{}\" is longer than {} octets", field, limits.value_bytes_max));
  }
  if (has_controls(text)) {
    return invalid(fmt::format("\"{}\" has line ends or control characters in it", field));
  }
  return {};
}

base::Result<> check_header(std::string_view name, std::string_view value,
                            const LetterLimits& limits) {
  const std::string key = base::lower(name);
  const auto* const rule = std::ranges::find(allowed, std::string_view(key), &FieldRule::name);
  const bool own = key.starts_with("x-") && !key.starts_with("x-spam-") && key.size() > 2;
  if (!message::is_field_name(name) || (rule == allowed.end() && !own)) {
    return invalid(
        fmt::format("\"headers\" may not set {}; docs/api.md lists those it may, and "
                    "any X-… besides",
                    base::printable(name, 80)));
  }
  if (auto fine = check_value("headers", value, limits); !fine) return fine;
  if (rule != allowed.end() && !rule->any_text && !message::is_ascii(value)) {
    return invalid(fmt::format("the header field {} is of ASCII alone", name));
  }
  return {};
}

base::Result<message::NamedAddress> read_one(const json::value& value, std::string_view field,
                                             const LetterLimits& limits) {
  message::NamedAddress out;
  std::string text;
  if (value.is_string()) {
    text = std::string(value.get_string());
    if (const std::size_t at = text.rfind('<'); at != std::string::npos && text.ends_with('>')) {
      std::string_view name = base::trim(std::string_view(text).substr(0, at));
      if (name.size() > 1 && name.starts_with('"') && name.ends_with('"')) {
        name = name.substr(1, name.size() - 2);
      }
      out.name = name;
    }
  } else if (value.is_object()) {
    auto email = admin::text_of(value.get_object(), "email");
    if (!email) return std::unexpected(email.error());
    auto name = admin::text_if(value.get_object(), "name");
    if (!name) return std::unexpected(name.error());
    text = std::move(*email);
    out.name = name->value_or("");
  } else {
    return invalid(
        fmt::format("\"{}\" holds addresses: \"an@example.org\" or "
                    "{{\"email\": \"an@example.org\", \"name\": \"An\"}}",
                    field));
  }
  if (auto fine = check_value(field, out.name, limits); !fine) {
    return std::unexpected(fine.error());
  }
  auto address = read_address(field, text);
  if (!address) return std::unexpected(address.error());
  out.address = std::move(*address);
  return out;
}

base::Result<message::Attachment> read_attachment(const json::value& value,
                                                  const LetterLimits& limits) {
  if (!value.is_object()) return invalid("\"attachments\" is a list of objects");
  const json::object& object = value.get_object();
  message::Attachment out;
  auto name = admin::text_if(object, "name");
  auto type = admin::text_if(object, "type");
  auto content_id = admin::text_if(object, "content_id");
  auto content = admin::text_of(object, "content");
  for (const base::Error* error :
       {name ? nullptr : &name.error(), type ? nullptr : &type.error(),
        content_id ? nullptr : &content_id.error(), content ? nullptr : &content.error()}) {
    if (error != nullptr) return invalid("attachments: " + error->detail);
  }
  out.file_name = name->value_or("");
  if (auto fine = check_value("attachments: name", out.file_name, limits); !fine) {
    return std::unexpected(fine.error());
  }
  if (*type) out.type = base::lower(**type);
  // RFC 2046 §5: these may not be encoded as a whole.
  if (!message::is_media_type(out.type) || out.type.starts_with("multipart/") ||
      out.type.starts_with("message/")) {
    return invalid(
        "attachments: \"type\" is a media type such as application/pdf, without parameters; "
        "multipart and message are none, a mail goes as application/octet-stream");
  }
  out.content_id = content_id->value_or("");
  if (!out.content_id.empty() && !message::is_content_id(out.content_id)) {
    return invalid("attachments: \"content_id\" is letters, digits and .-_@");
  }
  std::erase_if(*content, [](char c) { return c == '\r' || c == '\n' || c == ' '; });
  auto octets = base::unbase64(*content);
  if (!octets) return invalid("attachments: \"content\" is base64, with its padding");
  out.octets = std::move(*octets);
  return out;
}

}  // namespace

std::unexpected<base::Error> invalid(std::string why) {
  return base::fail(base::ErrorKind::invalid, std::move(why));
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
  return out;
}

base::Result<message::Address> read_address(std::string_view field, std::string_view text) {
  text = base::trim(text);
  if (const std::size_t at = text.rfind('<'); at != std::string_view::npos && text.ends_with('>')) {
    text = text.substr(at + 1, text.size() - at - 2);
  }
  auto address = message::parse_address(text, {.utf8 = true});
  if (!address) {
    return invalid(
        fmt::format("\"{}\": {}: {}", field, base::printable(text, 100), address.error().detail));
  }
  if (!message::is_ascii(address->domain)) address->domain = message::domain_key(address->domain);
  if (address->is_ascii()) return address;
  return invalid(
      fmt::format("\"{}\": {} has letters beyond ASCII before the @, which is not "
                  "offered here (SMTPUTF8)",
                  field, base::printable(text, 100)));
}

base::Result<std::vector<message::NamedAddress>> read_addresses(const json::object& fields,
                                                                std::string_view field,
                                                                const LetterLimits& limits) {
  std::vector<message::NamedAddress> out;
  const json::value* value = fields.if_contains({field.data(), field.size()});
  if (value == nullptr || value->is_null()) return out;
  if (value->is_string() && value->get_string().empty()) return out;
  if (!value->is_array()) {
    auto one = read_one(*value, field, limits);
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
    return out;
  }
  if (value->get_array().size() > limits.recipients_max) {
    return invalid(
        fmt::format("\"{}\" names more than {} addresses", field, limits.recipients_max));
  }
  for (const json::value& entry : value->get_array()) {
    auto one = read_one(entry, field, limits);
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

base::Result<> read_texts(const json::object& fields, const LetterLimits& limits,
                          message::Composition& out) {
  auto subject = admin::text_if(fields, "subject");
  if (!subject) return std::unexpected(subject.error());
  out.subject = subject->value_or("");
  if (auto fine = check_value("subject", out.subject, limits); !fine) return fine;
  auto text = admin::text_if(fields, "text");
  if (!text) return std::unexpected(text.error());
  out.text = std::move(*text).value_or("");
  auto html = admin::text_if(fields, "html");
  if (!html) return std::unexpected(html.error());
  out.html = std::move(*html).value_or("");
  return {};
}

base::Result<> read_headers(const json::object& fields, const LetterLimits& limits,
                            message::Composition& out) {
  const json::value* value = fields.if_contains("headers");
  if (value == nullptr) return {};
  if (!value->is_object() || value->get_object().size() > limits.headers_max) {
    return invalid(
        fmt::format("\"headers\" is an object of at most {} names and texts", limits.headers_max));
  }
  for (const auto& [key, text] : value->get_object()) {
    const std::string_view name(key.data(), key.size());
    if (!text.is_string()) {
      return invalid(fmt::format("headers: {} must be a text", base::printable(name, 80)));
    }
    const std::string_view said(text.get_string().data(), text.get_string().size());
    if (auto fine = check_header(name, said, limits); !fine) return fine;
    out.headers.emplace_back(name, said);
  }
  return {};
}

base::Result<> read_attachments(const json::object& fields, const LetterLimits& limits,
                                message::Composition& out) {
  const json::value* value = fields.if_contains("attachments");
  if (value == nullptr) return {};
  if (!value->is_array() || value->get_array().size() > limits.attachments_max) {
    return invalid(
        fmt::format("\"attachments\" is a list of at most {} objects", limits.attachments_max));
  }
  for (const json::value& entry : value->get_array()) {
    auto one = read_attachment(entry, limits);
    if (!one) return std::unexpected(one.error());
    out.attachments.push_back(std::move(*one));
  }
  return {};
}

}  // namespace sending
