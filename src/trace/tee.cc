// See tee.h.
#include "trace/tee.h"

namespace trace {

template <class AnyEvent>
void Tee::record(const AnyEvent& event) {
  thread_local std::string scratch;  // kept per thread: nothing is allocated after the first events
  scratch.clear();
  for (RecordSink* sink : record_sinks_) {
    if (!sink->wants(event.severity)) continue;
    if (scratch.empty()) append_record(event, scratch);
    sink->record(scratch);
  }
}

void Tee::emit_redacted(const base::Event& event) {
  thread_local Redactor::Scratch scratch;
  const EventView& view = redactor_->apply(event, scratch);
  record(view);
  if (others_.empty()) return;
  base::Event redacted{.severity = event.severity,
                       .name = event.name,
                       .time = event.time,
                       .session = event.session,
                       .message = event.message,
                       .fields = {}};
  redacted.fields.reserve(view.fields.size());
  for (std::size_t i = 0; i < view.fields.size(); ++i) {
    redacted.fields.emplace_back(event.fields[i].first, view.fields[i].second);
  }
  for (base::EventSink* sink : others_) sink->emit(redacted);
}

void Tee::emit(const base::Event& event) {
  if (redactor_ != nullptr && redactor_->touches(event)) return emit_redacted(event);
  record(event);
  for (base::EventSink* sink : others_) sink->emit(event);
}

}  // namespace trace
