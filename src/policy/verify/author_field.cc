// See author_field.h.
#include "policy/verify/author_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "lib/base/text.h"
#include "lib/message/address_list.h"
#include "lib/message/header.h"
#include "lib/message/shown_text.h"
#include "lib/message/utf8.h"

namespace policy {
namespace {

using State = AuthorFinding::State;

constexpr std::size_t shown_bytes_max = 200;

std::string shown(std::string_view text) { return base::printable(text, shown_bytes_max); }

AuthorFinding fault(State state, std::string problem) {
  AuthorFinding finding;
  finding.state = state;
  finding.problem = std::move(problem);
  return finding;
}

// A line that is no field to us, but would be a From to a reader who passes over what he does not
// know: "Fr\x01om:", "From\x80:", "\xEF\xBB\xBFFrom:".
bool looks_like_from(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  std::string name;
  for (const char c : line.substr(0, colon)) {
    if (c > ' ' && c <= '~') name += base::to_lower(c);
  }
  return name == "from";
}

// What is wrong with the header as a whole, so that readers do not agree on its fields.
std::string header_problem(std::string_view header, const std::vector<message::FieldView>& fields) {
  if (header.contains('\0')) return "the header has a NUL in it";
  if (!header.empty() && base::is_space(header.front())) {
    return "the header begins with a line that continues nothing";
  }
  for (const message::FieldView& field : fields) {
    if (field.name.empty() && looks_like_from(field.whole)) {
      return fmt::format("a header line is almost a From: \"{}\"", shown(field.whole));
    }
  }
  return {};
}

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

// Marks that turn the direction of writing (Unicode TR36 §2.10.1): U+202A to 202E, 2066 to 2069.
bool has_direction_mark(std::string_view text) {
  for (std::size_t at = text.find("\xE2\x80"); at != std::string_view::npos;
       at = text.find("\xE2\x80", at + 1)) {
    const auto last = at + 2 < text.size() ? static_cast<unsigned char>(text[at + 2]) : 0;
    if (last >= 0xaa && last <= 0xae) return true;
  }
  for (std::size_t at = text.find("\xE2\x81"); at != std::string_view::npos;
       at = text.find("\xE2\x81", at + 1)) {
    const auto last = at + 2 < text.size() ? static_cast<unsigned char>(text[at + 2]) : 0;
    if (last >= 0xa6 && last <= 0xa9) return true;
  }
  return false;
}

// What in this address could be read as another one.
std::string address_problem(const message::Address& address) {
  // "ceo@bank.example"@evil.example: many readers stop at the first @.
  if (address.local.find_first_of("@<>,") != std::string::npos) {
    return fmt::format("the local part of {} has quoted signs of an address in it",
                       shown(address.text()));
  }
  // RFC 2047 §5: "An 'encoded-word' MUST NOT appear in any portion of an 'addr-spec'." Some
  // readers decode it all the same, and then a NUL in it hides what follows.
  if (message::has_encoded_word(address.text())) {
    return fmt::format("the address {} has an encoded word in it", shown(address.text()));
  }
  if (has_direction_mark(address.text())) {
    return "the address has marks in it that turn the direction of writing";
  }
  if (!address.domain.starts_with('[') && !message::is_ascii(message::domain_key(address.domain))) {
    return fmt::format("the domain {} is no name that IDNA allows", shown(address.domain));
  }
  return {};
}

bool is_address_sign(char c) {
  return base::is_alpha(c) || base::is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view(".-_+=").contains(c);
}

// What people read as "a@b": a wide @ (U+FF20), spaces around it.
std::string with_plain_at(std::string_view text) {
  constexpr std::string_view wide_at = "\xef\xbc\xa0";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool wide = text.substr(i).starts_with(wide_at);
    if (wide || text[i] == '@') {
      while (out.ends_with(' ')) out.pop_back();
      out += '@';
      if (wide) i += wide_at.size() - 1;
    } else if (text[i] != ' ' || !out.ends_with('@')) {
      out += text[i];
    }
  }
  return out;
}

// The first thing in a text that people would take for an address.
std::string address_in(std::string_view shown) {
  const std::string plain = with_plain_at(shown);
  const std::string_view text = plain;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && is_address_sign(text[begin - 1])) --begin;
    std::size_t end = at + 1;
    while (end < text.size() && is_address_sign(text[end])) ++end;
    std::string_view found = text.substr(begin, end - begin);
    while (found.ends_with('.')) found.remove_suffix(1);
    const std::string_view domain = found.substr(std::min(found.size(), at + 1 - begin));
    if (begin < at && domain.contains('.')) return std::string(found);
  }
  return {};
}

