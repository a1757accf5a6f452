// See user_names.h.
#include "lib/io/real/user_names.h"

#include <pwd.h>
#include <unistd.h>

#include <string_view>
#include <vector>

namespace io::real {
namespace {

constexpr std::size_t entry_bytes_max = 64UL * 1024;

// GECOS: "Ann Example,Room 3,…".
std::string full_name_of(std::string_view gecos) {
  return std::string(gecos.substr(0, gecos.find(',')));
}

}  // namespace

std::optional<UserName> user_name(std::uint32_t user) {
  std::vector<char> memory(entry_bytes_max);
  passwd entry = {};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, memory.data(), memory.size(), &found) != 0 || found == nullptr) {
    return std::nullopt;
  }
  return UserName{.name = found->pw_name,
                  .full_name = full_name_of(found->pw_gecos == nullptr ? "" : found->pw_gecos)};
}

std::uint32_t own_user() { return ::getuid(); }

}  // namespace io::real
