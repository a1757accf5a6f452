// Tests of explain().
#include "trace/explain.h"

#include <gtest/gtest.h>

namespace trace {
namespace {

StoredEvent make(std::string name, std::uint64_t session, std::uint64_t message,
                 std::vector<std::pair<std::string, std::string>> fields = {}) {
  StoredEvent event;
  event.name = std::move(name);
  event.time = base::parse_time("2026-11-23T14:00:00.123Z").value();
  event.session = {session};
  event.message = {message};
  event.fields = std::move(fields);
  return event;
}

TEST(Explain, AJudgedMailHasALineForEachCheck) {
  const auto event = make("message.judged", 1, 9,
                          {{"from", "a@x.test"},
                           {"to", "you@demo.test"},
                           {"peer", "192.0.2.1"},
                           {"helo", "mx.x.test"},
                           {"spf", "fail x.test by -all"},
                           {"dmarc", "fail p=reject of x.test\nforged: line"},
                           {"verdict", "reject 550 5.7.1 no"},
                           {"rule", "dmarc"}});
  EXPECT_EQ(in_words(event),
            "judged the mail from a@x.test for you@demo.test, brought by 192.0.2.1 as mx.x.test\n"
            "SPF of MAIL FROM: fail x.test by -all\n"
            "DMARC: fail p=reject of x.test\\nforged: line\n"
            "verdict: reject 550 5.7.1 no\n"
            "rule that decided: dmarc");
  EXPECT_TRUE(explain({event}).contains("\n                               DMARC: fail"))
      << explain({event});
}

TEST(Explain, Words) {
  struct Case {
    StoredEvent event;
    std::string_view words;
  };
  const Case cases[] = {
      {make("session.connect", 1, 0, {{"peer", "192.0.2.1:4711"}, {"listener", "smtp"}}),
       "connected from 192.0.2.1:4711 to listener smtp"},
      {make("session.tls", 1, 0, {{"tls", "TLSv1.3"}}), "encrypted with TLS: TLSv1.3"},
      {make("session.tls", 1, 0), "encrypted with TLS"},
      {make("session.command_refused", 1, 0, {{"command", "VRFY a"}, {"reply", "502 no"}}),
       "refused the command \"VRFY a\"; we said: \"502 no\""},
      {make("session.end", 1, 0, {{"reason", "quit"}, {"messages", "2"}}),
       "the session ended: quit; messages brought: 2"},
      {make("recipient.refused", 1, 0, {{"from", ""}, {"to", "x@demo.test"}, {"reply", "550 no"}}),
       "refused recipient x@demo.test of a message from <> (the null sender); we said: \"550 no\""},
      {make("message.accepted", 1, 9,
            {{"from", "a@x.test"}, {"to", "b@y.test"}, {"forwarded_as", "SRS0=h=d=x.test=a@z"}}),
       "accepted from a@x.test for b@y.test; an alias sends it on as from SRS0=h=d=x.test=a@z"},
      {make("message.accepted", 1, 9,
            {{"from", "a@x.test"},
             {"to", "you@demo.test"},
             {"size", "2048"},
             {"peer", "192.0.2.1"},
             {"helo", "mx.x.test"},
             {"tls", "TLSv1.3"}}),
       "accepted from a@x.test for you@demo.test, 2.0 KiB; brought by 192.0.2.1 as mx.x.test over "
       "TLSv1.3"},
      {make("delivery.attempt", 0, 9,
            {{"to", "b@y.test"},
             {"remote", "mx.y.test [192.0.2.7]:25"},
             {"reply", "450 later"},
             {"seconds", "0.2"}}),
       "tried to deliver to b@y.test at mx.y.test [192.0.2.7]:25, took 0.2 s; it said: \"450 "
       "later\""},
      {make("recipient.delivered", 0, 9,
            {{"to", "b@y.test"}, {"remote", "mx"}, {"reply", "250 ok"}}),
       "b@y.test delivered by mx; it said: \"250 ok\""},
      {make("recipient.deferred", 0, 9,
            {{"to", "b@y.test"}, {"reply", "450 \x1b[m"}, {"next", "5m"}}),
       "b@y.test not delivered yet; it said: \"450 \\x1b[m\"; next attempt: 5m"},
      {make("recipient.failed", 0, 9, {{"to", "b@y.test"}, {"reply", "550 no"}}),
       "b@y.test failed for good; it said: \"550 no\""},
      {make("message.held", 0, 9, {{"reason", "operator"}}),
       "on hold until somebody releases it: operator"},
      {make("dsn.sent", 0, 9, {{"to", "a@x.test"}}), "told the sender a@x.test"},
      {make("some.thing", 0, 9, {{"a", "1"}, {"b", "2\n"}}), "some.thing a=1 b=2\\n"},
  };
  for (const auto& [event, words] : cases) EXPECT_EQ(in_words(event), words) << event.name;
}

TEST(Explain, TimelinePerMessage) {
  std::vector<StoredEvent> events = {
      make("session.connect", 1, 0, {{"peer", "192.0.2.1"}}),
      make("message.accepted", 1, 9, {{"from", "a@x.test"}, {"to", "you@demo.test"}}),
      make("recipient.refused", 2, 0, {{"from", "b@x.test"}, {"to", "no@demo.test"}}),
      make("message.done", 0, 9),
  };
  events[2].severity = base::Severity::warning;
  EXPECT_EQ(
      explain(events),
      "Message 0000000000009 (times in UTC)\n"
      "  2026-11-23 14:00:00.123  connected from 192.0.2.1\n"
      "  2026-11-23 14:00:00.123  accepted from a@x.test for you@demo.test\n"
      "  2026-11-23 14:00:00.123  nothing is left to do for this message\n"
      "\n"
      "Session s0000000000002 (times in UTC)\n"
      "  2026-11-23 14:00:00.123  ! refused recipient no@demo.test of a message from b@x.test\n");
}

TEST(Explain, SessionOfSeveralMessagesStaysAlone) {
  const std::string text = explain({make("session.connect", 1, 0), make("message.accepted", 1, 8),
                                    make("message.accepted", 1, 9)},
                                   {.utc_offset = std::chrono::hours(1)});
  EXPECT_TRUE(text.starts_with("Session s0000000000001 (local time)\n  2026-11-23 15:00:00.123"));
}

TEST(Explain, Nothing) { EXPECT_EQ(explain({}), "Nothing is known about it (any more).\n"); }

}  // namespace
}  // namespace trace
