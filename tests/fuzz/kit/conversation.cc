// See conversation.h.
#include "tests/fuzz/kit/conversation.h"

namespace fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view marks = "\xff\xfe\xfd\xfc\xfb";
constexpr base::Duration answer_wait_max = 20s;
constexpr base::Duration end_wait_max = 12h;  // longer than any session may last

}  // namespace

std::vector<Step> steps_of(std::string_view input) {
  std::vector<Step> steps;
  while (!input.empty()) {
    const std::size_t end = input.find_first_of(marks);
    steps.push_back({input.substr(0, end), end < input.size() ? input[end] : '\0'});
    input.remove_prefix(std::min(input.size(), end == std::string_view::npos ? end : end + 1));
  }
  return steps;
}

io::Task<void> Conversation::run(std::vector<Step> steps) {
  io::TaskGroup listening(co_await io::current_scope());
  listening.spawn(listen());
  co_await speak(std::move(steps));
  if (!hung_up_) {
    (void)co_await stream_->shutdown();
    co_await wait_for_end();
  }
  co_await listening.stop();
  stream_.reset();
}

io::Task<void> Conversation::speak(std::vector<Step> steps) {
  for (const Step& step : steps) {
    if (!step.octets.empty() && !co_await stream_->write(step.octets)) co_return;
    if (step.then == wait_for_answer) co_await wait_for_more();
    if (step.then == new_packet) (void)co_await io::sleep_for(clock_, 1ms);
    if (step.then == pause) (void)co_await io::sleep_for(clock_, 6min);
    if (step.then == half_close) (void)co_await stream_->shutdown();
    hung_up_ = step.then == hang_up;
    if (step.then == half_close || hung_up_) co_return;
  }
}

io::Task<void> Conversation::listen() {
  for (;;) {
    const auto got = co_await stream_->read_some(buffer_);
    if (!got) break;
    if (heard_.size() < heard_bytes_max) heard_.append(buffer_.data(), *got);
  }
  ended_ = true;
}

io::Task<void> Conversation::wait_for_more() {
  const std::size_t before = heard_.size();
  for (base::Duration wait = 1ms; wait < answer_wait_max; wait *= 2) {
    if (ended_ || heard_.size() > before) co_return;
    if (!co_await io::sleep_for(clock_, wait)) co_return;
  }
}

io::Task<void> Conversation::wait_for_end() {
  for (base::Duration wait = 1ms; wait < end_wait_max && !ended_; wait *= 2) {
    if (!co_await io::sleep_for(clock_, wait)) co_return;
  }
}

bool has_whole_lines_only(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
  }
  return true;
}

}  // namespace fuzz
