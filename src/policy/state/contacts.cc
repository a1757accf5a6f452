// See contacts.h.
#include "policy/state/contacts.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "lib/base/check.h"

namespace policy {
namespace {

constexpr std::uint32_t step_days = 7;  // a busy contact rewrites a row so often

std::uint32_t day_of(base::Time time) {
  const auto days = std::chrono::floor<std::chrono::days>(time.time_since_epoch()).count();
  return static_cast<std::uint32_t>(std::max<std::int64_t>(days, 0));
}

}  // namespace

// The account is a part of what is hashed: whether two accounts know the same person cannot be
// seen in the file.
std::uint64_t Contacts::hash(std::string_view account, const message::Address& one) const {
  std::string key(account);
  key += '\0';
  key += message::local_key(one.local);
  key += '@';
  key += message::domain_key(one.domain);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t length = 0;
  const unsigned char* made =
      EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret_.data(), secret_.size(),
                reinterpret_cast<const unsigned char*>(key.data()), key.size(), digest.data(),
                digest.size(), &length);
  CHECK(made != nullptr && length >= sizeof(std::uint64_t), "OpenSSL has HMAC with SHA-256");
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < sizeof out; ++i) out = (out << 8U) | digest.at(i);
  return out;
}

std::uint32_t Contacts::oldest_day(base::Time now) const {
  return day_of(now - settings_->contacts_keep);
}

void Contacts::wrote(std::string_view account, const std::vector<message::Address>& to,
                     base::Time now) {
  if (to.empty()) return;
  const std::scoped_lock lock(mutex_);
  const std::string name(account);
  Book& book = books_[name];
  const std::uint32_t today = day_of(now);
  for (const message::Address& one : to) {
    meet(name, book, hash(name, one), {.day = today, .written = true});
    visit_domain(name, book, one.domain, today);
  }
  drop_oldest(name, book);
}

void Contacts::received(const std::vector<std::string>& accounts, const message::Address& from,
                        base::Time now) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& name : accounts) {
    Book& book = books_[name];
    meet(name, book, hash(name, from), {.day = day_of(now), .written = false});
    drop_oldest(name, book);
  }
}

void Contacts::meet(const std::string& account, Book& book, std::uint64_t hash, Met met) {
  const auto [at, added] = book.addresses.try_emplace(hash, met);
  Met& kept = at->second;
  const bool closer = met.written && !kept.written;
  if (!added && !closer && met.day < kept.day + step_days) return;
  kept = {.day = std::max(kept.day, met.day), .written = kept.written || met.written};
  learnt_.push_back({.account = account, .hash = hash, .day = kept.day, .written = kept.written});
}

void Contacts::visit_domain(const std::string& account, Book& book, std::string_view domain,
                            std::uint32_t day) {
  const std::string base = domain_parts(domain).base;
  if (base.empty()) return;
  const auto [at, added] = book.domains.try_emplace(base, day);
  if (!added && day < at->second + step_days) return;
  if (added) domains_.add(base);
  at->second = day;
  domains_learnt_.push_back({.account = account, .domain = base, .day = day});
}

void Contacts::drop_address(const std::string& account, Book& book, std::uint64_t hash) {
  book.addresses.erase(hash);
  dropped_.push_back({.account = account, .hash = hash, .day = 0, .written = false});
}

void Contacts::drop_domain(const std::string& account, Book& book, const std::string& domain) {
  domains_.remove(domain);
  domains_dropped_.push_back({.account = account, .domain = domain, .day = 0});
  book.domains.erase(domain);
}

// A sixteenth at once, so that a full book is not looked through for every mail.
void Contacts::drop_oldest(const std::string& account, Book& book) {
  if (book.addresses.size() > settings_->contacts_max) {
    // Who was written to stays longer than who only wrote.
    std::vector<std::pair<std::pair<bool, std::uint32_t>, std::uint64_t>> order;
    order.reserve(book.addresses.size());
    for (const auto& [hash, met] : book.addresses) order.push_back({{met.written, met.day}, hash});
    std::ranges::sort(order);
    const std::size_t gone = book.addresses.size() - settings_->contacts_max * 15 / 16;
    for (std::size_t i = 0; i < gone; ++i) drop_address(account, book, order[i].second);
  }
  if (book.domains.size() > domains_per_account_max) {
    std::vector<std::pair<std::uint32_t, std::string>> order;
    order.reserve(book.domains.size());
    for (const auto& [domain, day] : book.domains) order.emplace_back(day, domain);
    std::ranges::sort(order);
    const std::size_t gone = book.domains.size() - domains_per_account_max * 15 / 16;
    for (std::size_t i = 0; i < gone; ++i) drop_domain(account, book, order[i].second);
  }
}

