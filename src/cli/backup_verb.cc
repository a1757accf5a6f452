// See cli.h. backup: everything that a server is, as one file.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli/answer.h"
#include "cli/backup_progress.h"
#include "cli/cli.h"
#include "lib/base/size.h"
#include "lib/io/real/files.h"
#include "lib/io/real/owner.h"
#include "lib/io/real/sandbox.h"
#include "server/backup/make.h"
#include "server/home.h"

namespace cli {
namespace {

constexpr base::Duration begin_time_max = std::chrono::minutes(5);
// A third of the time that the server waits for us (admin/backup_routes.cc).
constexpr base::Duration keep_every = std::chrono::seconds(40);
constexpr const char* unfinished = ".partial";

struct Wishes {
  std::string path;
  bool with_mail = false;
};

// The journal's files, which stay as they are until end().
struct Hold {
  std::string id;
  bool server_runs = false;
  std::unique_ptr<io::File> lock;  // of the state, where no server runs
  std::vector<std::string> segments;
  std::uint64_t messages = 0;
};

base::Result<boost::json::object> begin_at_server(const Place& place, bool& server_runs) {
  auto answer = ask_running_json(place, "POST", "/api/v1/backup/begin", {}, begin_time_max);
  server_runs = answer || answer.error().kind != base::ErrorKind::refused;
  return answer;
}

// Without a server the journal is opened once, which mends what a crash left, and closed; then the
// lock keeps others away.
base::Result<boost::json::object> begin_alone(const Place& place) {
  return ask_json(place, "POST", "/api/v1/backup/begin", {}, begin_time_max);
}

base::Result<Hold> begin(const Place& place, const config::Config& config, io::Files& files) {
  Hold hold;
  auto answer = begin_at_server(place, hold.server_runs);
  if (!hold.server_runs) answer = begin_alone(place);
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (!hold.server_runs) {
    auto lock = server::lock_state(files, config);
    if (!lock) return std::unexpected(std::move(lock.error()));
    hold.lock = std::move(*lock);
  }
  hold.id = field_of(*answer, "id");
  hold.messages = answer->at("messages").to_number<std::uint64_t>();
  for (const auto& one : list_of(*answer, "segments")) hold.segments.push_back(text_of(one));
  return hold;
}

base::Result<> tell_server(const Place& place, const Hold& hold, std::string_view what) {
  if (!hold.server_runs) return {};
  auto answer = ask_running_json(place, "POST", fmt::format("/api/v1/backup/{}", what),
                                 {{"id", hold.id}}, answer_time_max);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return {};
}

base::Result<backup::Manifest> copy(const Place& place, const Wishes& wishes,
                                    backup::Request request, io::File& out) {
  io::real::PosixFiles files;
  auto hold = begin(place, request.config, files);
  if (!hold) return std::unexpected(std::move(hold.error()));
  request.segments = hold->segments;
  request.messages = hold->messages;
  request.with_mail = wishes.with_mail;
  Progress progress("copied");
  request.now = progress.wall();
  base::Instant kept = progress.now();
  auto made = backup::write_backup(files, out, request, [&](std::uint64_t bytes) -> base::Result<> {
    progress.show(bytes);
    if (progress.now() - kept < keep_every) return {};
    kept = progress.now();
    return tell_server(place, *hold, "keep");
  });
  progress.end();
  // Whatever came of it, the server need not keep the files any longer.
  const auto ended = tell_server(place, *hold, "end");
  if (made && !ended) return std::unexpected(ended.error());
  return made;
}

// Root reads what the server's user may read, and writes where root may.
base::Result<backup::Manifest> copy_as_owner(const Place& place, const Wishes& wishes,
                                             backup::Request request, io::File& out) {
  const auto owner = io::real::AsOwner::of(request.config.server.state_folder);
  if (!owner) return std::unexpected(owner.error());
  return copy(place, wishes, std::move(request), out);
}

base::Result<backup::Request> read_home(const Place& place) {
  auto config = server::load_config(place.home, place.config_path);
  if (!config) return std::unexpected(std::move(config.error()));
  io::real::PosixFiles files;
  auto text = io::read_file(files, config->server.config_path, config::file_bytes_max);
  if (!text) return std::unexpected(std::move(text.error()));
  backup::Request request;
  request.config = std::move(*config);
  request.config_text = std::move(*text);
  return request;
}

void praise(const Wishes& wishes, const backup::Manifest& manifest, std::uint64_t bytes) {
  std::printf("%s: %llu messages of the queue, %zu databases, %llu files, %s%s\n",
              wishes.path.c_str(), static_cast<unsigned long long>(manifest.messages),
              manifest.databases.size(), static_cast<unsigned long long>(manifest.files),
              base::format_size(bytes).c_str(),
              manifest.with_mail ? "" : "; without the mailboxes (--with-mail)");
  std::printf(
      "It holds private keys, log-ins and mail: keep it where nobody else reads it.\n"
      "`stagepost restore %s --verify` proves that it is whole and starts.\n",
      wishes.path.c_str());
}

base::Result<> finish(io::Files& files, const Wishes& wishes, io::File& out) {
  if (auto synced = out.sync(); !synced) return synced;
  if (auto renamed = files.rename(wishes.path + unfinished, wishes.path); !renamed) return renamed;
  const std::size_t slash = wishes.path.rfind('/');
  return files.sync_directory(slash == std::string::npos ? "." : wishes.path.substr(0, slash + 1));
}

int back_up(Place place, const Wishes& wishes) {
  if (!place.home.starts_with('/')) place.home = io::real::link_target(place.home);
  io::real::PosixFiles files;
  if (files.info(wishes.path)) return complain(wishes.path + " is there already; name another");
  auto request = read_home(place);
  if (!request) return complain(request.error().detail);
  auto out = files.open(wishes.path + unfinished, io::OpenMode::create_new, 0600);
  if (!out && out.error().kind == base::ErrorKind::exists) {
    return complain(wishes.path + unfinished +
                    " is there: of a backup that is being made, or was "
                    "broken off; then remove it");
  }
  if (!out) return complain(out.error().detail);
  auto made = copy_as_owner(place, wishes, std::move(*request), **out);
  const auto bytes = (*out)->size();
  base::Result<> done;
  if (made) done = finish(files, wishes, **out);
  if (!made || !done) {
    [[maybe_unused]] const auto removed = files.remove(wishes.path + unfinished);
    return complain(made ? done.error().detail : made.error().detail);
  }
  praise(wishes, *made, bytes.value_or(0));
  return 0;
}

}  // namespace

void add_backup_verb(Verbs verbs) {
  auto wishes = std::make_shared<Wishes>();
  Verb backup = verbs.app.add_subcommand(
      "backup",
      "Write everything that this server is into one file: configuration, queue, accounts,\n"
      "keys, certificates, reports, traces. It may run meanwhile: the queue is in the file as\n"
      "it was at one moment, with each message that was answered 250 before. The file is a tar\n"
      "archive of mode 0600, and holds secrets. `stagepost help backup` says more.\n"
      "  stagepost backup /backup/stagepost-2026-11-30.tar\n"
      "  stagepost backup --with-mail /backup/all.tar");
  backup.add_option("FILE", wishes->path, "The file to write; it must not be there").required();
  backup.add_flag("--with-mail", wishes->with_mail, "The mailboxes (Maildirs), too");
  backup.callback([verbs, wishes] { verbs.status = back_up(verbs.place, *wishes); });
}

}  // namespace cli
