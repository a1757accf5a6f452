// Tests of archive.h and restore.h: whole backups come back, others do not.
#include "server/backup/archive.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "lib/base/text.h"
#include "lib/io/real/files.h"
#include "server/backup/manifest.h"
#include "server/backup/places.h"
#include "server/backup/restore.h"

namespace backup {
namespace {

const Tick no_tick = [](std::uint64_t) { return base::Result<>(); };
constexpr base::Time made{std::chrono::seconds(1'790'000'000)};

// A file in memory.
class Octets final : public io::File {
 public:
  explicit Octets(std::string octets = {}) : octets(std::move(octets)) {}
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (offset >= octets.size()) return 0;
    return octets.copy(into.data(), into.size(), offset);
  }
  base::Result<> write_at(std::uint64_t offset, std::span<const std::string_view> pieces) override {
    for (const std::string_view piece : pieces) {
      octets.resize(std::max<std::size_t>(octets.size(), offset + piece.size()));
      octets.replace(offset, piece.size(), piece);
      offset += piece.size();
    }
    return {};
  }
  base::Result<> sync() override { return {}; }
  base::Result<std::uint64_t> size() override { return octets.size(); }
  base::Result<> allocate(std::uint64_t) override { return {}; }
  base::Result<> truncate(std::uint64_t bytes) override {
    octets.resize(bytes);
    return {};
  }
  base::Result<std::uint64_t> system() override { return 1; }

  std::string octets;
};

using Texts = std::vector<std::pair<std::string, std::string>>;

Manifest manifest_of(std::uint64_t files, std::string sums) {
  return {.program = "9.9",
          .made = made,
          .host = "mail.example.org",
          .home = "/var/lib/stagepost",
          .owner = "post",
          .messages = 3,
          .files = files,
          .sums = std::move(sums),
          .databases = {{"home/state/flow.db", {.format = 1, .rows = {{"flow", 4}}}}}};
}

std::string backup_of(const Texts& texts) {
  Octets file;
  Archive archive(file, no_tick);
  for (const auto& [name, text] : texts) {
    Octets content(text);
    EXPECT_TRUE(
        archive.add({.name = name, .bytes = text.size(), .mode = 0600, .modified = made}, content));
  }
  EXPECT_TRUE(archive.finish(made, [&archive](const std::string& sums) {
    return encode_manifest(manifest_of(archive.files(), sums));
  }));
  return file.octets;
}

const Texts usual = {{"stagepost.toml", "hostname = \"mail.example.org\"\n"},
                     {"home/state/journal/0000-0000000001.log", std::string(700, 'j')},
                     {"home/state/empty", ""},
                     {"outside/etc/ssl/mail.pem", std::string((1U << 20U) + 3, 'c')}};

base::Result<Checked> check(std::string octets) {
  Octets file(std::move(octets));
  return check_backup(file, no_tick);
}

TEST(Archive, AWholeOneIsProven) {
  const auto checked = check(backup_of(usual));
  ASSERT_TRUE(checked) << checked.error().text();
  EXPECT_EQ(checked->config_text, usual.front().second);
  EXPECT_EQ(checked->outside, 1U);
  EXPECT_EQ(checked->manifest, manifest_of(4, checked->manifest.sums));
}

TEST(Archive, OneThatIsCutOffIsNone) {
  const std::string whole = backup_of(usual);
  // The last block of zeros is not needed by anybody.
  for (std::size_t bytes = 0; bytes + 2 * block_bytes < whole.size(); bytes += 193) {
    EXPECT_FALSE(check(whole.substr(0, bytes))) << bytes;
  }
}

TEST(Archive, AnyOctetOfAFileThatChangedIsNoticed) {
  const std::string whole = backup_of(usual);
  for (std::size_t at = whole.find("hostname"); at < whole.size(); at += 4'001) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    const auto checked = check(damaged);
    // Zeros behind a file are no part of it.
    EXPECT_TRUE(!checked || whole[at] == '\0') << at;
  }
  for (const char* text : {"hostname", "jjjjj", "home/state/empty", "\"messages\":3"}) {
    std::string damaged = whole;
    damaged[damaged.find(text) + 2] ^= 1;
    EXPECT_FALSE(check(damaged)) << text;
  }
}

// With all checksums right: by somebody who means harm.
TEST(Archive, HostileOnesAreRefused) {
  const auto with = [](const std::string& name) {
    Texts texts = usual;
    texts.emplace_back(name, "x");
    return backup_of(texts);
  };
  EXPECT_TRUE(check(with("home/more")));
  EXPECT_FALSE(check(with("elsewhere/x"))) << "a name of no place";
  EXPECT_FALSE(check(with("homely")));
  std::string out = with("home/aa/etc/passwd");
  // The same length, so that only the header's checksum is another.
  const std::size_t at = out.find("home/aa/etc");
  out.replace(at, 7, "home/..");
  const unsigned long sum = std::stoul(out.substr(at + 148, 6), nullptr, 8) - 2U * 'a' + 2U * '.';
  out.replace(at + 148, 6, fmt::format("{:06o}", sum));
  const auto refused = check(out);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("leads out"), std::string::npos) << refused.error().detail;
}

TEST(Archive, ASizeThatIsNotThereMakesNoRoom) {
  std::string octets = encode_header({.name = "home/x", .bytes = 1ULL << 60U, .modified = made});
  octets += std::string(4 * block_bytes, 'x');
  const auto refused = check(octets);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail.find("cut off"), std::string::npos);
}

TEST(Archive, WithoutAConfigurationItIsNoServer) {
  Texts texts = usual;
  texts.erase(texts.begin());
  EXPECT_FALSE(check(backup_of(texts)));
}

TEST(Manifest, ANewerFormatIsRefusedWithWords) {
  std::string text = encode_manifest(manifest_of(1, "00"));
  EXPECT_EQ(decode_manifest(text).value(), manifest_of(1, "00"));
  text.replace(text.find("\"format\":1"), 10, "\"format\":9");
  const auto refused = decode_manifest(text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::unsupported);
  EXPECT_NE(refused.error().detail.find("newer stagepost (9.9)"), std::string::npos);
  for (const char* wrong : {"", "{}", "[]", "{\"format\":1}", "{\"format\":-1}", "nonsense"}) {
    EXPECT_FALSE(decode_manifest(wrong)) << wrong;
  }
}

TEST(Sums, AreAsSha256sumReadsThem) {
  const std::string digest(32, '\0');
  const std::string zeros(64, '0');
  EXPECT_EQ(sum_line(digest, "a b"), zeros + "  a b\n");
  EXPECT_EQ(sum_line(digest, "a\\b\nc"), "\\" + zeros + "  a\\\\b\\nc\n");
}

class UnpackTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "unpack-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  io::real::PosixFiles files_;
  std::string folder_;
};

