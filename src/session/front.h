// session/front.h: the listeners of one loop and the sessions they begin.
//
// What:    opens every listener of the settings, accepts, hears from a listed proxy for whom it
//          speaks, limits connections, owns the sessions;
//          a message that comes over HTTP gets a session of its own, too.
// In/Out:  start() once; set_rules() at reload; stop(grace) refuses new ones and lets messages
//          finish.
// Errors:  a port that cannot be bound is an Error that names it; accept trouble backs off.
// Limits:  connections_max and connections_per_address_max, both per loop; proxy_timeout.
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

  struct Seat {
    bool share_port = false;  // other loops listen on the same ports
    bool first = true;        // a unix socket cannot be shared: one loop has it
  };
  base::Result<> listen(Seat seat);
  void start();
  // New sessions get these; listeners that the settings add, drop or move need a restart.
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
  // A connection whose client's address is known.
  struct Arrival {
    std::unique_ptr<io::Stream> stream;
    std::optional<Proxy> proxy;
  };
  io::Task<void> accept_all(std::size_t door);
  void receive(std::size_t door, std::unique_ptr<io::Stream> stream);
  io::Task<void> meet_proxy(std::size_t door, std::unique_ptr<io::Stream> stream);
  void tell_proxy_refused(std::size_t door, const io::Endpoint& proxy, const base::Error& error);
  void admit(std::size_t door, Arrival arrival);
  [[nodiscard]] bool is_welcome(std::size_t door, const io::IpAddress& address) const;
  io::Task<void> converse(std::size_t door, Arrival arrival, Crowd::Place place);
  io::Task<void> refuse(std::unique_ptr<io::Stream> stream, smtp::Reply words);

  Parts parts_;
  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<io::TlsServer> tls_;
  std::vector<Door> doors_;
  io::TaskGroup accepting_;
  io::TaskGroup sessions_;
};

}  // namespace session
