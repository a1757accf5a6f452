// See format_version.h.
#include "lib/base/format_version.h"

#include <fmt/format.h>

namespace base {

std::unexpected<Error> newer_format(std::string_view file, std::int64_t found, std::int64_t known,
                                    std::string_view otherwise) {
  return fail(ErrorKind::unsupported,
              fmt::format("{} has format {}, this program knows {}: a newer stagepost has written "
                          "it. Install that one again, or restore a backup from before it "
                          "(`stagepost help backup`){}{}",
                          file, found, known, otherwise.empty() ? "" : ", or ", otherwise));
}

}  // namespace base
