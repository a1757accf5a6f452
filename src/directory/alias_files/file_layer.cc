// See file_layer.h.
#include "directory/alias_files/file_layer.h"

#include <fmt/format.h>

#include <utility>

#include "directory/names.h"
#include "lib/base/text.h"

namespace directory {
namespace {

constexpr std::size_t shown_bytes_max = 200;

}  // namespace

std::string refusal_text(const AliasesText& text, const TextRefusal& one) {
  return fmt::format("{}: {}{}\"{}\": {}", text.text_of(one.place),
                     base::printable(one.name, shown_bytes_max), one.name.empty() ? "" : ": ",
                     base::printable(one.value, shown_bytes_max), one.why);
}

FileLayer::FileLayer(Contents contents)
    : contents_(std::move(contents)),
      ours_(contents_.domains.begin(), contents_.domains.end()),
      mailboxes_(contents_.mailboxes.begin(), contents_.mailboxes.end()) {
  for (const AliasRow& row : contents_.aliases) taken_.insert(row.address);
}

void FileLayer::trouble(std::string words) {
  if (troubles_.size() < troubles_max) {
    troubles_.push_back(std::move(words));
  } else {
    ++untold_;
  }
}

std::vector<std::string> FileLayer::take_troubles() {
  if (untold_ > 0) troubles_.push_back(fmt::format("and {} more", untold_));
  return std::move(troubles_);
}

std::vector<std::string> FileLayer::domains_of(const AliasFileSetting& setting) {
  if (setting.domains.empty()) return contents_.domains;
  std::vector<std::string> out;
  for (const std::string& name : setting.domains) {
    const std::string key = message::domain_key(name);
    if (ours_.contains(key)) {
      out.push_back(key);
    } else {
      trouble(fmt::format("{}: its domain {} is not ours; `stagepost domain add {}` makes it so",
                          setting.path, name, key));
    }
  }
  return out;
}

void FileLayer::incomplete() {
  for (const std::string& domain : domains_) contents_.incomplete_domains.push_back(domain);
}

void FileLayer::add(const AliasFileSetting& setting, const AliasesText* text) {
  domains_ = domains_of(setting);
  broken_.clear();
  own_.clear();
  if (text == nullptr) return incomplete();
  if (domains_.empty()) return;
  for (const TextRefusal& one : text->refused) {
    trouble(refusal_text(*text, one));
    if (one.name.empty()) {
      incomplete();
    } else {
      broken_.try_emplace(base::lower(one.name), refusal_text(*text, one));
    }
  }
  for (const TextAlias& alias : text->aliases) add_alias(*text, alias);
  // Those of which nothing good was left.
  for (const auto& [name, why] : broken_) {
    if (own_.contains(name)) continue;
    for (std::string& key : keys_of(*text, name, {})) {
      add_row({.address = std::move(key), .targets = {}, .problem = why, .place = setting.path});
    }
  }
}

// The addresses that a name stands for; the first is what the others lead to.
std::vector<std::string> FileLayer::keys_of(const AliasesText& text, const std::string& name,
                                            const TextPlace& place) {
  std::vector<std::string> names;
  if (name.contains('@')) {
    names.push_back(name);
  } else {
    for (const std::string& domain : domains_) {
      names.push_back(message::Address{.local = name, .domain = domain}.text());
    }
  }
  std::vector<std::string> keys;
  for (const std::string& one : names) {
    auto key = alias_name(one);
    if (!key) {
      trouble(fmt::format("{}: {}", text.text_of(place), key.error().detail));
    } else if (!ours_.contains(std::string(domain_of(*key)))) {
      trouble(fmt::format("{}: {} is not a domain of ours", text.text_of(place), domain_of(*key)));
    } else {
      keys.push_back(std::move(*key));
    }
  }
  return keys;
}

AliasRow FileLayer::row_of(const AliasesText& text, const TextAlias& alias,
                           const std::string& key) {
  AliasRow row{.address = key, .targets = {}, .place = text.text_of(alias.place)};
  std::unordered_set<std::string> seen;
  for (const TextTarget& target : alias.targets) {
    const bool is_domain = target.text.starts_with('@') && key.starts_with('@');
    std::string whole = target.text;
    if (!whole.contains('@'))
      whole = message::Address{.local = whole, .domain = domains_[0]}.text();
    auto name = is_domain ? alias_name(whole) : address_name(whole);
    if (!name) {
      row.problem = fmt::format("{}: {}", text.text_of(target.place), name.error().detail);
      trouble(row.problem);
    } else if (seen.insert(*name).second) {
      row.targets.push_back(std::move(*name));
    }
  }
  if (row.targets.size() == 1 && row.targets.front() == key) {
    row.problem = fmt::format(
        "{}: {} leads only to itself; `stagepost user add {}` makes it a "
        "mailbox",
        text.text_of(alias.place), key, key);
    if (!mailboxes_.contains(key)) trouble(row.problem);
  }
  return row;
}

void FileLayer::add_alias(const AliasesText& text, const TextAlias& alias) {
  const std::string name = base::lower(alias.name);
  if (!own_.insert(name).second) {
    trouble(fmt::format("{}: {} stands there a second time; the first counts",
                        text.text_of(alias.place), base::printable(name, shown_bytes_max)));
    return;
  }
  const std::vector<std::string> keys = keys_of(text, alias.name, alias.place);
  if (keys.empty()) return;
  AliasRow row = row_of(text, alias, keys.front());
  if (const auto why = broken_.find(name); why != broken_.end()) row.problem = why->second;
  if (!row.problem.empty()) row.targets.clear();
  const std::string first = row.address;
  add_row(std::move(row));
  for (std::size_t i = 1; i < keys.size(); ++i) {
    add_row({.address = keys[i], .targets = {first}, .place = text.text_of(alias.place)});
  }
}

void FileLayer::add_row(AliasRow row) {
  if (mailboxes_.contains(row.address) || !taken_.insert(row.address).second) return;
  contents_.aliases.push_back(std::move(row));
}

}  // namespace directory
