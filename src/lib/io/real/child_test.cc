// Children, what they say and how they end; who calls at a LocalDoor.
#include "lib/io/real/child.h"

#include <gtest/gtest.h>

#include <csignal>

#include "lib/io/real/poller.h"
#include "lib/io/real/waiting.h"

namespace io::real {
namespace {

constexpr base::Duration patience = std::chrono::seconds(20);

Child start(const std::string& script, ChildPlan plan = {}) {
  const auto shell = open_program("/bin/sh");
  EXPECT_TRUE(shell);
  plan.arguments = {"sh", "-c", script};
  auto child = Child::start(*shell, plan);
  EXPECT_TRUE(child) << child.error().text();
  return std::move(*child);
}

Ending end_of(Child& child) {
  const base::Instant until = monotonic_now() + patience;
  while (monotonic_now() < until) {
    if (const auto ending = child.ended()) return *ending;
    const int life = child.life();
    wait_ready({&life, 1}, patience);
  }
  ADD_FAILURE() << "it does not end";
  return {};
}

std::string said_by(Child& child) {
  const int channel = child.channel();
  wait_ready({&channel, 1}, patience);
  return child.hear();
}

TEST(Child, EndsWithACodeOrBySignal) {
  Child child = start("exit 7");
  EXPECT_EQ(end_of(child).text(), "with code 7");
  Child other = start("sleep 60");
  EXPECT_FALSE(other.ended());
  other.send(SIGTERM);
  EXPECT_EQ(end_of(other).text(), "by signal 15");
  other.send(SIGTERM);  // nobody's number now
}

TEST(Child, SaysWhatItHasToSayAMessageAtATime) {
  Child child = start("printf 'READY=1\\nSTATUS=a' >&$STAGEPOST_KEEPER; printf b >&3; sleep 60");
  EXPECT_EQ(said_by(child), "READY=1\nSTATUS=a");
  EXPECT_EQ(said_by(child), "b");
  EXPECT_EQ(child.hear(), "");
  child.send(SIGKILL);
  (void)end_of(child);
}

TEST(Child, AChannelThatIsClosedHasNoNewsForEver) {
  Child child = start("exec 3>&-; sleep 60");
  EXPECT_EQ(said_by(child), "");
  EXPECT_EQ(child.channel(), -1);
  child.send(SIGKILL);
  (void)end_of(child);
}

TEST(Child, GetsSocketsInTheirOrderAndTheEnvironment) {
  auto first = listen_socket({IpAddress::v4({127, 0, 0, 1}), 0}, false);
  auto second = listen_socket({IpAddress::v4({127, 0, 0, 1}), 0}, false);
  ASSERT_TRUE(first && second);
  ChildPlan plan{.environment = {{"WATCHDOG_USEC", "5"}},
                 .listening = {&*first, &*second},
                 .listening_names = {"smtp", "submission"}};
  Child child = start(
      "echo $LISTEN_FDS $LISTEN_FDNAMES $WATCHDOG_USEC $STAGEPOST_KEEPER >&5;"
      "test $LISTEN_PID = $$ && test -S /dev/fd/3 && test -S /dev/fd/4 && ! test -e /dev/fd/6",
      std::move(plan));
  EXPECT_EQ(said_by(child), "2 smtp:submission 5 5\n");
  EXPECT_EQ(end_of(child).text(), "with code 0");
}

TEST(Child, HasNoSignalsBlocked) {
  sigset_t before;
  ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, nullptr, &before), 0);
  auto signals = SignalQueue::open({SIGUSR1});
  ASSERT_TRUE(signals);
  Child child = start("kill -USR1 $$; sleep 60");
  EXPECT_EQ(end_of(child).text(), "by signal 10");
  EXPECT_FALSE(signals->take());
  std::raise(SIGUSR1);
  EXPECT_EQ(signals->take(), SIGUSR1);
  EXPECT_EQ(::pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);  // other tests want theirs
}

TEST(Child, AFileThatIsNoProgramIsToldAtOnce) {
  const auto text = open_program("/etc/hosts");
  ASSERT_TRUE(text);
  const auto child = Child::start(*text, {.arguments = {"hosts"}});
  ASSERT_FALSE(child);
  EXPECT_TRUE(child.error().detail.starts_with("start a child")) << child.error().text();
  EXPECT_FALSE(open_program("/nowhere"));
}

TEST(LocalDoor, AnswersWhoCallsAndIsGoneAfterwards) {
  const std::string path = testing::TempDir() + "/stagepost-door";
  {
    auto door = LocalDoor::open(path);
    ASSERT_TRUE(door) << door.error().text();
    EXPECT_FALSE(door->accept());
    EXPECT_EQ(LocalDoor::open(path).error().kind, base::ErrorKind::busy);
  }
  EXPECT_FALSE(call_local(path, "upgrade\n", [](std::string_view) {}));
}

}  // namespace
}  // namespace io::real