std::string without_controls(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_control(static_cast<unsigned char>(c))) out += c;
  }
  return out;
}

// Reads the display name, or the comment that old programs wrote instead of one.
void describe_name(const message::Mailboxes& list, AuthorFinding& finding) {
  const std::string& name = list.names.front();
  const std::string decoded = message::shown_text(name);
  if (std::ranges::any_of(decoded,
                          [](char c) { return is_control(static_cast<unsigned char>(c)); })) {
    finding.state = State::broken;
    finding.problem = "the display name hides control characters in an encoded word";
  }
  finding.display_name = std::string(base::trim(without_controls(decoded)));
  if (finding.display_name.empty() && !list.comments.empty()) {
    finding.display_name =
        std::string(base::trim(without_controls(message::shown_text(list.comments.front()))));
  }
  std::string all = decoded;
  for (const std::string& comment : list.comments) all += " " + message::shown_text(comment);
  const std::string found = address_in(without_controls(all));
  if (!base::iequals(found, finding.address)) finding.hidden_address = found;
}

AuthorFinding read_list(const message::Mailboxes& list) {
  if (list.group) return fault(State::group, "the From field names a group, not an author");
  if (list.addresses.size() > authors_max) {
    return fault(State::several_authors,
                 fmt::format("the From field names more than {} authors", authors_max));
  }
  AuthorFinding finding;
  finding.state = list.addresses.size() > 1 ? State::several_authors : State::single;
  finding.address = list.addresses.front().text();
  finding.domain = message::domain_key(list.addresses.front().domain);
  for (const message::Address& address : list.addresses) {
    finding.problem = address_problem(address);
    if (!finding.problem.empty()) {
      finding.state = State::broken;
      break;
    }
    // RFC 9989 §5.3.1: DMARC knows authors of one domain only.
    if (message::domain_key(address.domain) != finding.domain) {
      finding.problem = "the From field names authors of different domains";
      break;
    }
  }
  if (list.route && finding.problem.empty()) {
    finding.state = State::broken;
    finding.problem = "the From field has a route in front of the address";
  }
  describe_name(list, finding);
  if (finding.is_fault()) finding.domain.clear();
  return finding;
}

bool names_nobody(std::string_view value) {
  std::string rest;
  for (const char c : value) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') rest += c;
  }
  return rest.empty() || rest == "<>";
}

}  // namespace

AuthorFinding read_author(std::string_view header) {
  const auto fields = message::read_header(
      header, {.header_bytes_max = header.size(), .fields_max = header.size() + 1});
  if (auto problem = header_problem(header, fields); !problem.empty()) {
    return fault(State::broken, std::move(problem));
  }
  const std::size_t count = message::count_fields(fields, "From");
  if (count == 0) return fault(State::missing, "there is no From field");
  if (count > 1) {
    return fault(State::several_fields, fmt::format("there are {} From fields", count));
  }
  const std::string_view value = message::find_field(fields, "From")->value;
  if (names_nobody(value)) return fault(State::missing, "the From field names nobody");
  const auto list = message::parse_address_list(value);
  if (!list) {
    return fault(State::broken,
                 fmt::format("the From field is malformed: {}", shown(list.error().detail)));
  }
  if (list->addresses.empty()) {
    return list->group ? fault(State::group, "the From field names an empty group")
                       : fault(State::missing, "the From field names nobody");
  }
  return read_list(*list);
}

std::string_view to_string(AuthorFinding::State state) {
  switch (state) {
    case State::single: return "single";
    case State::missing: return "missing";
    case State::several_fields: return "several_fields";
    case State::several_authors: return "several_authors";
    case State::group: return "group";
    case State::broken: return "broken";
  }
  return "broken";
}

}  // namespace policy
