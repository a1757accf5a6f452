// policy/signing/rotation.h: new keys are used when the whole DNS serves them, and not before.
//
// What:    asks every authoritative name server of a key's zone for its record (publish → wait →
//          switch → retire), and switches by itself when all of them have it.
// In/Out:  check(record) → what each server says; rotate(domain) → what was done, or why not yet.
// Errors:  trouble with the DNS is an answer: the keys stay pending, mail is signed with the old
//          ones. Those of the key store.
// Limits:  dns::name_servers_max, addresses_max addresses each, answer_seconds_max per answer.
// Not here: keys and their files (key_store.h), one question (lib/dns/server_resolver.h).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/event.h"
#include "lib/base/result.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/task.h"
#include "lib/mailauth/dkim_publish.h"
#include "policy/signing/key_store.h"

namespace policy {

// What one address of one name server serves.
struct ServerAnswer {
  std::string server;   // "ns1.example.net"
  std::string address;  // empty: it has none that we know
  mailauth::PublishedKey published;
};

struct KeyCheck {
  KeyRecord key;
  std::vector<ServerAnswer> servers;
  std::string problem;  // why it may not be used yet, in words; empty: every name server has it
};

struct Rotated {
  std::vector<KeyRecord> generated;  // pending since now
  KeySwitch switched;
  std::vector<KeyCheck> checks;  // of pending keys that are not used yet
};

// Of the main loop.
class Rotation {
 public:
  static constexpr std::size_t addresses_max = 8;  // of one name server
  static constexpr auto answer_seconds_max = std::chrono::seconds(5);
  static constexpr std::uint16_t dns_port = 53;

  struct Parts {
    io::Doors doors;
    dns::Resolver& resolver;
    KeyStore& keys;
    base::EventSink& events;
    std::uint16_t port = dns_port;
  };
  Rotation(Parts parts, base::Duration every) : parts_(parts), every_(every) {}

  // What the name servers serve for this key now.
  io::Task<KeyCheck> check(KeyRecord record);
  // No key pending: makes the next ones, of the types in use. Keys pending: uses them when all name
  // servers have them, or at once when forced.
  io::Task<base::Result<Rotated>> rotate(std::string domain, unsigned rsa_bits, bool forced);
  // Switches by itself; until it is cancelled.
  io::Task<void> run();
  void set_every(base::Duration every) { every_ = every; }  // counts from the next look on

 private:
  io::Task<base::Result<Rotated>> switch_when_served(std::string domain, bool forced);
  io::Task<void> ask(std::string server, io::Ref<KeyCheck> check,
                     io::Ref<const mailauth::PublicKey> key);
  void tell(const std::string& domain, const KeySwitch& change);

  Parts parts_;
  base::Duration every_;
};

}  // namespace policy
