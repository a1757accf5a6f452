// See unbound_resolver.h.
#include "lib/dns/unbound_resolver.h"

#include <mutex>

#include "lib/dns/caching_resolver.h"
#include "lib/io/completion.h"

namespace dns {

// The engine's thread may answer at any time, also when the loop's resolver has just ended.
struct UnboundResolver::Home {
  std::mutex mutex;
  io::Loop* loop;  // under mutex; nullptr: nobody is at home any more
};

namespace {

class Waiting final : public io::Completion<Answer> {
 public:
  void cancel() override { complete(no_answer("cancelled")); }
};

// Who waits for an answer; nullptr when it has been cancelled. Only the loop's thread looks inside.
struct Slot {
  Waiting* waiting = nullptr;
};

}  // namespace

UnboundResolver::UnboundResolver(std::shared_ptr<UnboundEngine> engine, io::Loop& loop)
    : engine_(std::move(engine)), home_(std::make_shared<Home>()) {
  home_->loop = &loop;
}

UnboundResolver::~UnboundResolver() {
  const std::lock_guard lock(home_->mutex);
  home_->loop = nullptr;
}

io::Task<Answer> UnboundResolver::query(std::string name, Type type) {
  Waiting waiting;
  const auto slot = std::make_shared<Slot>(&waiting);
  engine_->resolve(name, type, [home = home_, slot](Answer answer) {
    const std::lock_guard lock(home->mutex);
    if (home->loop == nullptr) return;
    home->loop->post([slot, answer = std::move(answer)] {
      if (slot->waiting != nullptr) slot->waiting->complete(answer);
    });
  });
  Answer answer = co_await waiting;
  slot->waiting = nullptr;
  co_return answer;
}

std::unique_ptr<Resolver> make_resolver(std::shared_ptr<UnboundEngine> engine, io::Loop& loop,
                                        io::Clock& clock, const Settings& settings) {
  return std::make_unique<CachingResolver>(
      std::make_unique<UnboundResolver>(std::move(engine), loop), clock, settings);
}

}  // namespace dns
