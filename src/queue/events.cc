// See events.h.
#include "queue/events.h"

#include <utility>

namespace queue {
namespace {

base::Event make(std::string_view name, MessageId id, base::Time now) {
  base::Event event;
  event.name = name;
  event.time = now;
  event.message = id;
  return event;
}

}  // namespace

Teller::Teller(base::EventSink& events, base::Metrics& metrics, const io::Clock& clock)
    : events_(events),
      clock_(clock),
      accepted_(metrics.counter("stagepost_queue_accepted_total",
                                "Messages that were put into the queue.")),
      delivered_(metrics.counter("stagepost_recipients_delivered_total",
                                 "Recipients that a message was delivered to.")),
      deferred_(metrics.counter("stagepost_recipients_deferred_total",
                                "Attempts for a recipient that are to be repeated.")),
      failed_(metrics.counter("stagepost_recipients_failed_total",
                              "Recipients that a message could not be delivered to.")),
      messages_(metrics.gauge("stagepost_queue_messages", "Messages in the queue now.")) {}

base::Event Teller::about(const MessageInfo& message, std::size_t recipient, const Attempt& attempt,
                          std::string_view name) const {
  const base::Time now = clock_.wall();
  base::Event event = make(name, message.id, now);
  std::string reply = attempt.reply.text();
  if (reply.size() > reply_bytes_max) reply.resize(reply_bytes_max);
  // Microseconds say nothing to a reader, and cost digits.
  const auto delay = std::chrono::floor<std::chrono::milliseconds>(now - message.starts());
  event.fields.reserve(7);
  event.fields.emplace_back("from", message.envelope.sender.text());
  event.fields.emplace_back("to", message.envelope.recipients.at(recipient).address.text());
  event.fields.emplace_back("remote", attempt.remote);
  event.fields.emplace_back("reply", std::move(reply));
  event.fields.emplace_back("delay", base::format_duration(delay));
  if (!message.account.empty()) event.fields.emplace_back("account", message.account);
  return event;
}

void Teller::queued(const MessageInfo& message) {
  accepted_.add();
  base::Event event = make("message.queued", message.id, clock_.wall());
  event.fields.reserve(4);
  event.fields.emplace_back("from", message.envelope.sender.text());
  const auto& recipients = message.envelope.recipients;
  if (recipients.size() == 1) {
    event.fields.emplace_back("to", recipients.front().address.text());
  } else {
    event.fields.emplace_back("recipients", std::to_string(recipients.size()));
  }
  event.fields.emplace_back("bytes", std::to_string(message.content.size()));
  event.fields.emplace_back("session", message.session_text);
  if (message.release_at > message.accepted) {
    event.fields.emplace_back("scheduled_for", base::format_time(message.release_at));
  }
  if (message.envelope.by.given()) {
    event.fields.emplace_back("deliver_by", base::format_time(message.envelope.by.deadline));
  }
  if (message.envelope.priority != 0) {
    event.fields.emplace_back("priority", std::to_string(message.envelope.priority));
  }
  events_.emit(event);
  if (!message.hold) return;
  base::Event held = make("message.held", message.id, event.time);
  held.fields.emplace_back("reason", message.hold_reason);
  held.fields.emplace_back("from", message.envelope.sender.text());
  if (!message.account.empty()) held.fields.emplace_back("account", message.account);
  events_.emit(held);
}

void Teller::delivered(const MessageInfo& message, std::size_t recipient, const Attempt& attempt) {
  delivered_.add();
  events_.emit(about(message, recipient, attempt, "recipient.delivered"));
}

void Teller::deferred(const MessageInfo& message, std::size_t recipient, const Attempt& attempt,
                      base::Time next) {
  deferred_.add();
  base::Event event = about(message, recipient, attempt, "recipient.deferred");
  event.fields.emplace_back("next", base::format_time(next));
  events_.emit(event);
}

void Teller::failed(const MessageInfo& message, const ReportedRecipient& failed) {
  failed_.add();
  base::Event event = about(message, failed.recipient, failed.attempt, "recipient.failed");
  if (failed.expired) event.fields.emplace_back("expired", "yes");
  events_.emit(event);
}

void Teller::removed(const MessageInfo& message, std::size_t recipient, std::string_view reason) {
  base::Event event = about(message, recipient, {}, "recipient.removed");
  event.fields.emplace_back("reason", reason);
  events_.emit(event);
}

void Teller::say(MessageId id, std::string_view name, std::string_view reason) {
  base::Event event = make(name, id, clock_.wall());
  if (!reason.empty()) event.fields.emplace_back("reason", reason);
  events_.emit(event);
}

void Teller::held(MessageId id, std::string_view reason) { say(id, "message.held", reason); }
void Teller::released(MessageId id, std::string_view reason) {
  say(id, "message.released", reason);
}
void Teller::retry(MessageId id, std::string_view reason) { say(id, "message.retry", reason); }
void Teller::retry_of_many(std::string_view destination, std::size_t messages,
                           std::string_view reason) {
  base::Event event = make("queue.retry", {}, clock_.wall());
  if (!destination.empty()) event.fields.emplace_back("destination", destination);
  event.fields.emplace_back("messages", std::to_string(messages));
  if (!reason.empty()) event.fields.emplace_back("reason", reason);
  events_.emit(event);
}

void Teller::done(MessageId id) { say(id, "message.done", {}); }

void Teller::destination_deferred(std::string_view destination, std::string_view reply,
                                  base::Time next) {
  base::Event event = make("destination.deferred", {}, clock_.wall());
  event.fields.emplace_back("destination", destination);
  event.fields.emplace_back("reply", reply.substr(0, reply_bytes_max));
  event.fields.emplace_back("next", base::format_time(next));
  events_.emit(event);
}

void Teller::trouble(std::string_view name, MessageId id, std::string detail) {
  base::Event event = make(name, id, clock_.wall());
  event.severity = base::Severity::error;
  event.fields.emplace_back("detail", std::move(detail));
  events_.emit(event);
}

void Teller::set_size(std::size_t messages) {
  messages_.add(static_cast<std::int64_t>(messages) - static_cast<std::int64_t>(size_));
  size_ = messages;
}

}  // namespace queue
