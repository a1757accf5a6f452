// See log.h.
#include "trace/log.h"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/check.h"
#include "lib/io/real/service_manager.h"
#include "trace/line.h"
#include "trace/syslog.h"

namespace trace {
namespace {

using base::ErrorKind;
using base::fail;
using base::Result;
using base::Severity;

Severity severity_of(std::string_view level) {
  for (const auto severity : {Severity::debug, Severity::warning, Severity::error}) {
    if (level == severity_name(severity)) return severity;
  }
  return Severity::info;  // config/ lets nothing else through
}

// spdlog throws when a file cannot be opened or written; here that becomes a Result and a bool.
Result<Log::Output> open_output(const std::string& path) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  try {
    if (path.empty()) {
      sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    }
  } catch (const spdlog::spdlog_ex& error) {
    return fail(ErrorKind::io, fmt::format("open the log {}: {}", path, error.what()));
  }
  // The lines come formatted, with their line ends.
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      "%v", spdlog::pattern_time_type::utc, std::string()));
  return [sink](std::string_view lines) {
    try {
      sink->log(spdlog::details::log_msg(spdlog::string_view_t(), spdlog::level::info,
                                         spdlog::string_view_t(lines.data(), lines.size())));
      sink->flush();
      return std::size_t{0};
    } catch (const spdlog::spdlog_ex&) {
      return static_cast<std::size_t>(std::ranges::count(lines, '\n'));
    }
  };
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const Settings& settings, io::Files* files, base::Time now) {
  const bool to_syslog = settings.log_output == LogOutput::syslog;
  const bool by_days = files != nullptr && !to_syslog && !settings.log_path.empty() &&
                       settings.log_keep_for > base::Duration(0);
  if (by_days) {
    const auto last = files->info(settings.log_path);
    if (last && day_of(last->modified) < day_of(now)) {
      auto aside = put_aside(*files, settings.log_path, day_of(last->modified));
      if (!aside) return std::unexpected(aside.error());
    }
  }
  auto output = to_syslog ? syslog_output(settings.syslog_socket) : open_output(settings.log_path);
  if (!output) return std::unexpected(output.error());
  const bool to_journal = settings.log_path.empty() && io::real::is_journal(STDOUT_FILENO);
  auto log = std::make_unique<Log>(settings, std::move(*output),
                                   to_syslog || to_journal ? Begin::priority : Begin::time);
  if (by_days) log->files_ = files;
  log->day_ = day_of(now);
  log->start_thread();
  return log;
}

Log::Log(const Settings& settings, Output output, Begin begin)
    : settings_(settings),
      begin_(begin),
      level_(severity_of(settings.log_level)),
      output_(std::move(output)) {}

Log::~Log() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  flush();
}

bool Log::wants(Severity severity) const { return severity >= level_.load(); }

void Log::set_level(std::string_view level) { level_ = severity_of(level); }

void Log::record(std::string_view record) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (pending_events_ >= settings_.pending_events_max ||
        pending_.size() + record.size() > pending_bytes_max) {
      ++lost_;
      ++dropped_;
      return;
    }
    was_empty = pending_events_ == 0;
    pending_ += record;
    ++pending_events_;
  }
  // One wake-up per batch, however many events are in it.
  if (was_empty) wake_.notify_one();
}

void Log::start_thread() {
  CHECK(!thread_.joinable(), "one thread writes a log");
  thread_ = std::thread([this] { write(); });
}

void Log::write() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait(lock, [this] { return stopping_ || pending_events_ > 0; });
    // Others add to the batch meanwhile; stopping does not wait.
    wake_.wait_for(lock, batch_delay, [this] { return stopping_; });
    lock.unlock();
    flush();
    lock.lock();
  }
}

void Log::flush() {
  const std::lock_guard output_lock(output_mutex_);
  batch_.clear();
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    batch_.swap(pending_);  // both keep their memory: nothing is allocated in a steady state
    pending_events_ = 0;
    lost = std::exchange(lost_, 0);
  }
  if (batch_.empty() && lost == 0) return;
  if (files_ != nullptr) {
    if (const auto first = decode_record(batch_, Checksum::ignore)) begin_day(day_of(first->time));
  }
  const std::string lines = format(batch_, lost);
  dropped_ += output_(lines);
}

// What fails leaves the file as it is, and is tried again with the next batch.
void Log::begin_day(Day day) {
  if (day <= day_ || !put_aside(*files_, settings_.log_path, day_)) return;
  auto output = open_output(settings_.log_path);
  if (!output) return;
  output_ = std::move(*output);
  day_ = day;
}

void Log::tend(base::Time now) {
  if (files_ == nullptr) return;
  flush();
  const std::lock_guard lock(output_mutex_);
  begin_day(day_of(now));
  [[maybe_unused]] const auto gone =
      forget_days(*files_, settings_.log_path, now, settings_.log_keep_for);
}

io::Task<void> Log::run(io::Ref<io::Clock> clock, io::Ref<io::Pool> pool) {
  if (files_ == nullptr) co_return;
  do {
    co_await io::on_pool(*pool, [this, now = clock->wall()] {
      tend(now);
      return true;
    });
  } while (co_await io::sleep_for(*clock, tend_every));
}

std::string Log::line(const StoredEvent& event) const {
  const std::string front =
      begin_ == Begin::priority ? fmt::format("<{}>", priority_of(event.severity)) : std::string();
  if (settings_.log_format == LogFormat::json) return front + json_line(event);
  return begin_ == Begin::priority ? front + untimed_line(event) : human_line(event);
}

// As a line, and to who looks on.
std::string Log::show(const StoredEvent& event) {
  tail_.add(event);
  return line(event) + '\n';
}

std::string Log::format(std::string_view records, std::uint64_t lost) {
  std::string lines;
  base::Time last;
  while (const auto size = record_size(records)) {
    const auto event = decode_record(records, Checksum::ignore);
    CHECK(event.has_value(), "what append_record wrote can be read");
    lines += show(*event);
    last = event->time;
    records.remove_prefix(*size);
  }
  if (lost > 0) {
    StoredEvent event;
    event.severity = Severity::warning;
    event.name = "log.lines_lost";
    event.time = last;
    event.fields.emplace_back("count", fmt::to_string(lost));
    event.fields.emplace_back("reason", "the output is slower than the events");
    lines += show(event);
  }
  return lines;
}

Result<> Log::reopen() {
  if (settings_.log_path.empty() || settings_.log_output != LogOutput::standard) return {};
  auto output = open_output(settings_.log_path);
  if (!output) return std::unexpected(output.error());
  flush();  // what was emitted before belongs to the old file
  const std::lock_guard lock(output_mutex_);
  output_ = std::move(*output);
  return {};
}

}  // namespace trace
