// See intake.h.
#include "admin/webhooks/intake.h"

#include <utility>

#include "admin/webhooks/hook.h"

namespace webhooks {
namespace {

trace::StoredEvent stored(const base::Event& event) {
  trace::StoredEvent out;
  out.severity = event.severity;
  out.name = event.name;
  out.time = event.time;
  out.session = event.session;
  out.message = event.message;
  out.fields.reserve(event.fields.size());
  for (const auto& [key, value] : event.fields) {
    // Cut as the trace cuts it: a replay tells the same.
    out.fields.emplace_back(key, value.substr(0, trace::value_bytes_max));
  }
  return out;
}

std::size_t bytes_of(const trace::StoredEvent& event) {
  std::size_t bytes = sizeof(event) + event.name.size();
  for (const auto& [key, value] : event.fields) bytes += 64 + key.size() + value.size();
  return bytes;
}

}  // namespace

void Intake::emit(const base::Event& event) {
  if (!wanted_.load(std::memory_order_relaxed) || !kind_of(event.name)) return;
  trace::StoredEvent copy = stored(event);
  const std::size_t bytes = bytes_of(copy);
  const std::lock_guard lock(mutex_);
  if (events_.size() >= events_max || bytes_ + bytes > bytes_max) {
    ++dropped_;
    return;
  }
  bytes_ += bytes;
  events_.push_back(std::move(copy));
}

std::vector<trace::StoredEvent> Intake::take() {
  const std::lock_guard lock(mutex_);
  bytes_ = 0;
  return std::exchange(events_, {});
}

}  // namespace webhooks
