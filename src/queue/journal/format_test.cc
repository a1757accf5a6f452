// Tests of codec.h, format.h, record.h, summary.h and the names of segment.h.
#include "queue/journal/format.h"

#include <gtest/gtest.h>

#include "lib/base/text.h"
#include "queue/journal/codec.h"
#include "queue/journal/record.h"
#include "queue/journal/segment.h"
#include "queue/journal/summary.h"
#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

TEST(Codec, RoundTrip) {
  std::string bytes;
  Writer writer(bytes);
  const std::vector<std::uint64_t> numbers = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX};
  writer.u8(200);
  writer.u16(65535);
  writer.u32(UINT32_MAX);
  writer.u64(UINT64_MAX - 1);
  writer.i64(-5);
  for (const auto number : numbers) writer.varint(number);
  writer.text("hello");
  Reader reader(bytes);
  EXPECT_EQ(reader.u8(), 200);
  EXPECT_EQ(reader.u16(), 65535);
  EXPECT_EQ(reader.u32(), UINT32_MAX);
  EXPECT_EQ(reader.u64(), UINT64_MAX - 1);
  EXPECT_EQ(reader.i64(), -5);
  for (const auto number : numbers) EXPECT_EQ(reader.varint(), number);
  EXPECT_EQ(reader.text(), "hello");
  EXPECT_TRUE(reader.finished());
}

