// delivery/idle_connections.h: connections that nobody uses just now.
//
// What:    IdleConnections keeps each for a while under a key, and closes it then; the one used
//          last is taken first, for it is the likeliest to live.
// In/Out:  keep(key, connection, limits), take(key) → a connection or nullptr; `close` ends what
//          is not needed any more.
// Errors:  none.
// Limits:  connections_max of each keep(); beyond it the oldest is closed. A look-up walks over
//          them.
// Not here: which connections are worth keeping (connection_pool.h), what they are: `stagepost
//          simulate` keeps its own in the same way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <utility>

#include "lib/base/time.h"
#include "lib/io/clock.h"

namespace delivery {

struct IdleLimits {
  std::size_t connections_max = 0;
  base::Duration idle_for = {};
};

template <class Key, class Connection>
class IdleConnections {
 public:
  using Owned = std::unique_ptr<Connection>;
  using Close = std::function<void(Owned)>;

  IdleConnections(io::Clock& clock, Close close) : clock_(clock), close_(std::move(close)) {}
  IdleConnections(const IdleConnections&) = delete;
  IdleConnections& operator=(const IdleConnections&) = delete;

  [[nodiscard]] Owned take(const Key& key) {
    for (auto at = idle_.rbegin(); at != idle_.rend(); ++at) {
      if ((*at)->key == key) return remove((*at)->self);
    }
    return nullptr;
  }
  [[nodiscard]] bool has(const Key& key) const {
    return std::ranges::any_of(idle_, [&](const auto& idle) { return idle->key == key; });
  }
  // connections_max is 1 at least.
  void keep(Key key, Owned connection, IdleLimits limits) {
    while (!idle_.empty() && idle_.size() >= limits.connections_max) close_(remove(idle_.begin()));
    idle_.push_back(std::make_unique<Idle>(*this, std::move(key), std::move(connection)));
    idle_.back()->self = std::prev(idle_.end());
    clock_.arm(*idle_.back(), clock_.now() + limits.idle_for);
  }
  void close_all() {
    while (!idle_.empty()) close_(remove(idle_.begin()));
  }
  [[nodiscard]] std::size_t size() const { return idle_.size(); }

 private:
  struct Idle;
  using Place = typename std::list<std::unique_ptr<Idle>>::iterator;
  struct Idle final : io::Timer {
    Idle(IdleConnections& its_owner, Key its_key, Owned its_connection)
        : owner(its_owner), key(std::move(its_key)), connection(std::move(its_connection)) {}
    // Ends this object.
    void fire() override { owner.close_(owner.remove(self)); }

    IdleConnections& owner;
    Key key;
    Owned connection;
    Place self;
  };
  Owned remove(Place at) {
    Owned connection = std::move((*at)->connection);
    idle_.erase(at);
    return connection;
  }

  io::Clock& clock_;
  Close close_;
  std::list<std::unique_ptr<Idle>> idle_;  // the oldest first
};

}  // namespace delivery
