// queue/local_queue.h: the Queue of one loop: schedule, store and courier joined.
//
// What:    LocalQueue implements queue.h. Its parts: queue.cc (life, submit, who starts when),
//          queue_attempt.cc (one attempt and what comes of it), queue_report.cc (what its sender is
//          told), queue_record.cc (what is to be
//          written, and the watchdog), queue_list.cc (what waits), queue_operate.cc (operators).
// In/Out:  see queue.h.
// Errors:  what cannot be recorded is kept and recorded later; no attempt starts until the store
//          has written something again, so that a broken disk does not make duplicates.
// Limits:  fresh_bytes_max of envelopes kept until their first attempt; attempt_time_max per
//          attempt.
// Not here: the states of a message (schedule.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "lib/io/cancel.h"
#include "lib/io/clock.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"
#include "lib/io/task_group.h"
#include "queue/events.h"
#include "queue/queue.h"
#include "queue/schedule.h"

namespace queue {

// The courier has a deadline for every step; this one is for a courier that forgot one.
inline constexpr base::Duration attempt_time_max = std::chrono::hours(4);
// Envelopes of fresh messages; a usual one has 1 KiB. What does not fit is read back.
inline constexpr std::size_t fresh_bytes_max = 32UL << 20U;
// Whoever waits longer for a first attempt waits for something that does not answer.
inline constexpr base::Duration fresh_age_max = std::chrono::seconds(30);
// The routes of a message that has waited longer are looked up again before its first attempt.
inline constexpr base::Duration fresh_route_max = std::chrono::seconds(5);
// A report quotes the header only; of a longer one the beginning.
inline constexpr std::size_t header_bytes_max = 64UL << 10U;

// A message as an attempt needs it.
struct Loaded {
  std::shared_ptr<const MessageInfo> message;
  std::vector<RecipientState> states;  // empty: all pending, and routed just now
  std::string last_reply;
  std::string hold_reason;
};

// An operator's word that ends recipients.
struct Verdict {
  Operation operation = Operation::remove;  // bounce or remove
  std::string recipient;                    // only this one; empty: all
  std::string reason;
};

// All that is known when a piece of work is over.
struct Settlement {
  Work work;
  Loaded loaded;
  std::vector<Outcome> outcomes;
  bool interrupted = false;
  std::optional<Verdict> verdict;
};

// What became of the recipients.
struct Tally {
  std::vector<RecipientEnd> ends;
  std::vector<ReportedRecipient> failed;
  std::vector<std::uint32_t> left;
  std::vector<const Outcome*> left_outcomes;  // one per left; nullptr: nobody spoke of it
  const Outcome* deferral = nullptr;          // the last word of those left
  bool whole_destination = false;
};

// Recipients of one action each.
using ReportGroups = std::vector<std::vector<ReportedRecipient>>;

// What the sender is to hear of a settlement.
struct Told {
  ReportGroups groups;
  std::vector<ReportedRecipient> late;  // those among them that are told of a delay
  bool delay_over = false;              // nobody of the entry is left to be told of one
};

// What the schedule is told of each of its entries.
[[nodiscard]] NewEntry entry_of(const MessageInfo& message);
// Does its sender want to know that this recipient's mail is late?
[[nodiscard]] bool hears_of_delay(const MessageInfo& message, std::size_t recipient);
// Has it recipients of an alias whose sender asked about success?
[[nodiscard]] bool has_expansions(const MessageInfo& message);

// RFC 3463 §3.5: X.4.7, of those whose destination nobody could reach.
[[nodiscard]] Attempt never_reached(base::Time now, std::string_view last_reply);

// RFC 2852 §4: of those whose deadline has passed.
[[nodiscard]] Attempt time_over(base::Time now, std::string_view last_reply);

// What is to be written, and kept until it has been.
struct Recording {
  Finish finish;
  std::vector<NewMessage> reports;
};

class LocalQueue final : public Queue {
 public:
  LocalQueue(Parts parts, std::shared_ptr<const Settings> settings);
  ~LocalQueue() override;

  io::Task<base::Result<ReplayReport>> start() override;
  io::Task<void> stop(base::Duration grace) override;
  std::unique_ptr<Draft> open_draft() override { return parts_.store.open_draft(); }
  using Queue::submit;
  io::Task<base::Result<>> submit(std::unique_ptr<Draft> draft, MessageInfo info,
                                  BeforeDue before_due) override;
  [[nodiscard]] base::MessageId next_id() override {
    return parts_.ids.message(parts_.doors.clock.wall());
  }
  [[nodiscard]] std::string trouble() const override;
  [[nodiscard]] io::Task<std::vector<Summary>> list(Filter filter, std::size_t max) override;
  [[nodiscard]] io::Task<std::size_t> count(Filter filter) override;
  [[nodiscard]] io::Task<std::vector<DestinationSummary>> destinations() override;
  [[nodiscard]] io::Task<Census> census() override;
  [[nodiscard]] io::Task<SearchPage> search(Search search) override;
  io::Task<base::Result<std::size_t>> operate(Operation operation, Filter filter,
                                              std::string reason, bool dry_run) override;
  [[nodiscard]] std::size_t size() const override { return schedule_.messages(); }
  void set_settings(std::shared_ptr<const Settings> settings) override;

 private:
  // Starts due work when its time comes, without a coroutine of its own.
  class WakeTimer final : public io::Timer {
   public:
    explicit WakeTimer(LocalQueue& queue) : queue_(queue) {}
    void fire() override {
      queue_.armed_for_.reset();
      queue_.pump();
    }