TEST(Codec, RefusesWhatIsNotThere) {
  Reader empty("");
  EXPECT_EQ(empty.u32(), 0U);
  EXPECT_FALSE(empty.ok());
  Reader endless("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  (void)endless.varint();
  EXPECT_FALSE(endless.ok());
  Reader too_large(std::string_view("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02", 10));
  (void)too_large.varint();
  EXPECT_FALSE(too_large.ok());
  Reader cut(
      "\x05"
      "abc");
  EXPECT_EQ(cut.text(), "");
  EXPECT_FALSE(cut.ok());
  Reader many(
      "\x7f"
      "abc");
  EXPECT_EQ(many.count(1), 0U);
  EXPECT_FALSE(many.ok());
}

TEST(Format, ChecksumIsCrc32c) {
  EXPECT_EQ(checksum("123456789"),
            0xe3069283U);  // RFC 3720 §B.4's polynomial, the usual check value
  EXPECT_EQ(checksum(""), 0U);
  std::string all;
  Writer writer(all);
  writer.u64(77);
  writer.u64(4096);
  writer.raw("abc");
  EXPECT_EQ(seeded_checksum(77, 4096, "abc"), checksum(all));
}

TEST(Format, SegmentHeaderAndTrailer) {
  const SegmentHeader header{format_version, 3, 12, 0x1234567890abcdef, 1'700'000'000'000'000};
  const std::string bytes = encode(header);
  ASSERT_EQ(bytes.size(), segment_header_bytes);
  EXPECT_EQ(decode_segment_header(bytes), header);
  const Trailer trailer{3, 12, 4096, 99, 8192};
  const std::string last = encode(trailer);
  ASSERT_EQ(last.size(), trailer_bytes);
  EXPECT_EQ(decode_trailer(last), trailer);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string broken = bytes;
    broken[i] = static_cast<char>(broken[i] ^ 1);
    EXPECT_FALSE(decode_segment_header(broken)) << i;
  }
  for (std::size_t i = 0; i < last.size(); ++i) {
    std::string broken = last;
    broken[i] = static_cast<char>(broken[i] ^ 0x80);
    EXPECT_FALSE(decode_trailer(broken)) << i;
  }
  EXPECT_FALSE(decode_segment_header(bytes.substr(1)));
}

std::string whole_record(std::uint64_t salt, std::uint32_t offset, std::string_view meta,
                         std::string_view body) {
  RecordHeader header;
  header.type = RecordType::commit;
  header.epoch = 64;
  header.id = 42;
  header.group_index = 1;
  header.group_size = 3;
  const auto sealed = seal_record(header, salt, offset, meta, body);
  std::string bytes(sealed.data(), sealed.size());
  bytes += meta;
  bytes += body;
  bytes.resize(record_bytes(meta.size(), body.size()));
  return bytes;
}

TEST(Format, RecordRoundTrip) {
  const std::string bytes = whole_record(7, 128, "meta", "some body");
  EXPECT_EQ(bytes.size() % record_alignment, 0U);
  const auto view = parse_record(bytes, 7, 128);
  ASSERT_TRUE(view);
  EXPECT_TRUE(view->meta_ok && view->body_ok);
  EXPECT_EQ(view->meta, "meta");
  EXPECT_EQ(view->body, "some body");
  EXPECT_EQ(view->header.id, 42U);
  EXPECT_EQ(view->header.group_index, 1);
  EXPECT_EQ(view->header.group_size, 3);
  EXPECT_TRUE(meta_holds(view->header, 7, 128, "meta"));
  EXPECT_FALSE(meta_holds(view->header, 7, 128, "metA"));
}

TEST(Format, ARecordHoldsOnlyAtItsPlace) {
  const std::string bytes = whole_record(7, 128, "meta", "some body");
  EXPECT_FALSE(parse_record(bytes, 8, 128));
  EXPECT_FALSE(parse_record(bytes, 7, 136));
  EXPECT_FALSE(parse_record(bytes.substr(0, bytes.size() - 8), 7, 128));
}

TEST(Format, EveryFlippedBitIsNoticed) {
  const std::string bytes = whole_record(7, 128, "meta", "some body");
  const std::size_t used = record_header_bytes + 4 + 9;
  for (std::size_t bit = 0; bit < used * 8; ++bit) {
    std::string broken = bytes;
    broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
    const auto view = parse_record(broken, 7, 128);
    EXPECT_FALSE(view && view->meta_ok && view->body_ok) << bit;
    const bool in_body = bit / 8 >= record_header_bytes + 4;
    EXPECT_EQ(view && view->meta_ok, in_body) << bit;  // a damaged body leaves the envelope
  }
}

MessageInfo full_info() {
  MessageInfo info = make_info(99, 2);
  info.envelope.sender = {};
  info.envelope.recipients[1].original = {"alias", "c.example"};
  info.envelope.recipients[1].orcpt = "rfc822;alias@c.example";
  info.envelope.recipients[1].notify = message::notify_success | message::notify_delay;
  info.envelope.recipients[0].notify = message::notify_never;
  info.envelope.eight_bit = true;
  info.envelope.smtputf8 = true;
  info.envelope.binary = true;
  info.envelope.require_tls = true;
  info.envelope.ret = message::Envelope::Ret::headers;
  info.envelope.envid = "QQ314159";
  info.envelope.priority = -9;
  info.envelope.by = {.mode = message::DeliverBy::Mode::give_back,
                      .trace = true,
                      .deadline = info.accepted + std::chrono::hours(7)};
  info.received_bytes = 123456;
  info.is_dsn = true;
  info.hold = true;
  info.hold_reason = "by hand";
  info.account = "you@demo.test";
  info.release_at = info.accepted + std::chrono::hours(5);
  info.junk = true;
  for (auto& recipient : info.envelope.recipients) {
    recipient.return_path = {"owner-list", "y.test"};
    recipient.of_list = true;
  }
  info.envelope.recipients.back().return_path = {"SRS0=h=t=x.test=a", "y.test"};
  info.envelope.recipients.back().of_list = false;
  info.envelope.recipients.push_back(
      {.address = {"c", "z.test"}, .original = {"c", "z.test"}, .orcpt = {}});
  return info;
}

void expect_same(const MessageInfo& a, const MessageInfo& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.accepted, b.accepted);
  EXPECT_EQ(a.envelope, b.envelope);
  EXPECT_EQ(a.received_bytes, b.received_bytes);
  EXPECT_EQ(a.session_text, b.session_text);
  EXPECT_EQ(a.note, b.note);
  EXPECT_EQ(a.is_dsn, b.is_dsn);
  EXPECT_EQ(a.hold, b.hold);
  EXPECT_EQ(a.hold_reason, b.hold_reason);
  EXPECT_EQ(a.account, b.account);
  EXPECT_EQ(a.release_at, b.release_at);
  EXPECT_EQ(a.junk, b.junk);
}

