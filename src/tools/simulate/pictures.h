// tools/simulate/pictures.h: the files that a simulation leaves.
//
// What:    queue.svg, deliveries.svg, deferrals.svg, hours.csv and result.json.
// In/Out:  Counts and a note for all pictures → files in a folder, which is made.
// Errors:  those of io::Files.
// Limits:  none.
// Not here: what curves look like (chart.h), the words of result.json (report.h).
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/files.h"
#include "tools/simulate/counts.h"

namespace simulate {

struct PictureFile {
  std::string name;
  std::string text;
};
[[nodiscard]] std::vector<PictureFile> pictures(const Counts& counts, const std::string& note);

[[nodiscard]] base::Result<> write_files(io::Files& files, const std::string& folder,
                                         const std::vector<PictureFile>& all);

}  // namespace simulate
