// Tests of spans and their form on the wire; with a real collector: tests/e2e/test_otel.py.
#include "trace/spans.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "trace/otlp.h"

namespace trace {
namespace {

using std::chrono::milliseconds;
using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

const base::Time start = base::parse_time("2026-11-23T14:00:00.000Z").value();

class SpansTest : public testing::Test {
 protected:
  void add(std::string_view name, int at_ms, std::uint64_t session, base::MessageId message,
           Fields fields = {}) {
    EventView event;
    event.name = name;
    event.time = start + milliseconds(at_ms);
    event.session = {session};
    event.message = message;
    event.fields = std::move(fields);
    spans_.add(event);
  }
  void bring(std::uint64_t session, base::MessageId id, int at_ms) {
    add("message.judged", at_ms, session, id, {{"spf", "pass x.test"}, {"verdict", "accept"}});
    add("message.queued", at_ms + 3, 0, id);
    add("message.accepted", at_ms, session, id,
        {{"from", "a@x.test"}, {"size", "1234"}, {"moments", "90000 50000 10000"}});
  }
  std::vector<Span> take() { return spans_.take(start + std::chrono::hours(1)); }
  static const Span* find(const std::vector<Span>& spans, std::string_view name) {
    const auto at = std::ranges::find(spans, name, &Span::name);
    return at == spans.end() ? nullptr : &*at;
  }
  static std::string value(const Span& span, std::string_view key) {
    const auto at = std::ranges::find(span.attributes, key, &Attribute::key);
    return at == span.attributes.end() ? "" : at->value;
  }

  base::IdMaker ids_{1};
  Spans spans_{{.host = "mx.test/1", .ratio = 1, .since = start - milliseconds(1)}};
};

TEST_F(SpansTest, TheLifeOfAMessage) {
  const base::MessageId id = ids_.message(start);
  add("session.connect", 0, 1, {}, {{"peer", "192.0.2.1:4711"}, {"listener", "smtp"}});
  add("session.tls", 5, 1, {}, {{"protocol", "TLSv1.3"}, {"cipher", "AES"}});
  bring(1, id, 100);
  add("delivery.attempt", 300, 0, id,
      {{"destination", "x.test"},
       {"remote", "mx.x.test[192.0.2.9]:25"},
       {"attempt", "1"},
       {"reply", "450 4.2.1 later"},
       {"duration", "150ms"}});
  add("recipient.deferred", 301, 0, id, {{"to", "b@x.test"}, {"reply", "450 4.2.1 later"}});
  add("message.done", 400, 0, id);
  add("session.end", 500, 1, {});
  const auto spans = take();
  ASSERT_EQ(spans.size(), 7U) << "no span of the session: it brought a message";
  const Span* root = find(spans, "smtp receive");
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(root->begin, start);
  EXPECT_EQ(root->end, start + milliseconds(103));
  EXPECT_EQ(value(*root, "client.address"), "192.0.2.1");
  EXPECT_EQ(value(*root, "client.port"), "4711");
  EXPECT_EQ(value(*root, "tls.protocol.version"), "1.3");
  EXPECT_EQ(value(*root, "messaging.message.envelope.size"), "1234");
  for (const Span& span : spans) {
    EXPECT_EQ(span.trace_id, root->trace_id);
    EXPECT_EQ(span.parent, &span == root ? "" : root->id) << span.name;
    EXPECT_LE(span.begin, span.end) << span.name;
  }
  EXPECT_EQ(find(spans, "smtp envelope")->begin, start + milliseconds(10));
  EXPECT_EQ(find(spans, "smtp policy")->begin, start + milliseconds(90));
  EXPECT_EQ(value(*find(spans, "smtp policy"), "stagepost.spf"), "pass x.test");
  EXPECT_EQ(find(spans, "smtp commit")->end, root->end);
  const Span* attempt = find(spans, "delivery attempt");
  EXPECT_EQ(attempt->begin, start + milliseconds(150));
  EXPECT_EQ(attempt->status, Span::Status::error);
  EXPECT_EQ(value(*attempt, "error.type"), "450 4.2.1");
  EXPECT_EQ(value(*attempt, "server.address"), "mx.x.test[192.0.2.9]");
  ASSERT_EQ(attempt->events.size(), 1U);
  EXPECT_EQ(attempt->events[0].name, "recipient.deferred");
}

TEST_F(SpansTest, TheSecondMessageOfASessionBeginsAfterTheFirst) {
  add("session.connect", 0, 1, {}, {{"peer", "192.0.2.1:4711"}});
  bring(1, ids_.message(start), 100);
  (void)take();
  bring(1, ids_.message(start), 300);
  const auto spans = take();
  EXPECT_EQ(find(spans, "smtp receive")->begin, start + milliseconds(103));
}

TEST_F(SpansTest, WhatIsOlderThanTheProcessIsLinked) {
  const base::MessageId old = ids_.message(start - std::chrono::hours(1));
  add("message.done", 10, 0, old);
  const auto spans = take();
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].parent, "");
  EXPECT_EQ(spans[0].link.size(), 16U);
  EXPECT_EQ(spans[0].trace_id, spans_.trace_of(old));
}

TEST_F(SpansTest, OfTheTracesSomeAreKeptWhole) {
  const Spans some({.host = "mx.test/1", .ratio = 0.25, .since = {}});
  int kept = 0;
  for (int i = 0; i < 4'000; ++i) kept += some.sampled(some.trace_of(ids_.message(start))) ? 1 : 0;
  EXPECT_NEAR(kept, 1'000, 150);
}

TEST_F(SpansTest, IsBoundedAndCountsWhatItGivesUp) {
  for (std::uint64_t i = 1; i <= Spans::sessions_max + 100; ++i) add("session.connect", 0, i, {});
  EXPECT_EQ(spans_.given_up(), 100U);
  add("session.end", 1, 1, {});  // it was given up
  EXPECT_TRUE(take().empty());
  for (int i = 0; i < 1'000; ++i) {
    add("session.command_refused", 2, Spans::sessions_max, {}, {{"command", "MAIL"}});
  }
  add("session.end", 3, Spans::sessions_max, {});
  EXPECT_EQ(take().at(0).events.size(), Spans::events_max);
}

TEST_F(SpansTest, OnTheWire) {
  add("session.connect", 0, 1, {}, {{"peer", "192.0.2.1:4711"}});
  add("session.end", 1, 1, {}, {{"reason", "\"quoted\" \x01 \xff"}});
  const std::string json = otlp_json(take(), {{.key = "service.name", .value = "stagepost"}});
  EXPECT_TRUE(json.starts_with(
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"stagepost"}}]},"scopeSpans":[{"scope":{"name":"stagepost","version":")"))
      << json;
  EXPECT_NE(json.find(R"("kind":2,"startTimeUnixNano":"1795442400000000000",)"), std::string::npos)
      << json;
  EXPECT_NE(json.find(R"({"key":"client.port","value":{"intValue":"4711"}})"), std::string::npos);
  EXPECT_NE(json.find(R"("\"quoted\" \u0001 \ufffd")"), std::string::npos) << json;
  EXPECT_EQ(rejected_spans(R"({"partialSuccess":{"rejectedSpans":"12","errorMessage":"x"}})"), 12U);
  EXPECT_EQ(rejected_spans(R"({"partialSuccess": {"rejectedSpans": 3}})"), 3U);
  for (const std::string_view none : {"", "{}", R"({"rejectedSpans":)", R"("rejectedSpans":"x")"}) {
    EXPECT_EQ(rejected_spans(none), 0U) << none;
  }
}

}  // namespace
}  // namespace trace
