// Tests of tar.h: what is written is read again, and nothing else is.
#include "server/backup/tar.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace backup {
namespace {

Member member(std::string name, std::uint64_t bytes = 5) {
  return {.name = std::move(name),
          .bytes = bytes,
          .mode = 0640,
          .modified = base::Time(std::chrono::seconds(1'800'000'000))};
}

// Reads what encode_header() made, as archive.cc does.
base::Result<Member> read_back(std::string_view octets) {
  auto header = decode_header(octets.substr(0, block_bytes));
  if (!header) return std::unexpected(header.error());
  octets.remove_prefix(block_bytes);
  if (header->kind != Header::Kind::pax) return header->member;
  const std::uint64_t bytes = header->member.bytes;
  const std::string records(octets.substr(0, bytes));
  header = decode_header(octets.substr(bytes + padding_after(bytes)));
  if (!header) return std::unexpected(header.error());
  if (auto done = apply_pax(records, header->member); !done) return std::unexpected(done.error());
  return header->member;
}

TEST(Tar, EveryMemberComesBack) {
  for (const Member& one :
       {member("stagepost.toml"), member("home/state/journal/0001-0000000001.log", 1ULL << 30U),
        member("home/" + std::string(95, 'a')), member("home/" + std::string(96, 'a')),
        member("home/mail/" + std::string(3'000, 'b')), member("home/large", 1ULL << 33U),
        member("home/larger", (1ULL << 33U) - 1),
        member("home/largest/" + std::string(200, 'c'), 1ULL << 40U), member("home/mail/new\nline"),
        member("home/mail/\xc3\xa4=\\,S=5:2,S")}) {
    const std::string octets = encode_header(one);
    EXPECT_EQ(octets.size() % block_bytes, 0U);
    const auto back = read_back(octets);
    ASSERT_TRUE(back) << one.name << back.error().text();
    EXPECT_EQ(*back, one);
  }
}

TEST(Tar, NamesThatLeadOutAreNone) {
  for (const char* name : {"", "/etc/passwd", "..", "../x", "home/../x", "home/..", "home//x",
                           "./home", "home/./x", "home/"}) {
    EXPECT_FALSE(is_safe_name(name)) << name;
  }
  EXPECT_FALSE(is_safe_name(std::string_view("home/\0x", 7)));
  EXPECT_FALSE(is_safe_name(std::string(name_bytes_max + 1, 'a')));
  for (const char* name : {"a", "home/..x", "home/x..", "home/...", "a/b/c"}) {
    EXPECT_TRUE(is_safe_name(name)) << name;
  }
}

// A header with one field changed and its checksum made right again.
std::string changed(std::size_t at, std::string_view text) {
  std::string block = encode_header(member("home/x"));
  block.replace(at, text.size(), text);
  block.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return block;
}

TEST(Tar, WhatABackupDoesNotHaveIsRefused) {
  EXPECT_TRUE(decode_header(changed(0, "home/y")));
  for (const char kind : std::string_view("123456gLKSVDx\0A", 15)) {
    if (kind == 'x') continue;
    EXPECT_FALSE(decode_header(changed(156, {&kind, 1}))) << "kind " << kind;
  }
  EXPECT_FALSE(decode_header(changed(345, "prefix"))) << "a name in two parts";
  EXPECT_FALSE(decode_header(changed(124, "-0000000005"))) << "a size below zero";
  EXPECT_FALSE(decode_header(changed(124, "\x80\1\1\1\1\1\1\1\1\1\1"))) << "a binary size";
  EXPECT_FALSE(decode_header(changed(257, "ustar  "))) << "GNU's";
  EXPECT_FALSE(decode_header(std::string(511, '\0'))) << "cut off";
  std::string block = encode_header(member("home/x"));
  block[3] = 'X';
  EXPECT_FALSE(decode_header(block)) << "another checksum";
  const auto setuid = decode_header(changed(100, "0004755"));
  ASSERT_TRUE(setuid);
  EXPECT_EQ(setuid->member.mode, 0755U) << "permission bits alone";
}

TEST(Tar, RecordsAreReadStrictly) {
  const std::vector<std::string> wrong = {
      "",           "x",           "5 a=b",        "99 path=x\n", "0 path=x",
      "8 path=x\n", "11 path=x\n", "10 linkp=x\n", "10 size=x\n", "-1 size=1\n",
      "7 path\n"};
  for (const std::string& records : wrong) {
    Member one = member("home/x");
    const Member before = one;
    const bool taken = apply_pax(records, one).has_value();
    EXPECT_TRUE(!taken || (records.empty() && one == before)) << records;
  }
  Member one = member("home/x");
  EXPECT_TRUE(apply_pax("10 path=y\n11 size=12\n", one));
  EXPECT_EQ(one.name, "y");
  EXPECT_EQ(one.bytes, 12U);
}

}  // namespace
}  // namespace backup
