// See person.h.
#include "trace/person.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace trace {
namespace {

constexpr std::string_view put_in_place = "erased";
constexpr std::size_t local_bytes_max = 254;  // of a path (RFC 5321 §4.5.3.1.3)
// Fields that make the person the sender or the one who is logged in: then these are his, too.
constexpr std::array<std::string_view, 4> acting_fields = {"login", "account", "from", "sender"};
constexpr std::array<std::string_view, 2> place_fields = {"peer", "helo"};

bool is_part(char c) {
  return base::is_alpha(c) || base::is_digit(c) || c == '.' || c == '-' || c == '_' || c == '+' ||
         static_cast<unsigned char>(c) >= 0x80;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

Person::Person(std::string_view address, std::string_view pseudonym) : address_(address) {
  const std::size_t at = address.rfind('@');
  locals_.push_back(base::lower(address.substr(0, at)));
  if (!pseudonym.empty() && pseudonym != address) {
    locals_.push_back(base::lower(pseudonym.substr(0, pseudonym.rfind('@'))));
  }
  if (at != std::string_view::npos) domain_ = base::lower(address.substr(at + 1));
}

std::size_t Person::begin_of(std::string_view text, std::size_t at) const {
  for (const std::string& local : locals_) {
    const std::size_t begin = begin_of(text, at, local);
    if (begin != std::string_view::npos) return begin;
  }
  return std::string_view::npos;
}

// Where the local part begins that ends at the @: it is ours, or ours with +detail; npos: neither.
std::size_t Person::begin_of(std::string_view text, std::size_t at, std::string_view local) {
  const std::size_t low = at > local_bytes_max ? at - local_bytes_max : 0;
  if (local.empty() || at < local.size()) return std::string_view::npos;
  for (std::size_t begin = at - local.size() + 1; begin-- > low;) {
    const std::size_t end = begin + local.size();
    const std::string_view detail = text.substr(end, at - end);
    if (!std::ranges::all_of(detail, is_part)) break;
    const bool whole = begin == 0 || !is_part(text[begin - 1]);
    const bool ends = detail.empty() || detail.front() == '+';
    if (whole && ends && base::istarts_with(text.substr(begin), local)) return begin;
  }
  return std::string_view::npos;
}

// Where the domain behind the @ ends, with the /name of a log-in; npos: another domain.
std::size_t Person::end_of(std::string_view text, std::size_t at) const {
  if (domain_.empty() || !base::istarts_with(text.substr(at + 1), domain_)) {
    return std::string_view::npos;
  }
  std::size_t end = at + 1 + domain_.size();
  const auto is_name = [&text](std::size_t i) {
    return i < text.size() &&
           (base::is_alpha(text[i]) || base::is_digit(text[i]) || text[i] == '-' || text[i] == '_');
  };
  if (is_name(end) || (end < text.size() && text[end] == '.' && is_name(end + 1))) {
    return std::string_view::npos;
  }
  if (end < text.size() && text[end] == '/' && is_name(end + 1)) {
    for (++end; is_name(end) || (end < text.size() && text[end] == '.');) ++end;
  }
  return end;
}

Person::Place Person::find(std::string_view text, std::size_t from) const {
  for (std::size_t at = text.find('@', from); at != std::string_view::npos;
       at = text.find('@', at + 1)) {
    const std::size_t end = end_of(text, at);
    if (end == std::string_view::npos) continue;
    const std::size_t begin = begin_of(text, at);
    if (begin != std::string_view::npos && begin >= from) return {.begin = begin, .end = end};
  }
  return {};
}

std::string Person::erased(std::string_view text) const {
  std::string out;
  std::size_t copied = 0;
  for (Place place = find(text, 0); place.begin != std::string_view::npos;
       place = find(text, copied)) {
    out += text.substr(copied, place.begin - copied);
    out += put_in_place;
    copied = place.end;
  }
  out += text.substr(copied);
  return out;
}

bool Person::named_in(const StoredEvent& event) const {
  return std::ranges::any_of(event.fields, [this](const auto& field) {
    return find(field.second, 0).begin != std::string_view::npos;
  });
}

bool Person::erase_from(StoredEvent& event) const {
  bool named = false;
  bool acting = false;
  for (auto& [key, value] : event.fields) {
    if (find(value, 0).begin == std::string_view::npos) continue;
    value = erased(value);
    named = true;
    acting = acting || is_one_of(acting_fields, key);
  }
  if (!acting) return named;
  for (auto& [key, value] : event.fields) {
    if (is_one_of(place_fields, key)) value = put_in_place;
  }
  return named;
}

}  // namespace trace
