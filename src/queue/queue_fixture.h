// queue/queue_fixture.h: a Queue with fakes around it on a simulated machine, for tests.
//
// What:    QueueFixture makes, starts and stops a queue and sends messages through it.
// In/Out:  send("a@x.test", {"b@y.test"}) → id; run(duration) moves virtual time.
// Errors:  none.
// Limits:  none.
// Not here: the fakes (fakes.h).
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/io/sim/host.h"
#include "lib/io/sim/world.h"
#include "queue/fakes.h"
#include "queue/queue.h"

namespace queue {

struct QueueFixture {
  QueueFixture() {
    settings->retry_jitter_percent = 0;
    settings->retry_after = {std::chrono::minutes(1), std::chrono::minutes(5),
                             std::chrono::minutes(15)};
    settings->expire_after = std::chrono::hours(2);
    courier.script = [](const Delivery&, const std::string&) { return FakeCourier::delivered(); };
  }

  base::Result<ReplayReport> start() {
    queue = Queue::make({.doors = host.doors(),
                         .store = store,
                         .courier = courier,
                         .notifier = notifier,
                         .events = events,
                         .metrics = metrics,
                         .ids = ids},
                        settings);
    return world.run(queue->start());
  }
  void stop(base::Duration grace = std::chrono::seconds(10)) {
    world.run(queue->stop(grace));
    queue.reset();
  }
  void run(base::Duration duration) { world.run_for(duration); }

  static message::Address address(const std::string& text) {
    if (text.empty()) return {};
    return message::parse_address(text).value();
  }
  MessageInfo info(const std::string& sender, const std::vector<std::string>& to,
                   const std::string& body) {
    MessageInfo info;
    info.id = queue->next_id();
    info.accepted = world.wall();
    info.envelope.sender = address(sender);
    for (const std::string& one : to)
      info.envelope.recipients.push_back({address(one), {}, {}, {}});
    info.content = message::Content::whole(body.size());
    info.content.prepend("Received: from here\r\n");
    info.received_bytes = body.size();
    return info;
  }
  base::Result<> submit(MessageInfo message, std::string body) {
    auto draft = queue->open_draft();
    EXPECT_TRUE(world.run(draft->append(std::move(body))));
    return world.run(queue->submit(std::move(draft), std::move(message)));
  }
  MessageId send(const std::string& sender, const std::vector<std::string>& to,
                 const std::string& body = "Subject: hello\r\n\r\nText\r\n") {
    MessageInfo message = info(sender, to, body);
    const MessageId id = message.id;
    EXPECT_TRUE(submit(std::move(message), body));
    return id;
  }
  std::vector<Summary> list(Filter filter = {}) { return world.run(queue->list(filter, 100)); }
  std::size_t operate(Operation operation, Filter filter, bool dry_run = false) {
    return world.run(queue->operate(operation, filter, "because", dry_run)).value();
  }

  io::sim::World world{1};
  io::sim::Host host{world, {"192.0.2.1"}};
  FakeStore store{host.doors().clock};
  FakeCourier courier{host.doors().clock};
  FakeNotifier notifier;
  EventLog events;
  base::Metrics metrics;
  base::IdMaker ids{1};
  std::shared_ptr<Settings> settings = std::make_shared<Settings>();
  std::unique_ptr<Queue> queue;
};

}  // namespace queue
