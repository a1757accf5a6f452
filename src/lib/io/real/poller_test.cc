// Tests of poller.h on the loopback interface.
#include "lib/io/real/poller.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

namespace io::real {
namespace {

int tag_a = 0;
int tag_b = 0;

TEST(Poller, TellsOfNewOctetsOnce) {
  auto poller = Poller::make();
  auto pair = loopback_pair();
  ASSERT_TRUE(poller && pair);
  ASSERT_TRUE(poller->add(pair->one, &tag_a));
  std::array<void*, 4> tags{};
  ASSERT_EQ(poller->wait(tags), 1U) << "writable";
  const std::array<std::string_view, 3> pieces{"a", "", "bc"};
  ASSERT_EQ(*send_pieces(pair->other, pieces), 3U);
  ASSERT_EQ(poller->wait(tags), 1U);
  EXPECT_EQ(tags[0], &tag_a);
  std::array<char, 8> buffer{};
  ASSERT_EQ(*receive(pair->one, buffer), 3U);
  EXPECT_EQ(std::string_view(buffer.data(), 3), "abc");
  poller->wake();
  EXPECT_EQ(poller->wait(tags), 0U) << "the bell alone";
  pair->other = Descriptor();
  ASSERT_EQ(poller->wait(tags), 1U);
  EXPECT_EQ(receive(pair->one, buffer).error().kind, base::ErrorKind::closed);
}

TEST(Poller, AnEmptyQueueAcceptsNobody) {
  const Endpoint any{IpAddress::v4({127, 0, 0, 1}), 0};
  auto alone = listen_socket(any, false);
  ASSERT_TRUE(alone);
  EXPECT_FALSE(accept_socket(*alone)) << "nobody waits";
}

TEST(Poller, IsWokenFromAnotherThread) {
  auto poller = Poller::make();
  ASSERT_TRUE(poller);
  std::thread waker([&poller] { poller->wake(); });
  std::array<void*, 1> tags{&tag_b};
  EXPECT_EQ(poller->wait(tags), 0U);
  waker.join();
}

}  // namespace
}  // namespace io::real
