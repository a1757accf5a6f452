// trace/log_days.h: a log file per day, and the end of old ones.
//
// What:    puts the log of a day that is over aside as PATH.2026-11-28, removes what is older than
//          it is to be kept.
// In/Out:  the log's path and a time → renamed and removed files.
// Errors:  those of the disk; what cannot be removed is tried again the next time.
// Limits:  none.
// Not here: when (log.h), what is written.
#pragma once

#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/files.h"

namespace trace {

using Day = std::chrono::sys_days;
[[nodiscard]] Day day_of(base::Time time);

// The log of that day becomes PATH.YYYY-MM-DD; a second one of the same day PATH.YYYY-MM-DD.1.
[[nodiscard]] base::Result<> put_aside(io::Files& files, const std::string& path, Day day);
// Of the files that put_aside made, those of days that ended longer ago than `keep_for`; how many.
[[nodiscard]] base::Result<std::size_t> forget_days(io::Files& files, const std::string& path,
                                                    base::Time now, base::Duration keep_for);

}  // namespace trace
