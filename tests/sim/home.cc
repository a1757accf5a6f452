// See home.h.
#include "tests/sim/home.h"

#include <algorithm>

#include "directory/snapshot.h"
#include "queue/journal/journal.h"

namespace sim {
namespace {

// One for all: reading the system's trust anchors takes longer than a story.
std::shared_ptr<io::TlsClient> tls_client() {
  static const std::shared_ptr<io::TlsClient> client = io::TlsClient::make("").value();
  return client;
}

}  // namespace

std::size_t EventList::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count(events, name, &base::Event::name));
}

FixedDirectory::FixedDirectory(const directory::Contents& contents, base::Time now) {
  auto srs = std::make_shared<directory::Srs>(std::chrono::hours(24 * 365), now);
  srs->set_secrets({"of the simulation"});
  snapshot_ = directory::make_snapshot(contents, {}, std::move(srs));
}

config::Config home_config(const std::string& address, const std::string& domain) {
  config::Config config;
  const std::string hostname = "mx." + domain;
  config.session.hostname = config.policy.hostname = config.delivery.hostname =
      config.report.hostname = hostname;
  config.session.listeners = {{.name = "smtp",
                               .at = *io::Endpoint::parse(address + ":25"),
                               .role = session::Role::mx,
                               .tls = session::Tls::none},
                              {.name = "submission",
                               .at = *io::Endpoint::parse(address + ":587"),
                               .role = session::Role::submission,
                               .tls = session::Tls::none}};
  config.server.state_folder = "/state";
  config.policy.state_path = ":memory:";
  config.queue.journal_folder = "/state/journal";
  config.queue.segment_bytes = 1U << 20U;  // small, so that they roll over and are compacted
  config.queue.disk_reserve_bytes = 0;
  config.delivery.mail_folder = "/mail";
  return config;
}

Home::Home(io::sim::World& world, const std::string& address, std::string_view zone,
           const std::string& domain)
    : config(home_config(address, domain)),
      world_(world),
      host_(world, {address}),
      zone_(zone),
      domain_(domain),
      tls_client_(tls_client()) {
  contents.domains = {domain};
  contents.mailboxes = {"you@" + domain, "back@" + domain, "other@" + domain};
}

Home::~Home() {
  if (assembly_ != nullptr) stop();
}

base::Result<queue::ReplayReport> Home::start() {
  const io::Doors doors = host_.up() ? host_.doors() : host_.restart();
  directory_ = std::make_unique<FixedDirectory>(contents, doors.clock.wall());
  auto state = policy::State::open(config.policy, events_, metrics_, doors.clock.wall());
  if (!state) return std::unexpected(state.error());
  state_ = std::move(*state);
  resolver_ = std::make_unique<dns::ZoneResolver>(zone_, &doors.clock);
  auto streams = queue::journal::list_streams(doors.files, config.queue.journal_folder);
  if (!streams) return std::unexpected(streams.error());
  assembly_ = std::make_unique<server::Assembly>(
      server::Doors{.io = doors, .resolver = *resolver_}, config,
      server::Shared{.directory = *directory_,
                     .state = *state_,
                     .events = events_,
                     .metrics = metrics_,
                     .tls_server = tls_server,
                     .tls_client = tls_client_},
      server::Slot{.index = 0, .count = 1, .streams = std::move(*streams)});
  base::Result<queue::ReplayReport> report;
  if (auto bound = assembly_->listen(); !bound) {
    report = std::unexpected(bound.error());
  } else {
    report = world_.run(assembly_->start());
  }
  if (!report) stop();
  return report;
}

void Home::stop() {
  world_.run(assembly_->stop());
  end_parts();
}

void Home::crash() {
  host_.crash();
  stop();
}

void Home::end_parts() {
  assembly_.reset();
  resolver_.reset();
  directory_.reset();
  state_.reset();
}

// What looks at the disk here is no operation of it: it neither fails nor counts.
std::vector<std::string> Home::maildir(const std::string& local) {
  const std::string folder = "/mail/" + domain_ + "/" + local + "/new/";
  std::vector<std::string> out;
  for (const std::string& name : host_.disk().names(folder)) {
    out.push_back(host_.disk().content(folder + name));
  }
  return out;
}

std::vector<std::string> Home::segments() {
  std::vector<std::string> paths;
  for (const std::string& name : host_.disk().names(config.queue.journal_folder)) {
    if (name.ends_with(".log")) paths.push_back(config.queue.journal_folder + "/" + name);
  }
  return paths;
}

bool Home::is_durable(std::string_view text) {
  return std::ranges::any_of(segments(), [&](const std::string& path) {
    return host_.disk().durable_content(path).contains(text);
  });
}

}  // namespace sim
