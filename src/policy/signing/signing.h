// policy/signing/signing.h: signs our own mail, once, at accept, after all changes (RFC 6376).
//
// What:    decides which domain signs (the author's when we have keys of it or of a domain above
//          it, else the envelope sender's), and makes a DKIM-Signature with each of its active
//          keys. Mail of strangers is never signed; when an alias forwards it, it may get an ARC
//          set (setting arc_seal).
// In/Out:  at_header and the body as it streams, then sign(content) → fields to put on top. A body
//          that is changed after it came is read once more, and only then.
// Errors:  none that stop mail: what cannot be signed goes unsigned, event signing.failed.
// Limits:  those of the message; one pool task per message with an RSA key.
// Not here: keys (key_store.h), the signature itself (lib/mailauth/dkim_signer.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "directory/directory.h"
#include "lib/base/event.h"
#include "lib/io/doors.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/message/content.h"
#include "policy/received_octets.h"
#include "policy/settings.h"
#include "policy/signing/key_store.h"
#include "policy/signing/signing_pass.h"
#include "policy/transaction.h"
#include "policy/visit.h"

namespace policy {

// A message as it will be stored, before its signatures.
struct SigningContent {
  const message::Content& content;
  ReceivedOctets& octets;         // of the received spans
  std::string_view results = {};  // our Authentication-Results, whole field; for a seal
};

// Of one loop.
class Signing {
 public:
  struct Parts {
    io::Doors doors;
    const KeyStore* keys;  // null: there are none
    const directory::Directory& directory;
    base::EventSink& events;
  };
  Signing(Parts parts, std::shared_ptr<const Settings> settings)
      : parts_(parts), settings_(std::move(settings)) {}

  // The header has come: visit.signing, when this message will be signed or sealed.
  void at_header(Visit& visit, const Transaction& transaction) const;
  // The fields to put on top of the content; "" when there are none.
  io::Task<std::string> sign(io::Ref<Visit> visit, io::Ref<const Transaction> transaction,
                             SigningContent content) const;

  // Mail of the server itself. `domain`: who signs; empty: the author's domain. On this thread, RSA
  // too (about a millisecond); from any thread.
  [[nodiscard]] std::string sign_now(std::string_view header, std::string_view body,
                                     std::string_view domain = {}) const;
  // A whole message in memory, RSA on the pool.
  io::Task<std::string> sign_text(std::string text, message::Address sender) const;

  // For sign_now and sign_text; a visit has its own.
  void set_settings(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }

 private:
  struct Job;
  [[nodiscard]] std::shared_ptr<const KeyRing> current() const;
  struct Made;
  struct Wanted {
    const DomainKeys* keys = nullptr;  // nullptr: neither signed nor sealed
    SigningPass::Purpose purpose = SigningPass::Purpose::sign;
  };
  [[nodiscard]] Wanted wanted(const Visit& visit, const Transaction& transaction,
                              const KeyRing& ring, std::string_view header) const;
  // Of the author, else of `sender` when there is one.
  [[nodiscard]] static const DomainKeys* choose(const KeyRing& ring, std::string_view header,
                                                const message::Address* sender);
  [[nodiscard]] const DomainKeys* forwarder(const KeyRing& ring,
                                            const Transaction& transaction) const;
  io::Task<base::Result<Job>> read_again(io::Ref<Visit> visit,
                                         io::Ref<const Transaction> transaction,
                                         SigningContent content,
                                         std::shared_ptr<const KeyRing> ring) const;
  io::Task<std::string> run(Job job) const;
  [[nodiscard]] static Made make(const Job& job);
  void failed(std::string_view domain, std::string error, base::MessageId id) const;

  Parts parts_;
  std::shared_ptr<const Settings> settings_;
};

}  // namespace policy
