// See log_days.h.
#include "trace/log_days.h"

#include <fmt/format.h>

namespace trace {
namespace {

constexpr std::size_t day_text_bytes = 10;  // "2026-11-28"
constexpr int same_day_max = 100;

std::string text_of(Day day) {
  return base::format_time(base::Time(day)).substr(0, day_text_bytes);
}

}  // namespace

Day day_of(base::Time time) { return std::chrono::floor<std::chrono::days>(time); }

base::Result<> put_aside(io::Files& files, const std::string& path, Day day) {
  std::string aside = fmt::format("{}.{}", path, text_of(day));
  for (int i = 1; files.info(aside); ++i) {
    if (i > same_day_max) return base::fail(base::ErrorKind::exists, aside + " is taken");
    aside = fmt::format("{}.{}.{}", path, text_of(day), i);
  }
  return files.rename(path, aside);
}

base::Result<std::size_t> forget_days(io::Files& files, const std::string& path, base::Time now,
                                      base::Duration keep_for) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = io::folder_of(path);
  const std::string front = path.substr(slash == std::string::npos ? 0 : slash + 1) + ".";
  const auto list = files.list(folder);
  if (!list) return std::unexpected(list.error());
  std::size_t gone = 0;
  for (const io::FileInfo& one : *list) {
    if (one.directory || !one.name.starts_with(front)) continue;
    const std::string day = one.name.substr(front.size(), day_text_bytes);
    const auto begun = base::parse_time(day + "T00:00:00.000Z");
    if (!begun || now - (*begun + std::chrono::days(1)) < keep_for) continue;
    if (files.remove(folder + "/" + one.name)) ++gone;
  }
  return gone;
}

}  // namespace trace
