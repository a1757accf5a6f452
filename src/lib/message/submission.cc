// See submission.h.
#include "lib/message/submission.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "lib/base/text.h"
#include "lib/message/date.h"
#include "lib/message/header.h"
#include "lib/message/trace_fields.h"

namespace message {
namespace {

// RFC 5322 §3.6.2, §3.6.3 and §3.6.6: fields that hold address lists. Bcc goes as a whole.
constexpr std::array<std::string_view, 10> address_fields = {
    "From",        "Sender",        "Reply-To",  "To",        "Cc",
    "Resent-From", "Resent-Sender", "Resent-To", "Resent-Cc", "Resent-Reply-To"};
constexpr std::array<std::string_view, 4> author_fields = {"From", "Sender", "Resent-From",
                                                           "Resent-Sender"};
// RFC 5322 §3.6.3: whom Bcc names, no other recipient may see. Return-Path is for the last server
// to write (RFC 5321 §4.4).
constexpr std::array<std::string_view, 3> removed_fields = {"Bcc", "Resent-Bcc", "Return-Path"};

template <std::size_t n>
bool among(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](std::string_view one) { return base::iequals(one, name); });
}

// The header was counted when it came, so nothing of it is left unread here.
std::vector<FieldView> all_fields(std::string_view header) {
  return read_header(header, {.header_bytes_max = header.size(), .fields_max = header.size() + 1});
}

// Octets of a line "From someone Mon Nov …" in front, as mailbox files have it.
std::size_t mailbox_line(std::string_view header) {
  if (!header.starts_with("From ") && !header.starts_with(">From ")) return 0;
  const std::size_t end = header.find('\n');
  if (end == std::string_view::npos ||
      !all_fields(header.substr(0, end + 1)).front().name.empty()) {
    return 0;
  }
  const auto rest = all_fields(header.substr(end + 1));
  return rest.empty() || rest.front().name.empty() ? 0 : end + 1;
}

bool blank(const FieldView& field) { return base::trim(unfold(field.value)).empty(); }

bool has_long_line(std::string_view text) {
  while (text.size() > text_line_bytes_max) {
    const std::size_t end = text.find('\n');
    const std::size_t length =
        end == std::string_view::npos ? text.size() : std::max<std::size_t>(end, 1) - 1;
    if (length > text_line_bytes_max) return true;
    text.remove_prefix(end + 1);
  }
  return false;
}

// Where a line may be broken: before the last white space that leaves text on both sides and the
// first part short enough; else before the first white space behind that. npos: nowhere.
std::size_t fold_place(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  const std::size_t last = line.find_last_not_of(" \t");
  if (first == std::string_view::npos) return std::string_view::npos;
  std::size_t place = line.find_last_of(" \t", std::min(text_line_bytes_max, last));
  if (place == std::string_view::npos || place <= first) {
    place = line.find_first_of(" \t", std::max(first, text_line_bytes_max));
  }
  return place < last ? place : std::string_view::npos;
}

// RFC 5322 §2.2.3: a field may be folded wherever white space stands, and means the same.
std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 64);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    while (line.size() > text_line_bytes_max + 2) {
      const std::size_t place = fold_place(line.substr(0, line.find_last_not_of("\r\n") + 1));
      if (place == std::string_view::npos) break;
      out += line.substr(0, place);
      out += "\r\n";
      line.remove_prefix(place);
    }
    out += line;
  }
  return out;
}

// What the fields lack, and the edits so far.
struct Completion : CompletedHeader {
  bool date = false;
  bool message_id = false;
  bool from = false;
};

void cut(Completion& done, std::uint64_t offset, std::uint64_t length) {
  Edit* last = done.edits.empty() ? nullptr : &done.edits.back();
  if (last != nullptr && last->bytes.empty() && last->offset + last->length == offset) {
    last->length += length;
    return;
  }
  done.edits.push_back({.offset = offset, .length = length, .bytes = {}});
}

