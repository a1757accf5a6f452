// See redact.h.
#include "trace/redact.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>

#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace trace {
namespace {

constexpr std::string_view nothing = "***";
constexpr char mark = '~';               // a pseudonym's first octet; rare in real local parts
constexpr std::size_t hash_bytes = 7;    // 56 bits: of a million addresses no two alike
constexpr std::size_t detail_bytes = 3;  // of one mailbox only
constexpr std::size_t word_bytes_min = 3;

// Whose values are texts of ours, of a peer or of a filter: anything may stand in them.
constexpr std::array<std::string_view, 22> text_keys = {
    "reply",   "reason",  "text",          "error",  "why",     "detail",      "words",    "hold",
    "verdict", "filters", "impersonation", "author", "command", "overrides",   "greylist", "spf",
    "dmarc",   "dkim",    "arc",           "notice", "dsn",     "forwarded_as"};
// Whose values are the addresses of an event, or have them among others.
constexpr std::array<std::string_view, 7> address_keys = {
    "from", "to", "login", "account", "recipient", "sender", "command"};
// Words of every second reply: to take them out would hide nobody, and spoil the text.
constexpr std::array<std::string_view, 10> common_words = {
    "postmaster", "abuse", "mail", "user", "info", "admin", "root", "noreply", "test", "mailbox"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// What an octet may be; a table, because every octet of every event is looked at.
enum Octet : std::uint8_t { in_local = 1, in_domain = 2, in_word = 4, at_sign = 8 };

constexpr std::array<std::uint8_t, 256> octets = [] {
  std::array<std::uint8_t, 256> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char c = static_cast<char>(i);
    // RFC 5322 §3.2.3 atext, RFC 6532, and the dot.
    const bool letter = base::is_alpha(c) || base::is_digit(c) || i >= 0x80;
    if (letter) out[i] = in_local | in_domain | in_word;
  }
  for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~.")) {
    out[static_cast<unsigned char>(c)] |= in_local;
  }
  for (const char c : std::string_view(".-_")) out[static_cast<unsigned char>(c)] |= in_domain;
  for (const char c : std::string_view("@%=")) out[static_cast<unsigned char>(c)] |= at_sign;
  return out;
}();

bool is(char c, Octet kind) { return (octets[static_cast<unsigned char>(c)] & kind) != 0; }
bool is_letter(char c) { return is(c, in_word); }
bool is_local(char c) { return is(c, in_local); }
bool is_domain(char c) { return is(c, in_domain); }

// Where an at sign is, and how long: links carry "%40", VERP and quoted-printable "=40".
struct At {
  std::size_t at = std::string_view::npos;
  std::size_t size = 1;
};

At next_at(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (!is(text[i], at_sign)) continue;
    if (text[i] == '@') return {.at = i, .size = 1};
    if (text.substr(i + 1, 2) == "40") return {.at = i, .size = 3};
  }
  return {};
}

// Where the local part begins that ends at `at`; `low`: not before.
std::size_t begin_of(std::string_view text, std::size_t at, std::size_t low) {
  if (at > low && text[at - 1] == '"') {  // "quoted string"@example.org
    std::size_t begin = at - 1;
    while (begin > low) {
      --begin;
      if (text[begin] == '"') break;
    }
    return begin;
  }
  std::size_t begin = at;
  while (begin > low && is_local(text[begin - 1])) --begin;
  // A quotation mark or what names a value is not a part of it: 'you@x', to=you@x.
  while (begin < at && (text[begin] == '\'' || text[begin] == '`')) ++begin;
  return begin;
}

std::size_t end_of(std::string_view text, std::size_t begin) {
  if (begin < text.size() && text[begin] == '[') {  // RFC 5321 §4.1.3
    const std::size_t close = text.find(']', begin);
    return close == std::string_view::npos ? text.size() : close + 1;
  }
  std::size_t end = begin;
  while (end < text.size() && is_domain(text[end])) ++end;
  while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  return end;
}

// What value_bytes_max or somebody before us has cut must not end within an address.
std::string_view without_torn_end(std::string_view text) {
  if (text.size() > value_bytes_max) {
    text = text.substr(0, value_bytes_max);
    const std::size_t last = text.find_last_of(" ,;");
    text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  }
  const std::size_t open = text.rfind('<');
  if (open != std::string_view::npos && text.find('>', open) == std::string_view::npos) {
    text = text.substr(0, open);
  }
  return text;
}

