// Tests of scan.h: torn tails, flipped bits, groups.
#include "queue/journal/scan.h"

#include <gtest/gtest.h>

#include <set>

#include "queue/journal/test_kit.h"

namespace queue::journal {
namespace {

// Writes a segment into a string as the head would.
class Builder {
 public:
  explicit Builder(std::size_t capacity) : bytes_(capacity, '\0') {}

  struct Piece {
    RecordType type = RecordType::commit;
    std::uint64_t id = 0;
    std::string meta;
    std::string body;
  };
  // One group, in the present epoch.
  void add(const std::vector<Piece>& group) {
    for (std::size_t i = 0; i < group.size(); ++i) {
      RecordHeader header;
      header.type = group[i].type;
      header.id = group[i].id;
      header.epoch = epoch_;
      header.group_index = static_cast<std::uint16_t>(i);
      header.group_size = static_cast<std::uint16_t>(group.size());
      const auto sealed = seal_record(header, salt, tail_, group[i].meta, group[i].body);
      std::string record(sealed.data(), sealed.size());
      record += group[i].meta + group[i].body;
      offsets_.push_back(tail_);
      bytes_.replace(tail_, record.size(), record);
      tail_ += static_cast<std::uint32_t>(record_bytes(group[i].meta.size(), group[i].body.size()));
    }
  }
  void add_commit(std::uint64_t id, std::vector<Chunk> chunks = {}) { add({commit(id, chunks)}); }
  static Piece commit(std::uint64_t id, const std::vector<Chunk>& chunks = {}) {
    return {RecordType::commit, id,
            encode_commit({encode_envelope(make_info(id)), {}, chunks, "content"}),
            make_body(id, 50)};
  }
  static Piece end(std::uint64_t id) {
    return {RecordType::ends, 0, encode_ends({{make_end(id), {4, 4}}}), ""};
  }
  void sync() { epoch_ = tail_; }

  [[nodiscard]] Scan scan() const { return scan_segment(bytes_, segment); }
  std::string& bytes() { return bytes_; }
  [[nodiscard]] std::uint32_t tail() const { return tail_; }
  [[nodiscard]] std::uint32_t offset(std::size_t record) const { return offsets_[record]; }

  static constexpr std::uint64_t salt = 0x5a17;
  static constexpr SegmentHeader segment{format_version, 1, 4, salt, 0, false};

