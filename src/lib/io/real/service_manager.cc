// See service_manager.h.
#include "lib/io/real/service_manager.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "lib/io/real/child.h"

namespace io::real {
namespace {

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// WATCHDOG_PID: absent, or ours; another process's watchdog is not our concern.
bool is_for_us(const std::optional<std::string>& pid) {
  return !pid || number_of(*pid) == static_cast<std::uint64_t>(::getpid());
}

base::Result<LocalDatagram> channel_of(const std::string& text) {
  const auto number = number_of(text);
  if (!number || *number > std::numeric_limits<int>::max()) {
    return base::fail(base::ErrorKind::invalid, "\"" + text + "\" is no descriptor");
  }
  return LocalDatagram::over(static_cast<int>(*number));
}

}  // namespace

std::optional<std::string> take_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string taken = value;
  ::unsetenv(name);
  return taken;
}

ServiceManager ServiceManager::from_environment() {
  ServiceManager out;
  const auto socket = take_variable("NOTIFY_SOCKET");
  const auto watchdog = take_variable("WATCHDOG_USEC");
  const auto watchdog_pid = take_variable("WATCHDOG_PID");
  const auto keeper = take_variable(keeper_variable);
  if (!keeper && (!socket || socket->empty())) return out;
  auto opened = keeper ? channel_of(*keeper) : LocalDatagram::open(*socket);
  if (!opened) {
    out.trouble_ =
        fmt::format("{}: {}", keeper ? keeper_variable : "NOTIFY_SOCKET", opened.error().detail);
    return out;
  }
  out.is_keeper_ = keeper.has_value();
  out.socket_.emplace(std::move(*opened));
  if (!watchdog || !is_for_us(watchdog_pid)) return out;
  const auto microseconds = number_of(*watchdog);
  // A day is more than anybody waits; zero would mean to say it without end.
  constexpr std::uint64_t microseconds_max = 86'400'000'000;
  if (!microseconds || *microseconds == 0 || *microseconds > microseconds_max) {
    out.trouble_ = fmt::format("WATCHDOG_USEC: \"{}\" is not 1 to {}", *watchdog, microseconds_max);
    return out;
  }
  out.watchdog_ = base::Duration(*microseconds);
  return out;
}

void ServiceManager::tell(std::string_view lines) const {
  // What is lost is missed by the manager's timeouts, and there is nobody else to tell.
  if (!socket_) return;
  [[maybe_unused]] const auto sent = socket_->send(lines);
}

std::string status_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

bool is_journal(int descriptor) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat file = {};
  if (stream == nullptr || ::fstat(descriptor, &file) != 0) return false;
  return fmt::format("{}:{}", file.st_dev, file.st_ino) == stream;
}

}  // namespace io::real
