// See snapshot.h.
#include "directory/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "directory/addresses.h"
#include "directory/administrator.h"
#include "directory/expansion.h"
#include "directory/names.h"
#include "directory/text_map.h"
#include "lib/base/text.h"
#include "lib/message/look_alike.h"

namespace directory {
namespace {

using message::Address;
using message::Recipient;

class MemorySnapshot final : public Snapshot {
 public:
  MemorySnapshot(Contents contents, const Settings& settings, std::shared_ptr<const Srs> srs);

  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return addresses_.is_local_domain(domain);
  }
  [[nodiscard]] bool knows_all_of(std::string_view domain) const override {
    return addresses_.knows_all_of(domain);
  }
  [[nodiscard]] Local lookup(const Address& address) const override {
    return addresses_.find(address).kind;
  }
  [[nodiscard]] const Mailbox* mailbox(const Address& address) const override {
    return addresses_.find(address).mailbox;
  }
  [[nodiscard]] Expansion expand(const Recipient& recipient) const override {
    return directory::expand(addresses_, settings_, recipient);
  }
  [[nodiscard]] std::optional<Address> forwarded_sender(const Address& sender,
                                                        std::string_view domain) const override;
  [[nodiscard]] const Login* login(std::string_view name) const override;
  [[nodiscard]] bool may_send_as(std::string_view mailbox, const Address& address) const override;
  [[nodiscard]] SendingLimits limits(std::string_view mailbox) const override;
  [[nodiscard]] std::shared_ptr<const std::vector<std::string>> domains() const override {
    return addresses_.domains();
  }
  [[nodiscard]] std::vector<std::string> administrators() const override;
  [[nodiscard]] bool has_person(std::string_view name_key, std::string_view domain) const override;

 private:
  void take_people(const std::vector<PersonRow>& rows);
  void take_logins(std::vector<LoginRow> rows, const std::vector<std::string>& administrators);

  const Settings settings_;
  const std::shared_ptr<const Srs> srs_;
  const Addresses addresses_;
  TextSet people_;  // "doe jane@demo.test"
  NamedSet<Login> logins_;
  TextMap<TextSet> grants_;        // mailbox → addresses and "@domain"
  TextMap<PartialLimits> limits_;  // by scope
};

MemorySnapshot::MemorySnapshot(Contents contents, const Settings& settings,
                               std::shared_ptr<const Srs> srs)
    : settings_(settings), srs_(std::move(srs)), addresses_(contents, srs_) {
  take_people(contents.people);
  take_logins(std::move(contents.logins), contents.administrators);
  for (auto& row : contents.grants) grants_[row.mailbox].insert(std::move(row.what));
  for (auto& row : contents.limits) limits_.emplace(std::move(row.scope), row.limits);
}

void MemorySnapshot::take_people(const std::vector<PersonRow>& rows) {
  for (const PersonRow& row : rows) {
    std::string key = message::name_key(row.full_name);
    if (!key.empty()) people_.insert(fmt::format("{}@{}", key, domain_of(row.mailbox)));
  }
}

bool MemorySnapshot::has_person(std::string_view name_key, std::string_view domain) const {
  return people_.contains(fmt::format("{}@{}", name_key, message::domain_key(domain)));
}

std::vector<std::string> MemorySnapshot::administrators() const {
  std::vector<std::string> out;
  for (const Login& login : logins_) {
    if (may_administer(login)) out.push_back(login.name);
  }
  std::ranges::sort(out);
  return out;
}

void MemorySnapshot::take_logins(std::vector<LoginRow> rows,
                                 const std::vector<std::string>& administrators) {
  const TextSet marked(administrators.begin(), administrators.end());
  logins_.reserve(rows.size());
  for (auto& row : rows) {
    std::string mailbox = row.mailbox.empty() ? account_of(row.login) : std::move(row.mailbox);
    auto scopes = static_cast<std::uint8_t>(row.scopes & scope_all);
    const bool is_app_password = account_of(row.login) != row.login;
    if (!is_app_password && marked.contains(mailbox)) scopes |= scope_administer;
    logins_.insert({.name = std::move(row.login),
                    .mailbox = std::move(mailbox),
                    .verifier = std::move(row.verifier),
                    .scopes = scopes,
                    .expires = row.expires});
  }
}

std::optional<Address> MemorySnapshot::forwarded_sender(const Address& sender,
                                                        std::string_view domain) const {
  return srs_ == nullptr ? std::nullopt : srs_->forward(sender, domain);
}

const Login* MemorySnapshot::login(std::string_view name) const {
  const auto key = login_name(name);
  // Without an address it may be a name from LDAP: "jdoe".
  const auto found = logins_.find(key ? *key : base::lower(base::trim(name)));
  return found == logins_.end() ? nullptr : &*found;
}

bool MemorySnapshot::may_send_as(std::string_view mailbox, const Address& address) const {
  const Found found = addresses_.find(address);
  if (found.mailbox != nullptr && found.mailbox->address == mailbox) return true;
  if (found.kind == Local::alias && found.alias->targets.size() == 1) {
    const Mailbox* owner = addresses_.find(found.alias->targets.front()).mailbox;
    if (owner != nullptr && owner->address == mailbox) return true;
  }
  const auto granted = grants_.find(mailbox);
  if (granted == grants_.end() || address.domain.empty()) return false;
  const std::string key = key_of(address);
  const auto has = [&granted](const std::string& what) { return granted->second.contains(what); };
  return has(key) || has(without_detail(key)) || has(fmt::format("@{}", domain_of(key)));
}

SendingLimits MemorySnapshot::limits(std::string_view mailbox) const {
  SendingLimits out;
  for (const std::string& scope :
       {std::string("*"), fmt::format("@{}", domain_of(mailbox)), std::string(mailbox)}) {
    if (const auto said = limits_.find(scope); said != limits_.end()) said->second.apply_to(out);
  }
  return out;
}

}  // namespace

std::shared_ptr<const Snapshot> make_snapshot(Contents contents, const Settings& settings,
                                              std::shared_ptr<const Srs> srs) {
  return std::make_shared<const MemorySnapshot>(std::move(contents), settings, std::move(srs));
}

base::Result<std::shared_ptr<const Snapshot>> make_snapshot(Store& store,
                                                            const Settings& settings) {
  auto contents = store.contents();
  if (!contents) return std::unexpected(contents.error());
  return make_snapshot(std::move(*contents), settings);
}

}  // namespace directory
