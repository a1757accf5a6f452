// Tests of records, lines, the Tee and the log.
#include "trace/line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "trace/log.h"
#include "trace/tee.h"

namespace trace {
namespace {

using testing::HasSubstr;

base::Event sample() {
  base::Event event;
  event.name = "message.accepted";
  event.time = base::parse_time("2026-11-23T14:00:00.123Z").value();
  event.session = {7};
  event.message = {9};
  event.fields = {{"from", "a@x.test"}, {"reply", "250 2.0.0 \"ok\"\r\n"}, {"empty", ""}};
  return event;
}

StoredEvent stored(const base::Event& event) {
  std::string bytes;
  append_record(event, bytes);
  return decode_record(bytes, Checksum::ignore).value();
}

TEST(Record, RoundTrip) {
  const base::Event event = sample();
  std::string bytes = "front";
  append_record(event, bytes);
  const std::size_t size = seal_record(bytes.data() + 5);
  EXPECT_EQ(size + 5, bytes.size());
  const auto read = decode_record(bytes.substr(5), Checksum::verify);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, event.name);
  EXPECT_EQ(read->severity, event.severity);
  EXPECT_EQ(read->time, event.time);
  EXPECT_EQ(read->session, event.session);
  EXPECT_EQ(read->message, event.message);
  ASSERT_EQ(read->fields.size(), 3U);
  EXPECT_EQ(read->field("from"), "a@x.test");
  EXPECT_EQ(read->field("reply"), "250 2.0.0 \"ok\"\r\n");
  EXPECT_EQ(read->field("missing"), "");
}

TEST(Record, LongValuesAndManyFieldsAreCut) {
  base::Event event = sample();
  event.fields = {{"to", std::string(value_bytes_max + 10, 'x')}};
  for (int i = 0; i < 50; ++i) event.fields.emplace_back("key", "value");
  const StoredEvent read = stored(event);
  EXPECT_EQ(read.fields.size(), fields_max);
  EXPECT_EQ(read.field("to").size(), value_bytes_max);
}

TEST(Record, DamageIsFound) {
  std::string bytes;
  append_record(sample(), bytes);
  seal_record(bytes.data());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    EXPECT_FALSE(decode_record(damaged, Checksum::verify)) << i;
    EXPECT_FALSE(decode_record(bytes.substr(0, i), Checksum::verify)) << i;
    (void)decode_record(damaged, Checksum::ignore);  // reads nothing beyond its end
  }
  EXPECT_FALSE(decode_record(std::string(100, '\0'), Checksum::verify));
}

