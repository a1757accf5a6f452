// See cli.h. import: moving in from Postfix.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <memory>

#include "cli/answer.h"
#include "cli/cli.h"
#include "cli/postfix_files.h"
#include "config/config.h"
#include "directory/credential.h"
#include "directory/store.h"
#include "import/postfix/aliases.h"
#include "import/postfix/move.h"
#include "lib/base/text.h"
#include "lib/io/real/files.h"
#include "lib/io/real/random.h"
#include "server/home.h"

namespace cli {
namespace {

using postfix::Fate;
using postfix::Plan;

struct Wishes {
  std::string folder;
  std::string output;
  std::string passwd_file;
  std::string domain;
  bool dry_run = false;
  bool json = false;
};

// What is wrong with one entry is a note; what is wrong with the disk ends the work.
bool is_of_the_entry(const base::Error& error) {
  using base::ErrorKind;
  return error.kind == ErrorKind::invalid || error.kind == ErrorKind::exists ||
         error.kind == ErrorKind::not_found || error.kind == ErrorKind::unsupported ||
         error.kind == ErrorKind::limit;
}

// Puts the plan into the directory; notes what the directory did not take.
class Filling {
 public:
  Filling(directory::Store& store, Plan& plan) : store_(store), plan_(plan) {}

  base::Result<> run() {
    for (const std::string& domain : plan_.domains) {
      if (auto done = settle(store_.add_domain(domain), {}, domain); !done) return done;
    }
    for (const postfix::Mailbox& box : plan_.mailboxes) {
      if (auto done = add(box); !done) return done;
    }
    for (const postfix::Alias& one : plan_.aliases) {
      auto done = settle(store_.add_alias(one.address, one.targets), one.place, one.address);
      if (!done) return done;
    }
    for (const postfix::Grant& one : plan_.grants) {
      auto done = settle(store_.add_grant(one.mailbox, one.what), one.place, one.what);
      if (!done) return done;
    }
    return {};
  }

  // "you@example.org kdw7-x3qe-m9rt-vz2a", a line each.
  [[nodiscard]] const std::string& passwords() const { return passwords_; }

 private:
  base::Result<> add(const postfix::Mailbox& box) {
    std::string verifier = box.verifier;
    std::string fresh;
    if (verifier.empty()) {
      auto made = directory::make_verifier(box.password, random_);
      if (!made) {
        fresh = directory::generate_password(random_);
        made = directory::make_verifier(fresh, random_);
      }
      if (!made) return std::unexpected(made.error());
      verifier = *made;
    }
    directory::MailboxFields fields;
    if (!box.full_name.empty()) fields.full_name = box.full_name;
    const auto added = store_.add_mailbox(box.address, verifier, fields);
    if (added && !fresh.empty()) passwords_ += fmt::format("{} {}\n", box.address, fresh);
    return settle(added, box.place, box.address);
  }

  base::Result<> settle(const base::Result<>& done, const postfix::Place& place,
                        const std::string& what) {
    if (done || !is_of_the_entry(done.error())) return done;
    plan_.notes.push_back({.place = {.file = postfix::shown(place.file), .line = place.line},
                           .what = what,
                           .fate = Fate::by_hand,
                           .words = done.error().detail});
    return {};
  }

