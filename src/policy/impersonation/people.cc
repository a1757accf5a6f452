// See people.h.
#include "policy/impersonation/people.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/message/look_alike.h"

namespace policy {
namespace {

constexpr std::size_t words_max = 4;

// A mailbox that is there under this very name: neither an alias nor found without its detail.
bool is_mailbox(const directory::Snapshot& known, const std::string& local,
                const std::string& domain) {
  const directory::Mailbox* mailbox = known.mailbox({.local = local, .domain = domain});
  return mailbox != nullptr && mailbox->address.starts_with(local + "@");
}

// "jane.doe", "jane_doe", "jane-doe", "janedoe"; umlauts as people spell them in addresses.
std::vector<std::string> local_parts(std::string_view name) {
  std::vector<std::string> out;
  const auto add = [&out](const std::vector<std::string>& words) {
    if (words.size() < 2 || words.size() > words_max) return;
    for (const std::string_view joint : {".", "_", "-", ""}) {
      out.push_back(fmt::format("{}", fmt::join(words, joint)));
    }
  };
  std::string spelled;
  for (const char32_t c : message::code_points(name)) {
    switch (c) {
      case U'\u00E4':
      case U'\u00C4': spelled += "ae"; break;
      case U'\u00F6':
      case U'\u00D6': spelled += "oe"; break;
      case U'\u00FC':
      case U'\u00DC': spelled += "ue"; break;
      default: spelled += c < 0x80 ? static_cast<char>(c) : '?'; break;
    }
  }
  std::vector<std::string> words = message::name_tokens(name);
  add(words);
  // "Doe, Jane"
  if (name.contains(',') && words.size() > 1) {
    std::ranges::rotate(words, words.begin() + 1);
    add(words);
  }
  if (!spelled.contains('?')) add(message::name_tokens(spelled));
  return out;
}

// "Jane Doe <jane@private.example>" says which address outside is hers.
bool is_named_in(const ImpersonationSettings& settings, const std::string& key,
                 std::string_view address) {
  bool found = false;
  for (const std::string& entry : settings.people) {
    const std::string_view text = entry;
    const std::size_t at = text.find('<');
    if (message::name_key(text.substr(0, at)) != key) continue;
    if (at != std::string_view::npos) {
      const std::string_view own = text.substr(at + 1, text.find('>') - at - 1);
      if (base::iequals(base::trim(own), address)) return false;
    }
    found = true;
  }
  return found;
}

}  // namespace

std::string person_named(const NameClaim& claim, const directory::Snapshot& known,
                         const ImpersonationSettings& settings) {
  const std::string key = message::name_key(claim.name);
  if (key.empty()) return {};
  if (is_named_in(settings, key, claim.address)) return "somebody of us";
  const auto own_address = [&](const std::string& entry) {
    return entry.contains('<') && base::icontains(entry, fmt::format("<{}>", claim.address));
  };
  if (std::ranges::any_of(settings.people, own_address)) return {};
  const std::vector<std::string> locals = local_parts(claim.name);
  std::size_t looked = 0;
  for (const std::string& domain : claim.domains) {
    if (++looked > domains_looked_at_max) break;
    if (known.has_person(key, domain)) return fmt::format("somebody at {}", domain);
    for (const std::string& local : locals) {
      if (is_mailbox(known, local, domain)) return fmt::format("{}@{}", local, domain);
    }
  }
  return {};
}

}  // namespace policy
