// server/assemble.h: all parts of one loop, made by hand and connected. Read it first.
//
// What:    Assembly builds store → queue ← courier, notifier; policy; front; on whichever doors it
//          gets.
// In/Out:  Doors, settings and what all loops share → a server that start()s and stop()s.
// Errors:  a port that cannot be bound, a journal that cannot be read: said by listen() and
//          start().
// Limits:  none of its own.
// Not here: threads, signals and files of the process (serve.h), the simulated world (tests/sim).
#pragma once

#include <memory>

#include "config/config.h"
#include "delivery/couriers.h"
#include "directory/directory.h"
#include "directory/ldap/ldap_directory.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/task_group.h"
#include "lib/io/tls.h"
#include "policy/login/authenticator.h"
#include "policy/policy.h"
#include "policy/signing/signing.h"
#include "policy/state/state.h"
#include "queue/journal/journal.h"
#include "queue/queue.h"
#include "report/incoming/inbox_courier.h"
#include "report/notifier.h"
#include "server/bounce_counter.h"
#include "session/front.h"

namespace server {

struct Doors {
  io::Doors io;
  dns::Resolver& resolver;
};

// What all loops share; outlives them.
struct Shared {
  directory::Directory& directory;
  policy::State& state;  // guard, ledger, last uses
  base::EventSink& events;
  base::Metrics& metrics;
  std::shared_ptr<io::TlsServer> tls_server;
  std::shared_ptr<io::TlsClient> tls_client;
  directory::LdapDirectory* ldap = nullptr;    // null: nobody is in LDAP
  policy::PasswordCheck check_elsewhere = {};  // of people whose verifier the directory lacks
  report::Reports* reports = nullptr;          // null: no reports are read and none collected
  policy::DmarcObserver* dmarc_observer = nullptr;
  std::string login_secret = {};     // policy::Authenticator::Parts::secret
  policy::KeyStore* keys = nullptr;  // of DKIM; null: nothing is signed
  // Hears of every message that the journal brings back at start, on any loop; none: nobody does.
  std::function<void(base::MessageId)> replayed = {};
};

// Which loop of how many, and the journal's streams that earlier runs left, which they share out.
struct Slot {
  unsigned index = 0;
  unsigned count = 1;
  std::vector<std::uint32_t> streams = {};
};

class Assembly {
 public:
  Assembly(Doors doors, const config::Config& config, Shared shared, Slot slot);
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  // Binds the ports; nothing is accepted before start().
  base::Result<> listen();
  // Replays the journal, begins to deliver; then, unless it is `quiet`, to accept.
  io::Task<base::Result<queue::ReplayReport>> start(bool quiet = false);
  // Messages that are being received or delivered get their grace.
  io::Task<void> stop();
  // New settings for what begins from now on.
  void reload(const config::Config& config, std::shared_ptr<io::TlsServer> tls);

  [[nodiscard]] queue::Queue& queue() { return *queue_; }
  [[nodiscard]] const queue::journal::Journal& journal() const { return *store_; }
  [[nodiscard]] queue::journal::Journal& journal() { return *store_; }
  [[nodiscard]] const session::Front& front() const { return front_; }
  [[nodiscard]] session::Submitter& submitter() { return front_; }
  [[nodiscard]] policy::Policy& policy() { return policy_; }
  [[nodiscard]] policy::Signing& signing() { return signing_; }
  [[nodiscard]] queue::Notifier& notifier() { return notifier_; }
  [[nodiscard]] policy::Authenticator& authenticator() { return authenticator_; }
  [[nodiscard]] base::IdMaker& ids() { return ids_; }
  [[nodiscard]] io::Loop& loop() { return doors_.io.loop; }
  [[nodiscard]] io::Clock& clock() { return doors_.io.clock; }
  [[nodiscard]] io::TaskGroup& tasks() { return tasks_; }  // questions from other loops

 private:
  Doors doors_;
  Slot slot_;
  base::IdMaker ids_;
  std::unique_ptr<queue::journal::Journal> store_;
  policy::Signing signing_;
  delivery::Dispatcher courier_;
  report::InboxCourier inbox_;
  report::DsnNotifier notifier_;
  BounceCounter bounces_;
  std::unique_ptr<queue::Queue> queue_;
  policy::QuotaStatus quota_status_;
  policy::ClientChecks client_checks_;
  policy::SenderChecks sender_checks_;
  policy::ImpersonationChecks impersonation_checks_;
  policy::Policy policy_;
  policy::Authenticator authenticator_;
  session::Front front_;
  io::TaskGroup tasks_;
};

}  // namespace server
