// See recode.h.
#include "lib/message/recode.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/content_type.h"
#include "lib/message/submission.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

// Where encoded lines are broken: a multiple of four, as base64 likes it.
constexpr std::uint64_t break_after = 988;

}  // namespace

LeafRecoder::LeafRecoder(RecodeLimits limits, base::Budget* budget)
    : limits_(limits),
      memory_(budget, limits.message_bytes_max, limits.all_bytes_max),
      scanner_(this) {}

void LeafRecoder::finish() {
  scanner_.finish();
  if (edits_.empty() || mime_version_) return;
  // RFC 2045 §4: without it the other fields mean nothing.
  edits_.push_back({.offset = 0, .length = 0, .bytes = "MIME-Version: 1.0\r\n"});
}

void LeafRecoder::part_begins(const MimePart& part, const std::vector<FieldView>& fields) {
  if (part.parent == MimePart::none) {
    signed_ = find_field(fields, "DKIM-Signature") != nullptr;
    mime_version_ = find_field(fields, "MIME-Version") != nullptr;
  }
  const FieldView* type = find_field(fields, "Content-Type");
  type_value_ = type == nullptr ? std::string() : std::string(type->value);
  way_ = way_for(part);
  too_large_ = hopeless_ = eight_bit_ = after_cr_ = false;
  long_at_ = column_ = since_break_ = 0;
  next_ = part.body.offset;
  last_two_.clear();
  body_.clear();
}

LeafRecoder::Way LeafRecoder::way_for(const MimePart& part) const {
  if (signed_ || part.sealed || part.opaque) return Way::none;
  // RFC 2046 §5.2: neither these nor multiparts may be encoded.
  if (part.type.starts_with("message/") || part.type.starts_with("multipart/")) return Way::none;
  if (part.identity()) return Way::recode;
  if (part.encoding == "base64") return Way::break_base64;
  return part.encoding == "quoted-printable" ? Way::break_quoted : Way::none;
}

void LeafRecoder::leaf_octets(std::string_view octets) {
  count_lines(octets);
  if (way_ == Way::recode) keep(octets);
  if (way_ == Way::break_base64 || way_ == Way::break_quoted) break_lines(octets);
  next_ += octets.size();
}

void LeafRecoder::other_octets(std::string_view octets) {
  count_lines(octets);
  if (long_at_ != 0) not_mended(long_at_);
  eight_bit_left_ = eight_bit_left_ || eight_bit_;
}

void LeafRecoder::count_lines(std::string_view octets) {
  eight_bit_ = eight_bit_ || !is_ascii(octets);
  std::uint64_t line = scanner_.line();
  while (!octets.empty()) {
    const std::size_t end = octets.find('\n');
    const bool ended = end != std::string_view::npos;
    const std::string_view text = octets.substr(0, end);
    octets.remove_prefix(ended ? end + 1 : octets.size());
    const std::uint64_t column = column_ + text.size();
    const bool cr = text.empty() ? after_cr_ : text.back() == '\r';
    if (column - (cr ? 1 : 0) > text_line_bytes_max && long_at_ == 0) long_at_ = line;
    column_ = ended ? 0 : column;
    after_cr_ = cr && !ended;
    line += ended ? 1 : 0;
  }
}

// Kept because only its end tells whether it has to be recoded.
void LeafRecoder::keep(std::string_view octets) {
  if (too_large_) return;
  const bool small = body_.size() + octets.size() <= limits_.part_bytes_max;
  if (small && memory_.grow(octets.size())) {
    body_ += octets;
    return;
  }
  starved_ = starved_ || small;
  too_large_ = true;
  memory_.shrink(body_.size());
  body_ = std::string();
}

// Line ends between the octets of an encoding mean nothing: base64's reader skips them, quoted-
// printable's skips "=" and a line end.
void LeafRecoder::break_lines(std::string_view octets) {
  std::uint64_t offset = next_;
  while (!octets.empty()) {
    const std::size_t end = octets.find('\n');
    const bool ended = end != std::string_view::npos;
    const std::string_view text = octets.substr(0, end);
    octets.remove_prefix(ended ? end + 1 : octets.size());
    if (since_break_ + text.size() > break_after) {
      break_line(text, offset);
    } else {
      since_break_ += text.size();
      last_two_ += text.substr(text.size() - std::min<std::size_t>(text.size(), 2));
      if (last_two_.size() > 2) last_two_.erase(0, last_two_.size() - 2);
    }
    offset += text.size() + (ended ? 1 : 0);
    if (!ended) continue;
    since_break_ = 0;
    last_two_.clear();
  }
}

