// See admin_door.h.
#include "server/admin_door.h"

#include "admin/auth_policy.h"
#include "admin/client_config.h"
#include "admin/records/texts.h"
#include "delivery/maildir_path.h"
#include "directory/names.h"

namespace server {
namespace {

constexpr std::size_t control_body_bytes_max = 64U << 20U;  // a message for `stagepost send`

// What any request may bring; the gate narrows it for each.
std::size_t program_body_bytes_max(const admin::Settings& settings) {
  return std::max<std::size_t>(settings.body_bytes_max, settings.api.send_bytes_max);
}

// A key has its local part without quotes, so it is not parsed as an address.
std::string mail_folder_of(const std::string& mail_folder, const std::string& key) {
  const message::Address mailbox{.local = std::string(directory::local_of(key)),
                                 .domain = std::string(directory::domain_of(key))};
  if (mailbox.local.empty() || mailbox.domain.empty()) return {};
  return delivery::maildir_path(mail_folder, mailbox).value_or("");
}

admin::ClientParts client_parts(const config::Config& config, SharedParts& shared) {
  return {.places = admin::offered_places(config),
          .mta_sts_policy = records::mta_sts_policy(config.admin.clients.mta_sts,
                                                    message::domain_key(config.session.hostname)),
          .is_our_domain = [&shared](std::string_view domain) {
            return shared.directory->snapshot()->is_local_domain(domain);
          }};
}

std::vector<std::string> domains_of(const directory::Directory& directory) {
  const auto domains = directory.snapshot()->domains();
  return domains ? *domains : std::vector<std::string>();
}

admin::Parts admin_parts(Doors doors, AllQueues& queues, LocalInjector& injector,
                         SharedParts& shared, const config::Config& config) {
  return {
      .doors = doors.io,
      .queues = queues,
      .injector = injector,
      .directory = *shared.admin_store,
      .directory_changed = [&shared] { return shared.reload_directory(); },
      .directory_note = [&shared] { return shared.ldap ? shared.ldap->trouble() : ""; },
      .trace = *shared.trace,
      .metrics = shared.metrics,
      .state = *shared.state,
      .clients = client_parts(config, shared),
      .mail_folder = [folder = config.delivery.mail_folder](
                         const std::string& key) { return mail_folder_of(folder, key); },
      .test_lists =
          [&shared, doors] {
            return shared.state->client().lists.test(doors.resolver, doors.io.clock, false);
          },
      .auth_policy_key = admin::auth_policy_key(shared.login_secret),
      .tokens = shared.tokens.get(),
      .factors = shared.factors.get(),
      .snapshot = [&shared] { return shared.directory->snapshot(); },
      .file_aliases =
          config.directory.alias_files.empty()
              ? decltype(admin::Parts::file_aliases){}
              : [&shared](
                    directory::Contents
                        contents) { return shared.directory->file_aliases(std::move(contents)); }};
}

// Mail of this server itself is from its own name: keys of the domain that it is in are ours, too.
admin::Parts with_signing(admin::Parts parts, policy::Rotation& rotation, SharedParts& shared,
                          const config::Config& config) {
  parts.signing = {.keys = shared.keys.get(),
                   .rotation = &rotation,
                   .settings = config.policy.signing,
                   .is_ours = [&shared, host = message::domain_key(config.session.hostname)](
                                  const std::string& domain) {
                     return shared.directory->snapshot()->is_local_domain(domain) ||
                            host == domain || host.ends_with("." + domain);
                   }};
  return parts;
}

admin::Parts with_examiner(admin::Parts parts, doctor::Doctor& examiner) {
  parts.examiner = &examiner;
  return parts;
}

admin::Parts with_reports(admin::Parts parts, report::Reporter& reporter, SharedParts& shared) {
  parts.reports = shared.reports.get();
  parts.reporter = &reporter;
  return parts;
}

admin::Parts with_certificates(admin::Parts parts, admin::Certificates& certificates,
                               records::Publisher& publisher) {
  parts.certificates = &certificates;
  parts.publisher = &publisher;
  return parts;
}

// A password over HTTP is a log-in like any other.
admin::LoginDoor login_door(policy::Authenticator& authenticator) {
  return [&authenticator](admin::LoginAttempt attempt, policy::FurtherCheck further) {
    sasl::Claim claim;
    claim.user = std::move(attempt.address);
    claim.secret = std::move(attempt.password);
    return authenticator.conclude(std::move(claim), attempt.peer, std::move(further));
  };
}

admin::Parts with_views(admin::Parts parts, admin::ViewParts views) {
  parts.views = std::move(views);
  return parts;
}

// What programs send and hear.
struct ProgramParts {
  session::Submitter& submitter;
  sending::KeyDesk& keys;
  webhooks::Webhooks& webhooks;
  const admin::Reload& reload;
  admin::JournalHold& journal_hold;
};

admin::Parts with_programs(admin::Parts parts, ProgramParts programs,
                           const config::Config& config) {
  parts.sending = {.submitter = &programs.submitter,
                   .keys = &programs.keys,
                   .hostname = config.session.hostname,
                   .recipients_max = config.session.recipients_max};
  parts.webhooks = &programs.webhooks;
  parts.reload = &programs.reload;
  parts.journal_hold = &programs.journal_hold;
  return parts;
}

http::ServerLimits limits_of(const admin::Settings& settings, std::size_t body_bytes_max) {
  http::ServerLimits limits;
  limits.connections_max = settings.connections_max;
  limits.connections_per_address_max = settings.connections_per_address_max;
  limits.message.body_bytes_max = body_bytes_max;
  return limits;
}

}  // namespace

AdminDoor::AdminDoor(Doors doors, const config::Config& config, SharedParts& shared,
                     const std::vector<Assembly*>& assemblies)
    : doors_(doors),
      settings_(config.admin),
      started_(std::make_shared<const config::Config>(config)),
      config_(started_),
      queues_(doors.io.loop, assemblies),
      injector_(doors, *assemblies.front(), *shared.directory, *shared.events, config.session),
      rotation_({.doors = doors.io,
                 .resolver = doors.resolver,
                 .keys = *shared.keys,
                 .events = *shared.events},
                config.policy.signing.check_every),
      reporter_({.doors = doors.io,
                 .resolver = doors.resolver,
                 .reports = *shared.reports,
                 .events = *shared.events,
                 .post = make_post(*assemblies.front(), *shared.directory)}),
      view_({.network = doors.io.network, .clock = doors.io.clock, .resolver = doors.resolver}),
      examiner_({.doors = doors.io,
                 .resolver = doors.resolver,
                 .view = view_,
                 .machine = machine_,
                 .directory = *shared.directory,
                 .events = *shared.events,
                 .metrics = shared.metrics,
                 .tls = shared.tls_client,
                 .queues = &queues_,
                 .keys = shared.keys.get(),
                 .reports = shared.reports.get()},
                config),
      client_api_(client_parts(config, shared)),
      answers_(&client_api_),
      certificates_({.doors = doors.io,
                     .resolver = doors.resolver,
                     .events = *shared.events,
                     .metrics = shared.metrics,
                     .tls = shared.tls_server,
                     .challenges = shared.challenges,
                     .tls_client = shared.tls_client,
                     .answers = answers_,
                     .domains = [&shared] { return domains_of(*shared.directory); }},
                    config, shared.certificate),
      records_view_(
          {.network = doors.io.network, .clock = doors.io.clock, .resolver = doors.resolver}),
      publisher_({.doors = doors.io,
                  .resolver = doors.resolver,
                  .directory = *shared.directory,
                  .keys = *shared.keys,
                  .certificates = certificates_,
                  .view = records_view_},
                 config),
      key_desk_(doors.io, *shared.idempotency_keys),
      webhooks_(
          {.sender = {.doors = doors.io, .resolver = doors.resolver, .tls = shared.tls_client},
           .store = *shared.webhook_store,
           .intake = *shared.webhook_intake,
           .events = *shared.events,
           .metrics = shared.metrics},
          config.admin.webhooks),
      api_(with_programs(
          with_views(
              with_certificates(
                  with_examiner(with_reports(with_signing(admin_parts(doors, queues_, injector_,
                                                                      shared, config),
                                                          rotation_, shared, config),
                                             reporter_, shared),
                                examiner_),
                  certificates_, publisher_),
              {.flow = shared.flow.get(),
               .log = &shared.log->tail(),
               .machine = &machine_,
               .config = [this] { return config_; },
               .started_config = started_,
               .started = doors.io.clock.wall(),
               .version = STAGEPOST_VERSION}),
          {.submitter = assemblies.front()->submitter(),
           .keys = key_desk_,
           .webhooks = webhooks_,
           .reload = reload_,
           .journal_hold = queues_},
          config)),
      public_api_(with_signing(admin_parts(doors, queues_, injector_, shared, config), rotation_,
                               shared, config)),
      sessions_(
          {.doors = doors.io,
           .directory = *shared.directory,
           .factors = *shared.factors,
           .events = *shared.events,
           .log_in = login_door(assemblies.front()->authenticator()),
           .limits = {.idle = settings_.api.session_idle, .total = settings_.api.session_time},
           .hostname = config.session.hostname}),
      gate_({.doors = doors.io,
             .api = api_.router(),
             .tokens = *shared.tokens,
             .events = *shared.events,
             .settings = settings_.api,
             .body_bytes_max = settings_.body_bytes_max,
             .hostname = config.session.hostname,
             .version = STAGEPOST_VERSION,
             .sessions = settings_.api.web ? &sessions_ : nullptr}),
      web_(gate_, admin::WebFiles(admin::web_files()), settings_.api),
      control_(doors.io, api_, limits_of(settings_, control_body_bytes_max)),
      public_(doors.io, public_api_, limits_of(settings_, settings_.body_bytes_max)),
      clients_(doors.io, answers_, limits_of(settings_, settings_.body_bytes_max)),
      programs_(doors.io, web_, limits_of(settings_, program_body_bytes_max(settings_))),
      tls_([&shared] { return shared.tls_server; }) {}

base::Result<> AdminDoor::open() {
  auto control = doors_.io.network.listen_unix(settings_.socket_path, 0600);
  if (!control) return std::unexpected(std::move(control.error()));
  listeners_.push_back(std::move(*control));
  serving_.spawn(control_.serve(*listeners_.back()));
  auto done = serve(public_, settings_.http, {.section = "[http]", .tls = nullptr});
  if (done)
    done = serve(clients_, settings_.clients.http, {.section = "[clients]", .tls = nullptr});
  if (done) done = serve(clients_, settings_.clients.https, {.section = "[clients]", .tls = tls_});
  if (done) done = serve(programs_, settings_.api.http, {.section = "[api]", .tls = nullptr});
  if (done) done = serve(programs_, settings_.api.https, {.section = "[api]", .tls = tls_});
  return done;
}

base::Result<> AdminDoor::serve(http::Server& server, const std::vector<io::Endpoint>& places,
                                const Face& face) {
  for (const io::Endpoint& at : places) {
    auto listener = doors_.io.network.listen(at, {});
    if (!listener) {
      return base::fail(listener.error().kind, std::string(face.section) + " cannot listen on " +
                                                   at.text() + ": " + listener.error().detail);
    }
    listeners_.push_back(std::move(*listener));
    serving_.spawn(server.serve(*listeners_.back(), face.tls));
  }
  return {};
}

io::Task<void> AdminDoor::stop() {
  co_await serving_.stop();
  listeners_.clear();
}

}  // namespace server