// Where what follows "Subject:" begins; npos: it is not there. Most texts have no colon.
std::size_t find_subject(std::string_view text) {
  constexpr std::string_view name = "subject";
  for (std::size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1)) {
    if (at >= name.size() && base::iequals(text.substr(at - name.size(), name.size()), name)) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// The word as a whole, in upper or lower case.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  const char first = base::to_lower(word.front());
  for (std::size_t at = from; at + word.size() <= text.size(); ++at) {
    if (base::to_lower(text[at]) != first || (at > 0 && is_letter(text[at - 1]))) continue;
    if (at > 0 && text[at - 1] == mark) continue;  // it is a pseudonym
    const std::size_t end = at + word.size();
    if (end < text.size() && is_letter(text[end])) continue;
    if (base::istarts_with(text.substr(at), word)) return at;
  }
  return std::string_view::npos;
}

// "550 5.1.1" of "550 5.1.1 no bob here": who it is about is not in the event.
std::string_view codes_of(std::string_view reply) {
  std::size_t end = 0;
  while (end < reply.size() && (base::is_digit(reply[end]) || reply[end] == '.' ||
                                reply[end] == ' ' || reply[end] == '-')) {
    ++end;
  }
  return base::trim(reply.substr(0, end));
}

// Each message names the same few addresses ten times; a hash costs a microsecond or two.
struct Memory {
  struct Entry {
    std::uint64_t owner = 0;
    std::string text;
    std::string hash;
  };
  std::array<Entry, 256> entries;
};

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

}  // namespace

Redactor::Redactor(Privacy how, std::string key)
    : how_(how), key_(std::move(key)), number_(next_number()) {}

std::string Redactor::hash(std::string_view text) const {
  thread_local Memory memory;
  Memory::Entry& entry =
      memory.entries.at(std::hash<std::string_view>{}(text) % memory.entries.size());
  if (entry.owner != number_ || entry.text != text) {
    entry.owner = number_;
    entry.text = text;
    entry.hash = base::hex(io::hmac_sha256(key_, text).substr(0, hash_bytes));
  }
  return entry.hash;  // 14 octets: no memory of its own
}

void Redactor::append_pseudonym(std::string_view local, std::string_view domain,
                                std::string& out) const {
  if (local.empty()) return;
  if (how_.local_parts == LocalParts::redact) {
    out += nothing;
    return;
  }
  constexpr std::size_t pseudonym_bytes = 1 + 2 * hash_bytes;
  // What has one already: somebody asks by what a log line showed.
  if (local.front() == mark && local.size() >= pseudonym_bytes &&
      std::ranges::all_of(local.substr(1), [](char c) { return is_letter(c) || c == '+'; })) {
    out += local;
    return;
  }
  thread_local std::string asked;
  const auto lower = [](std::string_view text) {
    for (const char c : text) asked += base::to_lower(c);
  };
  const std::size_t plus = local.front() == '"' ? std::string_view::npos : local.find('+', 1);
  asked.clear();
  lower(local.substr(0, plus));
  asked += '@';
  lower(domain);
  out += mark;
  out += hash(asked);
  if (plus == std::string_view::npos) return;
  asked.clear();
  lower(local);
  asked += '@';
  lower(domain);
  out += '+';
  out += hash(asked).substr(0, 2 * detail_bytes);
}

std::string Redactor::address(std::string_view address) const {
  const std::size_t at = address.rfind('@');
  if (!hides_addresses() || at == std::string_view::npos) return std::string(address);
  std::string out;
  append_pseudonym(address.substr(0, at), address.substr(at + 1), out);
  out += address.substr(at);
  return out;
}

bool Redactor::touches(const base::Event& event) const {
  if (hides_addresses()) return !event.fields.empty();
  if (how_.subjects == Subjects::keep) return false;
  return std::ranges::any_of(event.fields, [](const auto& field) {
    return find_subject(field.second) != std::string_view::npos &&
           is_one_of(text_keys, field.first);
  });
}

void Redactor::add_local(std::string_view local, std::string_view domain, Scratch& scratch) const {
  if (local.size() < word_bytes_min || scratch.local_count >= locals_max) return;
  const std::string_view name = local.substr(0, local.find('+', 1));
  if (std::ranges::any_of(common_words,
                          [name](std::string_view word) { return base::iequals(word, name); })) {
    return;
  }
  if (scratch.locals.size() == scratch.local_count) scratch.locals.emplace_back();
  Scratch::Local& one = scratch.locals[scratch.local_count++];
  one.text = name.size() < word_bytes_min ? local : name;
  one.pseudonym.clear();
  append_pseudonym(one.text, domain, one.pseudonym);
}

