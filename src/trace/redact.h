// trace/redact.h: takes subjects and local parts out of events before anything is written down.
//
// What:    every address in every field of an event gets a pseudonym ("~9f2c41d07be3a5@x.test") or
//          "***@x.test"; the local parts of an event's own addresses go from its texts, too, where
//          a remote server writes them without a domain; what follows "Subject:" goes.
// In/Out:  base::Event → the same event as it may be written; an address that somebody asks about →
//          the address that was written.
// Errors:  none: what looks like an address and is none (a Message-ID) is redacted, too.
// Limits:  value_bytes_max of a value are looked at, a word that is cut there goes; locals_max
//          addresses of an event are looked for in its texts.
// Not here: the settings (privacy.h), finding and erasing a person (person.h), the key's file
//          (server/home.h).
//
// The hash is HMAC-SHA-256 over "local@domain" in lower case, cut to 56 bits. A detail (+tag) has a
// hash of its own, so that all mail of one mailbox can be followed, and erased.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/event.h"
#include "trace/privacy.h"
#include "trace/record.h"

namespace trace {

class Redactor {
 public:
  static constexpr std::size_t locals_max = 16;

  // Of one event; used again and again, so that nothing is allocated in a steady state.
  struct Scratch {
    struct Local {
      std::string_view text;  // as it stands in the event
      std::string pseudonym;
    };
    struct Place {
      std::size_t begin = 0;
      std::size_t size = 0;
    };
    EventView view;
    std::string text;  // all values, one behind the other
    std::vector<Local> locals;
    std::size_t local_count = 0;
    std::vector<Place> places;
  };

  Redactor(Privacy how, std::string key);

  // False: the event may be written as it is.
  [[nodiscard]] bool touches(const base::Event& event) const;
  // Points into `event` and `scratch`.
  [[nodiscard]] const EventView& apply(const base::Event& event, Scratch& scratch) const;

  // The address as it was written down, that itself included; a text without @ stays.
  [[nodiscard]] std::string address(std::string_view address) const;
  [[nodiscard]] bool hides_addresses() const { return how_.local_parts != LocalParts::keep; }
  [[nodiscard]] bool can_follow() const { return how_.local_parts != LocalParts::redact; }

 private:
  void append_pseudonym(std::string_view local, std::string_view domain, std::string& out) const;
  [[nodiscard]] std::string hash(std::string_view text) const;
  void collect(const base::Event& event, Scratch& scratch) const;
  void add_local(std::string_view local, std::string_view domain, Scratch& scratch) const;
  void field(std::string_view event, std::string_view key, std::string_view value,
             Scratch& scratch) const;
  void append_without_addresses(std::string_view text, std::string& out) const;

  const Privacy how_;
  const std::string key_;
  const std::uint64_t number_;  // of this object: for the memory that each thread keeps
};

}  // namespace trace
