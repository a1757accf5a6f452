// See cli.h. init: configuration, state folder, first domain and mailbox; what to publish.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "admin/doctor/host_checks.h"
#include "cli/cli.h"
#include "cli/dns_records.h"
#include "cli/doctor_text.h"
#include "cli/input.h"
#include "config/config.h"
#include "directory/credential.h"
#include "directory/store.h"
#include "lib/dns/unbound_resolver.h"
#include "lib/io/network.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/machine.h"
#include "lib/io/real/pool.h"
#include "lib/message/address.h"
#include "server/home.h"

namespace cli {
namespace {

struct Wishes {
  std::string domain;
  std::string hostname;
  std::string user = "you";
  bool demo = false;
  bool yes = false;
  config::ExampleOptions example;
};

// A name with a dot, for a HELO name must be one that the DNS knows (RFC 5321 §4.1.1.1).
std::string choose_hostname(const Wishes& wishes) {
  if (!wishes.hostname.empty()) return wishes.hostname;
  std::string guess = "mail." + wishes.domain;
  if (wishes.demo) return guess;
  if (const std::string own = own_host_name(); own.find('.') != std::string::npos) guess = own;
  if (wishes.yes || ::isatty(STDIN_FILENO) == 0) return guess;
  std::printf("Name of this host, as its PTR says and as it greets others [%s]: ", guess.c_str());
  std::fflush(stdout);
  const std::string answer = read_line();
  return answer.empty() ? guess : answer;
}

base::Result<> write_config(io::Files& files, const std::string& path, const Wishes& wishes,
                            const std::string& hostname) {
  if (files.info(path)) {
    return base::fail(base::ErrorKind::exists,
                      path +
                          " is there already. `stagepost domain add` and `stagepost user add` "
                          "add to it; remove it to begin anew");
  }
  config::ExampleOptions options = wishes.example;
  options.hostname = hostname;
  options.demo = wishes.demo;
  return io::write_file(files, path, config::example_config(options), 0644);
}

// The password of the first mailbox.
base::Result<std::string> fill_directory(io::Files& files, const config::Config& config,
                                         const Wishes& wishes, io::Random& random) {
  if (auto done = server::work_as_owner(config); !done) {
    return std::unexpected(std::move(done.error()));
  }
  auto lock = server::lock_state(files, config);
  if (!lock) return std::unexpected(std::move(lock.error()));
  auto store =
      directory::Store::open(config.directory.database_path, config.directory.database_group);
  if (!store) return std::unexpected(std::move(store.error()));
  const std::string address = wishes.user + "@" + wishes.domain;
  std::string password = directory::generate_password(random);
  auto verifier = directory::make_verifier(password, random);
  if (!verifier) return std::unexpected(std::move(verifier.error()));
  auto done = (*store)->add_domain(wishes.domain);
  // Made here, as the server's user, for `dovecot-config` writes it for Dovecot.
  if (auto secret = server::login_secret(files, config); !secret) {
    return std::unexpected(std::move(secret.error()));
  }
  // The first person looks after the server, so may log in to its web interface.
  if (done) done = (*store)->add_mailbox(address, *verifier, {.administrator = true});
  if (!done) return std::unexpected(std::move(done.error()));
  return password;
}

// What a new server depends on and `doctor` looks at, too: names of the address, and port 25.
io::Task<doctor::Findings> look_at_host(io::Ref<const doctor::Ground> ground) {
  doctor::Findings findings;
  for (const doctor::HostCheck check :
       {doctor::check_ptr, doctor::check_helo_name, doctor::check_port_25_out}) {
    for (doctor::Finding& one : co_await check(ground)) findings.push_back(std::move(one));
  }
  co_return findings;
}

// What stands between this host and the world; skipped for a demo, which never leaves it.
void advise(io::real::EventLoop& loop, const MailHost& host, const config::Config& config) {
  std::printf("\nPublish these records in the DNS:\n\n%s\nThis host:\n",
              records_text(records_to_publish(host)).c_str());
  dns::Settings settings;
  settings.resolv_conf_path = "/etc/resolv.conf";
  settings.query_timeout = std::chrono::seconds(5);
  auto engine = dns::UnboundEngine::start(settings);
  if (!engine) {
    std::printf("  unknown  the DNS could not be asked: %s\n", engine.error().text().c_str());
    return;
  }
  const io::Doors doors = loop.doors();
  const auto resolver = dns::make_resolver(*engine, loop, doors.clock, settings);
  doctor::AuthorityView view(
      {.network = doors.network, .clock = doors.clock, .resolver = *resolver});
  io::real::HostMachine machine;
  const doctor::Ground ground{.doors = doors,
                              .resolver = *resolver,
                              .view = view,
                              .machine = machine,
                              .config = config,
                              .hostname = message::domain_key(host.hostname),
                              .addresses = host.addresses};
  for (const doctor::Finding& finding : io::real::run_task(loop, look_at_host(ground))) {
    std::printf("%s", finding_text(finding).c_str());
  }
}

// How this server is started: by systemd where its unit is installed.
std::string next_step(io::Files& files, const Place& place) {
  const bool is_system = place.home == server::system_home && place.config_path.empty();
  if (is_system && files.info("/lib/systemd/system/stagepost.service")) {
    return "systemctl enable --now stagepost";
  }
  return "stagepost serve --home " + place.home;
}

int init(const Place& place, Wishes wishes) {
  if (!message::is_domain(wishes.domain)) {
    return complain("\"" + wishes.domain + "\" is not a domain name, such as example.org");
  }
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  io::real::PosixFiles files;
  const std::string path = server::config_path_of(place.home, place.config_path);
  for (const std::string& folder : {place.home, path.substr(0, path.find_last_of('/'))}) {
    if (folder.empty() || files.info(folder)) continue;
    if (auto made = files.make_directories(folder, 0755); !made) {
      return complain(made.error().detail);
    }
  }
  const std::string hostname = choose_hostname(wishes);
  if (auto written = write_config(files, path, wishes, hostname); !written) {
    return complain(written.error().detail);
  }
  const auto config = server::load_config(place.home, place.config_path);
  if (!config) return complain(config.error().detail);
  const auto password = fill_directory(files, *config, wishes, loop.doors().random);
  if (!password) return complain(password.error().detail);
  std::printf("Configuration: %s\nState:         %s\nMail:          %s\n", path.c_str(),
              config->server.state_folder.c_str(), config->delivery.mail_folder.c_str());
  std::printf("Mailbox:       %s@%s\nPassword:      %s   (shown only now)\n", wishes.user.c_str(),
              wishes.domain.c_str(), password->c_str());
  if (!config->admin.api.http.empty()) {
    std::printf("Web interface: http://%s/admin/ on this host, when the server runs\n",
                config->admin.api.http.front().text().c_str());
  }
  if (!wishes.demo) {
    advise(loop,
           {.domain = wishes.domain,
            .hostname = hostname,
            .addresses = doctor::public_addresses(loop.doors().network)},
           *config);
  }
  std::printf("\nNext: %s; then stagepost doctor\n", next_step(files, place).c_str());
  return 0;
}

}  // namespace

void add_init_verb(Verbs verbs) {
  auto wishes = std::make_shared<Wishes>();
  Verb verb = verbs.app.add_subcommand(
      "init",
      "Make a configuration, a state folder and a first mailbox; print the DNS records to publish\n"
      "and check PTR, HELO name and outbound port 25.\n"
      "  stagepost init example.org\n"
      "  stagepost init demo.test --demo --yes      on unprivileged ports of this machine only");
  verb.add_option("DOMAIN", wishes->domain, "The first domain whose mail is ours").required();
  verb.add_option("--hostname", wishes->hostname, "Name of this host [asked, or mail.DOMAIN]");
  verb.add_option("--user", wishes->user, "Local part of the first mailbox").capture_default_str();
  verb.add_flag("--demo", wishes->demo, "Unprivileged ports on 127.0.0.1, no checks");
  verb.add_flag("--yes", wishes->yes, "Ask nothing");
  verb.add_option("--smtp-port", wishes->example.smtp_port, "With --demo [2525]");
  verb.add_option("--submission-port", wishes->example.submission_port, "With --demo [2587]");
  verb.add_option("--submissions-port", wishes->example.submissions_port, "With --demo [2465]");
  verb.add_option("--http-port", wishes->example.http_port, "With --demo [8025]");
  verb.add_option("--api-port", wishes->example.api_port, "API and web interface [8026]");
  verb.callback([verbs, wishes] { verbs.status = init(verbs.place, *wishes); });
}

}  // namespace cli