TEST(Record, AnEndStaysAnEndInWhateverOrder) {
  const auto told = static_cast<char>(RecipientState::pending_told);
  const auto failed = static_cast<char>(RecipientState::failed);
  std::string states(2, '\0');
  overlay_ends(states, {{0, RecipientState::pending_told}, {1, RecipientState::failed}});
  EXPECT_EQ(states, (std::string{told, failed}));
  overlay_ends(states, {{0, RecipientState::delivered}, {1, RecipientState::pending_told}});
  EXPECT_EQ(states, (std::string{static_cast<char>(RecipientState::delivered), failed}));
  std::string older{told, told};
  overlay_states(older, states);
  EXPECT_EQ(older, states);
  overlay_states(older, std::string{told, told});
  EXPECT_EQ(older, states);
}

TEST(Record, EnvelopeRoundTrip) {
  MessageInfo urgent = make_info(8);
  urgent.envelope.priority = 9;
  MessageInfo timed = make_info(9);
  timed.envelope.by = {.mode = message::DeliverBy::Mode::notify,
                       .trace = false,
                       .deadline = timed.accepted - std::chrono::hours(1)};
  for (const MessageInfo& info : {full_info(), make_info(7), MessageInfo{}, urgent, timed}) {
    const auto decoded = decode_envelope(info.id, encode_envelope(info));
    ASSERT_TRUE(decoded);
    expect_same(*decoded, info);
  }
}

// What the first release wrote must be read for ever: these octets are a copy of it.
TEST(Record, AnEnvelopeOfVersion1IsRead) {
  const auto bytes = base::unhex(
      "0000c16ff2862300"
      "e807"
      "11"
      "0161"
      "06782e74657374"
      "034e4d49"
      "00"
      "0466726f6d"
      "00"
      "01"
      "0162"
      "06792e74657374"
      "00"
      "00");
  ASSERT_TRUE(bytes);
  const auto info = decode_envelope({7}, *bytes);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->id.value, 7U);
  EXPECT_EQ(info->accepted.time_since_epoch().count(), 10'000'000'000'000'000);
  EXPECT_EQ(info->received_bytes, 1000U);
  EXPECT_TRUE(info->envelope.eight_bit);
  EXPECT_EQ(info->envelope.ret, message::Envelope::Ret::full);
  EXPECT_EQ(info->envelope.sender.text(), "a@x.test");
  EXPECT_EQ(info->envelope.envid, "NMI");
  EXPECT_EQ(info->note, "from");
  ASSERT_EQ(info->envelope.recipients.size(), 1U);
  EXPECT_EQ(info->envelope.recipients[0].address.text(), "b@y.test");
  EXPECT_EQ(info->account, "");
  EXPECT_EQ(info->release_at, base::Time());
}

TEST(Record, AMessageIsDueWhenItsSenderWants) {
  EXPECT_EQ(make_stored(full_info(), {}).next_attempt, full_info().release_at);
  State deferred{{}, make_defer(99, 4)};
  EXPECT_EQ(make_stored(full_info(), deferred).next_attempt, deferred.defer->next_attempt);
}

// Version 2 ended with the account and the time of release.
TEST(Record, AnEnvelopeOfVersion2IsRead) {
  const auto bytes = base::unhex(
      "0000c16ff2862300"
      "e807"
      "11"
      "0161"
      "06782e74657374"
      "034e4d49"
      "00"
      "0466726f6d"
      "00"
      "01"
      "0162"
      "06792e74657374"
      "00"
      "00"
      "0179"
      "0000000000000000");
  ASSERT_TRUE(bytes);
  const auto info = decode_envelope({7}, *bytes);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->account, "y");
  EXPECT_EQ(info->release_at, base::Time{});
  EXPECT_FALSE(info->junk);
}

