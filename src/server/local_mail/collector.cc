// See collector.h.
#include "server/local_mail/collector.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace local_mail {
namespace {

constexpr base::Duration sweep_every = std::chrono::hours(1);
constexpr std::size_t names_max = 100'000;  // in memory
constexpr base::Duration unfinished_max = std::chrono::hours(24);
constexpr std::string_view letters_name = "stagepost_sendmail_dropped_letters_total";
constexpr std::string_view letters_help = "Letters found in the drop folder of sendmail, by result";

}  // namespace

Collector::Collector(Parts parts)
    : parts_(std::move(parts)),
      taken_(parts_.metrics.counter(letters_name, letters_help, R"(result="taken")")),
      refused_(parts_.metrics.counter(letters_name, letters_help, R"(result="refused")")),
      bad_(parts_.metrics.counter(letters_name, letters_help, R"(result="bad")")) {}

io::Task<void> Collector::run() {
  do {
    co_await look();
  } while (co_await io::sleep_for(parts_.doors.clock, parts_.settings.look_every));
}

io::Task<void> Collector::look() {
  const base::Instant now = parts_.doors.clock.now();
  if (!swept_ || now - *swept_ >= sweep_every) {
    swept_ = now;
    [[maybe_unused]] const bool swept =
        co_await io::on_pool(parts_.doors.pool, [this, wall = parts_.doors.clock.wall()] {
          parts_.box.remove_unfinished(wall - unfinished_max);
          return true;
        });
  }
  // Those that wait for another try must not hide those behind them.
  const std::size_t max = std::min(later_.size() + parts_.settings.letters_per_look_max, names_max);
  auto names =
      co_await io::on_pool(parts_.doors.pool, [this, max] { return parts_.box.names(max); });
  if (!names) {
    tell(base::Severity::error, "sendmail.trouble", names.error().text());
    co_return;
  }
  std::ranges::sort(*names);  // their names begin with the time
  std::erase_if(
      later_, [&names](const auto& one) { return !std::ranges::binary_search(*names, one.first); });
  for (std::string& name : *names) {
    if ((co_await io::current_scope())->cancelled()) co_return;
    const auto waits = later_.find(name);
    if (waits != later_.end() && parts_.doors.clock.now() < waits->second.until) continue;
    co_await collect(std::move(name));
  }
}

io::Task<void> Collector::collect(std::string name) {
  auto dropped = co_await io::on_pool(
      parts_.doors.pool, [this, &name] { return parts_.box.take(name, parts_.letter_bytes_max); });
  if (dropped) {
    co_await send(std::move(name), std::move(*dropped));
    co_return;
  }
  switch (dropped.error().kind) {
    case base::ErrorKind::not_found: co_return;  // its owner has taken it back
    case base::ErrorKind::invalid:
    case base::ErrorKind::limit:
    case base::ErrorKind::denied:
      co_await set_aside(std::move(name), std::move(dropped.error().detail));
      co_return;
    default:
      tell(base::Severity::error, "sendmail.trouble", dropped.error().text());
      wait_longer(name);
  }
}

io::Task<void> Collector::send(std::string name, io::real::Dropped dropped) {
  const std::uint32_t user = dropped.user;
  auto ready = co_await parts_.intake.read(user, std::move(dropped.bytes));
  // A file that something else has written, under whatever name, is none of ours.
  if (ready && !name.ends_with(ready->key)) {
    ready = base::fail(base::ErrorKind::invalid, "its name is not that of its key");
  }
  if (!ready) {
    co_await set_aside(std::move(name), fmt::format("of user {}: {}", user, ready.error().detail));
    co_return;
  }
  Original original = original_of(ready->mail, dropped.left);
  http::Response answer = co_await parts_.intake.send(std::move(*ready));
  co_await conclude(std::move(name), std::move(original), std::move(answer));
}

io::Task<void> Collector::conclude(std::string name, Original original, http::Response answer) {
  const bool taken = answer.status == 200;
  const bool too_old = parts_.doors.clock.wall() - original.left > parts_.expire_after;
  if (!taken && answer.status != 422 && !too_old) {
    wait_longer(name);
    co_return;
  }
  std::vector<Refusal> refusals = refusals_of(original, answer);
  if (!refusals.empty() && !co_await parts_.report.send(std::move(original), std::move(refusals)) &&
      !taken) {
    co_await set_aside(std::move(name),
                       "it is refused, and nobody can be told: " + trouble_in(answer));
    co_return;
  }
  (taken ? taken_ : refused_).add();
  co_await remove(std::move(name));
}

io::Task<void> Collector::remove(std::string name) {
  const auto removed =
      co_await io::on_pool(parts_.doors.pool, [this, &name] { return parts_.box.remove(name); });
  later_.erase(name);
  if (removed) co_return;
  // It is in the queue, and its key says so.
  tell(base::Severity::error, "sendmail.trouble", removed.error().text());
  wait_longer(name);
}

io::Task<void> Collector::set_aside(std::string name, std::string why) {
  const auto moved =
      co_await io::on_pool(parts_.doors.pool, [this, &name] { return parts_.box.set_aside(name); });
  // What cannot be moved is told of once.
  if (!later_.contains(name)) {
    bad_.add();
    tell(base::Severity::warning, "sendmail.bad_drop",
         fmt::format("{} in {} is no letter: {}; {}", base::printable(name, 100),
                     parts_.box.folder(), why,
                     moved ? "if it was a file, it lies in " + parts_.box.aside_folder() + " now"
                           : moved.error().detail));
  }
  if (moved) {
    later_.erase(name);
  } else {
    wait_longer(name);
  }
}

void Collector::wait_longer(const std::string& name) {
  Wait& wait = later_[name];
  wait.pause = std::clamp(2 * wait.pause, parts_.settings.look_every, retry_after_max);
  wait.until = parts_.doors.clock.now() + wait.pause;
}

void Collector::tell(base::Severity severity, std::string_view event, std::string text) const {
  parts_.events.emit({.severity = severity,
                      .name = event,
                      .time = parts_.doors.clock.wall(),
                      .session = {},
                      .message = {},
                      .fields = {{"text", std::move(text)}}});
}

}  // namespace local_mail
