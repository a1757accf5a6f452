// See assemble.h.
#include "server/assemble.h"

#include "policy/filters/filters.h"
#include "queue/journal/journal.h"

namespace server {
namespace {

constexpr base::Duration delivery_grace = std::chrono::seconds(10);

// A limit that holds for all loops together, as the part of one.
unsigned share(unsigned limit, Slot slot) { return std::max(1U, limit / slot.count); }

std::shared_ptr<const queue::Settings> queue_settings(const config::Config& config, Slot slot) {
  auto settings = std::make_shared<queue::Settings>(config.queue);
  settings->destination_concurrency_max = share(settings->destination_concurrency_max, slot);
  // An LMTP server counts connections, as any other.
  if (!config.delivery.lmtp.empty()) {
    settings->maildir_concurrency_max = settings->destination_concurrency_max;
  }
  settings->body_memory_bytes_max /= slot.count;
  return settings;
}

// Ids of different loops never meet: the node number has a part for the loop.
std::uint8_t id_node(const config::Config& config, Slot slot) {
  return static_cast<std::uint8_t>(config.server.node * loops_max + slot.index);
}

// In the lower half, so that the rest of the millisecond is long enough.
std::uint16_t id_begin(io::Random& random) {
  return static_cast<std::uint16_t>(random.below(std::uint64_t{1} << 15U));
}

// The addresses on which our own port 25 answers; a listener on 0.0.0.0 or :: stands for all of
// ours.
std::vector<io::IpAddress> own_addresses(const config::Config& config, const io::Network& network) {
  std::vector<io::IpAddress> out;
  for (const session::ListenerSetting& listener : config.session.listeners) {
    if (listener.at.port != config.delivery.mx_port) continue;
    if (!listener.at.address.is_unspecified()) {
      out.push_back(listener.at.address);
      continue;
    }
    for (const io::IpAddress& address : network.own_addresses()) {
      if (address.is_v6() == listener.at.address.is_v6()) out.push_back(address);
    }
  }
  return out;
}

std::shared_ptr<const delivery::Settings> delivery_settings(const config::Config& config,
                                                            const io::Network& network) {
  auto settings = std::make_shared<delivery::Settings>(config.delivery);
  settings->own_addresses = own_addresses(config, network);
  return settings;
}

// A DSN to one of our own aliases goes where mail for that alias goes.
report::Expand expander(const directory::Directory& directory) {
  return [&directory](const message::Recipient& recipient) {
    auto expansion = directory.snapshot()->expand(recipient);
    if (expansion.recipients.empty()) expansion.recipients.push_back(recipient);
    return std::move(expansion.recipients);
  };
}

report::Sign signer(const policy::Signing& signing) {
  return [&signing](std::string_view header, std::string_view body, std::string_view domain) {
    return signing.sign_now(header, body, domain);
  };
}

policy::ConfirmUnknown confirmer(directory::LdapDirectory* ldap, io::Doors doors) {
  if (ldap == nullptr) return {};
  return [ldap, doors](message::Address address) {
    return ldap->confirm(std::move(address), doors.loop, doors.clock);
  };
}

policy::PasswordCheck ldap_check(directory::LdapDirectory* ldap, io::Doors doors) {
  return [ldap, doors](std::string login, std::string password) {
    return ldap->check_password(std::move(login), std::move(password), doors.loop, doors.clock);
  };
}

std::function<bool(std::string_view)> ldap_names(directory::LdapDirectory* ldap) {
  if (ldap == nullptr) return {};
  return [ldap](std::string_view name) { return ldap->may_be_login(name); };
}

}  // namespace

Assembly::Assembly(Doors doors, const config::Config& config, Shared shared, Slot slot)
    : doors_(doors),
      slot_(slot),
      ids_(id_node(config, slot), id_begin(doors.io.random)),
      store_(queue::journal::Journal::make(
          doors.io, queue_settings(config, slot),
          queue::journal::claim_streams(slot.streams, slot.index, slot.count))),
      signing_({.doors = doors.io,
                .keys = shared.keys,
                .directory = shared.directory,
                .events = shared.events},
               std::make_shared<policy::Settings>(config.policy)),
      courier_({.doors = doors.io,
                .resolver = doors.resolver,
                .directory = shared.directory,
                .tls = shared.tls_client,
                .events = shared.events,
                .metrics = shared.metrics},
               delivery_settings(config, doors.io.network)),
      inbox_({.doors = doors.io,
              .next = courier_,
              .reports = shared.reports,
              .events = shared.events}),
      notifier_(std::make_shared<report::Settings>(config.report), expander(shared.directory),
                signer(signing_)),
      bounces_(notifier_, shared.state.ledger(), shared.directory),
      queue_(queue::Queue::make({.doors = doors.io,
                                 .store = *store_,
                                 .courier = inbox_,
                                 .notifier = bounces_,
                                 .events = shared.events,
                                 .metrics = shared.metrics,
                                 .ids = ids_,
                                 .replayed = shared.replayed},
                                queue_settings(config, slot))),
      quota_status_(doors.io, doors.resolver),
      client_checks_(doors.io.clock, doors.resolver, shared.state.client()),
      sender_checks_(doors.io.clock, doors.resolver, shared.dmarc_observer),
      impersonation_checks_(doors.io.clock, shared.state.contacts()),
      policy_({.clock = doors.io.clock,
               .guard = shared.state.guard(),
               .ledger = shared.state.ledger(),
               .quota = &quota_status_,
               .confirm_unknown = confirmer(shared.ldap, doors.io),
               .client = &client_checks_,
               .sender = &sender_checks_,
               .impersonation = &impersonation_checks_,
               .make_filters = policy::filters_maker(
                   {.doors = doors.io, .resolver = doors.resolver, .tls = shared.tls_client}),
               .signing = &signing_},
              std::make_shared<policy::Settings>(config.policy)),
      authenticator_(
          {.web = {.doors = doors.io, .resolver = doors.resolver, .tls = shared.tls_client},
           .directory = shared.directory,
           .guard = &shared.state.guard(),
           .last_use = &shared.state.last_use(),
           .check_elsewhere = shared.ldap != nullptr ? ldap_check(shared.ldap, doors.io)
                                                     : std::move(shared.check_elsewhere),
           .may_be_elsewhere = ldap_names(shared.ldap),
           .secret = std::move(shared.login_secret)},
          config.policy.login),
      front_(session::Parts(doors.io, *queue_, shared.directory, policy_, authenticator_,
                            shared.events, ids_, session::Counters(shared.metrics)),
             std::make_shared<session::Settings>(config.session), shared.tls_server) {}

base::Result<> Assembly::listen() {
  return front_.listen({.share_port = slot_.count > 1, .first = slot_.index == 0});
}

io::Task<base::Result<queue::ReplayReport>> Assembly::start(bool quiet) {
  auto report = co_await queue_->start();
  if (report && !quiet) front_.start();
  co_return report;
}

io::Task<void> Assembly::stop() {
  co_await front_.stop();
  co_await tasks_.join();
  co_await queue_->stop(delivery_grace);
  co_await courier_.stop();
}

void Assembly::reload(const config::Config& config, std::shared_ptr<io::TlsServer> tls) {
  queue_->set_settings(queue_settings(config, slot_));
  notifier_.set_settings(std::make_shared<report::Settings>(config.report));
  courier_.set_settings(delivery_settings(config, doors_.io.network));
  policy_.set_settings(std::make_shared<policy::Settings>(config.policy));
  signing_.set_settings(std::make_shared<policy::Settings>(config.policy));
  authenticator_.set_settings(config.policy.login);
  front_.set_rules(std::make_shared<session::Settings>(config.session), std::move(tls));
}

}  // namespace server
