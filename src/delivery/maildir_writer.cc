// See maildir_writer.h.
#include "delivery/maildir_writer.h"

#include <chrono>
#include <utility>

#include "lib/io/clock.h"
#include "lib/io/loop.h"
#include "lib/io/pool.h"

namespace delivery {
namespace {

using namespace std::chrono_literals;

// So far apart begin two turns, as long as the journal waits with the ends of messages: a steady
// trickle would else make turns of one, each with its two syncs, and these slow down the journal's.
// The first file after a pause does not wait.
constexpr base::Duration turn_every = 10ms;
// A sync of the whole file system writes what others have left there as well. A turn that took so
// long, and longer than its files would have needed one after the other, met such a pile.
constexpr base::Duration long_turn = 250ms;
constexpr base::Duration pause_after_trouble = 10s;
constexpr base::Duration pause_where_unsupported = 10min;
constexpr int mean_weight = 8;

}  // namespace

io::Task<base::Result<>> MaildirWriter::store(MaildirFile file) {
  Waiting waiting{std::move(file), {}};
  waiting_bytes_ += waiting.file.bytes();
  waiting_.push_back(&waiting);
  start();
  co_return co_await waiting.done;
}

// Posted: what the same turn of the loop delivers goes along.
void MaildirWriter::start() {
  if (running_) return;
  running_ = true;
  doors_.loop.post([this] { tasks_.spawn(run()); });
}

io::Task<void> MaildirWriter::run() {
  while (!waiting_.empty()) {
    if (const auto wait = last_turn_ + turn_every - doors_.clock.now(); wait > 0s) {
      [[maybe_unused]] const auto slept = co_await io::sleep_for(doors_.clock, wait);
    }
    last_turn_ = doors_.clock.now();
    Turn turn = take();
    if (turn.size() == 1) {
      co_await store_alone(*turn.front());
    } else if (co_await may_share(turn.front()->file.place)) {
      co_await store_together(std::move(turn));
    } else {
      // Side by side, and nobody waits for a turn.
      for (Waiting* waiting : turn) tasks_.spawn(store_alone(*waiting));
    }
  }
  running_ = false;
}

MaildirWriter::Turn MaildirWriter::take() {
  Turn turn;
  for (std::size_t bytes = 0; !waiting_.empty() && turn.size() < files_max && bytes < bytes_max;) {
    turn.push_back(waiting_.front());
    waiting_.pop_front();
    bytes += turn.back()->file.bytes();
    waiting_bytes_ -= turn.back()->file.bytes();
  }
  return turn;
}

io::Task<bool> MaildirWriter::may_share(MaildirPlace place) {
  if (doors_.clock.now() < shares_from_) co_return false;
  if (system_ != nullptr) co_return true;
  io::Files& files = doors_.files;
  auto opened = co_await io::on_pool(
      doors_.pool, [&files, folder = place.mail_folder()] { return files.open_system(folder); });
  if (opened) {
    system_ = std::move(*opened);
  } else {
    do_not_share_for(pause_where_unsupported);
  }
  co_return system_ != nullptr;
}

io::Task<void> MaildirWriter::store_together(Turn turn) {
  std::vector<const MaildirFile*> members;
  members.reserve(turn.size());
  for (const Waiting* waiting : turn) members.push_back(&waiting->file);
  io::Files& files = doors_.files;
  io::FileSystem& system = *system_;
  const base::Instant began = doors_.clock.now();
  StoredTurn stored = co_await io::on_pool(
      doors_.pool, [&files, &system, &members] { return store_turn(files, system, members); });
  judge(stored, turn.size(), doors_.clock.now() - began);
  for (std::size_t i = 0; i < turn.size(); ++i) {
    turn[i]->done.complete(std::move(stored.results[i]));
  }
}

io::Task<void> MaildirWriter::store_alone(io::Ref<Waiting> waiting) {
  io::Files& files = doors_.files;
  const base::Instant began = doors_.clock.now();
  auto stored = co_await io::on_pool(
      doors_.pool, [&files, &file = waiting->file] { return store_whole(files, file); });
  alone_ += (doors_.clock.now() - began - alone_) / mean_weight;
  waiting->done.complete(std::move(stored));
}

void MaildirWriter::judge(const StoredTurn& stored, std::size_t files, base::Duration took) {
  // One mailbox with trouble must not hold up the others again and again.
  const bool too_long = took > long_turn && took > alone_ * static_cast<int>(files);
  if (!stored.synced || too_long) do_not_share_for(pause_after_trouble);
  // The mail folder lies elsewhere now (a reload, a mount): looked at anew.
  if (stored.apart > 0) system_.reset();
}

void MaildirWriter::do_not_share_for(base::Duration pause) {
  shares_from_ = doors_.clock.now() + pause;
}

}  // namespace delivery
