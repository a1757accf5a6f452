// server/backup/examine.h: is what was unpacked a server?
//
// What:    holds the databases against the manifest, then opens everything as a start does, without
//          listening, delivering or asking anybody: replays the journal, reads directory, keys and
//          certificate; and counts.
// In/Out:  a home as unpack() left it → Findings, a line each, well or not.
// Errors:  what kept it from opening, in the words of a start.
// Limits:  opening writes into that folder (databases are brought to this program's format).
// Not here: the octets (restore.h), the sandbox around it (cli/).
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "lib/base/result.h"
#include "lib/io/files.h"
#include "server/backup/restore.h"

namespace backup {

struct Finding {
  std::string what = {};    // "messages in the queue"
  std::string backup = {};  // as the manifest has it; empty: it does not say
  std::string found = {};
  bool well = true;
};

[[nodiscard]] base::Result<std::vector<Finding>> examine(const Checked& checked,
                                                         const std::string& home);

// The configuration of the backup, for its files where unpack() has put them.
[[nodiscard]] base::Result<config::Config> config_in(const Checked& checked,
                                                     const std::string& home);

}  // namespace backup
