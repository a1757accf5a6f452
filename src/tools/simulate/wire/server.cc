// See server.h.
#include "tools/simulate/wire/server.h"

#include <limits>
#include <utility>

#include "directory/snapshot.h"
#include "lib/io/sim/world.h"

namespace simulate::wire {
namespace {

constexpr std::string_view hostname = "mail.stagepost.example";
constexpr std::string_view relay_network = "192.0.2.0/24";

// All mail is somebody else's: there are no mailboxes.
class NoMailboxes final : public directory::Directory {
 public:
  NoMailboxes() : snapshot_(directory::make_snapshot(directory::Contents{})) {}
  [[nodiscard]] std::shared_ptr<const directory::Snapshot> snapshot() const override {
    return snapshot_;
  }

 private:
  std::shared_ptr<const directory::Snapshot> snapshot_;
};

// What the tried settings say of the world outside is replaced by this one.
config::Config config_of(const Plan& plan) {
  config::Config config;
  config.queue = *plan.queue;
  config.queue.journal_folder = "/state/journal";
  config.queue.disk_reserve_bytes = 0;
  config.delivery = *plan.delivery;
  config.delivery.routes.clear();
  config.delivery.mx_tls = delivery::TlsDemand::none;
  config.delivery.mx_port = 25;
  config.delivery.lmtp = {};
  config.delivery.source_ipv4.reset();
  config.delivery.source_ipv6.reset();
  config.delivery.never_connect_to.clear();  // the receivers are in 10.0.0.0/8
  config.session.hostname = config.policy.hostname = config.delivery.hostname =
      config.report.hostname = hostname;
  config.session.listeners = {{.name = "smtp",
                               .at = Server::endpoint(),
                               .role = session::Role::mx,
                               .tls = session::Tls::none}};
  // Clients keep their connections for as long as they have mail.
  config.session.messages_per_session_max = std::numeric_limits<std::size_t>::max();
  config.session.session_time_max = std::chrono::hours(24 * 366);
  config.server.state_folder = "/state";
  config.policy.state_path = ":memory:";
  config.policy.relay_networks = {*io::IpNetwork::parse(relay_network)};
  return config;
}

}  // namespace

Server::Server(io::sim::World& world, const Plan& plan, base::EventSink& events,
               base::Metrics& metrics)
    : world_(world),
      machine_(world, {std::string(address)}),
      events_(events),
      metrics_(metrics),
      config_(config_of(plan)),
      directory_(std::make_unique<NoMailboxes>()) {
  machine_.set_pool_delay_max({});
}

Server::~Server() = default;

io::Endpoint Server::endpoint() { return {*io::IpAddress::parse(address), 25}; }

base::Result<> Server::start(std::string_view zone) {
  const io::Doors doors = machine_.doors();
  auto tls_client = io::TlsClient::make("");
  if (!tls_client) return std::unexpected(tls_client.error());
  tls_client_ = std::move(*tls_client);
  auto state = policy::State::open(config_.policy, events_, metrics_, doors.clock.wall());
  if (!state) return std::unexpected(state.error());
  state_ = std::move(*state);
  resolver_ = std::make_unique<dns::ZoneResolver>(zone, &doors.clock);
  assembly_ = std::make_unique<server::Assembly>(server::Doors{.io = doors, .resolver = *resolver_},
                                                 config_,
                                                 server::Shared{.directory = *directory_,
                                                                .state = *state_,
                                                                .events = events_,
                                                                .metrics = metrics_,
                                                                .tls_server = nullptr,
                                                                .tls_client = tls_client_},
                                                 server::Slot{});
  if (auto bound = assembly_->listen(); !bound) return bound;
  if (auto begun = world_.run(assembly_->start()); !begun) return std::unexpected(begun.error());
  return {};
}

void Server::stop() {
  if (assembly_) world_.run(assembly_->stop());
  assembly_.reset();
}

}  // namespace simulate::wire
