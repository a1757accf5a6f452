// See cli.h. restore: proves a backup, or makes a home of it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/answer.h"
#include "cli/backup_progress.h"
#include "cli/cli.h"
#include "lib/http/message.h"
#include "lib/io/real/apart.h"
#include "lib/io/real/files.h"
#include "lib/io/real/owner.h"
#include "lib/io/real/sandbox.h"
#include "server/backup/examine.h"
#include "server/backup/places.h"
#include "server/backup/restore.h"
#include "server/confinement.h"
#include "server/home.h"
#include "server/offline.h"

namespace cli {
namespace {

constexpr unsigned home_mode = 0755;  // as the package makes it; what is in it is closed
constexpr unsigned config_mode = 0640;

struct Wishes {
  std::string path;
  bool verify = false;
  bool hold = false;
  std::string owner;
};

// Whoever wrote the file may have meant harm: it is read where nothing can be reached, and where
// only `folder` can be written to (nothing, when it is empty).
base::Result<> enter_cell(const std::string& folder) {
  io::real::Fence fence = server::fence_of({});  // what libraries read
  fence.writable.clear();
  fence.listed.clear();
  fence.bound_ports.clear();
  if (!folder.empty()) fence.writable.push_back(folder);
  auto report = io::real::enter_sandbox(fence);
  if (!report) return std::unexpected(std::move(report.error()));
  if (report->landlock == 0) std::fprintf(stderr, "stagepost: %s\n", report->text().c_str());
  return {};
}

base::Result<backup::Checked> check(io::File& file) {
  Progress progress("read");
  auto checked = backup::check_backup(file, [&progress](std::uint64_t bytes) -> base::Result<> {
    progress.show(bytes);
    return {};
  });
  progress.end();
  return checked;
}

base::Result<> unpack(io::File& file, const std::string& home) {
  io::real::PosixFiles files;
  Progress progress("unpacked");
  auto done = backup::unpack(files, file, home, [&progress](std::uint64_t bytes) -> base::Result<> {
    progress.show(bytes);
    return {};
  });
  progress.end();
  return done;
}

void print_origin(const backup::Manifest& manifest) {
  std::printf("Backup of %s (%s), made %s by stagepost %s, %s the mailboxes\n",
              manifest.host.c_str(), manifest.home.c_str(),
              base::format_time(manifest.made).c_str(), manifest.program.c_str(),
              manifest.with_mail ? "with" : "without");
}

bool print_findings(const std::vector<backup::Finding>& findings) {
  std::printf("  %-28s %12s %12s\n", "", "backup", "opened");
  for (const backup::Finding& one : findings) {
    std::printf("  %-28s %12s %12s%s\n", one.what.c_str(), one.backup.c_str(), one.found.c_str(),
                one.well ? "" : "  DIFFERS");
  }
  return std::ranges::all_of(findings, &backup::Finding::well);
}

// In a process of its own, which ends with it.
int verify_in_cell(io::File& file, const std::string& folder) {
  if (auto closed = enter_cell(folder); !closed) return complain(closed.error().detail);
  const auto checked = check(file);
  if (!checked) return complain(checked.error().detail);
  print_origin(checked->manifest);
  std::printf("  %llu files, each as its checksum says\n",
              static_cast<unsigned long long>(checked->manifest.files));
  const std::string home = folder + "/home";
  if (auto done = unpack(file, home); !done) return complain(done.error().detail);
  const auto findings = backup::examine(*checked, home);
  if (!findings) {
    return complain("the backup is whole, but a server does not open it: " +
                    findings.error().detail);
  }
  if (!print_findings(*findings)) return complain("the backup is not what its manifest says");
  std::printf("It is whole, and a server opens it.\n");
  return 0;
}

int verify(io::File& file) {
  auto folder = io::real::ScratchFolder::make();
  if (!folder) return complain(folder.error().detail);
  const auto code =
      io::real::run_apart([&file, &folder] { return verify_in_cell(file, folder->path()); });
  return code ? *code : complain(code.error().detail);
}

int check_in_cell(io::File& file) {
  if (auto closed = enter_cell({}); !closed) return complain(closed.error().detail);
  const auto checked = check(file);
  return checked ? 0 : complain(checked.error().detail);
}

// Where the restored server is.
struct Target {
  std::string home;
  std::string config_path;
  std::string owner;  // empty: the files are ours
};

base::Result<Target> find_target(const Place& place, const Wishes& wishes,
                                 const backup::Manifest& manifest) {
  io::real::PosixFiles files;
  Target target{.home = place.home,
                .config_path = server::config_path_of(place.home, place.config_path),
                .owner = {}};
  if (io::real::is_root()) target.owner = wishes.owner.empty() ? manifest.owner : wishes.owner;
  auto used = backup::has_files(files, target.home);
  if (!used) return std::unexpected(std::move(used.error()));
  if (*used) {
    return base::fail(base::ErrorKind::exists,
                      target.home +
                          " is not empty, and nothing is overwritten: name another "
                          "folder by --home, or move that one away");
  }
  if (files.info(target.config_path)) {
    return base::fail(base::ErrorKind::exists,
                      target.config_path + " is there, and nothing is overwritten: move it away");
  }
  return target;
}

base::Result<> make_home(const Target& target) {
  io::real::PosixFiles files;
  if (auto made = files.make_directories(target.home, home_mode); !made) return made;
  if (target.owner.empty() || target.owner == "root") return {};
  auto given = io::real::give_to(target.home, target.owner);
  if (given || given.error().kind != base::ErrorKind::not_found) return given;
  return base::fail(base::ErrorKind::not_found,
                    given.error().detail + "; say whose the files shall be: --owner USER");
}

// Beside the home, as the system's: it was unpacked into it.
base::Result<> place_config(const Target& target, const std::string& text) {
  const std::string unpacked = target.home + "/" + std::string(backup::config_name);
  if (target.config_path == unpacked) return {};
  io::real::PosixFiles files;
  const std::size_t slash = target.config_path.rfind('/');
  if (slash != std::string::npos && slash > 0) {
    auto made = files.make_directories(target.config_path.substr(0, slash), home_mode);
    if (!made) return made;
  }
  auto done = io::write_file(files, target.config_path, text, config_mode);
  if (done && !target.owner.empty()) {
    done = io::real::share_with(target.config_path, target.owner);
  }
  if (done) done = files.remove(unpacked);
  return done;
}

base::Result<std::uint64_t> hold_queue(const backup::Checked& checked, const std::string& home) {
  auto config = backup::config_in(checked, home);
  if (!config) return std::unexpected(std::move(config.error()));
  backup::cut_off(*config);
  http::Request request;
  request.method = "POST";
  request.target = "/api/v1/queue/hold";
  request.headers.add("Content-Type", "application/json");
  request.body = boost::json::serialize(boost::json::object{
      {"all", true},
      {"reason",
       fmt::format("restored from the backup of {}", base::format_time(checked.manifest.made))}});
  auto answer = server::handle_offline(std::move(*config), std::move(request));
  if (!answer) return std::unexpected(std::move(answer.error()));
  boost::system::error_code error;
  const boost::json::value said = boost::json::parse(answer->body, error);
  const auto* count = error || !said.is_object() ? nullptr : said.get_object().if_contains("count");
  if (answer->status >= 400 || count == nullptr) {
    return base::fail(base::ErrorKind::invalid, answer->body);
  }
  return count->to_number<std::uint64_t>();
}

// As the owner: what is made in the home is his.
base::Result<> fill_home(io::File& file, const backup::Checked& checked, const Target& target,
                         const Wishes& wishes) {
  const auto owner = io::real::AsOwner::of(target.home);
  if (!owner) return std::unexpected(owner.error());
  if (auto done = unpack(file, target.home); !done) return done;
  if (!wishes.hold) return {};
  const auto held = hold_queue(checked, target.home);
  if (!held) return std::unexpected(held.error());
  std::printf(
      "%llu messages of the queue are held: `stagepost queue list`, `queue release`, "
      "`queue remove`.\n",
      static_cast<unsigned long long>(*held));
  return {};
}

void print_elsewhere(const backup::Checked& checked, const Target& target) {
  io::real::PosixFiles files;
  const auto places = backup::elsewhere(files, checked, target.home);
  if (!places || places->empty()) return;
  std::printf(
      "The configuration names places that are not in %s. Change these settings, or move\n"
      "what was unpacked to where they look, before the server is started:\n",
      target.home.c_str());
  for (const backup::Elsewhere& one : *places) {
    std::printf(
        "  %s = %s\n      %s\n", one.setting.c_str(), one.path.c_str(),
        one.unpacked.empty() ? "(not in the backup)" : ("unpacked at " + one.unpacked).c_str());
  }
}

void print_next(const backup::Manifest& manifest, const Wishes& wishes) {
  if (manifest.messages > 0 && !wishes.hold) {
    std::printf(
        "%llu messages wait in its queue as of %s. Those that were delivered after that are\n"
        "delivered once more when it starts; restore with --hold to decide for yourself.\n",
        static_cast<unsigned long long>(manifest.messages),
        base::format_time(manifest.made).c_str());
  }
  std::printf("Do not start it while the server that it was copied from runs.\n");
}

int restore(io::File& file, const Place& place, const Wishes& wishes) {
  const auto code = io::real::run_apart([&file] { return check_in_cell(file); });
  if (!code) return complain(code.error().detail);
  if (*code != 0) return *code;
  const auto checked = check(file);
  if (!checked) return complain(checked.error().detail);
  const auto target = find_target(place, wishes, checked->manifest);
  if (!target) return complain(target.error().detail);
  print_origin(checked->manifest);
  base::Result<> done = make_home(*target);
  if (done) done = fill_home(file, *checked, *target, wishes);
  if (done) done = place_config(*target, checked->config_text);
  if (!done) {
    return complain(done.error().detail + "; what is in " + target->home +
                    " now is not whole: remove it before you try again");
  }
  std::printf("Restored to %s, configuration %s.\n", target->home.c_str(),
              target->config_path.c_str());
  print_elsewhere(*checked, *target);
  print_next(checked->manifest, wishes);
  return 0;
}

int run_restore(Place place, const Wishes& wishes) {
  if (!place.home.starts_with('/')) place.home = io::real::link_target(".") + "/" + place.home;
  while (place.home.size() > 1 && place.home.ends_with('/')) place.home.pop_back();
  io::real::PosixFiles files;
  auto file = files.open(wishes.path, io::OpenMode::read, 0);
  if (!file) return complain(file.error().detail);
  return wishes.verify ? verify(**file) : restore(**file, place, wishes);
}

}  // namespace

void add_restore_verb(Verbs verbs) {
  auto wishes = std::make_shared<Wishes>();
  Verb restore = verbs.app.add_subcommand(
      "restore",
      "Make a home of the file that `stagepost backup` wrote; with --verify only prove that it is\n"
      "one: every checksum, then a server that opens it in a folder of its own, sandboxed, which\n"
      "neither listens nor delivers, and counts. Exit code 0: it is whole.\n"
      "The home must be empty. Mail that was delivered after the backup is in its queue still,\n"
      "and is sent again; with --hold nothing is sent before you release it.\n"
      "  stagepost restore /backup/all.tar --verify\n"
      "  stagepost restore /backup/all.tar --home /srv/stagepost --hold");
  restore.add_option("FILE", wishes->path, "What `stagepost backup` wrote").required();
  Option only = restore.add_flag("--verify", wishes->verify, "Restore nothing, prove it");
  restore.add_flag("--hold", wishes->hold, "Hold every message of the queue").excludes(only);
  restore.add_option("--owner", wishes->owner,
                     "As root: the user whose the files shall be [as in the backup]");
  restore.callback([verbs, wishes] { verbs.status = run_restore(verbs.place, *wishes); });
}

}  // namespace cli
