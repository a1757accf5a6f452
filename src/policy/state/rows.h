// policy/state/rows.h: what is kept in state.db, row by row, as values.
//
// What:    the rows of guard, last use and ledger; what has changed since they were last written.
// In/Out:  the parts give StateChanges and take a StateImage back at start; StateStore keeps them.
// Errors:  none: values.
// Limits:  those of the parts.
// Not here: SQL (state_store.h), what the numbers mean (policy/guard, policy/limits).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace policy {

struct BanRow {
  io::IpNetwork network;
  base::Time since;
  base::Time until;
  std::string why;
  bool by_operator = false;
};

// Failures of an address or network, and how often it was banned.
struct TrackRow {
  io::IpNetwork network;
  double failures = 0;  // at `seen`
  base::Time seen;
  std::uint32_t bans = 0;
  base::Time ban_end;  // of the last one
};

struct PlaceRow {
  io::IpAddress address;  // an IPv4 address or the first of an IPv6 /64
  base::Time seen;        // its last success
};

// Failures of one log-in from unknown places, and the places where it succeeded.
struct GuessRow {
  std::string login;
  double failures = 0;  // at `seen`
  base::Time seen;
  std::vector<PlaceRow> places;
};

struct LastUseRow {
  std::string login;
  base::Time when;
  std::string address;
};

// What an account sent: one line per hour or minute that had something.
struct SentRow {
  std::string account;
  std::string hours;    // "HOUR MESSAGES NEW" since 1970, joined by commas
  std::string minutes;  // "MINUTE NEW BOUNCES", likewise
  base::Time braked;    // epoch: not braked
  std::string brake_reason;
  base::Time warned;  // when the owner was last warned, told; when the administrator was
  base::Time told;
  base::Time administrator_told;
};

struct RecipientRow {
  std::string account;
  std::uint64_t hash = 0;
  std::uint32_t day = 0;  // since 1970: last written to
};

// Somebody whom an account knows, as a keyed hash.
struct ContactRow {
  std::string account;
  std::uint64_t hash = 0;
  std::uint32_t day = 0;  // since 1970: last met
  bool written = false;   // the account wrote to it
};

struct ContactDomainRow {
  std::string account;
  std::string domain;  // that the account wrote to
  std::uint32_t day = 0;
};

// Of the greylist: a mail or a network, as a keyed hash.
struct GreylistRow {
  std::uint64_t hash = 0;
  base::Time first;
  base::Time seen;
  std::uint32_t successes = 0;
};

template <class Row, class Key>
struct Changed {
  std::vector<Row> set;
  std::vector<Key> gone;
  [[nodiscard]] bool empty() const { return set.empty() && gone.empty(); }
};

struct StateChanges {
  Changed<BanRow, io::IpNetwork> bans;
  Changed<TrackRow, io::IpNetwork> tracks;
  Changed<GuessRow, std::string> guesses;
  Changed<LastUseRow, std::string> last_uses;
  Changed<SentRow, std::string> sent;
  Changed<RecipientRow, RecipientRow> recipients;
  Changed<ContactRow, ContactRow> contacts;
  Changed<ContactDomainRow, ContactDomainRow> contact_domains;
  Changed<GreylistRow, std::uint64_t> greylist;
  [[nodiscard]] bool empty() const {
    return greylist.empty() && bans.empty() && tracks.empty() && guesses.empty() &&
           last_uses.empty() && sent.empty() && recipients.empty() && contacts.empty() &&
           contact_domains.empty();
  }
};

struct StateImage {
  std::vector<BanRow> bans;
  std::vector<TrackRow> tracks;
  std::vector<GuessRow> guesses;
  std::vector<LastUseRow> last_uses;
  std::vector<SentRow> sent;
  std::vector<RecipientRow> recipients;
  std::vector<ContactRow> contacts;
  std::vector<ContactDomainRow> contact_domains;
  std::vector<GreylistRow> greylist;
  std::string secret;  // keys the recipients' hashes
};

}  // namespace policy
