// See maildir_store.h.
#include "delivery/maildir_store.h"

#include <array>

namespace delivery {
namespace {

constexpr unsigned folder_mode = 0700;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

base::Result<> write_pieces(io::File& file, std::string_view head, std::string_view text) {
  const std::array<std::string_view, 2> pieces{head, text};
  return file.write_at(0, pieces);
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

}  // namespace

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
  auto file = files.open(place.in_tmp(), io::OpenMode::create, place.mode);
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

base::Result<> store_whole(io::Files& files, const MaildirPlace& place, std::string_view head,
                           std::string_view text) {
  auto file = open_in_tmp(files, place);
  if (!file) return std::unexpected(file.error());
  auto done = write_pieces(**file, head, text);
  if (done) done = publish(files, **file, place);
  if (!done) forget(files, place);
  return done;
}

}  // namespace delivery
