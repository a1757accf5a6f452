// directory/settings.h: the settings of directory/.
//
// What:    where the directory is kept.
// In/Out:  filled by config/.
// Errors:  none here.
// Limits:  see the fields.
// Not here: how they are read (config/).
#pragma once

#include <cstddef>
#include <string>

namespace directory {

struct Settings {
  std::string database_path;                  // state folder + "/directory.db"
  std::size_t alias_recipients_max = 10'000;  // addresses that one alias may expand to
  std::size_t alias_depth_max = 10;           // aliases that lead to aliases
};

}  // namespace directory
