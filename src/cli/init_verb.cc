// See cli.h. init: configuration, state folder, first domain, mailbox and keys; what to publish.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "admin/doctor/host_checks.h"
#include "cli/cli.h"
#include "cli/dns_sheet.h"
#include "cli/doctor_text.h"
#include "cli/domain_keys.h"
#include "cli/host_survey.h"
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

constexpr const char* lets_encrypt = "https://acme-v02.api.letsencrypt.org/directory";
constexpr const char* lets_encrypt_terms = "https://letsencrypt.org/repository/";

struct Wishes {
  std::string domain;
  std::string hostname;
  std::string user = "you";
  std::vector<std::string> addresses;
  bool demo = false;
  bool yes = false;
  bool no_acme = false;
  bool publish = false;
  PublishWords how;
  config::ExampleOptions example;
};

// This process' way into the DNS, by the system's name servers.
class Names {
 public:
  explicit Names(io::real::EventLoop& loop) {
    dns::Settings settings;
    settings.resolv_conf_path = "/etc/resolv.conf";
    settings.query_timeout = std::chrono::seconds(5);
    auto engine = dns::UnboundEngine::start(settings);
    if (!engine) {
      trouble_ = engine.error().text();
      return;
    }
    resolver_ = dns::make_resolver(*engine, loop, loop.doors().clock, settings);
  }
  [[nodiscard]] dns::Resolver* resolver() { return resolver_.get(); }  // null: see trouble()
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  std::unique_ptr<dns::Resolver> resolver_;
  std::string trouble_;
};

bool may_ask(const Wishes& wishes) { return !wishes.yes && ::isatty(STDIN_FILENO) != 0; }

std::string ask_for(const std::string& question, const std::string& usual) {
  std::printf("%s [%s]: ", question.c_str(), usual.c_str());
  std::fflush(stdout);
  std::string answer = read_line();
  return answer.empty() ? usual : answer;
}

// --- what the configuration says -----------------------------------------------------------------

bool is_below(const std::string& name, const std::string& domain) {
  return name == domain || name.ends_with("." + domain);
}

// Of the domain, so that whoever has it can give the name its addresses: the address's own name if
// it is one, else the system's, else mail.DOMAIN. A name with a dot, for a HELO name must be one
// that the DNS knows (RFC 5321 §4.1.1.1).
std::string choose_hostname(const Wishes& wishes, const std::string& ptr_name) {
  if (!wishes.hostname.empty()) return wishes.hostname;
  const std::string domain = message::domain_key(wishes.domain);
  std::string guess = "mail." + domain;
  if (wishes.demo) return guess;
  const std::string own = message::domain_key(own_host_name());
  if (is_below(ptr_name, domain)) {
    guess = ptr_name;
  } else if (own != domain && is_below(own, domain)) {
    guess = own;
  }
  if (!may_ask(wishes)) return guess;
  return ask_for("Name of this host, as its PTR says and as it greets others", guess);
}

// Behind NAT a host does not know it, and nobody outside is asked.
base::Result<std::vector<io::IpAddress>> choose_addresses(const Wishes& wishes,
                                                          const HostSurvey& survey) {
  std::vector<std::string> said = wishes.addresses;
  if (said.empty() && survey.addresses.empty() && may_ask(wishes)) {
    const std::string answer = ask_for(
        "This host has only private addresses. Under which public one is it reached?", "unknown");
    if (answer != "unknown") said.push_back(answer);
  }
  std::vector<io::IpAddress> out;
  for (const std::string& text : said) {
    const auto address = io::IpAddress::parse(text);
    if (!address) {
      return base::fail(base::ErrorKind::invalid, "\"" + text + "\" is not an IP address");
    }
    out.push_back(*address);
  }
  if (said.empty() && survey.has_others) out = survey.addresses;
  return out;
}

// Why no certificate is ordered; empty: the authority of wishes.example is asked.
std::string choose_authority(Wishes& wishes) {
  config::ExampleOptions& example = wishes.example;
  const bool usual = example.acme_url.empty();
  if (wishes.no_acme) return "--no-acme";
  if (example.client_http.empty() && example.client_https.empty()) {
    return "other programs have the ports 80 and 443, where an authority looks";
  }
  if (usual && is_special_use(wishes.domain)) {
    return "no public authority knows " + wishes.domain;
  }
  const std::string url = usual ? lets_encrypt : example.acme_url;
  example.acme_url.clear();
  const std::string terms = usual ? lets_encrypt_terms : "";
  if (wishes.yes) {
    std::printf("With --yes you agree to the terms of service of %s%s\n", url.c_str(),
                usual ? (",\n  " + terms).c_str() : "");
  } else if (!confirm("Shall the server order its certificate from " + url +
                      "\nDo you agree to its terms of service" +
                      (usual ? ", " + terms : std::string()) + "?")) {
    return "nobody agreed to an authority's terms";
  }
  example.acme_url = url;
  if (example.acme_email.empty()) example.acme_email = "postmaster@" + wishes.domain;
  if (may_ask(wishes)) {
    example.acme_email = ask_for("Where the authority may write to", example.acme_email);
  }
  if (example.client_http.empty()) example.acme_challenge = "tls-alpn-01";
  return {};
}

