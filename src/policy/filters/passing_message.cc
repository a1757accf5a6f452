// See passing_message.h.
#include "policy/filters/passing_message.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/header.h"
#include "lib/message/utf8.h"

namespace policy {
namespace {

constexpr std::string_view line_end = "\r\n";

// All of it, however large: whoever kept it has limited it.
std::vector<message::FieldView> read_all(std::string_view header) {
  return message::read_header(header, {.header_bytes_max = header.size() + 1,
                                       .fields_max = std::numeric_limits<std::size_t>::max()});
}

message::FieldView read_one(std::string_view whole) {
  const auto fields = read_all(whole);
  return fields.empty() ? message::FieldView() : fields.front();
}

// Every line end is CRLF, and a line that goes on begins with a space: nothing begins a new field.
std::string folded(std::string_view value) {
  std::string out;
  while (!value.empty()) {
    const std::size_t end = value.find_first_of("\r\n");
    out += value.substr(0, end);
    if (end == std::string_view::npos) break;
    value.remove_prefix(end);
    value.remove_prefix(std::min(value.find_first_not_of("\r\n"), value.size()));
    if (value.empty()) break;  // RFC 5322 §3.2.2: no line of white space alone
    out += line_end;
    if (!base::is_space(value.front())) out += ' ';
  }
  std::erase(out, '\0');
  return out;
}

std::string with_line_ends(std::string_view octets) {
  std::string out;
  out.reserve(octets.size() + octets.size() / 64);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char c = octets[i];
    if (c != '\r' && c != '\n') {
      out += c;
      continue;
    }
    if (c == '\r' && i + 1 < octets.size() && octets[i + 1] == '\n') ++i;
    out += line_end;
  }
  return out;
}

}  // namespace

PassingMessage::PassingMessage(const Transaction& transaction,
                               const std::vector<message::Edit>& edits)
    : header_(transaction.header), received_bytes_(transaction.received_bytes) {
  const auto fields = read_all(header_);
  const auto stranger = std::ranges::find_if(
      fields, [](const message::FieldView& field) { return field.name.empty(); });
  const bool whole = stranger == fields.end();
  separated_ = whole && received_bytes_ > header_.size();
  for (auto field = fields.begin(); field != stranger; ++field) {
    const auto offset = static_cast<std::uint64_t>(field->whole.data() - header_.data());
    received_.push_back({.offset = offset, .length = field->whole.size(), .own = {}});
  }
  if (!whole)
    header_ = header_.substr(
        0, received_.empty() ? 0 : received_.back().offset + received_.back().length);
  body_offset_ = header_.size() + (separated_ ? line_end.size() : 0);
  read_parts(edits);
  body_ = message::Content::whole(received_bytes_);
  body_.apply(body_edits_);
  body_.cut(0, body_offset_);
}

// The header as the edits make it: a field that none of them touches stays a span of what came.
void PassingMessage::read_parts(const std::vector<message::Edit>& edits) {
  std::vector<const message::Edit*> order;
  for (const message::Edit& edit : edits) {
    const bool separator =
        !separated_ && edit.offset == header_.size() && edit.length == 0 && edit.bytes == line_end;
    if (separator) {
      separator_.assign(1, edit);
    } else if (edit.offset < header_.size() ||
               (edit.offset == header_.size() && edit.length == 0)) {
      order.push_back(&edit);
    } else {
      body_edits_.push_back(edit);
    }
  }
  // Their own order decides last: they lie in one list.
  std::ranges::sort(order, {}, [](const message::Edit* edit) {
    return std::tuple(edit->offset, edit->length > 0, edit);
  });
  std::uint64_t cut_to = 0;
  auto next = order.begin();
  for (const Part& part : received_) {
    const std::uint64_t end = part.offset + part.length;
    std::uint64_t at = std::clamp(cut_to, part.offset, end);
    bool touched = at > part.offset;
    std::string text;
    for (; next != order.end() && (*next)->offset < end; ++next) {
      const message::Edit& edit = **next;
      if (edit.length == 0 && edit.offset == part.offset && !touched) {
        add_own(edit.bytes);
        continue;
      }
      touched = true;
      if (edit.offset > at) text += header_.substr(at, edit.offset - at);
      text += edit.bytes;
      cut_to = edit.offset + edit.length;
      at = std::clamp(cut_to, std::max(at, edit.offset), end);
    }
    if (!touched) {
      parts_.push_back(part);
    } else {
      add_own(text.append(header_.substr(at, end - at)));
    }
  }
  for (; next != order.end(); ++next) add_own((*next)->bytes);
}

