// See check_mail.h.
#include "cli/check_mail.h"

#include <utility>

#include "config/config.h"
#include "directory/snapshot.h"
#include "lib/dns/unbound_resolver.h"
#include "lib/dns/zone_file.h"
#include "lib/io/files.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/pool.h"
#include "lib/io/standing_clock.h"
#include "lib/io/tls.h"
#include "server/home.h"
#include "server/shared_parts.h"

namespace cli {
namespace {

using base::Result;

// A home without a configuration is none; one that is broken is said to be so.
Result<std::optional<config::Config>> find_config(const Place& place, io::Files& files) {
  const std::string path = server::config_path_of(place.home, place.config_path);
  if (place.config_path.empty() && !files.info(path)) return std::nullopt;
  auto config = server::load_config(place.home, place.config_path);
  if (!config) return std::unexpected(config.error());
  return std::move(*config);
}

// People in LDAP are not asked for here: with them every recipient is taken as one of ours.
Result<std::shared_ptr<const directory::Snapshot>> read_directory(const config::Config& config,
                                                                  io::Files& files) {
  const std::string& path = config.directory.database_path;
  if (config.directory.ldap.on() || !files.info(path)) return nullptr;
  auto store = directory::Store::open_to_read(path);
  if (!store) return std::unexpected(store.error());
  return directory::make_snapshot(**store, config.directory);
}

}  // namespace

struct MailChecker::Parts {
  Parts() : pool(1), loop(pool), clock(loop.doors().clock) {}

  [[nodiscard]] io::Doors doors() {
    const io::Doors real = loop.doors();
    return {.loop = real.loop,
            .clock = clock,
            .network = real.network,
            .files = real.files,
            .random = real.random,
            .pool = real.pool};
  }

  io::real::ThreadPool pool;
  io::real::EventLoop loop;
  io::StandingClock clock;
  config::Config config;
  std::shared_ptr<const directory::Snapshot> known;
  std::unique_ptr<policy::Rehearsal> rehearsal;
  std::shared_ptr<dns::UnboundEngine> engine;
  std::unique_ptr<dns::Resolver> world;  // the DNS of this host, from when it is first asked
  std::string zone_text;
  std::unique_ptr<dns::ZoneFile> zone;  // of zone_text
  std::vector<std::string> mistakes;    // in it
  bool lenient = false;
};

MailChecker::MailChecker(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

MailChecker::~MailChecker() = default;

Result<std::unique_ptr<MailChecker>> MailChecker::open(const Place& place, std::string hostname) {
  io::real::PosixFiles files;
  auto parts = std::make_unique<Parts>();
  auto config = find_config(place, files);
  if (!config) return std::unexpected(config.error());
  if (*config) {
    parts->config = std::move(**config);
    auto known = read_directory(parts->config, files);
    if (!known) return std::unexpected(known.error());
    parts->known = std::move(*known);
  } else {
    parts->config.policy.hostname = "localhost";
    parts->config.policy.verify.exempt.clear();  // whoever is named here is to be checked
  }
  if (!hostname.empty()) parts->config.policy.hostname = std::move(hostname);
  auto tls = io::TlsClient::make("");
  if (!tls) return std::unexpected(tls.error());
  parts->rehearsal = std::make_unique<policy::Rehearsal>(
      policy::RehearsalParts{.doors = parts->doors(),
                             .settings = std::make_shared<policy::Settings>(parts->config.policy),
                             .known = parts->known,
                             .tls = std::move(*tls)});
  return std::unique_ptr<MailChecker>(new MailChecker(std::move(parts)));
}

void MailChecker::set_lenient(bool lenient) { parts_->lenient = lenient; }

const std::vector<std::string>& MailChecker::zone_mistakes() const { return parts_->mistakes; }

Result<dns::Resolver*> MailChecker::resolver_of(const MailCase& one) {
  if (one.zone) {
    // Suites ask about many mails in one zone.
    if (!parts_->zone || parts_->zone_text != *one.zone) {
      parts_->mistakes.clear();
      parts_->zone.reset();
      auto zone = parts_->lenient
                      ? dns::ZoneFile::parse_what_can_be_read(*one.zone, parts_->mistakes)
                      : dns::ZoneFile::parse(*one.zone);
      if (!zone) {
        return base::fail(zone.error().kind, "zone text, " + zone.error().detail);
      }
      parts_->zone = std::move(*zone);
      parts_->zone_text = *one.zone;
    }
    return parts_->zone.get();
  }
  if (!parts_->world) {
    io::real::PosixFiles files;
    const dns::Settings settings = server::dns_settings_of(parts_->config, files);
    auto engine = dns::UnboundEngine::start(settings);
    if (!engine) return std::unexpected(engine.error());
    parts_->engine = std::move(*engine);
    parts_->world =
        dns::make_resolver(parts_->engine, parts_->loop, parts_->loop.doors().clock, settings);
  }
  return parts_->world.get();
}

Result<policy::Rehearsed> MailChecker::check(MailCase one) {
  auto resolver = resolver_of(one);
  if (!resolver) return std::unexpected(resolver.error());
  if (one.now) {
    parts_->clock.stand_at(*one.now);
  } else {
    parts_->clock.go_on();
  }
  // In a world of zone text there is nobody else; and the answer must be the same each time.
  one.mail.ask_filters = !one.zone;
  if (one.mail.to.empty()) one.mail.to.push_back({.local = "postmaster", .domain = {}});
  return io::real::run_task(parts_->loop, parts_->rehearsal->run(std::move(one.mail), **resolver));
}

}  // namespace cli
