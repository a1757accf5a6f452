// directory/directory.h: whom we know.
//
// What:    an immutable snapshot of domains, mailboxes, aliases and credentials, and the seam to
//          it.
// In/Out:  snapshot() → shared_ptr<const Snapshot>, cheap, any thread; lookup(address) → Lookup.
// Errors:  a snapshot that could not be loaded keeps the old one; the mail's way never waits for
//          SQLite.
// Limits:  alias_recipients_max, alias_depth_max.
// Not here: changing it (store.h), passwords' verification (credential.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/sending_limits.h"
#include "lib/base/time.h"
#include "lib/message/address.h"
#include "lib/message/envelope.h"

namespace directory {

enum class Local : std::uint8_t {
  foreign,  // the domain is not ours
  unknown,  // our domain, but no such mailbox or alias
  mailbox,
  alias,
};

struct Mailbox {
  std::string address;  // canonical "you@demo.test", lower case
};

// What a log-in may be used for (bits of Login::scopes).
inline constexpr std::uint8_t scope_send = 1;  // submission
inline constexpr std::uint8_t scope_read = 2;  // IMAP
inline constexpr std::uint8_t scope_all = scope_send | scope_read;

// A log-in name and what it opens: the mailbox's own, or that of an app password.
struct Login {
  std::string name;      // "you@demo.test", "you@demo.test/phone"
  std::string mailbox;   // the account: "you@demo.test"
  std::string verifier;  // RFC 5803; empty: the password is known elsewhere only (LDAP)
  std::uint8_t scopes = scope_all;
  std::optional<base::Time> expires;
};

// What expand() made of one recipient.
struct Expansion {
  Local kind = Local::foreign;
  // The recipients that take its place, with `original` and `orcpt` kept; the recipient itself for
  // a mailbox or a foreign address. Empty for unknown.
  std::vector<message::Recipient> recipients;
  std::string problem;  // set when an alias leads nowhere, loops, or passes a limit: then defer
  // Of `unknown`, why it is that, for who sends: an SRS address that is forged or too old.
  std::string refusal;
};

class Snapshot {
 public:
  virtual ~Snapshot() = default;
  [[nodiscard]] virtual bool is_local_domain(std::string_view domain) const = 0;
  // False while some people of this domain of ours may be missing here (LDAP could not be read
  // yet): what is unknown in it is then deferred, never refused or bounced.
  [[nodiscard]] virtual bool knows_all_of(std::string_view /*domain*/) const { return true; }
  // `user+detail` finds `user` when `user+detail` itself is unknown. postmaster is always known.
  [[nodiscard]] virtual Local lookup(const message::Address& address) const = 0;
  // The mailbox that mail for this address is put into; nullptr unless lookup() says mailbox.
  [[nodiscard]] virtual const Mailbox* mailbox(const message::Address& address) const = 0;
  [[nodiscard]] virtual Expansion expand(const message::Recipient& recipient) const = 0;
  // What a stranger's address becomes when mail for an alias of that domain of ours leaves us for
  // another server (SRS): an address of ours that expand() leads back. Nothing: it stays.
  [[nodiscard]] virtual std::optional<message::Address> forwarded_sender(
      const message::Address& /*sender*/, std::string_view /*domain*/) const {
    return std::nullopt;
  }
  // The log-in of that name, in whatever case it is typed; nullptr: there is none. Lives as long as
  // the snapshot. Whether it has expired and what it is good for is for the caller to look at.
  [[nodiscard]] virtual const Login* login(std::string_view name) const = 0;
  // May this account use the address as its sender? Its own (with any +detail), an alias that leads
  // to it alone, and what was granted to it, address or whole domain.
  [[nodiscard]] virtual bool may_send_as(std::string_view mailbox,
                                         const message::Address& address) const = 0;
  // What this account may send: its own limits, else its domain's, else those for all.
  [[nodiscard]] virtual SendingLimits limits(std::string_view mailbox) const = 0;
  // Our domains; another list when they have changed. Null: not told.
  [[nodiscard]] virtual std::shared_ptr<const std::vector<std::string>> domains() const {
    return nullptr;
  }
  // Accounts whose own log-in opens the web interface, sorted. Looks at every log-in.
  [[nodiscard]] virtual std::vector<std::string> administrators() const { return {}; }
  // Has a mailbox of this domain of ours a full name with that key (lib/message/look_alike.h)?
  [[nodiscard]] virtual bool has_person(std::string_view /*name_key*/,
                                        std::string_view /*domain*/) const {
    return false;
  }
};

class Directory {
 public:
  Directory() = default;
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  virtual ~Directory() = default;
  [[nodiscard]] virtual std::shared_ptr<const Snapshot> snapshot() const = 0;  // never null
};

}  // namespace directory
