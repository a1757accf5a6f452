// delivery/maildir_store.h: the file work of one Maildir delivery.
//
// What:    makes the Maildir when it is missing, writes into tmp/, syncs, renames into new/, syncs
//          new/.
// In/Out:  blocking calls on io::Files, for a thread of the pool.
// Errors:  those of io::Files; the file in tmp/ is removed again, as far as possible.
// Limits:  none of its own.
// Not here: what is written (maildir.cc), names (maildir_path.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/io/files.h"

namespace delivery {

struct MaildirPlace {
  std::string folder;  // DIR/DOMAIN/LOCAL
  std::string name;    // of the file
  unsigned mode = 0600;

  [[nodiscard]] std::string in_tmp() const { return folder + "/tmp/" + name; }
  [[nodiscard]] std::string in_new() const { return folder + "/new/" + name; }
};

// DIR/DOMAIN/LOCAL with tmp, new and cur, their names safe on disk up to DIR's own.
[[nodiscard]] base::Result<> make_maildir(io::Files& files, const std::string& folder);
// An empty file in tmp/, also when an earlier attempt left one.
[[nodiscard]] base::Result<std::unique_ptr<io::File>> open_in_tmp(io::Files& files,
                                                                  const MaildirPlace& place);
// Written → delivered.
[[nodiscard]] base::Result<> publish(io::Files& files, io::File& file, const MaildirPlace& place);
void forget(io::Files& files, const MaildirPlace& place);
// All of it for a text in memory.
[[nodiscard]] base::Result<> store_whole(io::Files& files, const MaildirPlace& place,
                                         std::string_view head, std::string_view text);

}  // namespace delivery