// Version 6 ended with the return paths; here there are none.
TEST(Record, AnEnvelopeOfVersion6IsRead) {
  MessageInfo info = make_info(7);
  const std::string plain = encode_envelope(info);
  EXPECT_EQ(plain.substr(plain.size() - 2), std::string(2, '\0')) << "as version 6 wrote it";
  const auto read = decode_envelope({7}, plain);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->envelope.priority, 0);
  EXPECT_FALSE(read->envelope.by.given());
  info.envelope.priority = 3;
  std::string beyond = encode_envelope(info);
  EXPECT_EQ(beyond.size(), plain.size() + 1);
  beyond.back() = 10;
  EXPECT_FALSE(decode_envelope({7}, beyond)) << "no such priority";
}

TEST(Record, EveryCutIsRefused) {
  MessageInfo usual = full_info();
  usual.envelope.by = {};
  usual.envelope.priority = 0;
  const std::string wishes = encode_envelope(full_info());
  for (std::size_t i = encode_envelope(usual).size() - 1; i < wishes.size(); ++i) {
    EXPECT_FALSE(decode_envelope({1}, std::string_view(wishes).substr(0, i))) << i;
  }
  const std::string envelope = encode_envelope(usual);
  MessageInfo plain = usual;
  for (auto& recipient : plain.envelope.recipients) recipient.return_path = {};
  const std::size_t version_5 = encode_envelope(plain).size() - 1;
  const std::size_t version_2 = version_5 - 1;
  const std::size_t version_1 = version_2 - 8 - 1 - full_info().account.size();
  for (std::size_t i = 0; i < envelope.size(); ++i) {
    if (i == version_1 || i == version_2 || i == version_5) continue;  // all that it had
    EXPECT_FALSE(decode_envelope({1}, std::string_view(envelope).substr(0, i))) << i;
  }
  EXPECT_FALSE(decode_envelope({1}, envelope + "x"));
  const State state{std::string("\0\1\2", 3), make_defer(99, 4)};
  const std::string encoded = encode_state(state);
  for (std::size_t i = 1; i < encoded.size(); ++i) {
    EXPECT_FALSE(decode_state(std::string_view(encoded).substr(0, i))) << i;
  }
  EXPECT_FALSE(decode_state(std::string_view("\1\7\0", 3))) << "no such state";
}

TEST(Record, StateRoundTrip) {
  State state{std::string("\0\1\2", 3), make_defer(99, 4)};
  state.defer->recipients = {0, 700};
  state.defer->hold = true;
  state.defer->hold_reason = "asked";
  const auto decoded = decode_state(encode_state(state));
  ASSERT_TRUE(decoded && decoded->defer);
  EXPECT_EQ(decoded->recipients, state.recipients);
  EXPECT_EQ(decoded->defer->recipients, state.defer->recipients);
  EXPECT_EQ(decoded->defer->next_attempt, state.defer->next_attempt);
  EXPECT_EQ(decoded->defer->hold_reason, "asked");
  const Stored stored = make_stored(make_info(99, 4), *decoded);
  EXPECT_EQ(stored.states, (std::vector{RecipientState::pending, RecipientState::delivered,
                                        RecipientState::failed, RecipientState::pending}));
  EXPECT_EQ(stored.attempts, 4U);
  EXPECT_TRUE(stored.hold);
  EXPECT_TRUE(decode_state("")->empty());
}

TEST(Record, CommitRoundTrip) {
  const std::vector<Chunk> chunks = {{{3, 64}, 1024}, {{4, 4096}, 77}};
  const std::string meta = encode_commit({"envelope", "state", chunks, "content"});
  const auto commit = decode_commit(meta);
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->envelope, "envelope");
  EXPECT_EQ(commit->state, "state");
  EXPECT_EQ(commit->chunks, chunks);
  EXPECT_EQ(commit->content, "content");
  EXPECT_FALSE(decode_commit(meta.substr(0, 12)));
}

