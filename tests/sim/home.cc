// See home.h.
#include "tests/sim/home.h"

#include "directory/snapshot.h"
#include "lib/io/files.h"
#include "queue/journal/journal.h"

namespace sim {
namespace {

constexpr std::uint64_t mail_bytes_max = 64U << 20U;

}  // namespace

std::size_t EventList::count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count(events, name, &base::Event::name));
}

FixedDirectory::FixedDirectory(const directory::Contents& contents, base::Time now) {
  auto srs = std::make_shared<directory::Srs>(std::chrono::hours(24 * 365), now);
  srs->set_secrets({"of the simulation"});
  snapshot_ = directory::make_snapshot(contents, {}, std::move(srs));
}

config::Config home_config(const std::string& address) {
  config::Config config;
  const std::string hostname = "mx.home.test";
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

Home::Home(io::sim::World& world, const std::string& address, std::string_view zone)
    : config(home_config(address)),
      world_(world),
      host_(world, {address}),
      zone_(zone),
      tls_client_(io::TlsClient::make("").value()) {
  contents.domains = {"home.test"};
  contents.mailboxes = {"you@home.test", "back@home.test", "other@home.test"};
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
                     .tls_server = nullptr,
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

std::vector<std::string> Home::maildir(const std::string& local) {
  std::vector<std::string> out;
  const std::string folder = "/mail/home.test/" + local + "/new";
  const auto files = host_.disk().mount();
  const auto list = files->list(folder);
  if (!list) return out;
  for (const io::FileInfo& info : *list) {
    auto text = io::read_file(*files, folder + "/" + info.name, mail_bytes_max);
    if (text) out.push_back(std::move(*text));
  }
  return out;
}

}  // namespace sim
