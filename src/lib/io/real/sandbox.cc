// See sandbox.h.
#include "lib/io/real/sandbox.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

#include "lib/io/real/landlock.h"
#include "lib/io/real/system_calls.h"

namespace io::real {
namespace {

// Sanitizers look at the process from a thread and a child of their own.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

// A core dump has the keys and everybody's mail in it; and who cannot dump us cannot trace us.
base::Result<> forbid_dumps() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return base::fail_errno("forbid core dumps", errno);
  }
  return {};
}

bool lies_below(const std::string& path, const std::string& folder) {
  if (!path.starts_with(folder)) return false;
  return path.size() == folder.size() || folder.ends_with('/') || path[folder.size()] == '/';
}

bool reaches(const std::vector<std::string>& places, const std::string& path) {
  return std::ranges::any_of(places,
                             [&](const std::string& place) { return lies_below(path, place); });
}

}  // namespace

base::Result<SandboxReport> enter_sandbox(const Fence& fence) {
  SandboxReport report;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return base::fail_errno("give up new privileges", errno);
  }
  if (auto done = enter_landlock(fence, report); !done) return std::unexpected(done.error());
  if (is_sanitized) return report;
  if (auto done = forbid_dumps(); !done) return std::unexpected(done.error());
  if (auto done = filter_system_calls(); !done) return std::unexpected(done.error());
  report.system_calls = true;
  return report;
}

std::string SandboxReport::text() const {
  if (landlock == 0) {
    return fmt::format("this kernel has no Landlock: files are not fenced in{}",
                       system_calls ? "; system calls are filtered" : "");
  }
  return fmt::format("Landlock {}: files{}{}{}", landlock, ports ? ", listening ports" : "",
                     signals ? ", signals" : "", system_calls ? "; system calls are filtered" : "");
}

std::vector<std::string> outside(const Fence& fence, const Fence& wanted) {
  std::vector<std::string> out;
  const auto name = [&out](const std::string& path) {
    if (std::ranges::find(out, path) == out.end()) out.push_back(path);
  };
  for (const std::string& path : wanted.readable) {
    if (!reaches(fence.readable, path) && !reaches(fence.writable, path)) name(path);
  }
  for (const std::string& path : wanted.writable) {
    if (!reaches(fence.writable, path)) name(path);
  }
  for (const std::uint16_t port : wanted.bound_ports) {
    if (std::ranges::find(fence.bound_ports, port) == fence.bound_ports.end()) {
      out.push_back(fmt::format("TCP port {}", port));
    }
  }
  return out;
}

std::string link_target(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> target(::realpath(path.c_str(), nullptr),
                                                           &std::free);
  return target == nullptr ? path : std::string(target.get());
}

std::vector<std::string> link_targets_in(const std::string& folder) {
  constexpr int depth_max = 1;  // DOMAIN/LOCAL
  std::vector<std::string> out;
  std::error_code trouble;  // what cannot be looked at has no links for us
  std::filesystem::recursive_directory_iterator entry(folder, trouble);
  const std::filesystem::recursive_directory_iterator end;
  while (!trouble && entry != end) {
    if (entry->is_symlink(trouble)) out.push_back(link_target(entry->path().string()));
    if (entry.depth() >= depth_max) entry.disable_recursion_pending();
    entry.increment(trouble);
  }
  return out;
}

}  // namespace io::real
