// See look_alikes.h.
#include "policy/impersonation/look_alikes.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <tuple>

#include "lib/message/look_alike.h"

namespace policy {
namespace {

constexpr std::size_t characters_min = 3;     // "a1.test" resembles too much
constexpr std::size_t walked_max = 64;        // entries of one key that are compared
constexpr std::size_t labels_joined_max = 3;  // "example.co.uk" as labels of another domain

std::string without_hyphens(std::string_view text) {
  std::string out(text);
  std::erase(out, '-');
  return out;
}

// Names that look alike have it in common.
std::string shape(std::string_view name) {
  return without_hyphens(message::swap_twins(message::skeleton(name)));
}

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }

// Keys of both kinds share one index; what they mean is looked at again for each answer.
std::size_t key_of_shape(std::string_view shape) { return std::hash<std::string_view>{}(shape); }
std::size_t key_of_rest(std::u32string_view rest) {
  return std::hash<std::u32string_view>{}(rest) ^ 0x9E3779B97F4A7C15U;
}

// Calls with the key of the letters, and of what is left without each of them.
template <class Call>
void each_rest(std::u32string_view letters, Call call) {
  call(key_of_rest(letters));
  std::u32string rest;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i > 0 && letters[i] == letters[i - 1]) continue;  // leaves the same
    rest.assign(letters.substr(0, i));
    rest += letters.substr(i + 1);
    call(key_of_rest(rest));
  }
}

void add_once(std::vector<LookAlike>& out, const std::string& domain, Likeness how) {
  if (out.size() >= LookAlikes::matches_max) return;
  if (std::ranges::find(out, domain, &LookAlike::domain) != out.end()) return;
  out.push_back({.domain = domain, .how = how});
}

std::optional<Likeness> likeness(const DomainParts& parts, const DomainParts& imitated) {
  if (parts.name == imitated.name) {
    const std::size_t letters = message::code_points(parts.name).size();
    if (letters < LookAlikes::suffix_letters_min) return std::nullopt;
    return Likeness::suffix;
  }
  if (without_hyphens(parts.name) == without_hyphens(imitated.name)) return Likeness::hyphen;
  return Likeness::characters;
}

}  // namespace

bool one_edit_apart(std::u32string_view a, std::u32string_view b) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1 || a == b) return false;
  const std::size_t front = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  const std::u32string_view rest_a = a.substr(front);
  const std::u32string_view rest_b = b.substr(front);
  if (a.size() < b.size()) return rest_a == rest_b.substr(1) && !is_digit(rest_b.front());
  if (rest_a.substr(1) == rest_b.substr(1)) {
    return !is_digit(rest_a.front()) || !is_digit(rest_b.front());
  }
  return rest_a.size() > 1 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
         rest_a.substr(2) == rest_b.substr(2);
}

template <class Call>
void LookAlikes::each_key(const Entry& entry, Call call) {
  call(key_of_shape(shape(entry.parts.name)));
  if (entry.letters.size() + 1 >= letters_min) each_rest(entry.letters, call);
}

void LookAlikes::add(std::string_view domain) {
  DomainParts parts = domain_parts(domain);
  if (parts.base.empty()) return;
  const auto found = entries_.find(parts.base);
  if (found == entries_.end() && entries_.size() >= domains_max) return;
  Entry& entry = found == entries_.end() ? entries_[parts.base] : found->second;
  if (++entry.count > 1) return;
  entry.letters = message::code_points(parts.name);
  entry.parts = std::move(parts);
  each_key(entry, [this, &entry](std::size_t key) { index_.emplace(key, &entry); });
}

void LookAlikes::remove(std::string_view domain) {
  const auto found = entries_.find(domain_parts(domain).base);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (--entry.count > 0) return;
  each_key(entry, [this, &entry](std::size_t key) {
    const auto [from, to] = index_.equal_range(key);
    for (auto at = from; at != to; ++at) {
      if (at->second != &entry) continue;
      index_.erase(at);
      return;
    }
  });
  entries_.erase(found);
}

bool LookAlikes::contains(std::string_view domain) const {
  return entries_.contains(domain_parts(domain).base);
}

std::vector<LookAlike> LookAlikes::find(std::string_view domain) const {
  std::vector<LookAlike> out;
  const DomainParts parts = domain_parts(domain);
  if (parts.base.empty() || entries_.empty()) return out;
  find_subdomain(parts, out);
  find_name(parts, out);
  find_letter(parts, out);
  std::ranges::sort(out, {}, [](const LookAlike& one) { return std::tie(one.how, one.domain); });
  return out;
}

// "example.com.evil.net", "example-com.evil.net"
void LookAlikes::find_subdomain(const DomainParts& parts, std::vector<LookAlike>& out) const {
  for (std::size_t from = 0; from < parts.before.size(); ++from) {
    std::string joined;
    for (std::size_t i = from; i < std::min(from + labels_joined_max, parts.before.size()); ++i) {
      joined += joined.empty() ? "" : ".";
      joined += parts.before[i];
      const auto found = entries_.find(joined);
      if (found != entries_.end()) add_once(out, found->first, Likeness::subdomain);
    }
    std::string dotted = parts.before[from];
    std::ranges::replace(dotted, '-', '.');
    const auto found = entries_.find(dotted);
    if (found != entries_.end()) add_once(out, found->first, Likeness::subdomain);
  }
}

void LookAlikes::find_name(const DomainParts& parts, std::vector<LookAlike>& out) const {
  const std::string wanted = shape(parts.name);
  if (message::code_points(wanted).size() < characters_min) return;
  auto [at, to] = index_.equal_range(key_of_shape(wanted));
  for (std::size_t walked = 0; at != to && walked < walked_max; ++at, ++walked) {
    const Entry& entry = *at->second;
    if (entry.parts.base == parts.base || shape(entry.parts.name) != wanted) continue;
    if (const auto how = likeness(parts, entry.parts)) add_once(out, entry.parts.base, *how);
  }
}

void LookAlikes::find_letter(const DomainParts& parts, std::vector<LookAlike>& out) const {
  const std::u32string letters = message::code_points(parts.name);
  if (letters.size() + 1 < letters_min) return;
  each_rest(letters, [&](std::size_t key) {
    auto [at, to] = index_.equal_range(key);
    for (std::size_t walked = 0; at != to && walked < walked_max; ++at, ++walked) {
      const Entry& entry = *at->second;
      if (entry.parts.suffix != parts.suffix || entry.letters.size() < letters_min) continue;
      if (!one_edit_apart(letters, entry.letters)) continue;
      add_once(out, entry.parts.base, Likeness::letter);
    }
  });
}

}  // namespace policy
