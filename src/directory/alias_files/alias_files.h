// directory/alias_files/alias_files.h: files in the form of /etc/aliases beside the database.
//
// What:    reads the files of the settings at start, at reload and when they have changed, and lays
//          their aliases into the directory's contents.
// In/Out:  read(), changed(); Contents → Contents with the files' aliases.
// Errors:  never a wrong 550: what is wrong with a file is in troubles(), with file and line. A
//          file that was good and is not any more: its last good aliases stay. One that never was:
//          the mail of its broken aliases waits, and where nobody can say which name is meant, so
//          does that of all names that its domains do not know.
// Limits:  those of aliases_text.h; lists lie below lists_folder, by their absolute path.
// Not here: the form (aliases_text.h), look-ups (snapshot.h), when it is called
//           (live_directory.h).
//
// Whoever has an address in the database (or LDAP) keeps it: mailbox or alias, it wins over a file;
// of two files the first. A name without a domain is one of every domain of the file; a target
// without one is of the first of these domains.
//
// A file that is being written is not read half: a change counts when it has stood still from one
// look to the next.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "directory/alias_files/aliases_text.h"
#include "directory/settings.h"
#include "directory/store.h"
#include "lib/base/time.h"
#include "lib/io/files.h"

namespace directory {

// Thread-safe; everything but troubles() reads files: on a pool thread.
class AliasFiles {
 public:
  AliasFiles(std::vector<AliasFileSetting> settings, io::Files& files);

  void read();
  // Has one of them changed since read(), and stood still since the last question?
  [[nodiscard]] bool changed();
  [[nodiscard]] Contents lay_over(Contents contents);
  // What is wrong, for people: "/etc/aliases:12: …". As of the last lay_over().
  [[nodiscard]] std::vector<std::string> troubles() const;

 private:
  // How a file looked; -1: it was not there.
  struct Look {
    std::int64_t bytes = -1;
    base::Time modified;
    bool operator==(const Look&) const = default;
  };
  using Looks = std::map<std::string, Look>;
  struct State {
    AliasFileSetting setting;
    AliasesText text;        // the last that counts
    bool was_read = false;   // text is of a file
    bool good = false;       // text had nothing wrong in it
    std::string unreadable;  // why the file cannot be read now
    AliasesText broken;      // a later text that does not count, for its refusals
  };

  [[nodiscard]] Look look_at(const std::string& path);
  [[nodiscard]] Looks look_again();
  void read(State& state);
  [[nodiscard]] base::Result<std::string> read_list(const State& state, const std::string& path);

  mutable std::mutex mutex_;
  io::Files& files_;
  std::vector<State> states_;
  Looks looks_;   // as read
  Looks latest_;  // as of the last question
  std::vector<std::string> troubles_;
};

}  // namespace directory