base::Result<> write_config(io::Files& files, const std::string& path, const Wishes& wishes) {
  return io::write_file(files, path, config::example_config(wishes.example), 0644);
}

base::Result<> is_fresh(io::Files& files, const std::string& path) {
  if (!files.info(path)) return {};
  return base::fail(base::ErrorKind::exists,
                    path +
                        " is there already. `stagepost domain add` and `stagepost user add` "
                        "add to it; remove it to begin anew");
}

// --- state ---------------------------------------------------------------------------------------

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

// --- what stands between this host and the world -------------------------------------------------

// What a new server depends on and `doctor` looks at, too: names of the address, and port 25.
io::Task<doctor::Findings> look_at_host(io::Ref<const doctor::Ground> ground) {
  doctor::Findings findings;
  for (const doctor::HostCheck check : {doctor::check_ptr, doctor::check_fcrdns,
                                        doctor::check_helo_name, doctor::check_port_25_out}) {
    for (doctor::Finding& one : co_await check(ground)) findings.push_back(std::move(one));
  }
  co_return findings;
}

void tell_host(io::real::EventLoop& loop, Names& names, const config::Config& config) {
  std::printf("\nThis host:\n");
  if (names.resolver() == nullptr) {
    std::printf("  unknown  the DNS could not be asked: %s\n", names.trouble().c_str());
    return;
  }
  const io::Doors doors = loop.doors();
  doctor::AuthorityView view(
      {.network = doors.network, .clock = doors.clock, .resolver = *names.resolver()});
  io::real::HostMachine machine;
  std::vector<io::IpAddress> addresses = config.admin.doctor.public_addresses;
  if (addresses.empty()) addresses = doctor::public_addresses(doors.network);
  const doctor::Ground ground{.doors = doors,
                              .resolver = *names.resolver(),
                              .view = view,
                              .machine = machine,
                              .config = config,
                              .hostname = message::domain_key(config.session.hostname),
                              .addresses = std::move(addresses)};
  for (const doctor::Finding& finding : io::real::run_task(loop, look_at_host(ground))) {
    std::printf("%s", finding_text(finding).c_str());
  }
}

// The records, published if that is wanted; 0 when there was nothing to complain about.
int tell_records(const Place& place, const Wishes& wishes, const std::string& key) {
  if (wishes.publish) {
    std::printf("\nThe DNS:\n\n");
    return publish_records(place, wishes.domain, wishes.how, key);
  }
  std::printf(
      "\nPublish these records in the DNS (`stagepost dns show %s --zone` has them as "
      "zone-file text,\n`stagepost dns publish %s` writes them by RFC 2136):\n\n",
      wishes.domain.c_str(), wishes.domain.c_str());
  return show_records(place, wishes.domain, true);
}

// How this server is started: by systemd where its unit is installed.
std::string next_step(io::Files& files, const Place& place) {
  const bool is_system = place.home == server::system_home && place.config_path.empty();
  if (is_system && files.info("/lib/systemd/system/stagepost.service")) {
    return "systemctl enable --now stagepost";
  }
  return "stagepost serve --home " + place.home;
}

void tell_certificate(const Wishes& wishes, const std::string& why_not) {
  if (why_not.empty()) {
    std::printf(
        "Certificate:   ordered by the server at its first start, from\n"
        "               %s, by %s\n",
        wishes.example.acme_url.c_str(),
        wishes.example.acme_challenge.empty() ? "http-01 at port 80" : "tls-alpn-01 at port 443");
  } else {
    std::printf(
        "Certificate:   none is ordered: %s.\n               See docs/certificates.md; "
        "until then the server shows one of its own\n",
        why_not.c_str());
  }
}

base::Result<> make_folders(io::Files& files, const Place& place, const std::string& path) {
  for (const std::string& folder : {place.home, path.substr(0, path.find_last_of('/'))}) {
    if (folder.empty() || files.info(folder)) continue;
    if (auto made = files.make_directories(folder, 0755); !made) return made;
  }
  return {};
}

// What the host is like, and what its owner wants; why no certificate is ordered.
base::Result<std::string> decide(io::real::EventLoop& loop, Names& names, Wishes& wishes) {
  const HostSurvey survey = survey_host(loop.doors().network);
  std::string ptr_name;
  if (names.resolver() != nullptr && !survey.addresses.empty()) {
    ptr_name = io::real::run_task(
        loop, confirmed_name(loop.doors(), *names.resolver(), survey.addresses.front()));
  }
  wishes.example.hostname = choose_hostname(wishes, message::domain_key(ptr_name));
  auto addresses = choose_addresses(wishes, survey);
  if (!addresses) return std::unexpected(std::move(addresses.error()));
  wishes.example.public_addresses = std::move(*addresses);
  wishes.example.listen_v6 = survey.has_v6;
  wishes.example.client_http = survey.http;
  wishes.example.client_https = survey.https;
  return choose_authority(wishes);
}

