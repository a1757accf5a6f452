// See expansion.h.
#include "directory/expansion.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "directory/names.h"

namespace directory {
namespace {

using message::Address;
using message::Recipient;

// The rest of NOTIFY and ORCPT are the sender's business with the list, not with its members (RFC
// 3461 §5.2.7.1).
void make_list_member(Recipient& member, const Address& owner) {
  const bool asked = (member.notify & message::notify_success) != 0;
  member.return_path = owner;
  member.of_list = true;
  member.orcpt.clear();
  member.notify = message::notify_default;
  if (asked) {
    member.notify = message::notify_failure | message::notify_delay | message::notify_success;
  }
}

// RFC 3461 §5.2.7.3: an alias of several tells a sender who asked about success itself, that it was
// expanded; its members are not to do so again. The rest of NOTIFY is theirs.
void answer_for_itself(std::vector<Recipient>& members) {
  for (Recipient& member : members) {
    if ((member.notify & message::notify_success) == 0) continue;
    const unsigned rest = member.notify & ~unsigned{message::notify_success};
    member.notify = static_cast<std::uint8_t>(message::notify_expanded |
                                              (rest == 0 ? unsigned{message::notify_never} : rest));
  }
}

// A mailbox whose copies go elsewhere is entered as an alias, and is still to be added itself.
std::string entered_key(const Found& alias) {
  return alias.mailbox == nullptr ? alias.key : fmt::format("copies of {}", alias.key);
}

class Walk {
 public:
  Walk(const Addresses& addresses, const Settings& settings, const Recipient& recipient)
      : addresses_(addresses), settings_(settings), recipient_(recipient) {}

  [[nodiscard]] Expansion run();

 private:
  void follow(const Found& alias, std::size_t depth);
  void follow_targets(const Found& alias, std::size_t depth);
  void add(const Address& target, const Found& found);

  const Addresses& addresses_;
  const Settings& settings_;
  const Recipient& recipient_;
  Expansion out_;
  std::unordered_set<std::string> seen_;  // keys of aliases entered and recipients added
  const Address* owner_ = nullptr;        // of the list whose members are being added
  bool looped_ = false;
};

Expansion Walk::run() {
  const Found found = addresses_.find(recipient_.address);
  out_.kind = found.kind;
  if (found.kind == Local::unknown) {
    if (!addresses_.knows_all_of(recipient_.address.domain)) {
      out_.problem =
          fmt::format("nobody can say whether {} exists: LDAP or a file of aliases was not read",
                      recipient_.address.text());
    }
    out_.refusal = found.refusal;
    return std::move(out_);
  }
  if (found.alias == nullptr) {
    out_.recipients.push_back(recipient_);
    return std::move(out_);
  }
  out_.kind = Local::alias;
  seen_.insert(entered_key(found));
  follow(found, 1);
  if (out_.problem.empty() && out_.recipients.empty()) {
    out_.problem = fmt::format("the alias {} {}", recipient_.address.text(),
                               looped_ ? "leads only to itself" : "leads to no mailbox");
  }
  if (!out_.problem.empty()) out_.recipients.clear();
  const bool is_list = std::ranges::any_of(out_.recipients, &Recipient::of_list);
  if (is_list || out_.recipients.size() > 1) answer_for_itself(out_.recipients);
  return std::move(out_);
}

void Walk::follow(const Found& alias, std::size_t depth) {
  if (!alias.alias->problem.empty()) {
    out_.problem = fmt::format("the alias {} is broken: {}", alias.key, alias.alias->problem);
    return;
  }
  const Address* const outer = owner_;
  if (alias.alias->owner) owner_ = &*alias.alias->owner;
  follow_targets(alias, depth);
  owner_ = outer;
}

void Walk::follow_targets(const Found& alias, std::size_t depth) {
  if (depth > settings_.alias_depth_max) {
    out_.problem = fmt::format("the alias {} leads through more than {} aliases",
                               recipient_.address.text(), settings_.alias_depth_max);
    return;
  }
  for (const Address& target : alias.alias->targets) {
    const Found found = addresses_.find(target);
    if (found.alias != nullptr && seen_.insert(entered_key(found)).second) {
      follow(found, depth + 1);
    } else if (found.kind == Local::alias) {
      looped_ = true;
    } else if (found.kind == Local::unknown) {
      // Lost mail is worse than late mail: the sender's server keeps it until this is mended.
      out_.problem = fmt::format("the alias {} leads to {}, which does not exist",
                                 recipient_.address.text(), target.text());
    } else {
      add(target, found);
    }
    if (!out_.problem.empty()) return;
  }
}

void Walk::add(const Address& target, const Found& found) {
  // user and user+detail are one mailbox: one copy.
  if (!seen_.insert(found.mailbox != nullptr ? found.mailbox->address : key_of(target)).second) {
    return;
  }
  if (out_.recipients.size() >= settings_.alias_recipients_max) {
    out_.problem = fmt::format("the alias {} leads to more than {} addresses",
                               recipient_.address.text(), settings_.alias_recipients_max);
    return;
  }
  // RFC 3461 §5.2.7.2: an alias passes the ORCPT and NOTIFY of its address on to its members.
  Recipient member = recipient_;
  if (member.original.is_null()) member.original = recipient_.address;
  member.address = target;
  if (owner_ != nullptr) make_list_member(member, *owner_);
  out_.recipients.push_back(std::move(member));
}

}  // namespace

Expansion expand(const Addresses& addresses, const Settings& settings, const Recipient& recipient) {
  return Walk(addresses, settings, recipient).run();
}

}  // namespace directory