void LeafRecoder::break_line(std::string_view text, std::uint64_t offset) {
  const bool quoted = way_ == Way::break_quoted;
  for (const char c : text) {
    if (since_break_ >= break_after && c != '\r' && !(quoted && last_two_.contains('='))) {
      hopeless_ = hopeless_ || edits_.size() >= limits_.edits_max;
      if (hopeless_) return;
      if (quoted && c == '-') {  // "--" in front of a line could be a boundary
        edits_.push_back({.offset = offset, .length = 1, .bytes = "=\r\n=2D"});
      } else {
        edits_.push_back({.offset = offset, .length = 0, .bytes = quoted ? "=\r\n" : "\r\n"});
      }
      since_break_ = 0;
    }
    ++since_break_;
    hopeless_ = hopeless_ || (since_break_ > text_line_bytes_max && c != '\r');
    if (last_two_.size() == 2) last_two_.erase(0, 1);
    last_two_ += c;
    ++offset;
  }
}

void LeafRecoder::leaf_ended(const MimePart& part) {
  const bool encoded = way_ == Way::break_base64 || way_ == Way::break_quoted;
  const bool mendable = way_ == Way::recode && !too_large_ && !part.opaque;
  const bool undeclared =
      eight_bit_ && !part.embedded && (part.encoding.empty() || part.encoding == "7bit");
  if (mendable && (long_at_ != 0 || undeclared) && recode(part)) {
    eight_bit_ = false;
  } else if (long_at_ != 0 && (!encoded || hopeless_ || part.opaque)) {
    not_mended(long_at_);
  } else if (undeclared && way_ == Way::recode && !part.opaque) {
    declare(part, "8bit");  // RFC 6152 carries it; it is too large to be turned into anything else
  }
  eight_bit_left_ = eight_bit_left_ || eight_bit_;
  eight_bit_ = false;
  long_at_ = column_ = 0;
  memory_.shrink(body_.size());
  body_ = std::string();
}

// False: there is no memory for it.
bool LeafRecoder::recode(const MimePart& part) {
  const bool quoted = part.type.starts_with("text/");
  std::string bytes = quoted ? quoted_printable(body_) : base64_lines(body_) + "\r\n";
  if (!memory_.grow(bytes.size())) {
    starved_ = true;
    return false;
  }
  if (eight_bit_) declare_charset(part);
  declare(part, quoted ? "quoted-printable" : "base64");
  edits_.push_back(
      {.offset = part.body.offset, .length = part.body.length, .bytes = std::move(bytes)});
  return true;
}

void LeafRecoder::declare(const MimePart& part, std::string_view encoding) {
  const bool there = part.encoding_field.length > 0;
  edits_.push_back({.offset = there ? part.encoding_field.offset : part.header.offset,
                    .length = part.encoding_field.length,
                    .bytes = fmt::format("Content-Transfer-Encoding: {}\r\n", encoding)});
}

void LeafRecoder::declare_charset(const MimePart& part) {
  if (!part.charset.empty() || !part.type.starts_with("text/")) return;
  if (part.type_field.length == 0) {
    edits_.push_back(
        {.offset = part.header.offset,
         .length = 0,
         .bytes = fmt::format("Content-Type: text/plain; charset={}\r\n", guess_charset(body_))});
    return;
  }
  const auto type = parse_content_type(type_value_);
  if (!type || !type->whole || type_value_.contains('(')) return;
  const std::string_view value = base::trim(type_value_);
  edits_.push_back({.offset = part.type_field.offset,
                    .length = part.type_field.length,
                    .bytes = fmt::format("Content-Type: {}{}\r\n charset={}\r\n", value,
                                         value.ends_with(';') ? "" : ";", guess_charset(body_))});
}

void LeafRecoder::not_mended(std::uint64_t line) {
  if (long_line_ == 0) long_line_ = line;
}

}  // namespace message
