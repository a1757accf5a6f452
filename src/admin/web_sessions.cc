// See web_sessions.h.
#include "admin/web_sessions.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/io/digest.h"

namespace admin {
namespace {

constexpr std::size_t id_octets = 32;
constexpr std::size_t csrf_octets = 16;

std::string random_hex(io::Random& random, std::size_t octets) {
  std::string out(octets, '\0');
  random.fill(out);
  return base::hex(out);
}

}  // namespace

base::Instant WebSessions::ends(const WebSession& session) const {
  return std::min(session.used + limits_.idle, session.began + limits_.total);
}

void WebSessions::close_ended(base::Instant now) {
  std::erase_if(sessions_, [&](const auto& one) { return ends(one.second) <= now; });
}

// The least used one makes room: a person is never refused because of forgotten browsers.
void WebSessions::make_room(std::string_view account) {
  std::size_t own = 0;
  Map::iterator oldest = sessions_.end();
  Map::iterator oldest_own = sessions_.end();
  for (auto at = sessions_.begin(); at != sessions_.end(); ++at) {
    if (oldest == sessions_.end() || at->second.used < oldest->second.used) oldest = at;
    if (at->second.account != account) continue;
    ++own;
    if (oldest_own == sessions_.end() || at->second.used < oldest_own->second.used) oldest_own = at;
  }
  if (own >= limits_.per_account_max) {
    sessions_.erase(oldest_own);
  } else if (sessions_.size() >= limits_.all_max) {
    sessions_.erase(oldest);
  }
}

WebSessions::Opened WebSessions::open(WebLogin who, base::Instant now, io::Random& random) {
  close_ended(now);
  make_room(who.account);
  std::string id = random_hex(random, id_octets);
  WebSession session;
  static_cast<WebLogin&>(session) = std::move(who);
  session.csrf = random_hex(random, csrf_octets);
  session.began = session.used = now;
  const auto at = sessions_.insert_or_assign(io::sha256(id), std::move(session)).first;
  return {.id = std::move(id), .session = &at->second};
}

WebSession* WebSessions::find(std::string_view id, base::Instant now) {
  if (id.size() != 2 * id_octets) return nullptr;
  const auto found = sessions_.find(io::sha256(id));
  if (found == sessions_.end()) return nullptr;
  if (ends(found->second) > now) return &found->second;
  sessions_.erase(found);
  return nullptr;
}

void WebSessions::close(std::string_view id) { sessions_.erase(io::sha256(id)); }

std::size_t WebSessions::close_others(std::string_view account, std::string_view id) {
  const std::string kept = io::sha256(id);
  return std::erase_if(sessions_, [&](const auto& one) {
    return one.second.account == account && one.first != kept;
  });
}

}  // namespace admin
