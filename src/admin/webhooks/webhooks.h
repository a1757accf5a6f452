// admin/webhooks/webhooks.h: tells programs over HTTP what becomes of mail.
//
// What:    takes events from the intake, writes them to webhooks.db for each webhook that wants
//          them, and posts them until they were taken.
// In/Out:  run() as a task of the administrator's loop; add, remove, rotate, test, replay for
//          operators. Each event at least once; those of one message in order.
// Errors:  exists, not_found, invalid, limit; what a receiver does is its state, shown by list().
// Limits:  WebhookSettings. Nothing here is on the mail's way: what is too much is dropped and
//          counted.
// Not here: HTTP routes (admin/webhook_routes.cc), where it may lead (places.h).
//
// What may be lost: events that are in memory when the process is killed, which is at most
// look_every and the write under way; what is dropped because pending_max wait; and what was parked
// for longer than keep_parked_for. `replay` takes from the trace what the trace still has.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "admin/webhooks/intake.h"
#include "admin/webhooks/sender.h"
#include "admin/webhooks/store.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "lib/io/completion.h"
#include "lib/io/ref.h"
#include "lib/io/task_group.h"

namespace webhooks {

class Webhooks {
 public:
  static constexpr base::Duration look_every = std::chrono::milliseconds(250);

  // They outlive it.
  struct Parts {
    SenderParts sender;
    Store& store;
    Intake& intake;
    base::EventSink& events;
    base::Metrics& metrics;
  };
  Webhooks(Parts parts, admin::WebhookSettings settings);
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  io::Task<void> run();
  void set_settings(admin::WebhookSettings settings) { settings_ = std::move(settings); }

  struct Wish {
    std::string name;
    std::string url;
    std::vector<std::string> events;
    std::string account;
    std::string domain;
  };
  // The secret, shown once.
  io::Task<base::Result<std::string>> add(Wish wish);
  io::Task<base::Result<>> remove(std::string name);
  // The new secret; the old one signs, too, for rotation_overlap.
  io::Task<base::Result<std::string>> rotate(std::string name);
  io::Task<base::Result<Answer>> test(std::string name);
  // Of those events the ones that it wants are told again; how many.
  io::Task<base::Result<std::size_t>> replay(std::string name,
                                             std::vector<trace::StoredEvent> events);
  io::Task<base::Result<std::size_t>> replay_parked(std::string name);

  struct Line {
    Hook hook;  // with its secrets: not for showing
    Counts counts;
  };
  io::Task<base::Result<std::vector<Line>>> list();

 private:
  // A webhook and what is under way to it.
  struct Live {
    Hook hook;
    std::set<std::int64_t> sending;  // numbers of events
    base::Instant open_at;           // nothing is begun before, after failures
    bool may_wait = true;            // perhaps events are in the store
    bool gone = false;
  };
  using LivePointer = std::shared_ptr<Live>;

  io::Task<base::Result<>> load();
  io::Task<base::Result<>> reload();
  io::Task<void> take_news();
  io::Task<void> begin_due(LivePointer live);
  io::Task<void> tell(LivePointer live, Waiting event);
  io::Task<void> record(LivePointer live, Waiting event, Answer answer);
  io::Task<void> tidy_up();
  [[nodiscard]] io::Task<base::Result<LivePointer>> find(std::string name);
  void note_success(Live& live);
  void note_failure(Live& live, const Answer& answer);
  void report(base::Severity severity, std::string_view name, const Live& live, std::string why);
  void wake() { wake_.notify(); }
  [[nodiscard]] base::Time wall() const;

  Parts parts_;
  admin::WebhookSettings settings_;
  std::map<std::string, LivePointer, std::less<>> live_;
  bool loaded_ = false;
  std::uint64_t dropped_seen_ = 0;
  base::Instant tidied_;
  io::Signal wake_;
  io::TaskGroup sending_;
  base::Counter& told_;
  base::Counter& failed_;
  base::Counter& parked_;
  base::Counter& dropped_;
};

}  // namespace webhooks