TEST(Record, EndsAndDefersRoundTrip) {
  std::vector<End> ends(2);
  ends[0].finish = {{5}, {{0, RecipientState::failed}, {300, RecipientState::removed}}, false, ""};
  ends[0].homes = {8, 9};
  ends[1].finish = {{6}, {}, true, "removed by root: spam"};
  const auto decoded = decode_ends(encode_ends(ends));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 2U);
  EXPECT_EQ((*decoded)[0].homes, (Homes{8, 9}));
  EXPECT_EQ((*decoded)[0].finish.ends[1].recipient, 300U);
  EXPECT_EQ((*decoded)[0].finish.ends[1].state, RecipientState::removed);
  EXPECT_TRUE((*decoded)[1].finish.message_done);
  EXPECT_EQ((*decoded)[1].finish.decision, "removed by root: spam");
  EXPECT_FALSE(decode_ends(encode_ends(ends) + "x"));

  Defer whole = make_defer(0, 3);
  whole.destination = "mx:example.org";
  whole.last_reply = std::string(5000, 'x');
  const auto defers = decode_defers(encode_defers({whole, make_defer(5, 1)}));
  ASSERT_TRUE(defers);
  EXPECT_EQ((*defers)[0].destination, "mx:example.org");
  EXPECT_EQ((*defers)[0].last_reply.size(), reply_bytes_max);
  EXPECT_EQ((*defers)[1].id.value, 5U);
}

TEST(Record, AnEndStaysAnEnd) {
  std::string states;
  overlay_ends(states, {{2, RecipientState::delivered}});
  EXPECT_EQ(states, std::string("\0\0\1", 3));
  overlay_states(states, std::string("\2\0\0\0", 4));
  EXPECT_EQ(states, std::string("\2\0\1\0", 4));
}

TEST(Summary, RoundTripWithinItsBound) {
  Summary summary;
  summary.commits.push_back({{1}, 64, 512, {{{2, 64}, 10}}, "state", "envelope"});
  summary.states.push_back({{2}, std::string("\1\2", 2)});
  summary.defers.push_back({128, make_defer(2, 1)});
  summary.dones.push_back({{3}, {6, 7}});
  Defer destination = make_defer(0, 1);
  destination.destination = "local:a.example";
  summary.destinations.push_back(destination);
  const std::string meta = summary.encode();
  std::uint64_t bound = summary_base_bytes + summary_done_bytes + 18 + 2;
  bound += summary_bytes_max(summary.commits[0]) + summary_bytes_max(summary.defers[0].defer) +
           summary_bytes_max(destination);
  EXPECT_LE(meta.size(), bound);
  const auto decoded = Summary::decode(meta);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->encode(), meta);
  EXPECT_EQ(decoded->commits[0].chunks, summary.commits[0].chunks);
  EXPECT_EQ(decoded->dones[0].homes, (Homes{6, 7}));
  for (std::size_t i = 0; i < meta.size(); ++i) {
    EXPECT_FALSE(Summary::decode(std::string_view(meta).substr(0, i))) << i;
  }
}

TEST(SegmentName, Table) {
  EXPECT_EQ((SegmentName{3, 12}.text()), "0003-0000000012.log");
  EXPECT_EQ(SegmentName::parse("0003-0000000012.log"), (SegmentName{3, 12}));
  EXPECT_EQ(SegmentName::parse((SegmentName{123456, 1}).text()), (SegmentName{123456, 1}));
  for (const char* bad :
       {"", "lock", ".log", "0003-12.log", "3-0000000012.log", "0003-0000000000.log",
        "0003-0000000012.tmp", "000x-0000000012.log", "0003-00000000012.log"}) {
    EXPECT_FALSE(SegmentName::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace queue::journal
