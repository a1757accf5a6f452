// queue/journal/test_kit.h: a simulated machine with a journal on it, for the tests of this folder.
//
// What:    Machine starts, stops and crashes a Journal; make_info() and make_body() make messages;
//          survive_every_step() fails at each step of some work and looks what is left.
// In/Out:  every operation runs to its end in virtual time and gives its Result.
// Errors:  a load that fails is a failed expectation.
// Limits:  none.
// Not here: the simulated disk (lib/io/sim/disk.h).
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lib/io/sim/for_each_failure.h"
#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "queue/journal/journal.h"

namespace queue::journal {

inline MessageInfo make_info(std::uint64_t id, std::size_t recipients = 1) {
  MessageInfo info;
  info.id = {id};
  info.accepted = base::Time(base::Duration(1'700'000'000'000'000 + static_cast<std::int64_t>(id)));
  info.envelope.sender = {"sender", "a.example"};
  for (std::size_t i = 0; i < recipients; ++i) {
    const message::Address address{"r" + std::to_string(i), "b.example"};
    info.envelope.recipients.push_back({address, address, "", 0});
  }
  info.session_text = "s0000000000001";
  info.note = "from 192.0.2.1 (mx.a.example) by ESMTPS";
  return info;
}

inline std::string make_body(std::uint64_t id, std::size_t bytes) {
  std::string body = "Subject: " + std::to_string(id) + "\r\n\r\n";
  while (body.size() < bytes) body += static_cast<char>('a' + ((body.size() * 7 + id) % 26));
  body.resize(bytes);
  return body;
}

inline io::Task<base::Result<>> commit_message(Store& store, MessageInfo info, std::string body,
                                               std::size_t step) {
  auto draft = store.open_draft();
  for (std::size_t at = 0; at < body.size(); at += step) {
    auto done = co_await draft->append(body.substr(at, step));
    if (!done) co_return done;
  }
  info.content = message::Content::whole(body.size());
  info.content.prepend("Received: from a.example by b.example\r\n");
  co_return co_await store.commit(std::move(draft), std::move(info));
}

inline Finish make_end(std::uint64_t id) {
  return {
      .id = {id}, .ends = {{0, RecipientState::delivered}}, .message_done = true, .decision = ""};
}

inline Defer make_defer(std::uint64_t id, std::uint32_t attempts) {
  Defer defer;
  defer.id = {id};
  defer.attempts = attempts;
  defer.next_attempt =
      base::Time(std::chrono::hours(24 * 365 * 200) + std::chrono::minutes(attempts));
  defer.last_reply = "451 4.3.0 try again, number " + std::to_string(attempts);
  return defer;
}

class Machine {
 public:
  explicit Machine(std::uint64_t seed = 1) : world(seed), host(world, {"192.0.2.1"}) {
    settings.journal_folder = "/var/journal";
    settings.segment_bytes = 16ULL << 10U;
    settings.disk_reserve_bytes = 0;
    settings.draft_chunk_bytes = 1024;
    settings.body_memory_bytes_max = 0;  // bodies come from the disk
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() {
    host.disk().set_faults(nullptr);
    if (journal) stop();
  }

  [[nodiscard]] io::sim::Disk& disk() { return host.disk(); }

  // Loads; `found` holds what was found.
  base::Result<> start(Claim claim = {}, SyncMode mode = SyncMode::on_loop) {
    journal = Journal::make(host.doors(), std::make_shared<const Settings>(settings), claim, mode);
    found.clear();
    auto loaded = world.run(journal->load([this](Stored stored) {
      const MessageId id = stored.info.id;
      EXPECT_TRUE(found.emplace(id.value, std::move(stored)).second) << "twice: " << id.value;
    }));
    if (!loaded) {
      stop();
      return std::unexpected(loaded.error());
    }
    report = std::move(*loaded);
    return {};
  }
  void stop() {
    world.run(journal->close());
    journal.reset();
  }
  void restart(Claim claim = {}, SyncMode mode = SyncMode::on_loop) {
    stop();
    const auto started = start(std::move(claim), mode);
    EXPECT_TRUE(started) << started.error().text();
  }
  // Power cut; the journal object learns it by errors only.
  void crash() {
    host.crash();
    if (journal) stop();
    (void)host.restart();
  }

  base::Result<> commit(std::uint64_t id, std::string body, std::size_t recipients = 1) {
    const std::size_t step = std::max<std::size_t>(body.size(), 1);
    return world.run(commit_message(*journal, make_info(id, recipients), std::move(body), step));
  }
  base::Result<> finish(std::uint64_t id) { return finish(std::vector{make_end(id)}); }
  base::Result<> finish(std::vector<Finish> ends, std::vector<NewMessage> fresh = {}) {
    return world.run(journal->finish(std::move(ends), std::move(fresh)));
  }
  base::Result<> defer(Defer defer) { return world.run(journal->defer({std::move(defer)})); }
  base::Result<std::string> body(std::uint64_t id) {
    auto octets = world.run(journal->read_body({id}, 0, UINT64_MAX));
    if (!octets) return std::unexpected(std::move(octets.error()));
    return std::string(octets->view());
  }
  base::Result<Stored> read(std::uint64_t id) { return world.run(journal->read({id})); }
  [[nodiscard]] std::vector<std::string> segments() { return names_with(".log"); }
  // Dead segments that wait to be written over.
  [[nodiscard]] std::vector<std::string> spares() { return names_with(".spare"); }
  [[nodiscard]] std::vector<std::string> names_with(std::string_view ending) {
    std::vector<std::string> names;
    auto listed = host.doors().files.list(settings.journal_folder);
    if (listed) {
      for (const auto& info : *listed) {
        if (info.name.ends_with(ending)) names.push_back(info.name);
      }
    }
    return names;
  }

  io::sim::World world;
  io::sim::Host host;
  Settings settings;
  std::unique_ptr<Journal> journal;
  std::map<std::uint64_t, Stored> found;
  ReplayReport report;
};

using Ids = std::set<std::uint64_t>;

inline Ids found_ids(const Machine& machine) {
  Ids ids;
  for (const auto& [id, stored] : machine.found) ids.insert(id);
  return ids;
}

// Commits messages of 900 octets; gives those that were answered.
inline Ids commit_some(Machine& machine, std::uint64_t from, std::uint64_t end) {
  Ids answered;
  for (std::uint64_t id = from; id < end; ++id) {
    if (machine.commit(id, make_body(id, 900))) answered.insert(id);
    machine.world.run_for(std::chrono::milliseconds(10));
  }
  return answered;
}

// After a start: what was answered is there, and nothing is damaged.
inline void expect_there(Machine& machine, const Ids& answered, const std::string& when) {
  EXPECT_TRUE(machine.report.damages.empty()) << when << machine.report.damages.front();
  for (const std::uint64_t id : answered) {
    EXPECT_TRUE(machine.found.contains(id)) << when << id << " is lost";
    EXPECT_EQ(machine.body(id), make_body(id, 900)) << when << id;
  }
}

struct Trouble {
  io::sim::Failure failure;
  SyncMode mode = SyncMode::on_loop;
  bool power_cut = false;  // after the work; else the journal is closed
};

// prepare(machine) on a sound disk; work(machine) with its first step failing, its second, …; then
// a new start, and check(machine, what work gave, when it was).
template <class Prepare, class Work, class Check>
void survive_every_step(const Trouble& trouble, Prepare prepare, Work work, Check check) {
  const auto make = [&] {
    auto machine = std::make_unique<Machine>(7);
    EXPECT_TRUE(machine->start({}, trouble.mode));
    prepare(*machine);
    return machine;
  };
  io::sim::for_each_failure(
      make,
      [&](Machine& machine, io::sim::FailAt& fault) {
        const auto given = work(machine);
        machine.disk().set_faults(nullptr);
        if (trouble.power_cut) {
          machine.crash();
        } else {
          machine.stop();
        }
        const std::string when = "failed at " + std::to_string(fault.number()) + ": ";
        ASSERT_TRUE(machine.start({}, trouble.mode)) << when;
        check(machine, given, when);
      },
      trouble.failure);
}

}  // namespace queue::journal
