// See brake_line.h.
#include "server/brake_line.h"

#include "session/notice.h"

namespace server {

BrakeLine::BrakeLine(Parts parts) : parts_(std::move(parts)) {
  parts_.ledger.on_brake([this](const policy::Brake& brake) { pull(brake); });
}

void BrakeLine::stop() {
  stopped_ = true;
  parts_.ledger.on_brake({});
}

void BrakeLine::pull_all() {
  for (const policy::Brake& brake : parts_.ledger.brakes()) pull(brake);
}

// On whichever loop: each queue is asked on its own.
void BrakeLine::pull(const policy::Brake& brake) {
  for (Assembly* assembly : parts_.assemblies) {
    assembly->loop().post([this, assembly, brake] {
      if (!stopped_) assembly->tasks().spawn(hold(assembly, brake));
    });
  }
  Assembly* first = parts_.assemblies.front();
  for (const policy::Notice& notice : brake.notices) {
    first->loop().post([this, first, notice] {
      if (!stopped_) first->tasks().spawn(send(first, notice));
    });
  }
}

// What an operator holds keeps his reason.
io::Task<void> BrakeLine::hold(Assembly* assembly, policy::Brake brake) {
  queue::Filter filter;
  filter.account = brake.account;
  filter.scheduled_only = true;
  filter.hold_reason_prefix = policy::held_by_limit;
  const auto held = co_await assembly->queue().operate(queue::Operation::hold, std::move(filter),
                                                       std::move(brake.hold_reason), false);
  if (held) co_return;
  tell(base::Severity::error, "limits.not_held", assembly->clock().wall(),
       {{"account", brake.account}, {"error", held.error().text()}});
}

io::Task<void> BrakeLine::send(Assembly* assembly, policy::Notice notice) {
  const auto known = parts_.directory.snapshot();
  const std::string to = notice.to.text();
  const session::NoticeWay way{.clock = assembly->clock(),
                               .queue = assembly->queue(),
                               .known = *known,
                               .signing = assembly->policy().signing()};
  const auto sent = co_await session::send_notice(way, std::move(notice), parts_.hostname);
  tell(sent ? base::Severity::info : base::Severity::warning,
       sent ? "notice.sent" : "notice.failed", assembly->clock().wall(),
       {{"to", to}, {sent ? "notice" : "error", sent ? sent->text() : sent.error().text()}});
}

void BrakeLine::tell(base::Severity severity, std::string_view name, base::Time now,
                     std::vector<std::pair<std::string_view, std::string>> fields) {
  parts_.events.emit({.severity = severity,
                      .name = name,
                      .time = now,
                      .session = {},
                      .message = {},
                      .fields = std::move(fields)});
}

}  // namespace server
