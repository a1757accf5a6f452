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

#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

// What expand() made of one recipient.
struct Expansion {
  Local kind = Local::foreign;
  // The recipients that take its place, with `original` and `orcpt` kept; the recipient itself for
  // a mailbox or a foreign address. Empty for unknown.
  std::vector<message::Recipient> recipients;
  std::string problem;  // set when an alias leads nowhere, loops, or passes a limit: then defer
};

class Snapshot {
 public:
  virtual ~Snapshot() = default;
  [[nodiscard]] virtual bool is_local_domain(std::string_view domain) const = 0;
  // `user+detail` finds `user` when `user+detail` itself is unknown. postmaster is always known.
  [[nodiscard]] virtual Local lookup(const message::Address& address) const = 0;
  // The mailbox that mail for this address is put into; nullptr unless lookup() says mailbox.
  [[nodiscard]] virtual const Mailbox* mailbox(const message::Address& address) const = 0;
  [[nodiscard]] virtual Expansion expand(const message::Recipient& recipient) const = 0;
  // The SCRAM-SHA-256 verifier of a login name ("you@demo.test", "you@demo.test/phone"); empty:
  // none.
  [[nodiscard]] virtual std::string verifier(std::string_view login) const = 0;
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
