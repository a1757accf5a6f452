// See local_peer.h.
#include "lib/http/local_peer.h"

#include <string>

#include "lib/base/text.h"

namespace http {
namespace {

// No pattern of a route has names with a dot in them.
constexpr std::string_view user_field = "peer.user";
constexpr std::string_view group_field = "peer.group";

std::optional<std::uint32_t> number_in(const Request& request, std::string_view field) {
  const auto found = request.captures.find(field);
  if (found == request.captures.end()) return std::nullopt;
  const auto number = base::parse_number(found->second);
  if (!number) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

void set_local_peer(Request& request, const io::LocalPeer& peer) {
  request.captures.insert_or_assign(std::string(user_field), std::to_string(peer.user));
  request.captures.insert_or_assign(std::string(group_field), std::to_string(peer.group));
}

std::optional<io::LocalPeer> local_peer_of(const Request& request) {
  const auto user = number_in(request, user_field);
  const auto group = number_in(request, group_field);
  if (!user || !group) return std::nullopt;
  return io::LocalPeer{.user = *user, .group = *group};
}

}  // namespace http
