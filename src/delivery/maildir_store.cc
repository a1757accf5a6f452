// See maildir_store.h.
#include "delivery/maildir_store.h"

#include <algorithm>
#include <array>
#include <utility>

namespace delivery {
namespace {

constexpr unsigned folder_mode = 0700;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

base::Result<> write_pieces(io::File& open, const MaildirFile& file) {
  const std::array<std::string_view, 2> pieces{file.head, *file.text};
  return open.write_at(0, pieces);
}

base::Result<> make_parts(io::Files& files, const std::string& folder) {
  for (const char* part : {"/tmp", "/new", "/cur"}) {
    if (auto made = files.make_directories(folder + part, folder_mode); !made) return made;
  }
  return {};
}

base::Result<> make_folder(io::Files& files, const MaildirPlace& place) {
  if (auto made = make_parts(files, place.folder); !made) return made;
  // Maildir++: this file says that the Maildir is a folder of the one above.
  auto mark = files.open(place.folder + "/maildirfolder", io::OpenMode::create, place.mode);
  if (!mark) return std::unexpected(mark.error());
  for (const std::string& path : {place.folder, place.mailbox}) {
    if (auto synced = files.sync_directory(path); !synced) return synced;
  }
  return {};
}

// Files of a turn, step by step; one that failed takes no further step.
class Turn {
 public:
  Turn(io::Files& files, io::FileSystem& system, const std::vector<const MaildirFile*>& turn)
      : files_(files), system_(system) {
    members_.reserve(turn.size());
    for (const MaildirFile* file : turn) members_.push_back({file, {}, false});
  }

  StoredTurn run() {
    each([this](Member& member) { return write(member); });
    sync();
    each([this](Member& member) {
      const MaildirPlace& place = member.file->place;
      return files_.rename(place.in_tmp(), place.in_new());
    });
    sync();
    each([this](Member& member) {
      if (!member.apart) return base::Result<>{};
      return files_.sync_directory(member.file->place.folder + "/new");
    });
    return conclude();
  }

 private:
  struct Member {
    const MaildirFile* file;
    base::Result<> result;
    bool apart;  // not on our file system
  };

  template <class Step>
  void each(const Step& step) {
    for (Member& member : members_) {
      if (member.result) member.result = step(member);
    }
  }

  base::Result<> write(Member& member) {
    auto open = open_in_tmp(files_, member.file->place);
    if (!open) return std::unexpected(open.error());
    if (auto written = write_pieces(**open, *member.file); !written) return written;
    const auto system = (*open)->system();
    if (!system) return std::unexpected(system.error());
    // Something is mounted at this mailbox, or above: the shared sync does not reach it.
    member.apart = *system != system_.system();
    return member.apart ? (*open)->sync() : base::Result<>{};
  }

  void sync() {
    const auto shares = [](const Member& member) { return member.result && !member.apart; };
    if (std::ranges::none_of(members_, shares)) return;
    const auto synced = system_.sync();
    if (synced) return;
    synced_ = false;
    for (Member& member : members_) {
      if (shares(member)) member.result = synced;
    }
  }

  StoredTurn conclude() {
    StoredTurn stored;
    stored.synced = synced_;
    stored.results.reserve(members_.size());
    for (Member& member : members_) {
      if (!member.result) forget(files_, member.file->place);
      if (member.apart) ++stored.apart;
      stored.results.push_back(std::move(member.result));
    }
    return stored;
  }

  io::Files& files_;
  io::FileSystem& system_;
  std::vector<Member> members_;
  bool synced_ = true;
};

}  // namespace

std::string MaildirPlace::mail_folder() const { return parent_of(parent_of(mailbox)); }

base::Result<> make_maildir(io::Files& files, const MaildirPlace& place) {
  if (auto made = make_parts(files, place.mailbox); !made) return made;
  // A directory whose name is lost in a crash takes its files along.
  std::string path = place.mailbox;
  for (int level = 0; level < 4; ++level) {
    if (auto synced = files.sync_directory(path); !synced) return synced;
    path = parent_of(path);
  }
  return place.folder == place.mailbox ? base::Result<>{} : make_folder(files, place);
}

base::Result<std::unique_ptr<io::File>> open_in_tmp(io::Files& files, const MaildirPlace& place) {
  auto file = files.open(place.in_tmp(), io::OpenMode::create_new, place.mode);
  if (file || file.error().kind != base::ErrorKind::exists) return file;
  file = files.open(place.in_tmp(), io::OpenMode::create, place.mode);
  if (!file) return file;
  if (auto cut = (*file)->truncate(0); !cut) return std::unexpected(cut.error());
  return file;
}

base::Result<> publish(io::Files& files, io::File& file, const MaildirPlace& place) {
  if (auto synced = file.sync(); !synced) return synced;
  if (auto renamed = files.rename(place.in_tmp(), place.in_new()); !renamed) return renamed;
  return files.sync_directory(place.folder + "/new");
}

void forget(io::Files& files, const MaildirPlace& place) {
  // Best effort: what stays is overwritten by the next attempt, and swept by Dovecot after 36
  // hours.
  const auto removed = files.remove(place.in_tmp());
  static_cast<void>(removed);
}

base::Result<> store_whole(io::Files& files, const MaildirFile& file) {
  auto open = open_in_tmp(files, file.place);
  if (!open) return std::unexpected(open.error());
  auto done = write_pieces(**open, file);
  if (done) done = publish(files, **open, file.place);
  if (!done) forget(files, file.place);
  return done;
}

StoredTurn store_turn(io::Files& files, io::FileSystem& system,
                      const std::vector<const MaildirFile*>& turn) {
  return Turn(files, system, turn).run();
}

}  // namespace delivery