TEST_F(UnpackTest, EveryFileIsWhereItBelongs) {
  Octets file(backup_of(usual));
  const std::string home = folder_ + "/home";
  EXPECT_FALSE(has_files(files_, home).value());
  const auto done = unpack(files_, file, home, no_tick);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_TRUE(has_files(files_, home).value());
  for (const auto& [path, text] : Texts{{"/stagepost.toml", usual[0].second},
                                        {"/state/journal/0000-0000000001.log", usual[1].second},
                                        {"/state/empty", ""},
                                        {"/outside/etc/ssl/mail.pem", usual[3].second}}) {
    EXPECT_EQ(io::read_file(files_, home + path, 1U << 22U).value(), text);
    EXPECT_EQ(files_.info(home + path)->modified, made);
    EXPECT_EQ(files_.info(home + path)->mode, 0600U);
  }
}

TEST_F(UnpackTest, ANameThatComesTwiceIsRefused) {
  Texts texts = usual;
  texts.emplace_back("home/stagepost.toml", "another");
  Octets file(backup_of(texts));
  const auto done = unpack(files_, file, folder_ + "/home", no_tick);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::exists);
}

TEST(Places, NamesAndPlacesBelongTogether) {
  EXPECT_EQ(name_of("/srv/post/state/a", "/srv/post"), "home/state/a");
  EXPECT_EQ(name_of("/srv/post/state//a/./b", "/srv/post/"), "home/state/a/b");
  EXPECT_EQ(name_of("/srv/poster/a", "/srv/post"), "outside/srv/poster/a");
  EXPECT_EQ(place_of("home/state/a", "/new"), "/new/state/a");
  EXPECT_EQ(place_of("outside/etc/a", "/new"), "/new/outside/etc/a");
  EXPECT_EQ(place_of("stagepost.toml", "/new"), "/new/stagepost.toml");
  EXPECT_FALSE(place_of("MANIFEST", "/new"));
}

TEST(Places, AConfigurationMovesWithItsFiles) {
  const auto config = config::load(
      "hostname = \"mail.example.org\"\n[[listener]]\naddress = \"127.0.0.1:25\"\n"
      "[queue]\njournal_folder = \"/fast/journal\"\n"
      "[tls]\ncertificate = \"/etc/ssl/mail.pem\"\nkey = \"keys/mail.key\"\n",
      "stagepost.toml", "/srv/post");
  ASSERT_TRUE(config) << config.error().text();
  config::Config there = moved(*config, "/srv/post", "/new");
  EXPECT_EQ(there.queue.journal_folder, "/new/outside/fast/journal");
  EXPECT_EQ(there.session.certificate_path, "/new/outside/etc/ssl/mail.pem");
  EXPECT_EQ(there.session.key_path, "/new/keys/mail.key");
  for (const PathUse& one : paths_of(there)) EXPECT_TRUE(lies_in(*one.path, "/new")) << one.setting;
}

}  // namespace
}  // namespace backup
