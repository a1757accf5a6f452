// Fuzzes the reading of a backup: octets as they are, and members whose checksums hold with names,
// kinds and sizes of the input.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "queue/journal/codec.h"
#include "server/backup/archive.h"
#include "server/backup/manifest.h"
#include "server/backup/places.h"

namespace {

constexpr std::size_t input_bytes_max = 16'384;

class Octets final : public io::File {
 public:
  explicit Octets(std::string_view octets) : octets_(octets) {}
  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (offset >= octets_.size()) return 0;
    return octets_.copy(into.data(), into.size(), offset);
  }
  base::Result<> write_at(std::uint64_t, std::span<const std::string_view>) override {
    return no();
  }
  base::Result<> sync() override { return no(); }
  base::Result<std::uint64_t> size() override { return octets_.size(); }
  base::Result<> allocate(std::uint64_t) override { return no(); }
  base::Result<> truncate(std::uint64_t) override { return no(); }
  base::Result<std::uint64_t> system() override { return 1; }

 private:
  static base::Result<> no() { return base::fail(base::ErrorKind::denied, "is only read"); }
  std::string_view octets_;
};

void read_all(std::string_view octets) {
  Octets file(octets);
  backup::Unpacker unpacker(file, octets.size(), [](std::uint64_t) { return base::Result<>(); });
  while (true) {
    const auto member = unpacker.next();
    if (!member || !*member) break;
    const auto place = backup::place_of((*member)->name, "/home");
    CHECK(!place || place->starts_with("/home/"), "it stays in the home");
    CHECK(!place || !place->contains("/../"), "and does not climb");
    std::uint64_t bytes = 0;
    const auto read = unpacker.read([&bytes](std::string_view piece) {
      bytes += piece.size();
      return base::Result<>();
    });
    CHECK(!read || bytes == (*member)->bytes, "a member is whole or refused");
    CHECK(bytes <= octets.size(), "no more than there is");
  }
  (void)backup::decode_manifest(unpacker.manifest());
}

// A header as somebody would write it who knows the format.
std::string forged(queue::journal::Reader& input) {
  backup::Member member{.name = "home/x", .bytes = 0, .mode = 0600, .modified = {}};
  std::string block = backup::encode_header(member);
  const std::string_view name = input.text().substr(0, 99);
  block.replace(0, 100, 100, '\0').replace(0, name.size(), name);
  const std::string_view content = input.text();
  const std::uint64_t bytes = (input.u8() & 1U) != 0 ? content.size() : input.u64() >> 31U;
  block.replace(124, 11, fmt::format("{:011o}", bytes));
  if (const std::uint8_t kind = input.u8(); kind < 64) block[156] = kind < 32 ? 'x' : '5';
  block.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  block.replace(148, 8, fmt::format("{:06o}", sum) + std::string("\0 ", 2));
  return block + std::string(content) + std::string(backup::padding_after(content.size()), '\0');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > input_bytes_max) return 0;
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  read_all(octets);
  queue::journal::Reader input(octets);
  std::string archive;
  while (input.ok() && !input.at_end() && archive.size() < input_bytes_max)
    archive += forged(input);
  read_all(archive);
  return 0;
}
