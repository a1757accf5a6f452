// See flow.h.
#include "admin/flow/flow.h"

#include <algorithm>
#include <utility>

namespace flow {
namespace {

// Samples that could not be written are kept for ten minutes.
constexpr std::size_t unsaved_max = 60;

}  // namespace

// These names are known already: we get the series that sessions and queues move.
Flow::Counters::Counters(base::Metrics& metrics)
    : messages(metrics.counter("stagepost_session_messages_total", "Messages answered 250")),
      submissions(metrics.counter("stagepost_session_submissions_total",
                                  "Of the messages answered 250 those of people who logged in")),
      messages_refused(metrics.counter("stagepost_session_messages_refused_total",
                                       "Messages refused for good after DATA")),
      recipients_refused(
          metrics.counter("stagepost_session_recipients_refused_total", "RCPT commands refused")),
      delivered(metrics.counter("stagepost_recipients_delivered_total",
                                "Recipients that a message was delivered to.")),
      deferred(metrics.counter("stagepost_recipients_deferred_total",
                               "Attempts for a recipient that are to be repeated.")),
      failed(metrics.counter("stagepost_recipients_failed_total",
                             "Recipients that a message could not be delivered to.")) {}

Counts Flow::Counters::now() const {
  Counts out;
  // In this order: a message that comes between the two is received, not missing.
  const std::uint64_t submitted = submissions.value();
  out[Kind::received] = messages.value() - submitted;
  out[Kind::submitted] = submitted;
  out[Kind::delivered] = delivered.value();
  out[Kind::deferred] = deferred.value();
  out[Kind::failed] = failed.value();
  out[Kind::refused] = messages_refused.value() + recipients_refused.value();
  return out;
}

Flow::Flow(std::unique_ptr<FlowStore> store, base::Metrics& metrics, base::EventSink& events)
    : events_(events), counters_(metrics), store_(std::move(store)), before_(counters_.now()) {}

base::Result<std::unique_ptr<Flow>> Flow::open(const std::string& path, base::Metrics& metrics,
                                               base::EventSink& events, base::Time now) {
  auto store = FlowStore::open(path);
  std::optional<base::Error> trouble;
  if (!store) {
    trouble = store.error();
    store = FlowStore::open(":memory:");
    if (!store) return std::unexpected(store.error());
  }
  auto flow = std::make_unique<Flow>(std::move(*store), metrics, events);
  if (trouble) flow->tell(base::Severity::error, *trouble, now);
  return flow;
}

void Flow::tell(base::Severity severity, const base::Error& error, base::Time now) {
  events_.emit({.severity = severity,
                .name = "flow.unsaved",
                .time = now,
                .session = {},
                .message = {},
                .fields = {{"text", error.text()},
                           {"remedy",
                            "the history of the mail's flow (flow.db) is not kept; if the "
                            "file is damaged, stop the server and move it away"}}});
}

io::Task<void> Flow::run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool) {
  while (co_await io::sleep_for(*clock, sample_every)) {
    const Moment now{.wall = clock->wall(), .steady = clock->now()};
    (void)co_await io::on_pool(pool, [this, now] { return sample(now); });
  }
}

base::Result<> Flow::sample(Moment now) {
  const std::lock_guard lock(mutex_);
  auto done = sample_locked(now);
  if (!done && !failing_) tell(base::Severity::error, done.error(), now.wall);
  failing_ = !done;
  return done;
}

Sample Flow::take(base::Time now) {
  Sample sample{.when = now, .counts = {}, .receivers = tally_.take()};
  const Counts counted = counters_.now();
  for (std::size_t i = 0; i < kinds; ++i) {
    // One that seems to have shrunk was read while it moved.
    sample.counts.of.at(i) = counted.of.at(i) - std::min(counted.of.at(i), before_.of.at(i));
    before_.of.at(i) = std::max(before_.of.at(i), counted.of.at(i));
  }
  sample.counts[Kind::submitted] += sample.receivers.injected;
  return sample;
}

base::Result<> Flow::sample_locked(Moment now) {
  Sample taken = take(now.wall);
  if (!taken.counts.empty() || !taken.receivers.counts.empty()) {
    unsaved_.push_back(std::move(taken));
  }
  while (!unsaved_.empty()) {
    if (auto saved = store_->add(unsaved_.front()); !saved) {
      if (unsaved_.size() > unsaved_max) unsaved_.pop_front();
      return saved;
    }
    unsaved_.pop_front();
  }
  return forget_if_sure(now);
}

base::Result<> Flow::forget_if_sure(Moment now) {
  const std::optional<Moment> last = std::exchange(last_, now);
  if (!last) {
    sure_since_ = now.steady;
    return {};
  }
  const base::Duration drift = (now.wall - last->wall) - (now.steady - last->steady);
  if (drift > jump_min || drift < -jump_min) sure_since_ = now.steady;
  if (now.steady - sure_since_ < forget_every) return {};
  sure_since_ = now.steady;
  return store_->forget(now.wall);
}

base::Result<std::vector<Counts>> Flow::series(const Period& period, Moment now) {
  const std::lock_guard lock(mutex_);
  [[maybe_unused]] const auto sampled =
      sample_locked(now);  // what cannot be written is told by run()
  return store_->series(period, now.wall);
}

base::Result<Counts> Flow::today(Moment now) {
  const std::lock_guard lock(mutex_);
  [[maybe_unused]] const auto sampled = sample_locked(now);
  return store_->sum(std::chrono::floor<std::chrono::days>(now.wall), now.wall);
}

base::Result<std::vector<ReceiverLine>> Flow::receivers(const Period& period, Moment now,
                                                        std::size_t max) {
  const std::lock_guard lock(mutex_);
  [[maybe_unused]] const auto sampled = sample_locked(now);
  return store_->receivers(period, now.wall, max);
}

}  // namespace flow
