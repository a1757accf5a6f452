// lib/io/real/child.h: a program that this one starts and looks after.
//
// What:    Child::start() runs an open program file. Listening sockets go with it as
//          sd_listen_fds(3) has it, and a channel on which it says how it is (service_manager.h).
// In/Out:  ChildPlan → Child; send() signals it; hear() gives what it said, ended() how it ended.
// Errors:  what the kernel says of fork, of exec, of a change of user.
// Limits:  HandedSockets::sockets_max sockets; said_bytes_max for what it says at once. Only while
//          this process has one thread, for memory is allocated between fork and exec.
// Not here: when to start what (server/keeper).
//
// A child gets SIGTERM when this process is no more, and has its signal mask empty.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/real/descriptor.h"

namespace io::real {

// The environment's name for the channel's descriptor; a child takes it out of its environment.
inline constexpr const char* keeper_variable = "STAGEPOST_KEEPER";

struct ChildPlan {
  std::vector<std::string> arguments = {};
  // Besides what this process has.
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<const Descriptor*> listening = {};
  std::vector<std::string> listening_names = {};  // for complaints; no colons
  std::string works_as_owner_of = {};  // root starts it as this folder's owner; empty: as root
};

// How a process ended.
struct Ending {
  bool by_signal = false;
  int number = 0;  // the signal, or the exit code

  [[nodiscard]] std::string text() const;  // "by signal 9", "with code 1"
};

class Child {
 public:
  static constexpr std::size_t said_bytes_max = 4096;

  // `program`: opened by open_program().
  [[nodiscard]] static base::Result<Child> start(const Descriptor& program, const ChildPlan& plan);

  // Nothing happens when it has ended.
  void send(int signal_number) const;
  // Lines of one message; empty: nothing more now.
  [[nodiscard]] std::string hear();
  // Empty: it runs.
  [[nodiscard]] std::optional<Ending> ended();

  [[nodiscard]] int process_id() const { return process_id_; }
  // Readable when hear(), or ended(), has news.
  [[nodiscard]] int channel() const { return channel_.get(); }
  [[nodiscard]] int life() const { return life_.get(); }

 private:
  Child(int process_id, Descriptor life, Descriptor channel)
      : process_id_(process_id), life_(std::move(life)), channel_(std::move(channel)) {}

  int process_id_;
  Descriptor life_;  // pidfd_open(2)
  Descriptor channel_;
};

// A program file as it is now: what is opened stays the same program when another takes its name.
[[nodiscard]] base::Result<Descriptor> open_program(const std::string& path);
// Where the program of this process was found.
[[nodiscard]] base::Result<std::string> own_program();

}  // namespace io::real
