// queue/fakes.h: a Store, a Courier, a Notifier and an EventSink in memory, for tests.
//
// What:    FakeStore keeps messages in a map and can be told to fail; FakeCourier does what its
//          script says, or never answers; FakeNotifier writes a short report; EventLog keeps all
//          events.
// In/Out:  as store.h, courier.h, notifier.h, lib/base/event.h say.
// Errors:  those that a test sets.
// Limits:  none.
// Not here: a real journal on a simulated disk (journal/, lib/io/sim).
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/event.h"
#include "lib/io/clock.h"
#include "lib/io/completion.h"
#include "queue/courier.h"
#include "queue/notifier.h"
#include "queue/store.h"

namespace queue {

class FakeDraft final : public Draft {
 public:
  io::Task<base::Result<>> append(std::string bytes) override {
    body += bytes;
    co_return base::Result<>();
  }
  io::Task<base::Result<std::string>> read(std::uint64_t offset, std::uint64_t length) override {
    if (offset >= body.size()) co_return std::string();
    co_return body.substr(offset, length);
  }
  [[nodiscard]] std::uint64_t size() const override { return body.size(); }
  std::string body;
};

class FakeStore final : public Store {
 public:
  explicit FakeStore(io::Clock& clock) : clock_(clock) {}

  std::map<MessageId, Stored> live;
  std::map<MessageId, std::string> bodies;
  std::vector<Finish> finishes;
  std::vector<Defer> defers;
  std::optional<base::Error> commit_error;
  std::optional<base::Error> finish_error;
  std::optional<base::Error> read_error;
  std::vector<Defer> destinations;  // what load() reports
  std::vector<MessageId> forgotten;
  std::uint64_t reads = 0;
  std::uint64_t largest_read = 0;
  bool closed = false;

  std::unique_ptr<Draft> open_draft() override { return std::make_unique<FakeDraft>(); }

  io::Task<base::Result<>> commit(std::unique_ptr<Draft> draft, MessageInfo info) override {
    const auto synced = co_await io::sleep_for(clock_, sync_time);
    if (!synced) co_return synced;
    if (commit_error) co_return std::unexpected(*commit_error);
    put(std::move(info), static_cast<FakeDraft&>(*draft).body);
    co_return base::Result<>();
  }

  io::Task<base::Result<>> finish(std::vector<Finish> ends,
                                  std::vector<NewMessage> new_messages) override {
    const auto synced = co_await io::sleep_for(clock_, sync_time);
    if (!synced) co_return synced;
    if (finish_error) co_return std::unexpected(*finish_error);
    for (const Finish& one : ends) {
      const auto found = live.find(one.id);
      if (found == live.end()) co_return base::fail(base::ErrorKind::not_found, "gone");
      for (const RecipientEnd& end : one.ends) found->second.states[end.recipient] = end.state;
      if (one.message_done) live.erase(found);
      finishes.push_back(one);
    }
    for (NewMessage& message : new_messages) put(std::move(message.info), message.body);
    co_return base::Result<>();
  }

  io::Task<base::Result<>> defer(std::vector<Defer> deferrals) override {
    for (Defer& one : deferrals) {
      if (const auto found = live.find(one.id); found != live.end()) {
        Stored& stored = found->second;
        stored.attempts = one.attempts;
        stored.next_attempt = one.next_attempt;
        stored.last_reply = one.last_reply;
        stored.hold = one.hold;
        stored.hold_reason = one.hold_reason;
      }
      defers.push_back(std::move(one));
    }
    co_return base::Result<>();
  }

  io::Task<base::Result<BodyOctets>> read_body(MessageId id, std::uint64_t offset,
                                               std::uint64_t length) override {
    largest_read = std::max(largest_read, length);
    if (read_error) co_return std::unexpected(*read_error);
    const auto found = bodies.find(id);
    if (found == bodies.end()) co_return base::fail(base::ErrorKind::not_found, "no body");
    co_return BodyOctets(found->second.substr(std::min(offset, found->second.size()), length));
  }

  void forget_body(MessageId id) override { forgotten.push_back(id); }

  io::Task<base::Result<Stored>> read(MessageId id) override {
    ++reads;
    if (read_error) co_return std::unexpected(*read_error);
    const auto found = live.find(id);
    if (found == live.end()) co_return base::fail(base::ErrorKind::not_found, "no such message");
    co_return found->second;
  }

  io::Task<base::Result<ReplayReport>> load(std::function<void(Stored)> each) override {
    for (const auto& [id, stored] : live) {
      Stored without_content = stored;
      without_content.info.content = {};
      each(std::move(without_content));
    }
    ReplayReport report;
    report.messages = live.size();
    report.destinations = destinations;
    co_return report;
  }

  [[nodiscard]] std::size_t live_count() const override { return live.size(); }
  void each_live(const std::function<void(MessageId)>& each) const override {
    for (const auto& [id, stored] : live) each(id);
  }
  [[nodiscard]] std::string trouble() const override { return {}; }
  io::Task<void> close() override {
    closed = true;
    co_return;
  }