// The addresses that the event is about.
void Redactor::collect(const base::Event& event, Scratch& scratch) const {
  scratch.local_count = 0;
  for (const auto& [key, value] : event.fields) {
    if (!is_one_of(address_keys, key)) continue;
    const std::string_view text = value;
    bool any = false;
    std::size_t low = 0;
    for (At at = next_at(text, 0);
         at.at != std::string_view::npos && scratch.local_count < locals_max;
         at = next_at(text, low)) {
      const std::size_t begin = begin_of(text, at.at, low);
      const std::size_t end = end_of(text, at.at + at.size);
      add_local(text.substr(begin, at.at - begin),
                text.substr(at.at + at.size, end - at.at - at.size), scratch);
      low = std::max(end, at.at + at.size);
      any = true;
    }
    if (!any && key == "login") add_local(text, {}, scratch);
  }
}

void Redactor::append_without_addresses(std::string_view text, std::string& out) const {
  std::size_t copied = 0;
  for (At at = next_at(text, 0); at.at != std::string_view::npos;
       at = next_at(text, std::max(copied, at.at + at.size))) {
    const std::size_t begin = begin_of(text, at.at, copied);
    const std::size_t end = end_of(text, at.at + at.size);
    out += text.substr(copied, begin - copied);
    append_pseudonym(text.substr(begin, at.at - begin),
                     text.substr(at.at + at.size, end - at.at - at.size), out);
    out += text.substr(at.at, end - at.at);
    copied = end;
  }
  out += text.substr(copied);
}

// One value, to the end of scratch.text.
void Redactor::field(std::string_view event, std::string_view key, std::string_view value,
                     Scratch& scratch) const {
  const bool is_text = is_one_of(text_keys, key);
  std::string& out = scratch.text;
  if (how_.subjects == Subjects::redact) {
    const std::size_t subject = is_text ? find_subject(value) : std::string_view::npos;
    if (key == "subject") value = nothing;
    if (subject != std::string_view::npos) value = value.substr(0, subject);
  }
  if (!hides_addresses()) {
    out += value;
    return;
  }
  value = without_torn_end(value);
  if (event == "delivery.attempt" && key == "reply") value = codes_of(value);
  const std::size_t begin = out.size();
  constexpr std::string_view mailbox = "mail/";  // delivery.attempt: "mail/you@example.org"
  if (key == "remote" && value.starts_with(mailbox)) {
    out += mailbox;
    value.remove_prefix(mailbox.size());
  }
  const bool any = next_at(value, 0).at != std::string_view::npos;
  if (key == "login" && !any) {
    append_pseudonym(value, {}, out);
  } else if (key == "command" && !any) {
    out += value.substr(0, value.find(' '));  // "RCPT TO:<you>" names somebody, too
  } else if (any) {
    append_without_addresses(value, out);
  } else {
    out += value;
  }
  if (!is_text) return;
  for (std::size_t i = 0; i < scratch.local_count; ++i) {
    const Scratch::Local& local = scratch.locals[i];
    std::size_t at = find_word(out, local.text, begin);
    for (; at != std::string_view::npos; at = find_word(out, local.text, at)) {
      out.replace(at, local.text.size(), local.pseudonym);
      at += local.pseudonym.size();
    }
  }
}

const EventView& Redactor::apply(const base::Event& event, Scratch& scratch) const {
  EventView& view = scratch.view;
  view.severity = event.severity;
  view.name = event.name;
  view.time = event.time;
  view.session = event.session;
  view.message = event.message;
  view.fields.clear();
  scratch.text.clear();
  scratch.places.clear();
  scratch.local_count = 0;
  if (hides_addresses()) collect(event, scratch);
  for (const auto& [key, value] : event.fields) {
    const std::size_t begin = scratch.text.size();
    field(event.name, key, value, scratch);
    scratch.places.push_back({.begin = begin, .size = scratch.text.size() - begin});
  }
  const std::string_view text = scratch.text;
  for (std::size_t i = 0; i < event.fields.size(); ++i) {
    const auto& [begin, size] = scratch.places[i];
    view.fields.emplace_back(event.fields[i].first, text.substr(begin, size));
  }
  return view;
}

}  // namespace trace
