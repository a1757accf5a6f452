// See tee.h.
#include "trace/tee.h"

namespace trace {

void Tee::emit(const base::Event& event) {
  thread_local std::string scratch;  // kept per thread: nothing is allocated after the first events
  scratch.clear();
  for (RecordSink* sink : record_sinks_) {
    if (!sink->wants(event.severity)) continue;
    if (scratch.empty()) append_record(event, scratch);
    sink->record(scratch);
  }
  for (base::EventSink* sink : others_) sink->emit(event);
}

}  // namespace trace
