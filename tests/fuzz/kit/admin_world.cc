// See admin_world.h.
#include "tests/fuzz/kit/admin_world.h"

#include <cstdlib>
#include <filesystem>

#include "lib/base/check.h"
#include "tests/fuzz/kit/conversation.h"

namespace fuzz {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::string_view settings = R"(
hostname = "mx.home.test"
[server]
loops = 1
[[listener]]
address = "192.0.2.1:25"
tls = "none"
[log]
level = "error"
[api]
http = "127.0.0.1:8026"
requests_per_minute_max = 1000000
failures_per_minute_max = 1000000
[clients]
http = "127.0.0.1:8080"
[guard]
on = false
)";

// In memory where the system has that: the databases sync each change.
std::string make_folder() {
  const bool in_memory = fs::is_directory("/dev/shm");
  std::string name =
      (in_memory ? std::string("/dev/shm") : fs::temp_directory_path().string()) + "/fuzz-XXXXXX";
  CHECK(::mkdtemp(name.data()) != nullptr, "a folder of our own");
  return name;
}

io::Endpoint endpoint_of(HttpDoor door) {
  return *io::Endpoint::parse(door == HttpDoor::api ? "127.0.0.1:8026" : "127.0.0.1:8080");
}

// RFC 9112 §4. 500 would be a trouble that nobody foresaw.
void check_answers(std::string_view heard) {
  CHECK(heard.empty() || heard.starts_with("HTTP/1.1 "), "an answer is HTTP");
  CHECK(!heard.contains("HTTP/1.1 500"), "a trouble that nobody foresaw");
}

}  // namespace

AdminWorld::AdminWorld() : folder_(make_folder()) {
  auto config = config::load(settings, "fuzz.toml", folder_);
  if (!config) std::fputs(config.error().detail.c_str(), stderr);
  CHECK(config.has_value(), "the settings are good");
  config_ = std::move(*config);
  world_.internet().options().trace_octets = false;
  auto shared = server::SharedParts::open(config_, files_, world_.wall());
  if (!shared) std::fputs(shared.error().detail.c_str(), stderr);
  CHECK(shared.has_value(), "the databases can be opened");
  shared_ = std::move(*shared);
  populate();
  const server::Doors doors{.io = host_.doors(), .resolver = resolver_};
  assembly_ = std::make_unique<server::Assembly>(doors, config_, shared_->shared(), server::Slot{});
  CHECK(assembly_->listen().has_value() && world_.run(assembly_->start()).has_value(),
        "the server starts");
  door_ = std::make_unique<server::AdminDoor>(doors, config_, *shared_,
                                              std::vector<server::Assembly*>{assembly_.get()});
  CHECK(door_->open().has_value(), "the doors open");
}

AdminWorld::~AdminWorld() {
  world_.run(door_->stop());
  world_.run(assembly_->stop());
  door_.reset();
  assembly_.reset();
  shared_->trace->close(world_.wall());
  shared_.reset();
  fs::remove_all(folder_);
}

void AdminWorld::populate() {
  directory::Store& store = *shared_->admin_store;
  CHECK(store.add_domain("home.test") && store.add_mailbox("you@home.test", "") &&
            store.add_mailbox("back@home.test", "") &&
            store.add_alias("info@home.test", {"you@home.test"}) && shared_->reload_directory(),
        "the directory takes people");
}

std::uint64_t AdminWorld::changes() {
  const auto count = shared_->watch_store->change_count();
  CHECK(count.has_value(), "the directory can be read");
  return *count;
}

void AdminWorld::converse(HttpDoor door, std::string_view input) {
  const std::uint64_t before = changes();
  check_answers(world_.run(talk(door, input)));
  world_.run_for(1s);
  CHECK(door == HttpDoor::control || changes() == before, "a stranger changes nothing");
  CHECK(assembly_->queue().size() == 0 || door == HttpDoor::control, "a stranger sends nothing");
  (void)world_.run(
      assembly_->queue().operate(queue::Operation::remove, {}, "the next input", false));
}

io::Task<std::string> AdminWorld::talk(HttpDoor door, std::string_view input) {
  io::Doors doors = host_.doors();
  auto stream = door == HttpDoor::control
                    ? co_await doors.network.connect_unix(config_.admin.socket_path)
                    : co_await doors.network.connect(endpoint_of(door), std::nullopt);
  CHECK(stream.has_value(), "the door is open");
  Conversation conversation(doors.clock, std::move(*stream));
  co_await conversation.run(steps_of(input));
  co_return conversation.heard();
}

void converse(HttpDoor door, std::string_view input) {
  static std::unique_ptr<AdminWorld> world;
  static unsigned conversations = 0;
  if (world == nullptr || ++conversations > AdminWorld::conversations_max) {
    world.reset();
    world = std::make_unique<AdminWorld>();
    conversations = 0;
  }
  world->converse(door, input);
}

}  // namespace fuzz
