// See header.h.
#include "lib/message/header.h"

#include <algorithm>
#include <cstring>

#include "lib/base/text.h"
#include "lib/message/utf8.h"

namespace message {
namespace {

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The line at the front, with its line end if it has one.
std::string_view first_line(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  return end == std::string_view::npos ? bytes : bytes.substr(0, end + 1);
}

// RFC 5322 §2.2 field name; §4.5 lets spaces stand before the colon. Empty if there is none.
std::string_view field_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view name = line.substr(0, colon);
  while (!name.empty() && base::is_space(name.back())) name.remove_suffix(1);
  const bool good = std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
  return good ? name : std::string_view();
}

FieldView make_field(std::string_view whole) {
  FieldView field;
  field.whole = whole;
  field.name = field_name(whole);
  const std::size_t value = field.name.empty() ? 0 : whole.find(':') + 1;
  field.value = without_line_end(whole.substr(value));
  return field;
}

}  // namespace

std::vector<FieldView> read_header(std::string_view message, std::size_t& body_offset,
                                   HeaderLimits limits) {
  std::vector<FieldView> fields;
  std::size_t at = 0;
  std::size_t field_start = 0;
  const auto end_field = [&] {
    if (at > field_start)
      fields.push_back(make_field(message.substr(field_start, at - field_start)));
    field_start = at;
  };
  body_offset = message.size();
  while (at < message.size()) {
    const std::string_view line = first_line(message.substr(at));
    const bool empty = without_line_end(line).empty();
    if (empty || !base::is_space(line.front())) end_field();
    const bool over = at + line.size() > limits.header_bytes_max;
    if (empty || over || fields.size() >= limits.fields_max) {
      body_offset = empty ? at + line.size() : at;
      break;
    }
    at += line.size();
  }
  end_field();
  return fields;
}

std::vector<FieldView> read_header(std::string_view message, HeaderLimits limits) {
  std::size_t body_offset = 0;
  return read_header(message, body_offset, limits);
}

const FieldView* find_field(const std::vector<FieldView>& fields, std::string_view name) {
  const auto found = std::ranges::find_if(
      fields, [&](const FieldView& field) { return base::iequals(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

std::size_t count_fields(const std::vector<FieldView>& fields, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      fields, [&](const FieldView& field) { return base::iequals(field.name, name); }));
}

std::size_t count_fields(std::string_view message, std::string_view name) {
  return count_fields(read_header(message), name);
}

std::string lenient_name(const FieldView& field) {
  const std::size_t colon = field.whole.find(':');
  if (colon == std::string_view::npos) return {};
  std::string name;
  for (const char c : field.whole.substr(0, colon)) {
    if (c > ' ' && c <= '~') name += c;
  }
  return base::lower(name);
}

std::string unfold(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : base::trim(value)) {
    if (c != '\r' && c != '\n') out += c;
  }
  return out;
}

void HeaderScanner::feed(std::string_view chunk) {
  size_ += chunk.size();
  while (state_ == State::header && !chunk.empty()) scan_header(chunk);
  if (!eight_bit_body_) eight_bit_body_ = !is_ascii(chunk);
}

// Takes one line, or the part of one that is there, off the front of the chunk.
void HeaderScanner::scan_header(std::string_view& chunk) {
  const std::string_view line = first_line(chunk);
  chunk.remove_prefix(line.size());
  eight_bit_header_ = eight_bit_header_ || !is_ascii(line);
  keep(line);
  const auto line_bytes = count(line);
  if (!line_bytes) return;
  if (*line_bytes == 0) {
    state_ = State::body;
    body_offset_ = size_ - chunk.size();
    header_.resize(line_start_);
  }
  end_header_line();
}

// Counts a line, or a part of one; gives the octets of the whole line when it ended here.
std::optional<std::uint64_t> HeaderScanner::count(std::string_view part) {
  const bool ended = part.ends_with('\n');
  if (ended) part.remove_suffix(1);
  if (!part.empty()) last_was_cr_ = part.ends_with('\r');
  line_bytes_ += part.size();
  const std::uint64_t text_bytes = line_bytes_ - (last_was_cr_ ? 1 : 0);
  if (!ended) return std::nullopt;
  line_bytes_ = 0;
  last_was_cr_ = false;
  return text_bytes;
}

void HeaderScanner::end_header_line() {
  const std::string_view line = std::string_view(header_).substr(line_start_);
  line_start_ = header_.size();
  if (line.empty() || base::is_space(line.front())) return;
  const std::string_view name = field_name(line);
  if (base::iequals(name, "Received")) ++received_count_;
  if (base::iequals(name, "Delivered-To")) ++delivered_to_count_;
}

void HeaderScanner::keep(std::string_view bytes) {
  const std::size_t room = limits_.header_bytes_max - header_.size();
  // An empty line that does not fit is no loss: it is not part of the header.
  if (bytes.size() > room && !without_line_end(bytes).empty()) too_large_ = true;
  header_.append(bytes.substr(0, room));
}

}  // namespace message
