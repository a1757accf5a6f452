// See cli.h. dovecot-config: writes the configuration of a Dovecot beside us.
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "admin/auth_policy.h"
#include "admin/dovecot_config.h"
#include "admin/toml_edit.h"
#include "cli/cli.h"
#include "lib/base/size.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/pool.h"
#include "server/certificate/load.h"
#include "server/home.h"

namespace cli {
namespace {

struct Wishes {
  admin::DovecotPlan plan;
  std::string version = "2.3";
  std::string deliver = "lmtp";
  std::string quota;
  bool apply = false;
};

// One thread: nobody else asks for names.
std::string own_user() {
  const passwd* entry = ::getpwuid(::geteuid());  // NOLINT(concurrency-mt-unsafe)
  return entry != nullptr ? entry->pw_name : fmt::to_string(::geteuid());
}

std::string own_group() {
  const group* entry = ::getgrgid(::getegid());  // NOLINT(concurrency-mt-unsafe)
  return entry != nullptr ? entry->gr_name : fmt::to_string(::getegid());
}

std::string absolute(std::string path, const std::string& home) {
  return path.starts_with('/') ? path : home + "/" + path;
}

void fill_in(Wishes& wishes, const config::Config& config, const std::string& home) {
  admin::DovecotPlan& plan = wishes.plan;
  plan.version = wishes.version == "2.4" ? admin::DovecotPlan::Version::v2_4
                                         : admin::DovecotPlan::Version::v2_3;
  plan.output_folder = absolute(plan.output_folder.empty() ? "dovecot" : plan.output_folder, home);
  if (plan.run_folder.empty()) plan.run_folder = plan.output_folder + "/run";
  plan.run_folder = absolute(plan.run_folder, home);
  if (plan.state_folder.empty()) plan.state_folder = plan.output_folder + "/state";
  plan.database_path = config.directory.database_path;
  plan.database_group = config.directory.database_group;
  plan.mail_folder = config.delivery.mail_folder;
  plan.hostname = config.session.hostname;
  plan.certificate_path = config.session.certificate_path;
  plan.key_path = config.session.key_path;
  if (plan.certificate_path.empty()) {
    plan.certificate_path = config.server.state_folder + "/self-signed.crt";
    plan.key_path = config.server.state_folder + "/self-signed.key";
  }
  plan.lmtp = wishes.deliver == "lmtp";
  plan.ldap = config.directory.ldap;
  // As policy/login offers it: a program that begins with SCRAM does not try PLAIN as well.
  const auto& listed = config.policy.login.mechanisms;
  plan.scram =
      !plan.ldap.on() || std::ranges::find(listed, std::string("SCRAM-SHA-256")) != listed.end();
  if (plan.unprivileged) {
    plan.mail_user = plan.internal_user = plan.login_user = own_user();
    plan.mail_group = plan.internal_group = own_group();
  }
  if (plan.mail_group.empty()) plan.mail_group = plan.mail_user;
  if (plan.socket_user.empty()) plan.socket_user = own_user();
}

// The password of [ldap], and the certificates that its server's is verified by.
base::Result<> read_ldap(io::Files& files, admin::DovecotPlan& plan) {
  directory::LdapSettings& ldap = plan.ldap;
  const std::string system_ca_file = "/etc/ssl/certs/ca-certificates.crt";
  if (ldap.ca_file.empty() && files.info(system_ca_file)) ldap.ca_file = system_ca_file;
  if (ldap.password_file.empty()) return {};
  constexpr std::uint64_t password_file_bytes_max = 4'096;
  auto text = io::read_file(files, ldap.password_file, password_file_bytes_max);
  if (!text) return std::unexpected(text.error());
  plan.ldap_password = base::trim(*text);
  if (plan.ldap_password.empty()) {
    return base::fail(base::ErrorKind::invalid, ldap.password_file + " holds no password");
  }
  return {};
}

// The server makes the same key of the same secret.
base::Result<> ask_the_guard(io::Files& files, const config::Config& config,
                             admin::DovecotPlan& plan) {
  if (config.admin.http.empty()) return {};
  auto secret = server::login_secret(files, config);
  if (!secret) return std::unexpected(secret.error());
  plan.auth_policy_key = admin::auth_policy_key(*secret);
  io::Endpoint at = config.admin.http.front();
  if (at.address.is_unspecified()) at.address = io::IpAddress::v4({127, 0, 0, 1});
  plan.auth_policy_url = fmt::format("http://{}{}", at.text(), admin::auth_policy_path);
  return {};
}

base::Result<> write_files(io::Files& files, const admin::DovecotPlan& plan) {
  for (const admin::TextFile& file : admin::dovecot_files(plan)) {
    const std::string folder = io::folder_of(file.path);
    if (auto made = files.make_directories(folder, 0755); !made) return made;
    if (auto done = io::write_file(files, file.path, file.text, file.mode); !done) return done;
    std::printf("wrote %s\n", file.path.c_str());
  }
  return {};
}

// Into stagepost.toml, unless that would break it.
base::Result<> apply(io::Files& files, const Place& place, const admin::DovecotPlan& plan) {
  const std::string path = server::config_path_of(place.home, place.config_path);
  auto text = io::read_file(files, path, config::file_bytes_max);
  if (!text) return std::unexpected(text.error());
  for (const admin::NeededSetting& need : admin::dovecot_needs(plan)) {
    *text =
        admin::with_setting(std::move(*text), {.table = need.section, .key = need.key}, need.value);
  }
  if (auto loaded = config::load(*text, path, place.home); !loaded) {
    return std::unexpected(loaded.error());
  }
  return io::write_file(files, path, *text, 0644);
}

void print_needs(const admin::DovecotPlan& plan) {
  std::printf("\nPut into stagepost.toml (--apply does it), then restart stagepost:\n");
  for (const admin::NeededSetting& need : admin::dovecot_needs(plan)) {
    std::printf("  [%s]\n  %s = %s\n", need.section.c_str(), need.key.c_str(), need.value.c_str());
  }
}

void print_next(const admin::DovecotPlan& plan) {
  const std::string owner = plan.mail_user + ":" + plan.mail_group;
  std::printf("\nMail belongs to %s: chown -R %s %s\n", plan.mail_user.c_str(), owner.c_str(),
              plan.mail_folder.c_str());
  if (::getpwnam(plan.mail_user.c_str()) == nullptr) {  // NOLINT(concurrency-mt-unsafe)
    std::printf(
        "There is no user %s yet; make it first: useradd --system --user-group --home-dir %s "
        "--shell /usr/sbin/nologin %s\n",
        plan.mail_user.c_str(), plan.mail_folder.c_str(), plan.mail_user.c_str());
  }
  if (!plan.lmtp) std::printf("Stagepost writes the Maildirs, so it must run as that user, too.\n");
  std::printf(
      "Packages: dovecot-imapd dovecot-lmtpd dovecot-sieve dovecot-managesieved "
      "dovecot-sqlite%s\nStart: dovecot -c %s/dovecot.conf\n",
      plan.ldap.on() ? " dovecot-ldap" : "", plan.output_folder.c_str());
}

int dovecot_config(const Place& place, Wishes wishes) {
  const auto config = server::load_config(place.home, place.config_path);
  if (!config) return complain(config.error().detail);
  if (!wishes.quota.empty()) {
    const auto bytes = base::parse_size(wishes.quota);
    if (!bytes) return complain("--quota is no size such as 5GiB");
    wishes.plan.quota_bytes = *bytes;
  }
  fill_in(wishes, *config, place.home);
  io::real::PosixFiles files;
  if (auto done = read_ldap(files, wishes.plan); !done) return complain(done.error().detail);
  const admin::DovecotPlan& plan = wishes.plan;
  if (auto done = admin::check_dovecot_plan(plan); !done) return complain(done.error().detail);
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  // The certificate of its own is made at the first start, which may not have been.
  const auto loaded = server::load_certificate(files, *config, loop.doors().clock.wall(), nullptr);
  if (!loaded) return complain(loaded.error().detail);
  if (loaded->source == server::CertificateSource::acme) {
    wishes.plan.certificate_path = wishes.plan.key_path = loaded->path;  // chain and key in one
  }
  if (auto done = ask_the_guard(files, *config, wishes.plan); !done) {
    return complain(done.error().detail);
  }
  if (auto done = write_files(files, plan); !done) return complain(done.error().detail);
  if (wishes.apply) {
    if (auto done = apply(files, place, plan); !done) return complain(done.error().detail);
    std::printf("changed %s; restart stagepost\n",
                server::config_path_of(place.home, place.config_path).c_str());
  } else {
    print_needs(plan);
  }
  print_next(plan);
  return 0;
}

void add_people_options(Verb verb, Wishes& wishes) {
  verb.add_option("--user", wishes.plan.mail_user, "Whom the mail belongs to")
      .capture_default_str();
  wishes.plan.mail_group.clear();
  verb.add_option("--group", wishes.plan.mail_group, "Its group [as the user]");
  verb.add_option("--dovecot-user", wishes.plan.internal_user, "Dovecot's own user")
      .capture_default_str();
  verb.add_option("--dovecot-group", wishes.plan.internal_group, "Dovecot's own group")
      .capture_default_str();
  verb.add_option("--login-user", wishes.plan.login_user, "Dovecot's user that owns nothing")
      .capture_default_str();
  verb.add_option("--server-user", wishes.plan.socket_user,
                  "Whom stagepost runs as [who runs this]");
  verb.add_flag("--unprivileged", wishes.plan.unprivileged,
                "Dovecot is started by the user who runs this, not by root");
}

}  // namespace

void add_dovecot_verb(Verbs verbs) {
  auto wishes = std::make_shared<Wishes>();
  Verb verb = verbs.app.add_subcommand(
      "dovecot-config",
      "Write a complete configuration for a Dovecot beside us, where people read their mail:\n"
      "log-ins of our directory, our certificate, delivery by LMTP or into Maildirs, quota, "
      "Sieve.\n"
      "  stagepost dovecot-config --apply --user vmail\n"
      "  stagepost dovecot-config --version 2.4 --output /etc/stagepost/dovecot --quota 5GiB\n"
      "2.3 is what the tests run; 2.4 is written after its documentation.");
  verb.add_option("--version", wishes->version, "Of Dovecot")
      .one_of({"2.3", "2.4"})
      .capture_default_str();
  verb.add_option("--output", wishes->plan.output_folder, "Folder to write to [HOME/dovecot]");
  verb.add_option("--run", wishes->plan.run_folder, "Folder of Dovecot's sockets [OUTPUT/run]");
  verb.add_option("--log", wishes->plan.log_path, "Dovecot's log file [syslog]");
  verb.add_option("--deliver", wishes->deliver, "Who puts mail into mailboxes: Dovecot or we")
      .one_of({"lmtp", "maildir"})
      .capture_default_str();
  verb.add_option("--quota", wishes->quota, "Of mailboxes without their own, as 5GiB [none]");
  verb.add_option("--listen", wishes->plan.listen, "Addresses to listen on").capture_default_str();
  verb.add_option("--imap-port", wishes->plan.imap_port, "STARTTLS").capture_default_str();
  verb.add_option("--imaps-port", wishes->plan.imaps_port, "TLS at once").capture_default_str();
  verb.add_option("--sieve-port", wishes->plan.sieve_port, "ManageSieve").capture_default_str();
  add_people_options(verb, *wishes);
  verb.add_flag("--apply", wishes->apply, "Write what stagepost.toml needs into it");
  verb.callback([verbs, wishes] { verbs.status = dovecot_config(verbs.place, *wishes); });
}

}  // namespace cli