Acquaintance Contacts::known(const std::vector<std::string>& accounts,
                             const message::Address& address, base::Time now) const {
  const std::scoped_lock lock(mutex_);
  Acquaintance closest = Acquaintance::none;
  for (const std::string& account : accounts) {
    const auto book = books_.find(account);
    if (book == books_.end()) continue;
    const auto at = book->second.addresses.find(hash(account, address));
    if (at == book->second.addresses.end() || at->second.day < oldest_day(now)) continue;
    closest =
        std::max(closest, at->second.written ? Acquaintance::written : Acquaintance::received);
  }
  return closest;
}

std::vector<LookAlike> Contacts::resembling(const std::vector<std::string>& accounts,
                                            std::string_view domain) const {
  const std::scoped_lock lock(mutex_);
  std::vector<const Book*> books;
  for (const std::string& account : accounts) {
    const auto at = books_.find(account);
    if (at != books_.end()) books.push_back(&at->second);
  }
  const auto anybody_wrote_to = [&books](const std::string& base) {
    return std::ranges::any_of(books, [&](const Book* one) { return one->domains.contains(base); });
  };
  if (anybody_wrote_to(domain_parts(domain).base)) return {};
  std::vector<LookAlike> out = domains_.find(domain);
  std::erase_if(out, [&](const LookAlike& one) { return !anybody_wrote_to(one.domain); });
  return out;
}

ContactsKept Contacts::of(std::string_view account) const {
  const std::scoped_lock lock(mutex_);
  ContactsKept out;
  const auto at = books_.find(std::string(account));
  if (at == books_.end()) return out;
  out.addresses = at->second.addresses.size();
  for (const auto& [domain, day] : at->second.domains) out.domains.push_back(domain);
  std::ranges::sort(out.domains);
  return out;
}

void Contacts::forget(std::string_view account) {
  const std::scoped_lock lock(mutex_);
  const std::string name(account);
  const auto at = books_.find(name);
  if (at == books_.end()) return;
  const auto is_of = [&name](const auto& row) { return row.account == name; };
  std::erase_if(learnt_, is_of);
  std::erase_if(domains_learnt_, is_of);
  std::vector<std::uint64_t> hashes;
  for (const auto& [hash, met] : at->second.addresses) hashes.push_back(hash);
  for (const std::uint64_t hash : hashes) drop_address(name, at->second, hash);
  std::vector<std::string> domains;
  for (const auto& [domain, day] : at->second.domains) domains.push_back(domain);
  for (const std::string& domain : domains) drop_domain(name, at->second, domain);
  books_.erase(at);
}

void Contacts::set_settings(std::shared_ptr<const ImpersonationSettings> settings) {
  const std::scoped_lock lock(mutex_);
  settings_ = std::move(settings);
}

// --- over a restart ------------------------------------------------------------------------------

void Contacts::load(const StateImage& image, base::Time now) {
  const std::scoped_lock lock(mutex_);
  secret_ = image.secret;
  for (const ContactRow& row : image.contacts) {
    books_[row.account].addresses[row.hash] = {.day = row.day, .written = row.written};
  }
  for (const ContactDomainRow& row : image.contact_domains) {
    if (!books_[row.account].domains.try_emplace(row.domain, row.day).second) continue;
    domains_.add(row.domain);
  }
  sweep(now);
}

// Once a day: away with what nobody has met for so long.
void Contacts::sweep(base::Time now) {
  if (day_of(now) == swept_) return;
  swept_ = day_of(now);
  const std::uint32_t oldest = oldest_day(now);
  for (auto& [account, book] : books_) {
    std::vector<std::uint64_t> hashes;
    for (const auto& [hash, met] : book.addresses) {
      if (met.day < oldest) hashes.push_back(hash);
    }
    for (const std::uint64_t hash : hashes) drop_address(account, book, hash);
    std::vector<std::string> domains;
    for (const auto& [domain, day] : book.domains) {
      if (day < oldest) domains.push_back(domain);
    }
    for (const std::string& domain : domains) drop_domain(account, book, domain);
  }
  std::erase_if(books_, [](const auto& one) {
    return one.second.addresses.empty() && one.second.domains.empty();
  });
}

void Contacts::take_changes(StateChanges& changes, base::Time now) {
  const std::scoped_lock lock(mutex_);
  sweep(now);
  changes.contacts.set = std::exchange(learnt_, {});
  changes.contacts.gone = std::exchange(dropped_, {});
  changes.contact_domains.set = std::exchange(domains_learnt_, {});
  changes.contact_domains.gone = std::exchange(domains_dropped_, {});
}

}  // namespace policy
