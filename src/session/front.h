// session/front.h: the listeners of one loop and the sessions they begin.
//
// What:    opens every listener of the settings, accepts, limits connections, owns the sessions;
//          a message that comes over HTTP gets a session of its own, too.
// In/Out:  start() once; set_rules() at reload; stop(grace) refuses new ones and lets messages
//          finish.
// Errors:  a port that cannot be bound is an Error that names it; accept trouble backs off.
// Limits:  connections_max and connections_per_address_max, both per loop.
// Not here: the conversation (session.h).
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "lib/io/network.h"
#include "lib/io/task_group.h"
#include "session/session.h"

namespace session {

class Front final : public Submitter {
 public:
  Front(Parts parts, std::shared_ptr<const Settings> settings, std::shared_ptr<io::TlsServer> tls);
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // `share_port`: other loops listen on the same ports.
  base::Result<> listen(bool share_port);
  void start();
  // New sessions get these; listeners that the settings add or drop need a restart.
  void set_rules(std::shared_ptr<const Settings> settings, std::shared_ptr<io::TlsServer> tls);
  io::Task<void> stop();
  // A program's message, by the same rules as one that came to a submission port.
  io::Task<Submitted> submit(Submission mail) override;

  [[nodiscard]] std::vector<io::Endpoint> listening() const;

 private:
  struct Door {
    ListenerSetting setting;
    std::unique_ptr<io::Listener> listener;
  };
  io::Task<void> accept_all(std::size_t door);
  io::Task<void> converse(std::size_t door, std::unique_ptr<io::Stream> stream);
  io::Task<void> refuse(std::unique_ptr<io::Stream> stream);
  [[nodiscard]] bool admit(const io::IpAddress& address);

  Parts parts_;
  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<io::TlsServer> tls_;
  std::vector<Door> doors_;
  std::map<io::IpAddress, std::size_t> per_address_;
  io::TaskGroup accepting_;
  io::TaskGroup sessions_;
};

}  // namespace session