 private:
  std::string bytes_;
  std::vector<std::uint32_t> offsets_;
  std::uint32_t tail_ = segment_header_bytes;
  std::uint32_t epoch_ = segment_header_bytes;
};

std::set<std::uint64_t> ids(const Scan& scan) {
  std::set<std::uint64_t> all;
  for (const auto& commit : scan.summary.commits) all.insert(commit.id.value);
  return all;
}

using Ids = std::set<std::uint64_t>;

TEST(Scan, NothingInIt) {
  const Scan scan = Builder(4096).scan();
  EXPECT_EQ(scan.tail, segment_header_bytes);
  EXPECT_EQ(scan.torn_bytes, 0U);
  EXPECT_TRUE(scan.damages.empty());
}

TEST(Scan, TornTailAtEveryOctet) {
  Builder builder(4096);
  builder.add_commit(1);
  builder.sync();
  const std::uint32_t safe = builder.tail();
  builder.add_commit(2);
  const std::string whole = builder.bytes();
  for (std::uint32_t cut = safe; cut <= builder.tail(); ++cut) {
    builder.bytes() = whole.substr(0, cut);
    builder.bytes().resize(whole.size(), '\0');
    const Scan scan = builder.scan();
    EXPECT_TRUE(scan.damages.empty()) << cut;
    // The last octets may be padding.
    const bool complete = builder.bytes() == whole;
    EXPECT_EQ(ids(scan), complete ? (Ids{1, 2}) : (Ids{1})) << cut;
    if (complete) EXPECT_EQ(scan.tail, builder.tail());
    if (cut > safe && !complete) EXPECT_GT(scan.torn_bytes, 0U) << cut;
    // The same with the file ending there.
    builder.bytes() = whole.substr(0, cut);
    EXPECT_TRUE(builder.scan().damages.empty()) << cut;
    EXPECT_TRUE(ids(builder.scan()).contains(1)) << cut;
  }
}

TEST(Scan, EveryFlippedBitInTheMiddleIsDamageAndCostsOneRecord) {
  Builder builder(2048);
  for (const std::uint64_t id : {1U, 2U, 3U}) {
    builder.add_commit(id);
    builder.sync();
  }
  const std::size_t used = record_header_bytes + Builder::commit(2).meta.size() + 50;
  const std::uint32_t begin = builder.offset(1);
  const auto body = static_cast<std::uint32_t>(begin + used - 50);
  for (std::uint32_t at = begin; at < begin + used; ++at) {
    char& octet = builder.bytes()[at];
    octet = static_cast<char>(octet ^ 0x10);
    const Scan scan = builder.scan();
    ASSERT_EQ(scan.damages.size(), 1U) << at;
    EXPECT_EQ(scan.damages[0].offset, begin) << at;
    EXPECT_EQ(scan.torn_bytes, 0U) << at;
    // A message whose body is damaged stays: somebody was told that it is safe.
    EXPECT_EQ(ids(scan), at < body ? (Ids{1, 3}) : (Ids{1, 2, 3})) << at;
    octet = static_cast<char>(octet ^ 0x10);
  }
  EXPECT_TRUE(builder.scan().damages.empty());
}

TEST(Scan, AHoleInTheLastEpochIsATornWrite) {
  Builder builder(2048);
  builder.add_commit(1);
  builder.sync();
  builder.add_commit(2);
  builder.add_commit(3);
  builder.bytes()[builder.offset(1) + 2] ^= 1;
  const Scan scan = builder.scan();
  EXPECT_TRUE(scan.damages.empty());
  EXPECT_GT(scan.torn_bytes, 0U);
  EXPECT_EQ(ids(scan), (Ids{1, 3}));
  EXPECT_EQ(scan.epoch, builder.offset(1));
}

TEST(Scan, ABrokenBodyInTheLastEpochIsNoMessage) {
  Builder builder(2048);
  builder.add_commit(1);
  builder.bytes()[builder.tail() - 20] ^= 1;
  const Scan scan = builder.scan();
  EXPECT_TRUE(ids(scan).empty());
  EXPECT_TRUE(scan.damages.empty());
  EXPECT_GT(scan.torn_bytes, 0U);
}

TEST(Scan, AGroupIsThereAsAWholeOrNot) {
  for (int broken = -1; broken < 3; ++broken) {
    for (const bool last_epoch : {true, false}) {
      Builder builder(4096);
      builder.add_commit(1);
      builder.sync();
      builder.add({Builder::end(1), Builder::commit(2), Builder::commit(3)});
      if (!last_epoch) {
        builder.sync();
        builder.add_commit(4);
      }
      if (broken >= 0) builder.bytes()[builder.offset(1U + static_cast<unsigned>(broken)) + 8] ^= 1;
      Ids expected = broken < 0 ? Ids{2, 3} : Ids{1};
      if (!last_epoch) expected.insert(4);
      const Scan scan = builder.scan();
      EXPECT_EQ(ids(scan), expected) << broken << last_epoch;
      EXPECT_EQ(scan.damages.empty(), broken < 0 || last_epoch) << broken << last_epoch;
    }
  }
}

TEST(Scan, ACommitOfTheLastEpochNeedsItsChunks) {
  for (const bool broken : {false, true}) {
    Builder builder(4096);
    builder.add({{RecordType::chunk, 0, "", std::string(100, 'c')}});
    const Chunk chunk{{Builder::segment.segment, builder.offset(0)}, 100};
    builder.add_commit(1, {chunk, {{2, 64}, 5}});  // the second lies in another segment
    if (broken) builder.bytes()[chunk.place.offset + 60] ^= 1;
    EXPECT_EQ(ids(builder.scan()), broken ? Ids{} : Ids{1});
    EXPECT_TRUE(builder.scan().damages.empty());
  }
}

TEST(Scan, SumsUpWhatWasSaid) {
  Builder builder(8192);
  builder.add_commit(1);
  builder.add_commit(2);
  builder.add({{RecordType::defers, 0, encode_defers({make_defer(2, 1), make_defer(9, 1)}), ""}});
  builder.add({{RecordType::defers, 0, encode_defers({make_defer(2, 2)}), ""}});
  builder.add({Builder::end(1)});
  Finish partial{{9}, {{1, RecipientState::failed}}, false, ""};
  builder.add({{RecordType::ends, 0, encode_ends({{partial, {2, 2}}}), ""}});
  Defer destination = make_defer(0, 7);
  destination.destination = "mx:c.example";
  builder.add({{RecordType::defers, 0, encode_defers({destination}), ""}});
  const Summary summary = builder.scan().summary;
  EXPECT_EQ(ids(builder.scan()), (Ids{2}));
  ASSERT_EQ(summary.defers.size(), 2U);
  EXPECT_EQ(summary.defers[0].defer.attempts, 2U);
  EXPECT_EQ(summary.defers[0].offset, builder.offset(3));
  ASSERT_EQ(summary.states.size(), 1U);
  EXPECT_EQ(summary.states[0].recipients, std::string("\0\2", 2));
  ASSERT_EQ(summary.dones.size(), 1U);
  EXPECT_EQ(summary.dones[0].id.value, 1U);
  ASSERT_EQ(summary.destinations.size(), 1U);
}

TEST(Scan, BodiesCannotPretendToBeRecords) {
  // A sender who knows the format but not the salt puts a record into a message.
  Builder builder(4096);
  RecordHeader fake;
  fake.type = RecordType::ends;
  fake.epoch = 64;
  const std::string meta = encode_ends({{make_end(1), {4, 4}}});
  const auto sealed = seal_record(fake, 0, 0, meta, {});
  std::string body(sealed.data(), sealed.size());
  body += meta;
  Builder::Piece piece = Builder::commit(2);
  piece.body = body + body;
  builder.add_commit(1);
  builder.add({piece});
  builder.add_commit(3);
  builder.sync();
  builder.add_commit(4);
  builder.bytes()[builder.offset(1) + 5] ^= 1;  // its header is damaged: the scan looks inside
  EXPECT_EQ(ids(builder.scan()), (Ids{1, 3, 4}));
}

}  // namespace
}  // namespace queue::journal
