// See cli.h. ldap test: does the [ldap] section lead to people?
#include <fmt/format.h>

#include <cstdio>

#include "cli/cli.h"
#include "directory/ldap/libldap_client.h"
#include "directory/ldap/reader.h"
#include "directory/names.h"
#include "directory/snapshot.h"
#include "lib/io/clock.h"
#include "lib/io/real/event_loop.h"
#include "lib/io/real/files.h"
#include "lib/io/real/pool.h"
#include "server/home.h"

namespace cli {
namespace {

constexpr std::size_t shown_max = 5;

std::string remedy(const base::Error& error) {
  switch (error.kind) {
    case base::ErrorKind::unreachable:
      return "is ldap.url right, does the server run, does a firewall let this host through?";
    case base::ErrorKind::timed_out:
      return "the server does not answer in ldap.timeout; is a firewall dropping packets?";
    case base::ErrorKind::tls:
      return "name the certificate that signed the server's in ldap.ca_file, and the server in "
             "ldap.url as its certificate does";
    case base::ErrorKind::denied:
      return "check ldap.bind_dn and the password in ldap.password_file, and its rights to read";
    case base::ErrorKind::not_found: return "is ldap.base_dn right, and may bind_dn see it?";
    case base::ErrorKind::limit:
      return "raise ldap.entries_max, or the server's own limit for bind_dn (OpenLDAP: olcLimits "
             "dn.exact=\"…\" size=unlimited)";
    case base::ErrorKind::invalid: return "check the filters, base_dn and password_file of [ldap]";
    default: return "see the server's own log";
  }
}

int explain(const base::Error& error) {
  return complain(fmt::format("{}\nremedy: {}", error.detail, remedy(error)));
}

// The domains and people of the Store, when there is one yet.
directory::Contents of_store(const config::Config& config) {
  io::real::PosixFiles files;
  if (!files.info(config.directory.database_path)) return {};
  auto store =
      directory::Store::open(config.directory.database_path, config.directory.database_group);
  auto contents = store ? (*store)->contents() : base::Result<directory::Contents>();
  return contents ? std::move(*contents) : directory::Contents{};
}

void show_counts(const directory::LdapContents& found, const directory::MergeCounts& counts,
                 std::int64_t milliseconds) {
  std::printf("%zu people and %zu groups in %lld ms: %zu mailboxes, %zu aliases\n",
              found.users.size(), found.groups.size(), static_cast<long long>(milliseconds),
              counts.mailboxes, counts.aliases);
  if (counts.foreign > 0) {
    std::printf("left out: %zu addresses in other domains (ldap.domains, `stagepost domain add`)\n",
                counts.foreign);
  }
  if (counts.taken > 0) {
    std::printf("left out: %zu addresses that somebody else has already\n", counts.taken);
  }
  if (found.unusable > 0) {
    std::printf("left out: %zu people without a mail address, members who are not found\n",
                found.unusable);
  }
  for (std::size_t i = 0; i < found.users.size() && i < shown_max; ++i) {
    const directory::LdapUser& user = found.users[i];
    std::printf("  %s%s%s\n", user.mails.front().c_str(), user.login.empty() ? "" : "  log-in ",
                user.login.c_str());
  }
  for (std::size_t i = 0; i < found.groups.size() && i < shown_max; ++i) {
    const directory::LdapGroup& group = found.groups[i];
    std::printf("  %s -> %zu members\n", group.addresses.front().c_str(), group.members.size());
  }
}

int show_address(const directory::Contents& all, const config::Config& config,
                 const std::string& text) {
  auto address = message::parse_address(text, {.utf8 = true});
  if (!address) return complain(address.error().detail);
  const auto snapshot = directory::make_snapshot(all, config.directory);
  message::Recipient recipient;
  recipient.address = *address;
  const directory::Expansion expansion = snapshot->expand(recipient);
  if (!expansion.problem.empty()) return complain(expansion.problem);
  switch (expansion.kind) {
    case directory::Local::foreign:
      return complain(address->domain +
                      " is none of our domains; remedy: name it in ldap.domains, "
                      "or `stagepost domain add` it");
    case directory::Local::unknown:
      return complain(text +
                      " is nobody's; remedy: does the entry match ldap.user_filter or "
                      "ldap.group_filter, and is the address in one of its attributes?");
    case directory::Local::mailbox:
      std::printf("%s is the mailbox %s\n", text.c_str(),
                  snapshot->mailbox(*address)->address.c_str());
      return 0;
    case directory::Local::alias: break;
  }
  std::printf("%s goes to\n", text.c_str());
  for (const message::Recipient& one : expansion.recipients) {
    std::printf("  %s\n", one.address.text().c_str());
  }
  return 0;
}

int test(const Place& place, const std::string& address) {
  const auto config = server::load_config(place.home, place.config_path);
  if (!config) return complain(config.error().detail);
  const directory::LdapSettings& settings = config->directory.ldap;
  if (!settings.on()) {
    return complain("nobody is in LDAP: the configuration has no url in its section [ldap]");
  }
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  const io::Clock& clock = loop.doors().clock;
  const base::Instant began = clock.now();
  const auto connector = directory::make_libldap_connector(settings, loop.doors().files);
  auto client = connector->connect();
  if (!client) return explain(client.error());
  auto found = directory::LdapReader(settings).read_all(**client);
  if (!found) return explain(found.error());
  directory::MergeCounts counts;
  const directory::Contents all = directory::merge(of_store(*config), *found, &counts);
  show_counts(*found, counts, (clock.now() - began) / std::chrono::milliseconds(1));
  if (!address.empty()) return show_address(all, *config, address);
  if (counts.mailboxes == 0) {
    return complain(
        "nobody in LDAP has a mailbox here; remedy: check ldap.domains, "
        "ldap.user_filter and the rights of ldap.bind_dn");
  }
  return 0;
}

}  // namespace

void add_ldap_verb(Verbs verbs) {
  Verb ldap = verbs.app.add_subcommand("ldap", "People from LDAP: the section [ldap]");
  ldap.require_subcommand();
  Verb tried = ldap.add_subcommand(
      "test",
      "Read LDAP as the server does, show what it finds, or explain what is wrong.\n"
      "  stagepost ldap test\n"
      "  stagepost ldap test sales@example.org");
  auto address = std::make_shared<std::string>();
  tried.add_option("ADDRESS", *address, "Show what this address is");
  tried.callback([verbs, address] { verbs.status = test(verbs.place, *address); });
}

}  // namespace cli
