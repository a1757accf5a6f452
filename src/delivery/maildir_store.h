// delivery/maildir_store.h: the file work of Maildir deliveries.
//
// What:    makes the Maildir and its Junk folder when they are missing, writes into tmp/, syncs,
//          renames into new/, syncs new/: for one file, or for many that share the two syncs.
// In/Out:  blocking calls on io::Files, for a thread of the pool.
// Errors:  those of io::Files, of a turn one for each file; the file in tmp/ is removed again, as
//          far as possible.
// Limits:  the callers'.
// Not here: what is written (maildir.cc), what shares a turn (maildir_writer.h), names
//          (maildir_path.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/files.h"

namespace delivery {

// Maildir++: folders lie in the mailbox's own, with a dot in front.
inline constexpr std::string_view junk_folder = "/.Junk";

struct MaildirPlace {
  std::string mailbox;  // DIR/DOMAIN/LOCAL
  std::string folder;   // the same, or one in it
  std::string name;     // of the file
  unsigned mode = 0600;

  [[nodiscard]] std::string in_tmp() const { return folder + "/tmp/" + name; }
  [[nodiscard]] std::string in_new() const { return folder + "/new/" + name; }
  [[nodiscard]] std::string mail_folder() const;
};

// A text in memory for one mailbox.
struct MaildirFile {
  MaildirPlace place;
  std::string head;
  std::shared_ptr<const std::string> text;  // other mailboxes may have the same

  [[nodiscard]] std::size_t bytes() const { return head.size() + text->size(); }
};

struct StoredTurn {
  std::vector<base::Result<>> results;  // one per file
  bool synced = true;                   // the shared syncs worked
  std::size_t apart = 0;                // files that lie on another file system
};

// DIR/DOMAIN/LOCAL with tmp, new and cur, their names safe on disk up to DIR's own; then the folder
// in it, if it is one.
[[nodiscard]] base::Result<> make_maildir(io::Files& files, const MaildirPlace& place);
// An empty file in tmp/, also when an earlier attempt left one.
[[nodiscard]] base::Result<std::unique_ptr<io::File>> open_in_tmp(io::Files& files,
                                                                  const MaildirPlace& place);
// Written → delivered.
[[nodiscard]] base::Result<> publish(io::Files& files, io::File& file, const MaildirPlace& place);
void forget(io::Files& files, const MaildirPlace& place);
// All of it for a text in memory.
[[nodiscard]] base::Result<> store_whole(io::Files& files, const MaildirFile& file);
// All of it for many. Invariant: no name stands in new/ before its content is safe, so there are
// two syncs of the file system: one for the contents, one for the names.
[[nodiscard]] StoredTurn store_turn(io::Files& files, io::FileSystem& system,
                                    const std::vector<const MaildirFile*>& turn);

}  // namespace delivery