   private:
    LocalQueue& queue_;
  };
  // A posted call may outlive the queue; it asks here first.
  struct Kick {
    LocalQueue* queue = nullptr;
    bool posted = false;
  };
  struct Fresh {
    std::shared_ptr<const MessageInfo> message;
    std::size_t bytes = 0;
    std::uint32_t uses = 0;  // entries whose first attempt has not ended
  };
  // The recipients (of these) by destination.
  using Routes = std::map<std::string, std::vector<std::uint32_t>, std::less<>>;

  // queue.cc
  [[nodiscard]] base::Time wall() const { return parts_.doors.clock.wall(); }
  void load_one(Stored stored);
  [[nodiscard]] Routes routes(const MessageInfo& message,
                              const std::vector<std::uint32_t>& recipients) const;
  void enqueue(const std::shared_ptr<const MessageInfo>& message);
  void keep_fresh(const std::shared_ptr<const MessageInfo>& message, std::uint32_t uses);
  void forget_oldest_fresh();
  void forget_old_fresh();
  void release_fresh(MessageId id);
  void kick();
  void pump();
  void arm_wake();

  // queue_attempt.cc
  io::Task<void> attempt(Work work);
  io::Task<base::Result<Loaded>> load(MessageId id);
  void unreadable(const Work& work, const base::Error& error);
  void reroute(Work& work, const Loaded& loaded);
  io::Task<std::vector<Outcome>> carry(io::Ref<const Work> work,
                                       std::shared_ptr<const MessageInfo> message);
  io::Task<void> settle(Settlement settlement);
  [[nodiscard]] Tally tally(Settlement& settlement) const;
  [[nodiscard]] static bool verdict_means(const Verdict& verdict, const MessageInfo& message,
                                          std::uint32_t recipient);
  void tell_ends(const Settlement& settlement, const Tally& tally);
  [[nodiscard]] std::vector<Defer> deferrals(const Settlement& settlement, const Tally& tally,
                                             const Ended& ended);
  io::Task<void> record_deferral(MessageId id, std::vector<Defer> deferrals);

  // queue_report.cc
  [[nodiscard]] Told what_to_tell(const Settlement& settlement, const Tally& tally) const;
  void tell_of_delay(const Settlement& settlement, const Tally& tally, Told& told) const;
  io::Task<std::vector<NewMessage>> reports(std::shared_ptr<const MessageInfo> message,
                                            ReportGroups groups);
  io::Task<std::string> quoted(std::shared_ptr<const MessageInfo> message, bool whole);
  io::Task<void> report_expansions(std::shared_ptr<const MessageInfo> message);

  // queue_record.cc
  io::Task<void> record(Recording recording);
  void recorded(const Recording& recording);
  io::Task<void> retry_unrecorded();
  io::Task<void> watch();
  io::Task<void> expire_blocked();
  io::Task<void> audit();
  io::Task<void> compare_with_store();
  [[nodiscard]] bool known(MessageId id) const;

  // queue_list.cc
  io::Task<void> yield();
  [[nodiscard]] static bool content_matters(const Filter& filter);
  [[nodiscard]] static bool people_match(const Loaded& loaded,
                                         const std::vector<EntryView>& entries,
                                         const Filter& filter);
  io::Task<bool> content_matches(MessageId id, Filter filter);
  // All entries that match but for their content, in slices: what is seen is a moving picture.
  io::Task<void> scan(Filter filter, std::function<void(const Glance&)> visit);
  // The oldest of them, in order.
  io::Task<std::vector<MessageId>> candidates(Filter filter, std::size_t max);
  [[nodiscard]] std::vector<EntryView> matching(MessageId id, const Filter& filter) const;
  [[nodiscard]] static Summary summary(const Loaded& loaded, const std::vector<EntryView>& entries);

  // queue_search.cc
  [[nodiscard]] Standing standing_of(const Glance& entry) const;
  io::Task<std::vector<MessageId>> newest(io::Ref<const Search> search, std::size_t max);

  // queue_operate.cc
  io::Task<base::Result<std::size_t>> retry_all(Filter filter, std::string reason);
  // Messages that an operator's word is carried out for.
  struct Batch {
    Operation operation;
    Filter filter;
    std::string reason;
    std::vector<MessageId> ids = {};  // to be done next
    std::size_t changed = 0;
    std::optional<base::Error> failure = {};
  };
  io::Task<void> operate_batch(io::Ref<Batch> batch);
  io::Task<void> operate_for(io::Ref<Batch> batch, MessageId id);
  io::Task<base::Result<bool>> operate_one(Operation operation, Filter filter, std::string reason);
  io::Task<base::Result<bool>> set_hold(bool hold, Filter filter, std::string reason);
  io::Task<base::Result<bool>> end_recipients(Filter filter, Verdict verdict, Loaded loaded);

  Parts parts_;
  std::shared_ptr<const Settings> settings_;
  Schedule schedule_;
  Teller tell_;
  std::map<MessageId, Fresh> fresh_;  // the oldest first
  std::size_t fresh_bytes_ = 0;
  std::map<std::uint32_t, Verdict> verdicts_;         // by ticket, for running attempts
  std::map<MessageId, std::string> hold_reasons_;     // of those to be held after their attempt
  std::unordered_multiset<MessageId> being_written_;  // in a commit or a finish
  std::deque<Recording> unrecorded_;
  bool paused_ = false;  // the store's last answer was a failure to write an end
  std::shared_ptr<Kick> kick_;
  WakeTimer wake_;
  std::optional<base::Time> armed_for_;
  bool started_ = false;
  bool stopping_ = false;
  io::CancelScope shield_;  // never cancelled: what is being written is written
  io::TaskGroup attempts_;
  io::TaskGroup background_;
};

}  // namespace queue
