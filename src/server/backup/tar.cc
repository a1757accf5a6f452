// See tar.h.
#include "server/backup/tar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace backup {
namespace {

using base::ErrorKind;

// Fields of a header: where they begin and how long they are.
struct Field {
  std::size_t at;
  std::size_t bytes;
};
constexpr Field name_field{0, 100};
constexpr Field mode_field{100, 8};
constexpr Field user_field{108, 8};
constexpr Field group_field{116, 8};
constexpr Field size_field{124, 12};
constexpr Field time_field{136, 12};
constexpr Field sum_field{148, 8};
constexpr std::size_t kind_at = 156;
constexpr Field magic_field{257, 8};
constexpr Field prefix_field{345, 155};

constexpr std::string_view magic{"ustar\00000", 8};
constexpr char file_kind = '0';
constexpr char pax_kind = 'x';
constexpr std::uint64_t size_field_max = (1ULL << 33U) - 1;  // eleven octal digits
constexpr std::string_view long_name = "long-name";          // read by who knows no pax
constexpr unsigned mode_bits = 0777;

void put(std::string& block, Field field, std::string_view text) {
  block.replace(field.at, text.size(), text);
}

void put_octal(std::string& block, Field field, std::uint64_t number) {
  put(block, field, fmt::format("{:0{}o}", number, field.bytes - 1));
}

// Of all octets, with spaces where the sum itself is.
std::uint64_t sum_of(std::string_view block) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= sum_field.at && i < sum_field.at + sum_field.bytes;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

std::string encode_block(const Member& member, char kind) {
  std::string block(block_bytes, '\0');
  CHECK(member.name.size() <= name_field.bytes && member.bytes <= size_field_max, "it fits");
  put(block, name_field, member.name);
  put_octal(block, mode_field, member.mode & mode_bits);
  put_octal(block, user_field, 0);
  put_octal(block, group_field, 0);
  put_octal(block, size_field, member.bytes);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(member.modified.time_since_epoch());
  put_octal(
      block, time_field,
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, seconds.count())) & size_field_max);
  block[kind_at] = kind;
  put(block, magic_field, magic);
  put(block, sum_field, fmt::format("{:06o}", sum_of(block)));
  block[sum_field.at + sum_field.bytes - 1] = ' ';
  return block;
}

// "30 path=home/mail/...\n": the number counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // space, equals sign, line feed
  std::size_t whole = rest + 1;
  while (std::to_string(whole).size() + rest != whole) ++whole;
  return fmt::format("{} {}={}\n", whole, key, value);
}

std::unexpected<base::Error> wrong(std::string_view why) {
  return base::fail(ErrorKind::corrupt, fmt::format("this is no backup of stagepost: {}", why));
}

std::string_view text_in(std::string_view block, Field field) {
  const std::string_view text = block.substr(field.at, field.bytes);
  return text.substr(0, text.find('\0'));
}

std::optional<std::uint64_t> octal_in(std::string_view block, Field field) {
  const std::string_view text = base::trim(text_in(block, field));
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    number = number * 8 + static_cast<std::uint64_t>(c - '0');
  }
  if (text.empty()) return std::nullopt;
  return number;
}

base::Result<> apply_record(std::string_view key, std::string_view value, Member& member) {
  if (key == "path") {
    member.name = value;
    return {};
  }
  const auto bytes = base::parse_number(value);
  if (key != "size" || !bytes) return wrong("a record that a backup does not have");
  member.bytes = *bytes;
  return {};
}

}  // namespace

std::string encode_header(const Member& member) {
  CHECK(is_safe_name(member.name) && member.bytes < member_bytes_max, "a member of a backup");
  Member shown = member;
  std::string records;
  if (member.name.size() > name_field.bytes) {
    records += pax_record("path", member.name);
    shown.name = long_name;
  }
  if (member.bytes > size_field_max) {
    records += pax_record("size", std::to_string(member.bytes));
    shown.bytes = 0;
  }
  if (records.empty()) return encode_block(shown, file_kind);
  Member pax = shown;
  pax.name = long_name;
  pax.bytes = records.size();
  records.resize(records.size() + padding_after(records.size()), '\0');
  return encode_block(pax, pax_kind) + records + encode_block(shown, file_kind);
}

base::Result<Header> decode_header(std::string_view block) {
  Header header;
  if (block.size() != block_bytes) return wrong("it ends in the middle");
  if (block.find_first_not_of('\0') == std::string_view::npos) return header;
  if (block.substr(magic_field.at, magic_field.bytes) != magic) return wrong("no tar archive");
  const auto sum = octal_in(block, sum_field);
  if (!sum || *sum != sum_of(block)) return wrong("a header does not match its checksum");
  const char kind = block[kind_at];
  if (kind != file_kind && kind != pax_kind) {
    return wrong("it has something that is no regular file, such as a link");
  }
  header.kind = kind == pax_kind ? Header::Kind::pax : Header::Kind::file;
  const auto bytes = octal_in(block, size_field);
  const auto mode = octal_in(block, mode_field);
  const auto time = octal_in(block, time_field);
  if (!bytes || !mode || !time || !text_in(block, prefix_field).empty()) {
    return wrong("a header says what a backup does not have");
  }
  if (kind == pax_kind && *bytes > pax_bytes_max) return wrong("a name is too long");
  header.member = {.name = std::string(text_in(block, name_field)),
                   .bytes = *bytes,
                   .mode = static_cast<unsigned>(*mode) & mode_bits,
                   .modified = base::Time(std::chrono::seconds(*time))};
  return header;
}

base::Result<> apply_pax(std::string_view records, Member& member) {
  while (!records.empty()) {
    const std::size_t space = records.find(' ');
    const auto whole = space == std::string_view::npos
                           ? std::nullopt
                           : base::parse_number(records.substr(0, space));
    if (!whole || *whole <= space + 1 || *whole > records.size() || records[*whole - 1] != '\n') {
      return wrong("a record is cut off");
    }
    const std::string_view record = records.substr(space + 1, *whole - space - 2);
    records.remove_prefix(*whole);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) return wrong("a record has no value");
    auto applied = apply_record(record.substr(0, equals), record.substr(equals + 1), member);
    if (!applied) return applied;
  }
  return {};
}

bool is_safe_name(std::string_view name) {
  if (name.empty() || name.size() > name_bytes_max || name.contains('\0')) return false;
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace backup
