// See byte_simulation.h.
#include "tools/simulate/wire/byte_simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/io/sim/network.h"

namespace simulate::wire {
namespace {

using std::chrono::hours;

// Whatever still waits so long after its end is stuck.
constexpr base::Duration patience = hours(24);

}  // namespace

ByteSimulation::ByteSimulation(Plan plan, std::uint64_t message_bytes, TellProgress tell)
    : plan_(std::move(plan)),
      message_bytes_(message_bytes),
      tell_(std::move(tell)),
      world_(plan_.seed),
      random_(plan_.seed),
      begin_(world_.now()),
      domains_(plan_.scenario),
      traffic_(plan_.scenario.mail, domains_, plan_.seed),
      receivers_(make_receivers(plan_.scenario, domains_, plan_.seed)),
      account_(plan_.scenario, domains_, plan_.seed),
      parcels_(account_, plan_.scenario.mail.messages),
      observer_(account_, domains_, begin_of_time),
      server_(world_, plan_, observer_, metrics_),
      host_parts_{.account = account_,
                  .parcels = parcels_,
                  .random = random_,
                  .clock = server_.clock(),
                  .begin = begin_} {
  parcels_.figures().message_bytes = message_bytes_;
  // Nothing in the server waits for the network itself: a receiver's `latency` is in its answers.
  world_.internet().options().latency = {};
  world_.internet().options().trace_octets = false;
  world_.jump_wall(begin_of_time - world_.wall());
  world_.set_steps_max(std::numeric_limits<std::uint64_t>::max() / 2);
}

ByteSimulation::~ByteSimulation() {
  if (clients_) clients_->stop();
  server_.stop();
  if (hosts_) hosts_->stop();
}

base::Result<bench::MessageMaker> ByteSimulation::make_messages() const {
  auto maker = bench::MessageMaker::make({.size = message_bytes_,
                                          .seed = plan_.seed,
                                          .from = "sender@" + std::string(sender_domain),
                                          .to = "recipient@receiver.example",
                                          .host = "client.example",
                                          .date = begin_of_time});
  if (!maker) return base::fail(maker.error().kind, "--bytes: " + maker.error().detail);
  return maker;
}

base::Result<> ByteSimulation::start() {
  auto maker = make_messages();
  if (!maker) return std::unexpected(maker.error());
  auto hosts = Hosts::make({.world = world_,
                            .scenario = plan_.scenario,
                            .domains = domains_,
                            .receivers = receivers_,
                            .host = host_parts_,
                            .stale = metrics_.counter("stagepost_delivery_connections_stale_total",
                                                      "Kept connections that turned out to be "
                                                      "dead")});
  if (!hosts) return std::unexpected(hosts.error());
  hosts_ = std::move(*hosts);
  if (auto begun = hosts_->start(); !begun) return begun;
  if (auto begun = server_.start(hosts_->zone()); !begun) return begun;
  clients_ = std::make_unique<Clients>(Clients::Parts{.world = world_,
                                                      .server = Server::endpoint(),
                                                      .traffic = traffic_,
                                                      .account = account_,
                                                      .parcels = parcels_,
                                                      .begin = begin_},
                                       std::move(*maker));
  return {};
}

void ByteSimulation::run() {
  clients_->start();
  while (hour_goes_by()) account_.next_hour();
  if (plan_.cut) account_.counts().ended = now();
  settle_accounts();
}

// False: it was the last one.
bool ByteSimulation::hour_goes_by() {
  world_.run_until(begin_ + (now() / hours(1) + 1) * hours(1));
  account_.hour_over();
  std::uint64_t& disk = parcels_.figures().disk_bytes_most;
  disk = std::max(disk, server_.disk_bytes());
  if (tell_) {
    tell_({.now = now(), .arrived = account_.ledger().size(), .queued = account_.queued()});
  }
  if (over()) return false;
  const base::Duration end = hours(24) * plan_.scenario.mail.days + plan_.queue->expire_after;
  if (now() <= end + patience) return true;
  parcels_.strange(
      fmt::format("{} messages wait longer than queue.expire_after", server_.queued()));
  return false;
}

bool ByteSimulation::over() {
  if (now() < hours(24) * plan_.scenario.mail.days) return false;
  if (plan_.cut) return clients_->all_came();
  return clients_->done() && account_.queued() == 0 && server_.queued() == 0;
}

void ByteSimulation::settle_accounts() {
  hosts_->count_stale(0);
  // What the server's queue has of this mail, and what has not come into it yet.
  account_.audit(server_.queued() - observer_.reports_waiting() + clients_->unaccepted());
  parcels_.settle(plan_.cut);
  observer_.close();  // what its end interrupts counts for nothing
}

}  // namespace simulate::wire