  void put(MessageInfo info, std::string body) {
    const MessageId id = info.id;
    Stored stored;
    stored.states.resize(info.envelope.recipients.size());
    stored.next_attempt = info.starts();
    stored.hold = info.hold;
    stored.hold_reason = info.hold_reason;
    stored.info = std::move(info);
    live[id] = std::move(stored);
    bodies[id] = std::move(body);
  }

  base::Duration sync_time = std::chrono::milliseconds(1);

 private:
  io::Clock& clock_;
};

// What a script knows of a call.
struct Delivery {
  base::Time when;
  MessageId id;
  std::string sender;
  std::vector<std::string> to;
  std::vector<std::size_t> recipients;
  std::string destination;
  std::uint32_t attempt = 0;
  std::string body;
};

class FakeCourier final : public Courier {
 public:
  explicit FakeCourier(io::Clock& clock) : clock_(clock) {}

  // One outcome for each recipient of the parcel.
  std::function<Outcome(const Delivery&, const std::string& to)> script;
  std::function<std::string(const message::Address&)> route = [](const message::Address& to) {
    return "mx:" + to.domain;
  };
  bool hang = false;            // answers only when it is cancelled
  base::Duration takes{0};      // how long an attempt takes
  std::vector<Delivery> calls;  // in the order of their beginning
  std::size_t running = 0;
  std::size_t running_max = 0;

  [[nodiscard]] Destination destination(const message::Envelope& /*envelope*/,
                                        const message::Recipient& recipient) const override {
    return {route(recipient.address)};
  }

  io::Task<std::vector<Outcome>> deliver(Parcel parcel) override {
    running_max = std::max(running_max, ++running);
    Delivery call{.when = clock_.wall(),
                  .id = parcel.message->id,
                  .sender = parcel.message->envelope.sender.text(),
                  .to = {},
                  .recipients = parcel.recipients,
                  .destination = parcel.destination.key,
                  .attempt = parcel.attempt,
                  .body = {}};
    for (const std::size_t i : parcel.recipients) {
      call.to.push_back(parcel.message->envelope.recipients.at(i).address.text());
    }
    for (;;) {
      const auto bytes = co_await parcel.body->next();
      if (!bytes || bytes->empty()) break;
      call.body += *bytes;
    }
    calls.push_back(call);
    bool stopped = false;
    if (hang) {
      io::Wait never;
      stopped = !(co_await never);
    } else if (takes.count() > 0) {
      stopped = !(co_await io::sleep_for(clock_, takes));
    }
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < call.to.size(); ++i) {
      Outcome outcome = stopped ? deferred("451 4.3.2 stopped") : script(call, call.to[i]);
      outcome.recipient = call.recipients[i];
      outcome.attempt.when = clock_.wall();
      outcomes.push_back(std::move(outcome));
    }
    --running;
    co_return outcomes;
  }

  static Outcome delivered() {
    return answer(Result::delivered, smtp::reply(250, {2, 0, 0}, "ok"));
  }
  static Outcome deferred(std::string text) {
    return answer(Result::deferred, smtp::reply(451, {4, 2, 0}, std::move(text)));
  }
  static Outcome failed(std::string text) {
    return answer(Result::failed, smtp::reply(550, {5, 1, 1}, std::move(text)));
  }
  static Outcome unreachable() {
    Outcome outcome = answer(Result::deferred, smtp::reply(451, {4, 4, 1}, "no route"));
    outcome.whole_destination = true;
    return outcome;
  }

 private:
  static Outcome answer(Result result, smtp::Reply reply) {
    Outcome outcome;
    outcome.result = result;
    outcome.attempt.remote = "mx.example.net [192.0.2.7]:25";
    outcome.attempt.reply = std::move(reply);
    return outcome;
  }

  io::Clock& clock_;
};

class FakeNotifier final : public Notifier {
 public:
  std::vector<std::vector<ReportedRecipient>> asked;
  std::string last_header;
  bool last_whole = false;
  std::uint64_t returned_max = 0;

  [[nodiscard]] std::uint64_t returned_bytes_max() const override { return returned_max; }
  [[nodiscard]] std::optional<NewMessage> report(const MessageInfo& original,
                                                 const std::vector<ReportedRecipient>& recipients,
                                                 Quoted quoted, MessageId new_id,
                                                 base::Time now) override {
    asked.push_back(recipients);
    last_header = quoted.content;
    last_whole = quoted.whole;
    NewMessage report;
    report.body = "could not deliver";
    report.info.id = new_id;
    report.info.accepted = now;
    report.info.envelope.recipients.push_back({hears(original, recipients.front()), {}, {}, {}});
    report.info.content = message::Content::whole(report.body.size());
    report.info.received_bytes = report.body.size();
    report.info.is_dsn = true;
    return report;
  }
};

class EventLog final : public base::EventSink {
 public:
  void emit(const base::Event& event) override { events.push_back(event); }
  [[nodiscard]] std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count(events, name, &base::Event::name));
  }
  // The field's value in the last event of that name.
  [[nodiscard]] std::string last(std::string_view name, std::string_view key) const {
    for (auto event = events.rbegin(); event != events.rend(); ++event) {
      if (event->name != name) continue;
      for (const auto& [field, value] : event->fields) {
        if (field == key) return value;
      }
    }
    return {};
  }
  std::vector<base::Event> events;
};

}  // namespace queue