void tell_places(const Wishes& wishes, const config::Config& config, const std::string& password) {
  std::printf("Configuration: %s\nState:         %s\nMail:          %s\n",
              config.server.config_path.c_str(), config.server.state_folder.c_str(),
              config.delivery.mail_folder.c_str());
  std::printf("Mailbox:       %s@%s\nPassword:      %s   (shown only now)\n", wishes.user.c_str(),
              wishes.domain.c_str(), password.c_str());
  if (config.admin.api.http.empty()) return;
  std::printf("Web interface: http://%s/admin/ on this host, when the server runs\n",
              config.admin.api.http.front().text().c_str());
}

int init(const Place& place, Wishes wishes) {
  if (!message::is_domain(wishes.domain)) {
    return complain("\"" + wishes.domain + "\" is not a domain name, such as example.org");
  }
  const auto key = read_key_file(wishes.how.key_file);
  if (!key) return complain("--dns-key: " + key.error().detail);
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  io::real::PosixFiles files;
  const std::string path = server::config_path_of(place.home, place.config_path);
  if (auto fresh = is_fresh(files, path); !fresh) return complain(fresh.error().detail);
  if (auto made = make_folders(files, place, path); !made) return complain(made.error().detail);
  wishes.how.yes = wishes.yes;
  wishes.example.demo = wishes.demo;
  if (wishes.demo) wishes.example.hostname = choose_hostname(wishes, {});
  std::optional<Names> names;
  std::string why_no_certificate;
  if (!wishes.demo) {
    names.emplace(loop);
    auto decided = decide(loop, *names, wishes);
    if (!decided) return complain(decided.error().detail);
    why_no_certificate = std::move(*decided);
  }
  if (auto written = write_config(files, path, wishes); !written) {
    return complain(written.error().detail);
  }
  const auto config = server::load_config(place.home, place.config_path);
  if (!config) return complain(config.error().detail);
  const auto password = fill_directory(files, *config, wishes, loop.doors().random);
  if (!password) return complain(password.error().detail);
  tell_places(wishes, *config, *password);
  int status = 0;
  if (!wishes.demo) {
    tell_certificate(wishes, why_no_certificate);
    if (const auto made = make_domain_keys(place, wishes.domain); !made) {
      return complain("keys for signing: " + made.error().detail);
    }
    status = tell_records(place, wishes, *key);
    tell_host(loop, *names, *config);
  }
  std::printf("\nNext: %s; then stagepost doctor\n", next_step(files, place).c_str());
  return status;
}

void add_demo_options(Verb verb, Wishes& wishes) {
  verb.add_flag("--demo", wishes.demo, "Unprivileged ports on 127.0.0.1, no checks");
  verb.add_option("--smtp-port", wishes.example.smtp_port, "With --demo [2525]");
  verb.add_option("--submission-port", wishes.example.submission_port, "With --demo [2587]");
  verb.add_option("--submissions-port", wishes.example.submissions_port, "With --demo [2465]");
  verb.add_option("--http-port", wishes.example.http_port, "With --demo [8025]");
  verb.add_option("--api-port", wishes.example.api_port, "API and web interface [8026]");
}

void add_acme_options(Verb verb, Wishes& wishes) {
  verb.add_option("--acme", wishes.example.acme_url,
                  "Directory of another certificate authority [Let's Encrypt's]");
  verb.add_option("--acme-ca", wishes.example.acme_ca_file,
                  "PEM file that this authority's own server is verified by [the system's]");
  verb.add_option("--email", wishes.example.acme_email,
                  "Where the authority may write to [postmaster@DOMAIN]");
  verb.add_flag("--no-acme", wishes.no_acme, "Order no certificate");
}

}  // namespace

void add_init_verb(Verbs verbs) {
  auto wishes = std::make_shared<Wishes>();
  Verb verb = verbs.app.add_subcommand(
      "init",
      "Make a configuration, a state folder, a first mailbox and keys for signing; print the DNS\n"
      "records to publish, or publish them; check PTR, HELO name and outbound port 25.\n"
      "  stagepost init example.org\n"
      "  stagepost init example.org --yes --publish --dns-server 192.0.2.53 --dns-key KEYFILE\n"
      "  stagepost init demo.test --demo --yes      on unprivileged ports of this machine only");
  verb.add_option("DOMAIN", wishes->domain, "The first domain whose mail is ours").required();
  verb.add_option("--hostname", wishes->hostname,
                  "Name of this host [asked; the PTR's name below DOMAIN, or mail.DOMAIN]");
  verb.add_option("--user", wishes->user, "Local part of the first mailbox").capture_default_str();
  verb.add_option("--address", wishes->addresses,
                  "An address that the world reaches this host by, as behind NAT; may be repeated")
      .one_each();
  verb.add_flag("--yes", wishes->yes,
                "Ask nothing; you agree to the certificate authority's terms of service");
  add_acme_options(verb, *wishes);
  verb.add_flag("--publish", wishes->publish, "Write the records into the DNS (RFC 2136)");
  add_publish_options(verb, wishes->how);
  add_demo_options(verb, *wishes);
  verb.callback([verbs, wishes] { verbs.status = init(verbs.place, *wishes); });
}

}  // namespace cli
