// tests/sim/home.h: a whole Stagepost server on a simulated machine.
//
// What:    builds server::Assembly on the doors of a sim::Host, with a directory and a DNS zone
//          from text.
// In/Out:  start(), crash(), reload(), stop(); the Maildirs of its simulated disk.
// Errors:  a server that does not start fails the caller's test by its Result.
// Limits:  those of the settings, which a test may change before start().
// Not here: clients, receivers, faults (town.h).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "directory/directory.h"
#include "directory/store.h"
#include "lib/dns/zone_resolver.h"
#include "lib/io/sim/host.h"
#include "policy/state/state.h"
#include "server/assemble.h"

namespace sim {

// Keeps every event; the tests' sink.
class EventList final : public base::EventSink {
 public:
  void emit(const base::Event& event) override { events.push_back(event); }
  [[nodiscard]] std::size_t count(std::string_view name) const;
  std::vector<base::Event> events;
};

class FixedDirectory final : public directory::Directory {
 public:
  FixedDirectory(const directory::Contents& contents, base::Time now);
  [[nodiscard]] std::shared_ptr<const directory::Snapshot> snapshot() const override {
    return snapshot_;
  }

 private:
  std::shared_ptr<const directory::Snapshot> snapshot_;
};

// Settings of a server "mx.home.test" at this address: port 25 for all, port 587 for users.
[[nodiscard]] config::Config home_config(const std::string& address,
                                         const std::string& domain = "home.test");

class Home {
 public:
  Home(io::sim::World& world, const std::string& address, std::string_view zone,
       const std::string& domain = "home.test");
  ~Home();
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  config::Config config;         // change before start()
  directory::Contents contents;  // one domain, home.test, with you@, back@ and other@
  std::shared_ptr<io::TlsServer> tls_server;
  base::Result<queue::ReplayReport> start();
  // Orderly.
  void stop();
  // Power cut: the disk forgets what was not synced, connections break; then the old parts are
  // ended.
  void crash();
  // `config` is handed to the server while it runs.
  void reload() { assembly_->reload(config, tls_server); }
  [[nodiscard]] bool running() const { return assembly_ != nullptr; }

  [[nodiscard]] io::sim::Host& host() { return host_; }
  [[nodiscard]] server::Assembly& assembly() { return *assembly_; }
  [[nodiscard]] dns::ZoneResolver& resolver() { return *resolver_; }
  [[nodiscard]] EventList& events() { return events_; }
  // Whole files of new/ of that mailbox.
  [[nodiscard]] std::vector<std::string> maildir(const std::string& local);
  // That text is in the journal also if the power fails at this moment.
  [[nodiscard]] bool is_durable(std::string_view text);
  // Paths of the journal's segments.
  [[nodiscard]] std::vector<std::string> segments();

 private:
  void end_parts();

  io::sim::World& world_;
  io::sim::Host host_;
  std::string zone_;
  std::string domain_;
  EventList events_;
  base::Metrics metrics_;
  std::shared_ptr<io::TlsClient> tls_client_;
  std::unique_ptr<FixedDirectory> directory_;
  std::unique_ptr<policy::State> state_;
  std::unique_ptr<dns::ZoneResolver> resolver_;
  std::unique_ptr<server::Assembly> assembly_;
};

}  // namespace sim
