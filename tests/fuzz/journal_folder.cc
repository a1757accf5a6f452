// Fuzz target: recovery from a folder of journal segments in which octets have turned over. What
// lies before the first damage of its segment is found, whole; after all that, mail is taken again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/io/sim/host.h"
#include "queue/journal/codec.h"
#include "queue/journal/journal.h"
#include "queue/journal/scan.h"
#include "queue/journal/segment.h"

namespace {

using namespace std::chrono_literals;
using namespace queue::journal;

constexpr std::string_view folder = "/journal";
constexpr unsigned operations_max = 24;
constexpr std::size_t segment_bytes = std::size_t{8} << 10U;

std::string body_of(std::uint64_t id) {
  return "Subject: " + std::to_string(id) + "\r\n\r\n" + std::string((id * 131) % 1500, 'x');
}

io::Task<base::Result<>> commit(queue::Store* store, std::uint64_t id) {
  auto draft = store->open_draft();
  std::string body = body_of(id);
  queue::MessageInfo info;
  info.id = {id};
  info.envelope.sender = {"sender", "a.test"};
  for (const char* name : {"you", "back"}) {
    const message::Address address{name, "home.test"};
    info.envelope.recipients.push_back({address, address, {}});
  }
  info.content = message::Content::whole(body.size());
  info.received_bytes = body.size();
  if (auto done = co_await draft->append(std::move(body)); !done) co_return done;
  co_return co_await store->commit(std::move(draft), std::move(info));
}

class Machine {
 public:
  Machine() {
    world_.internet().options().trace_octets = false;
    settings_->journal_folder = folder;
    settings_->segment_bytes = segment_bytes;
    settings_->disk_reserve_bytes = 0;
    settings_->draft_chunk_bytes = 4096;  // a message is one record
    settings_->body_memory_bytes_max = 0;
    CHECK(start().has_value(), "an empty folder is a journal");
  }
  ~Machine() {
    if (journal_) stop();
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  void operate(unsigned what);
  base::Result<> start();
  void stop();
  // Overwrites an octet of a segment, which are counted; true when that changed it.
  void damage(Reader& input);
  void check();

 private:
  // The last octet of a message's record, by segment file.
  struct Lies {
    std::string file;
    std::uint64_t end = 0;
  };
  void note_places();
  [[nodiscard]] std::vector<std::string> files();

  io::sim::World world_{1};
  io::sim::Host host_{world_, {"192.0.2.1"}};
  std::shared_ptr<queue::Settings> settings_ = std::make_shared<queue::Settings>();
  std::unique_ptr<Journal> journal_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, bool> live_;  // ids that were answered and have not ended
  std::multimap<std::uint64_t, Lies> places_;
  std::map<std::string, std::uint64_t> damaged_;  // the first octet of each file
  std::map<std::uint64_t, queue::Stored> found_;
};

base::Result<> Machine::start() {
  journal_ = Journal::make(host_.doors(), settings_, {}, SyncMode::on_loop);
  found_.clear();
  auto loaded = world_.run(journal_->load([this](queue::Stored stored) {
    const std::uint64_t id = stored.info.id.value;
    CHECK(found_.emplace(id, std::move(stored)).second, "a message is found once");
  }));
  if (loaded) return {};
  stop();
  return std::unexpected(std::move(loaded.error()));
}

void Machine::stop() {
  world_.run(journal_->close());
  journal_.reset();
}

// Commits mostly; ends, puts off and starts again now and then.
void Machine::operate(unsigned what) {
  const auto some = live_.empty() ? live_.end() : std::next(live_.begin(), what % live_.size());
  if (what % 8 == 7) {
    stop();
    CHECK(start().has_value(), "a sound folder is a journal");
  } else if (what % 8 == 6 && some != live_.end()) {
    CHECK(world_
              .run(journal_->finish({{.id = {some->first},
                                      .ends = {{0, queue::RecipientState::delivered},
                                               {1, queue::RecipientState::failed}},
                                      .message_done = true,
                                      .decision = {}}},
                                    {}))
              .has_value(),
          "the disk works");
    live_.erase(some);
  } else if (what % 8 == 5 && some != live_.end()) {
    queue::Defer defer;
    defer.id = {some->first};
    defer.attempts = 1;
    defer.next_attempt = world_.wall() + 1h;
    defer.last_reply = "451 4.3.0 later";
    CHECK(world_.run(journal_->defer({defer})).has_value(), "the disk works");
  } else {
    CHECK(world_.run(commit(journal_.get(), ++last_id_)).has_value(), "the disk works");
    live_[last_id_] = true;
  }
  world_.run_for(10ms);
}

std::vector<std::string> Machine::files() {
  std::vector<std::string> names = host_.disk().names(folder);
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".log"); });
  return names;
}

void Machine::note_places() {
  for (const std::string& name : files()) {
    const std::string octets = host_.disk().content(std::string(folder) + "/" + name);
    const auto header = decode_segment_header(octets.substr(0, segment_header_bytes));
    CHECK(header.has_value(), "a sound segment has its header");
    for (const SummaryCommit& one : scan_segment(octets, *header).summary.commits) {
      places_.emplace(one.id.value, Lies{name, one.offset + one.bytes});
    }
  }
}

void Machine::damage(Reader& input) {
  if (places_.empty()) note_places();
  const auto names = files();
  const std::string& name = names[input.u8() % names.size()];
  const std::string path = std::string(folder) + "/" + name;
  const std::string before = host_.disk().content(path);
  const std::size_t offset = input.u16() % before.size();
  const char octet = static_cast<char>(input.u8());
  if (before[offset] == octet) return;
  auto file = host_.doors().files.open(path, io::OpenMode::write);
  CHECK(file.has_value(), "the segment is there");
  const std::string_view piece(&octet, 1);
  CHECK((*file)->write_at(offset, std::span(&piece, 1)) && (*file)->sync(), "the disk works");
  auto& first = damaged_.try_emplace(name, offset).first->second;
  first = std::min<std::uint64_t>(first, offset);
}

void Machine::check() {
  for (const auto& [id, lies] : places_) {
    if (!live_.contains(id)) continue;
    const auto damage = damaged_.find(lies.file);
    if (damage != damaged_.end() && damage->second < lies.end) continue;
    CHECK(found_.contains(id), "a message that lies before all damage is lost");
    const auto octets = world_.run(journal_->read_body({id}, 0, UINT64_MAX));
    CHECK(octets.has_value() && octets->view() == body_of(id), "and its text");
  }
  for (const auto& [id, stored] : found_) {
    CHECK(id <= last_id_, "nobody sent that");
    (void)world_.run(journal_->read({id}));
  }
  CHECK(world_.run(commit(journal_.get(), ++last_id_)).has_value(), "mail is taken again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 512) return 0;
  Reader input({reinterpret_cast<const char*>(data), size});
  Machine machine;
  const unsigned operations = 1 + input.u8() % operations_max;
  for (unsigned i = 0; i < operations && input.ok(); ++i) machine.operate(input.u8());
  machine.stop();
  while (input.ok() && !input.at_end()) machine.damage(input);
  if (machine.start()) {
    machine.check();
  }
  return 0;
}