void PassingMessage::add_own(std::string_view text) {
  for (const message::FieldView& field : read_all(text)) {
    parts_.push_back({.offset = 0, .length = 0, .own = std::string(field.whole)});
  }
}

std::string_view PassingMessage::text_of(const Part& part) const {
  return part.length > 0 ? header_.substr(part.offset, part.length) : std::string_view(part.own);
}

std::vector<PassingMessage::Field> PassingMessage::fields() const {
  std::vector<Field> out;
  out.reserve(parts_.size());
  for (const Part& part : parts_) {
    const message::FieldView field = read_one(text_of(part));
    out.push_back({.name = field.name, .value = field.value});
  }
  return out;
}

std::uint64_t PassingMessage::header_bytes() const {
  std::uint64_t out = 0;
  for (const Part& part : parts_) out += text_of(part).size();
  return out;
}

std::vector<std::size_t> PassingMessage::places_of(std::string_view name) const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (base::iequals(read_one(text_of(parts_[i])).name, name)) out.push_back(i);
  }
  return out;
}

PassingMessage::Part PassingMessage::make(NewField field) {
  std::string own(field.name);
  own += ':';
  const std::string value = folded(field.value);
  if (field.pad && !value.starts_with(' ')) own += ' ';
  own += value;
  own += line_end;
  eight_bit_ = eight_bit_ || !message::is_ascii(own);
  return {.offset = 0, .length = 0, .own = std::move(own)};
}

void PassingMessage::add(NewField field) { parts_.push_back(make(field)); }

void PassingMessage::insert(std::size_t index, NewField field) {
  const auto place = static_cast<std::ptrdiff_t>(std::min(index, parts_.size()));
  parts_.insert(parts_.begin() + place, make(field));
}

void PassingMessage::change(std::size_t occurrence, NewField field) {
  const auto places = places_of(field.name);
  const bool there = occurrence >= 1 && occurrence <= places.size();
  if (folded(field.value).empty()) {
    if (there) remove(field.name, static_cast<std::int64_t>(occurrence));
  } else if (there) {
    parts_[places[occurrence - 1]] = make(field);
  } else {
    add(field);
  }
}

void PassingMessage::remove(std::string_view name, std::int64_t occurrence) {
  const auto places = places_of(name);
  const auto count = static_cast<std::int64_t>(places.size());
  if (occurrence < 0) {
    occurrence += count + 1;
    if (occurrence <= 0) return;
  }
  for (auto i = count; i > 0; --i) {
    if (occurrence != 0 && occurrence != i) continue;
    const std::size_t place = places[static_cast<std::size_t>(i - 1)];
    parts_.erase(parts_.begin() + static_cast<std::ptrdiff_t>(place));
  }
}

void PassingMessage::replace_body(std::string_view octets) {
  std::string text = with_line_ends(octets);
  eight_bit_ = eight_bit_ || !message::is_ascii(text);
  body_ = message::Content();
  body_.append(std::move(text));
  body_replaced_ = true;
}

std::vector<message::Edit> PassingMessage::edits() const {
  std::vector<message::Edit> out;
  // Fields of ours come before the received one that follows them; those that came and are gone are
  // cut.
  std::string own;
  auto part = parts_.begin();
  for (const Part& came : received_) {
    const auto kept = std::find(part, parts_.end(), came);
    if (kept == parts_.end()) {
      out.push_back({.offset = came.offset, .length = came.length, .bytes = {}});
      continue;
    }
    for (; part != kept; ++part) own += part->own;
    if (!own.empty()) out.push_back({came.offset, 0, std::exchange(own, {})});
    ++part;
  }
  for (; part != parts_.end(); ++part) own += part->own;
  if (!own.empty()) out.push_back({header_.size(), 0, std::move(own)});
  out.insert(out.end(), separator_.begin(), separator_.end());
  if (!body_replaced_) {
    out.insert(out.end(), body_edits_.begin(), body_edits_.end());
    return out;
  }
  std::string body;
  if (!separated_ && separator_.empty()) body = line_end;
  for (const message::Piece& piece : body_.pieces()) body += piece.bytes;
  out.push_back({body_offset_, received_bytes_ - body_offset_, std::move(body)});
  return out;
}

}  // namespace policy
