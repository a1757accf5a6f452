// See kept_server.h.
#include "server/keeper/kept_server.h"

#include <algorithm>
#include <utility>

#include "server/keeper/words.h"

namespace server::keeper {

void KeptServer::listen(base::Instant now, const std::function<void(const std::string&)>& pass_on) {
  for (std::string said = child_.hear(); !said.empty(); said = child_.hear()) {
    std::string managers;
    std::string_view rest = said;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      if (hear(line, now)) managers.append(line) += '\n';
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!managers.empty()) pass_on(managers);
  }
}

// True: the service manager wants to hear it, too. It does not hear of a server's end, which is not
// ours, and beats are the keeper's.
bool KeptServer::hear(std::string_view line, base::Instant now) {
  constexpr std::size_t version_bytes_max = 64;
  if (line == "WATCHDOG=1") {
    beat_ = now;
  } else if (line == wants_successor) {
    wants_successor_ = true;
  } else if (line.starts_with(keeper::stands_by) &&
             line.substr(keeper::stands_by.size()).starts_with('=')) {
    version_ = line.substr(keeper::stands_by.size() + 1, version_bytes_max);
  } else if (line == "READY=1") {
    ready_ = true;
    beat_ = now;
    return true;
  }
  return line.starts_with("STATUS=") || line.starts_with("RELOADING=") ||
         line.starts_with("MONOTONIC_USEC=");
}

bool KeptServer::wanted_successor() { return std::exchange(wants_successor_, false); }

bool KeptServer::is_silent(base::Instant now, base::Duration longest) const {
  return ready_ && now - beat_ > longest;
}

}  // namespace server::keeper