// Is this one of the fields that must be there, but says nothing? Then it is as good as missing.
bool is_void(Completion& done, const FieldView& field, const SubmissionFacts& facts) {
  bool* present = nullptr;
  if (base::iequals(field.name, "Date")) present = &done.date;
  if (base::iequals(field.name, "Message-ID")) present = &done.message_id;
  if (base::iequals(field.name, "From") && !facts.account.empty()) present = &done.from;
  if (present == nullptr) return false;
  if (blank(field)) return true;
  *present = true;
  return false;
}

void complete_field(Completion& done, const FieldView& field, std::uint64_t offset,
                    const SubmissionFacts& facts) {
  if (among(removed_fields, field.name) || is_void(done, field, facts)) {
    return cut(done, offset, field.whole.size());
  }
  std::string text;
  if (among(address_fields, field.name)) {
    if (const auto list = with_domain(field.value, facts.domain)) {
      text = fmt::format("{}:{}\r\n", field.name, list->text);
      if (among(author_fields, field.name))
        std::ranges::copy(list->addresses, std::back_inserter(done.authors));
    }
  }
  const std::string_view now = text.empty() ? field.whole : std::string_view(text);
  if (has_long_line(now)) text = folded(now);
  if (text.empty() || text == field.whole) return;
  done.edits.push_back({.offset = offset, .length = field.whole.size(), .bytes = std::move(text)});
}

// "Bcc\r\n : a", " Bcc: a" and "B\x0b" "cc: a" are no fields by RFC 5322, but meant for one.
bool means_bcc(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  std::string name;
  for (const char c : text.substr(0, colon)) {
    if (c > ' ' && c <= '~') name += c;
  }
  return base::iequals(name, "Bcc") || base::iequals(name, "Resent-Bcc");
}

std::string missing_fields(const Completion& done, const SubmissionFacts& facts) {
  std::string out;
  if (!done.date) {  // RFC 6409 §8.2
    out += fmt::format("Date: {}\r\n", date_text(facts.now, facts.zone));
  }
  if (!done.from && !facts.account.empty()) out += fmt::format("From: {}\r\n", facts.account);
  if (!done.message_id) out += message_id_field(facts.id, facts.host);  // RFC 6409 §8.3
  return out;
}

}  // namespace

std::size_t header_extent(std::string_view header) {
  const std::size_t start = mailbox_line(header);
  for (const FieldView& field : all_fields(header.substr(start))) {
    if (field.name.empty()) return static_cast<std::size_t>(field.whole.data() - header.data());
  }
  return header.size();
}

CompletedHeader complete_header(std::string_view header, const SubmissionFacts& facts) {
  const std::size_t start = mailbox_line(header);
  const std::string_view part = header.substr(0, header_extent(header));
  Completion done;
  if (start > 0) cut(done, 0, start);
  for (const FieldView& field : all_fields(part.substr(start))) {
    complete_field(done, field, static_cast<std::uint64_t>(field.whole.data() - header.data()),
                   facts);
  }
  if (std::string added = missing_fields(done, facts); !added.empty()) {
    done.edits.insert(done.edits.begin(), {.offset = 0, .length = 0, .bytes = std::move(added)});
  }
  return {.edits = std::move(done.edits), .authors = std::move(done.authors)};
}

std::size_t line_before_lost_bcc(std::string_view header) {
  const std::size_t end = header_extent(header);
  const std::string_view rest = header.substr(end);
  bool lost = std::ranges::any_of(all_fields(rest),
                                  [](const FieldView& field) { return means_bcc(field.whole); });
  for (std::size_t at = 0; !lost && at < rest.size();) {
    const std::size_t next = std::min(rest.find('\n', at), rest.size() - 1) + 1;
    lost = means_bcc(rest.substr(at, next - at));
    at = next;
  }
  if (!lost) return 0;
  return static_cast<std::size_t>(std::ranges::count(header.substr(0, end), '\n')) + 1;
}

std::optional<Edit> missing_separator(std::string_view header) {
  const std::size_t end = header_extent(header);
  if (end == header.size()) return std::nullopt;
  return Edit{.offset = end, .length = 0, .bytes = "\r\n"};
}

}  // namespace message