// Traces that an earlier server wrote have another checksum.
TEST(Record, AnOldChecksumStillHolds) {
  std::string bytes;
  append_record(sample(), bytes);
  std::uint32_t sum = 0x811c9dc5U;
  for (const char c : std::string_view(bytes).substr(record_head_bytes)) {
    sum = (sum ^ static_cast<unsigned char>(c)) * 0x01000193U;
  }
  for (unsigned i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(sum >> (8 * i));
  EXPECT_TRUE(decode_record(bytes, Checksum::verify));
  bytes[4] = static_cast<char>(bytes[4] ^ 1);
  EXPECT_FALSE(decode_record(bytes, Checksum::verify));
}

TEST(Line, Human) {
  EXPECT_EQ(human_line(stored(sample())),
            "2026-11-23T14:00:00.123Z info message.accepted 0000000000009 s0000000000007 "
            "from=a@x.test reply=\"250 2.0.0 \\\"ok\\\"\\r\\n\" empty=\"\"");
}

TEST(Line, Json) {
  base::Event event = sample();
  event.severity = base::Severity::warning;
  event.fields.emplace_back("session", "x\\y\xFF\x01");
  EXPECT_EQ(
      json_line(stored(event)),
      "{\"ts\":\"2026-11-23T14:00:00.123Z\",\"level\":\"warning\",\"event\":\"message.accepted\","
      "\"session\":\"s0000000000007\",\"message\":\"0000000000009\",\"from\":\"a@x.test\","
      "\"reply\":\"250 2.0.0 \\\"ok\\\"\\u000d\\u000a\",\"empty\":\"\","
      "\"session_\":\"x\\\\y\\ufffd\\u0001\"}");
}

TEST(Line, Escapes) {
  EXPECT_EQ(escaped("a b\tc\n"), "a b\\tc\\n");
  EXPECT_EQ(escaped("m\xC3\xBC"
                    "nchen"),
            "m\xC3\xBC"
            "nchen");
  EXPECT_EQ(escaped("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
  EXPECT_EQ(escaped("\xC2\x9B"), "\\xc2\\x9b");           // C1 control
  EXPECT_EQ(escaped("\xC0\xAF"), "\\xc0\\xaf");           // overlong
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(escaped("\xE2\x82"), "\\xe2\\x82");           // cut off
  EXPECT_EQ(escaped("\xF0\x9F\x93\xAC"), "\xF0\x9F\x93\xAC");
  EXPECT_EQ(escaped("\xF5\x80\x80\x80"), "\\xf5\\x80\\x80\\x80");
}

class LogTest : public testing::Test {
 protected:
  [[nodiscard]] Log::Output output() {
    return [this](std::string_view lines) {
      text_ += lines;
      return works_ ? 0U : static_cast<std::size_t>(std::ranges::count(lines, '\n'));
    };
  }
  static void emit(base::EventSink& sink, base::Severity severity, std::string_view name) {
    base::Event event = sample();
    event.severity = severity;
    event.name = name;
    sink.emit(event);
  }
  Settings settings_;
  std::string text_;
  bool works_ = true;
};

TEST_F(LogTest, WritesLinesOfItsLevel) {
  Log log(settings_, output());
  emit(log, base::Severity::debug, "a.debug");
  emit(log, base::Severity::info, "an.info");
  log.set_level("error");
  emit(log, base::Severity::warning, "a.warning");
  emit(log, base::Severity::error, "an.error");
  EXPECT_EQ(text_, "");
  log.flush();
  EXPECT_THAT(text_, HasSubstr("info an.info"));
  EXPECT_THAT(text_, HasSubstr("error an.error"));
  EXPECT_EQ(std::ranges::count(text_, '\n'), 2);
}

TEST_F(LogTest, JsonFormat) {
  settings_.log_format = LogFormat::json;
  Log log(settings_, output());
  log.emit(sample());
  log.flush();
  EXPECT_TRUE(text_.starts_with("{\"ts\":"));
  EXPECT_TRUE(text_.ends_with("}\n"));
}

TEST_F(LogTest, PrioritiesForWhoStampsLinesHimself) {
  settings_.log_level = "debug";
  Log log(settings_, output(), Log::Begin::priority);
  emit(log, base::Severity::debug, "a.debug");
  emit(log, base::Severity::info, "an.info");
  emit(log, base::Severity::warning, "a.warning");
  emit(log, base::Severity::error, "an.error");
  log.flush();
  EXPECT_TRUE(text_.starts_with("<7>debug a.debug ")) << text_;
  for (const char* front :
       {"\n<6>info an.info ", "\n<4>warning a.warning ", "\n<3>error an.error "}) {
    EXPECT_THAT(text_, HasSubstr(front));
  }
  text_.clear();
  settings_.log_format = LogFormat::json;
  Log json(settings_, output(), Log::Begin::priority);
  emit(json, base::Severity::info, "an.info");
  json.flush();
  EXPECT_TRUE(text_.starts_with("<6>{\"ts\":")) << text_;
}

TEST_F(LogTest, TooManyAreLostAndCounted) {
  settings_.pending_events_max = 3;
  Log log(settings_, output());
  for (int i = 0; i < 10; ++i) log.emit(sample());
  EXPECT_EQ(log.dropped(), 7U);
  log.flush();
  EXPECT_EQ(std::ranges::count(text_, '\n'), 4);
  EXPECT_THAT(text_, HasSubstr("warning log.lines_lost count=7"));
  text_.clear();
  log.emit(sample());
  log.flush();
  EXPECT_EQ(std::ranges::count(text_, '\n'), 1);
}

TEST_F(LogTest, FailingOutputIsCounted) {
  works_ = false;
  Log log(settings_, output());
  log.emit(sample());
  log.flush();
  EXPECT_EQ(log.dropped(), 1U);
}

TEST_F(LogTest, TheEndWritesWhatIsPending) {
  {
    Log(settings_, output()).emit(sample());
  }
  EXPECT_EQ(std::ranges::count(text_, '\n'), 1);
}

std::string content_of(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return "missing";
  std::string out(10'000, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), file));
  std::fclose(file);
  return out;
}

TEST_F(LogTest, FileIsReopenedAfterRotation) {
  std::string pattern = (std::filesystem::temp_directory_path() / "log-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  settings_.log_path = pattern + "/mail.log";
  {
    auto log = Log::open(settings_);
    ASSERT_TRUE(log);
    emit(**log, base::Severity::info, "before.rotation");
    (*log)->flush();
    std::filesystem::rename(settings_.log_path, pattern + "/mail.log.1");
    emit(**log, base::Severity::info, "between");
    ASSERT_TRUE((*log)->reopen());
    emit(**log, base::Severity::info, "after.rotation");
  }
  EXPECT_THAT(content_of(pattern + "/mail.log.1"), HasSubstr("before.rotation"));
  EXPECT_THAT(content_of(pattern + "/mail.log.1"), HasSubstr("between"));
  EXPECT_THAT(content_of(pattern + "/mail.log"), HasSubstr("after.rotation"));
  std::filesystem::remove_all(pattern);
  settings_.log_path = "/dev/null/mail.log";
  EXPECT_FALSE(Log::open(settings_));
}

TEST_F(LogTest, ManyThreadsLoseNothing) {
  Log log(settings_, output());
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log] {
      for (int j = 0; j < 500; ++j) log.emit(sample());
    });
  }
  for (int i = 0; i < 20; ++i) log.flush();
  for (auto& thread : threads) thread.join();
  log.flush();
  EXPECT_EQ(std::ranges::count(text_, '\n'), 2'000);
}

struct Plain : base::EventSink {
  void emit(const base::Event& event) override { names.emplace_back(event.name); }
  std::vector<std::string> names;
};

TEST_F(LogTest, TeeFeedsAll) {
  Log log(settings_, output());
  std::string other_text;
  Log other(settings_, [&other_text](std::string_view lines) {
    other_text += lines;
    return true;
  });
  other.set_level("error");
  Plain plain;
  Tee tee({&other, &log}, {&plain});
  tee.emit(sample());
  emit(tee, base::Severity::debug, "a.debug");
  log.flush();
  other.flush();
  EXPECT_EQ(std::ranges::count(text_, '\n'), 1);
  EXPECT_EQ(other_text, "");
  EXPECT_EQ(plain.names, (std::vector<std::string>{"message.accepted", "a.debug"}));
}

}  // namespace
}  // namespace trace
