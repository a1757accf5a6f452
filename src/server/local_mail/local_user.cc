// See local_user.h.
#include "server/local_mail/local_user.h"

#include <utility>

#include "lib/base/text.h"

namespace local_mail {
namespace {

class WithLocalUser final : public directory::Snapshot {
 public:
  WithLocalUser(std::shared_ptr<const directory::Snapshot> known,
                std::shared_ptr<const LocalUser> user)
      : known_(std::move(known)),
        user_(std::move(user)),
        login_{.name = user_->name,
               .mailbox = user_->account,
               .verifier = {},
               .scopes = directory::scope_send,
               .expires = std::nullopt} {}

  [[nodiscard]] const directory::Login* login(std::string_view name) const override {
    return name == login_.name ? &login_ : known_->login(name);
  }
  [[nodiscard]] bool may_send_as(std::string_view mailbox,
                                 const message::Address& address) const override {
    const bool his = mailbox == user_->account &&
                     (user_->any_author || base::iequals(address.text(), user_->account));
    return his || known_->may_send_as(mailbox, address);
  }

  // All else is as it was.
  [[nodiscard]] bool is_local_domain(std::string_view domain) const override {
    return known_->is_local_domain(domain);
  }
  [[nodiscard]] bool knows_all_of(std::string_view domain) const override {
    return known_->knows_all_of(domain);
  }
  [[nodiscard]] directory::Local lookup(const message::Address& address) const override {
    return known_->lookup(address);
  }
  [[nodiscard]] const directory::Mailbox* mailbox(const message::Address& address) const override {
    return known_->mailbox(address);
  }
  [[nodiscard]] directory::Expansion expand(const message::Recipient& recipient) const override {
    return known_->expand(recipient);
  }
  [[nodiscard]] directory::SendingLimits limits(std::string_view mailbox) const override {
    return known_->limits(mailbox);
  }
  [[nodiscard]] std::shared_ptr<const std::vector<std::string>> domains() const override {
    return known_->domains();
  }
  [[nodiscard]] bool has_person(std::string_view name_key, std::string_view domain) const override {
    return known_->has_person(name_key, domain);
  }

 private:
  const std::shared_ptr<const directory::Snapshot> known_;
  const std::shared_ptr<const LocalUser> user_;
  const directory::Login login_;
};

}  // namespace

std::shared_ptr<const directory::Snapshot> LocalUserDirectory::snapshot() const {
  return std::make_shared<WithLocalUser>(known_.snapshot(), user_);
}

}  // namespace local_mail