  directory::Store& store_;
  Plan& plan_;
  io::real::KernelRandom random_;
  std::string passwords_;
};

struct Target {
  std::string home;
  std::string config_path;
  std::string passwords_path;
};

Target target_of(const Place& place, const Wishes& wishes) {
  Target out;
  out.home = wishes.output.empty() ? place.home : wishes.output;
  out.config_path =
      server::config_path_of(out.home, wishes.output.empty() ? place.config_path : std::string());
  out.passwords_path = out.home + "/import-passwords.txt";
  return out;
}

base::Result<> must_be_new(io::Files& files, const Target& target) {
  if (!files.info(target.config_path)) return {};
  return base::fail(base::ErrorKind::exists,
                    target.config_path +
                        " is there already; move in with another --output, or remove it first "
                        "(--dry-run shows what would be done)");
}

// Looked at as root, so it makes nothing.
base::Result<> must_be_empty(io::Files& files, const config::Config& config) {
  const std::string& path = config.directory.database_path;
  if (!files.info(path)) return {};
  auto store = directory::Store::open_to_read(path);
  if (!store) return std::unexpected(store.error());
  const auto domains = (*store)->domains();
  if (!domains) return std::unexpected(domains.error());
  if (domains->empty()) return {};
  return base::fail(base::ErrorKind::exists,
                    path + " has domains already; moving in begins with an empty directory");
}

base::Result<> fill(io::Files& files, const config::Config& config, Plan& plan,
                    std::string& passwords) {
  if (auto done = server::work_as_owner(config); !done) return done;
  const auto lock = server::lock_state(files, config);
  if (!lock) return std::unexpected(lock.error());
  auto store =
      directory::Store::open(config.directory.database_path, config.directory.database_group);
  if (!store) return std::unexpected(store.error());
  // As `init` does: `dovecot-config` writes it for Dovecot.
  if (auto secret = server::login_secret(files, config); !secret) {
    return std::unexpected(secret.error());
  }
  Filling filling(**store, plan);
  auto done = filling.run();
  passwords = filling.passwords();
  return done;
}

// The configuration first, which may be root's; the rest as the user whose folder the state is.
base::Result<> apply(io::Files& files, const Target& target, Plan& plan, std::string& passwords) {
  if (auto fresh = must_be_new(files, target); !fresh) return fresh;
  const auto config = config::load(plan.config, target.config_path, target.home);
  if (!config) return std::unexpected(config.error());
  if (auto empty = must_be_empty(files, *config); !empty) return empty;
  if (auto made = files.make_directories(target.home, 0755); !made) return made;
  auto written =
      io::write_file(files, target.config_path, plan.config, plan.is_secret ? 0600 : 0644);
  if (!written) return written;
  auto done = fill(files, *config, plan, passwords);
  if (done && !passwords.empty()) {
    done = io::write_file(files, target.passwords_path, passwords, 0600);
  }
  if (done) return done;
  return base::fail(done.error().kind,
                    fmt::format("{}; {} was written: remove it before you try again",
                                done.error().detail, target.config_path));
}

// What may be shown on a terminal.
std::string without_passwords(const std::string& config) {
  std::string out;
  for (const std::string_view line : base::split(config, '\n')) {
    out += line.starts_with("password = ") ? "password = \"(not shown)\"" : line;
    out += '\n';
  }
  return out;
}

boost::json::object note_json(const postfix::Note& note) {
  return {{"file", note.place.file},
          {"line", note.place.line},
          {"what", note.what},
          {"fate", std::string(postfix::word_of(note.fate))},
          {"words", note.words}};
}

boost::json::object plan_json(const Plan& plan) {
  boost::json::array notes;
  for (const postfix::Note& note : plan.notes) notes.push_back(note_json(note));
  boost::json::array domains;
  for (const std::string& domain : plan.domains) domains.emplace_back(domain);
  boost::json::array mailboxes;
  for (const postfix::Mailbox& box : plan.mailboxes) mailboxes.emplace_back(box.address);
  boost::json::array aliases;
  for (const postfix::Alias& one : plan.aliases) {
    boost::json::array targets;
    for (const std::string& to : one.targets) targets.emplace_back(to);
    aliases.push_back(boost::json::object{{"address", one.address}, {"targets", targets}});
  }
  boost::json::object counts;
  for (std::size_t i = 0; i < postfix::fates_count; ++i) {
    counts[postfix::word_of(static_cast<Fate>(i))] = plan.counts().at(i);
  }
  return {{"notes", notes},     {"counts", counts},
          {"domains", domains}, {"mailboxes", mailboxes},
          {"aliases", aliases}, {"config", without_passwords(plan.config)}};
}

void print_plan(const Plan& plan, const Wishes& wishes) {
  if (wishes.json) {
    std::printf("%s\n", boost::json::serialize(plan_json(plan)).c_str());
    return;
  }
  for (const postfix::Note& note : plan.notes) std::printf("%s\n", note_line(note).c_str());
  std::printf("\n%s", postfix::summary(plan).c_str());
  if (wishes.dry_run) {
    std::printf("\nNothing was done. The configuration would be:\n\n%s",
                without_passwords(plan.config).c_str());
  }
}

void print_next(const Target& target, const Plan& plan, bool has_passwords) {
  std::printf("\nConfiguration: %s\n", target.config_path.c_str());
  if (plan.is_secret) {
    std::printf(
        "               holds passwords, so its owner alone may read it; for a server of another "
        "user:\n               chown --reference=%s %s\n",
        target.home.c_str(), target.config_path.c_str());
  }
  if (has_passwords) {
    std::printf("Passwords:     %s (new ones: tell them to their owners, then remove the file)\n",
                target.passwords_path.c_str());
  }
  std::printf(
      "\nNext: read what is marked BY HAND, then\n"
      "  stagepost check --home %s\n"
      "  stop Postfix, and stagepost serve --home %s\n",
      target.home.c_str(), target.home.c_str());
}

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

int import_postfix(const Place& place, const Wishes& wishes) {
  io::real::PosixFiles files;
  const PostfixFiles sources(files, without_slashes(wishes.folder));
  auto plan = postfix::make_plan(sources, {.folder = without_slashes(wishes.folder),
                                           .host_name = own_host_name(),
                                           .passwd_file = wishes.passwd_file});
  if (!plan) return complain(plan.error().detail);
  const Target target = target_of(place, wishes);
  std::string passwords;
  if (!wishes.dry_run) {
    if (auto done = apply(files, target, *plan, passwords); !done) {
      return complain(done.error().detail);
    }
  }
  postfix::sort_notes(plan->notes);
  print_plan(*plan, wishes);
  if (!wishes.dry_run && !wishes.json) print_next(target, *plan, !passwords.empty());
  return 0;
}

// One pass over what is left: an alias may wait for another that it leads to.
bool add_some(const Place& place, std::vector<postfix::LocalAlias>& left,
              std::vector<postfix::Note>& notes, bool last) {
  bool moved = false;
  std::vector<postfix::LocalAlias> again;
  for (postfix::LocalAlias& one : left) {
    boost::json::array targets;
    for (const std::string& to : one.targets) targets.emplace_back(to);
    const auto added = ask_json(place, "POST", "/api/v1/aliases/add",
                                {{"address", one.name}, {"targets", targets}});
    if (added) {
      moved = true;
      notes.push_back({.place = one.place,
                       .what = one.name,
                       .fate = Fate::taken,
                       .words = fmt::format("as an alias for {}", fmt::join(one.targets, ", "))});
    } else if (last) {
      notes.push_back({.place = one.place,
                       .what = one.name,
                       .fate = Fate::by_hand,
                       .words = added.error().detail});
    } else {
      again.push_back(std::move(one));
    }
  }
  left = std::move(again);
  return moved;
}

void complete(std::vector<postfix::LocalAlias>& aliases, const std::string& domain) {
  const auto whole = [&](const std::string& name) {
    return name.find('@') == std::string::npos ? name + "@" + domain : name;
  };
  for (postfix::LocalAlias& one : aliases) {
    one.name = whole(one.name);
    for (std::string& to : one.targets) to = whole(to);
  }
}

int import_aliases(const Place& place, const Wishes& wishes) {
  io::real::PosixFiles files;
  const PostfixFiles sources(files, "/etc/postfix");
  const auto text = sources.read(wishes.folder);
  if (!text) return complain(text.error().detail);
  postfix::AliasesFile file = postfix::read_aliases(*text, sources);
  complete(file.aliases, wishes.domain);
  Plan plan;
  for (const postfix::RefusedValue& one : file.refused) {
    plan.notes.push_back({.place = one.place,
                          .what = fmt::format("{}: {}", one.name, one.value),
                          .fate = Fate::by_hand,
                          .words = one.why});
  }
  for (const postfix::LocalAlias& one : file.aliases) {
    if (!wishes.dry_run) break;
    plan.notes.push_back(
        {.place = one.place,
         .what = one.name,
         .fate = Fate::taken,
         .words = fmt::format("as an alias for {}", fmt::join(one.targets, ", "))});
  }
  if (!wishes.dry_run) {
    while (!file.aliases.empty() && add_some(place, file.aliases, plan.notes, false)) {
    }
    (void)add_some(place, file.aliases, plan.notes, true);
  }
  postfix::sort_notes(plan.notes);
  for (const postfix::Note& note : plan.notes) std::printf("%s\n", note_line(note).c_str());
  const auto counts = plan.counts();
  std::printf("\n%zu aliases %s, %zu entries for you to do by hand\n", counts[0],
              wishes.dry_run ? "would be added" : "were added", counts[3]);
  return 0;
}

}  // namespace

void add_import_verb(Verbs verbs) {
  auto wishes = std::make_shared<Wishes>();
  Verb verb =
      verbs.app.add_subcommand("import",
                               "Move in from another mail server; see docs/moving-in.md.\n"
                               "  stagepost import postfix /etc/postfix --dry-run\n"
                               "  stagepost import aliases /etc/aliases --domain example.org");
  verb.require_subcommand();
  Verb from = verb.add_subcommand(
      "postfix",
      "Read main.cf, master.cf and the tables that they name; write a configuration and fill the\n"
      "directory with domains, mailboxes and aliases; say of every line what became of it:\n"
      "taken, same (as it is here anyway), different (no equal, nothing to do), BY HAND.\n"
      "Postfix itself is not touched.\n"
      "  stagepost import postfix /etc/postfix --dry-run\n"
      "  stagepost import postfix /mnt/old/etc/postfix --output /var/lib/stagepost \\\n"
      "      --dovecot-passwd /mnt/old/etc/dovecot/users");
  from.add_option("DIR", wishes->folder, "Where main.cf is; of a copy, ROOT/etc/postfix")
      .required();
  from.add_option("--output", wishes->output, "The new home folder [that of --home]");
  from.add_option("--dovecot-passwd", wishes->passwd_file,
                  "Dovecot's passwd-file: SCRAM-SHA-256 and plain passwords are kept");
  from.add_flag("--dry-run", wishes->dry_run, "Only say what would be done");
  from.add_flag("--json", wishes->json, "The report as JSON");
  from.callback([verbs, wishes] { verbs.status = import_postfix(verbs.place, *wishes); });

  Verb aliases = verb.add_subcommand(
      "aliases",
      "Add the aliases of a file in the form of /etc/aliases to one domain of ours. Commands and\n"
      "files as targets are refused, each with its line.\n"
      "  stagepost import aliases /etc/aliases --domain example.org");
  aliases.add_option("FILE", wishes->folder).required();
  aliases.add_option("--domain", wishes->domain, "The domain of names that have none").required();
  aliases.add_flag("--dry-run", wishes->dry_run, "Only say what would be done");
  aliases.callback([verbs, wishes] { verbs.status = import_aliases(verbs.place, *wishes); });
}

}  // namespace cli
