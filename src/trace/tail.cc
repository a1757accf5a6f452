// See tail.h.
#include "trace/tail.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "trace/line.h"

namespace trace {
namespace {

constexpr std::size_t cursor_bytes_max = 42;  // two numbers of 64 bits and a dot

std::size_t bytes_of(const StoredEvent& event) {
  std::size_t bytes = sizeof(StoredEvent) + event.name.capacity();
  for (const auto& [key, value] : event.fields) {
    bytes += (2 * sizeof(std::string)) + key.capacity() + value.capacity();
  }
  return bytes;
}

struct Cursor {
  std::uint64_t instance = 0;
  std::uint64_t number = 0;
};

base::Result<Cursor> parse_cursor(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (text.size() <= cursor_bytes_max && dot != std::string_view::npos) {
    const auto instance = base::parse_number(text.substr(0, dot));
    const auto number = base::parse_number(text.substr(dot + 1));
    if (instance && number) return Cursor{.instance = *instance, .number = *number};
  }
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("\"{}\" is not a cursor of the log; leave it out to begin with "
                                "the newest lines",
                                base::printable(text, cursor_bytes_max)));
}

}  // namespace

std::string line_text(const StoredEvent& event) {
  std::string line = untimed_line(event);
  // "info message.accepted 01h…": severity and name are words without spaces of their own.
  const std::size_t name = line.find(' ');
  const std::size_t end = name == std::string::npos ? name : line.find(' ', name + 1);
  return end == std::string::npos ? std::string() : line.substr(end + 1);
}

void LogTail::add(const StoredEvent& event) {
  const std::size_t bytes = bytes_of(event);
  const std::lock_guard lock(mutex_);
  if (instance_ == 0) {
    instance_ = static_cast<std::uint64_t>(std::max<std::int64_t>(
        1, static_cast<std::int64_t>(event.time.time_since_epoch().count())));
  }
  lines_.push_back({event, bytes});
  bytes_ += bytes;
  while (bytes_ > bytes_max) {
    bytes_ -= lines_.front().bytes;
    lines_.pop_front();
    ++first_;
  }
}

std::string LogTail::cursor(std::uint64_t number) const {
  return fmt::format("{}.{}", instance_, number);
}

base::Result<LogTail::Page> LogTail::read(const Wanted& wanted) const {
  Cursor after;
  if (!wanted.after.empty()) {
    auto parsed = parse_cursor(wanted.after);
    if (!parsed) return std::unexpected(parsed.error());
    after = *parsed;
  }
  const std::lock_guard lock(mutex_);
  Page page;
  const std::uint64_t end = first_ + lines_.size();
  // 0: of a log in which nothing was yet.
  page.restarted = after.instance != 0 && after.instance != instance_;
  const bool good = !wanted.after.empty() && !page.restarted && after.number <= end;
  const std::uint64_t begin = good ? std::max(after.number, first_) : first_;
  if (good && after.number < first_) page.missed = first_ - after.number;
  const auto matches = [&wanted](const StoredEvent& event) {
    return event.severity >= wanted.at_least &&
           (wanted.text.empty() || base::icontains(untimed_line(event), wanted.text));
  };
  if (wanted.after.empty()) {
    for (std::uint64_t at = end; at > begin && page.lines.size() < wanted.limit; --at) {
      const StoredEvent& event = lines_[at - 1 - first_].event;
      if (matches(event)) page.lines.push_back(event);
    }
    std::ranges::reverse(page.lines);
    page.cursor = cursor(end);
    return page;
  }
  std::uint64_t at = begin;
  for (; at < end && page.lines.size() < wanted.limit; ++at) {
    const StoredEvent& event = lines_[at - first_].event;
    if (matches(event)) page.lines.push_back(event);
  }
  page.cursor = cursor(at);
  return page;
}

}  // namespace trace
