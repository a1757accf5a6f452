// trace/tee.h: one EventSink that feeds several.
//
// What:    redacts and encodes an event once and gives it to the log and the trace store; other
//          sinks get the Event, redacted, too. The one place where events leave.
// In/Out:  emit(event) → each sink, in order.
// Errors:  none.
// Limits:  none of its own.
// Not here: what the sinks do.
#pragma once

#include <vector>

#include "lib/base/event.h"
#include "trace/record.h"
#include "trace/redact.h"

namespace trace {

class Tee final : public base::EventSink {
 public:
  // The sinks outlive the Tee, as does the redactor; null: events stay as they are.
  explicit Tee(std::vector<RecordSink*> record_sinks, std::vector<base::EventSink*> others = {},
               const Redactor* redactor = nullptr)
      : record_sinks_(std::move(record_sinks)), others_(std::move(others)), redactor_(redactor) {}
  void emit(const base::Event& event) override;

 private:
  template <class AnyEvent>
  void record(const AnyEvent& event);
  void emit_redacted(const base::Event& event);

  std::vector<RecordSink*> record_sinks_;
  std::vector<base::EventSink*> others_;
  const Redactor* redactor_;
};

}  // namespace trace
