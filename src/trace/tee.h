// trace/tee.h: one EventSink that feeds several.
//
// What:    encodes an event once and gives it to the log and the trace store; other sinks get the
//          Event.
// In/Out:  emit(event) → each sink, in order.
// Errors:  none.
// Limits:  none of its own.
// Not here: what the sinks do.
#pragma once

#include <vector>

#include "lib/base/event.h"
#include "trace/record.h"

namespace trace {

class Tee final : public base::EventSink {
 public:
  // The sinks outlive the Tee.
  explicit Tee(std::vector<RecordSink*> record_sinks, std::vector<base::EventSink*> others = {})
      : record_sinks_(std::move(record_sinks)), others_(std::move(others)) {}
  void emit(const base::Event& event) override;

 private:
  std::vector<RecordSink*> record_sinks_;
  std::vector<base::EventSink*> others_;
};

}  // namespace trace
