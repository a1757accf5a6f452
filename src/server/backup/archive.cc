// See archive.h.
#include "server/backup/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace backup {
namespace {

constexpr unsigned own_mode = 0600;

std::unexpected<base::Error> wrong(std::string_view why) {
  return base::fail(base::ErrorKind::corrupt, std::string(why));
}

}  // namespace

// As GNU's sha256sum has it: a name with a line feed or a backslash is marked and escaped.
std::string sum_line(std::string_view digest, std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '\\') escaped += "\\\\";
    if (c == '\n') escaped += "\\n";
    if (c != '\\' && c != '\n') escaped += c;
  }
  const bool marked = escaped.size() != name.size();
  return fmt::format("{}{}  {}\n", marked ? "\\" : "", base::hex(digest), escaped);
}

base::Result<> Archive::put(std::string_view octets) {
  const std::array<std::string_view, 1> pieces{octets};
  if (auto done = file_.write_at(offset_, pieces); !done) return done;
  offset_ += octets.size();
  return {};
}

base::Result<> Archive::end_member(const Member& member) {
  sums_ += sum_line(digest_.take(), member.name);
  ++files_;
  return put(std::string(padding_after(member.bytes), '\0'));
}

base::Result<> Archive::add(const Member& member, io::File& from) {
  if (auto done = put(encode_header(member)); !done) return done;
  std::string piece;
  for (std::uint64_t at = 0; at < member.bytes; at += piece.size()) {
    piece.resize(std::min<std::uint64_t>(piece_bytes, member.bytes - at));
    const auto got = from.read_at(at, piece);
    if (!got) return std::unexpected(got.error());
    if (*got < piece.size()) return wrong(member.name + " became shorter while it was read");
    digest_.add(piece);
    if (auto done = put(piece); !done) return done;
    if (auto done = tick_(offset_); !done) return done;
  }
  return end_member(member);
}

base::Result<> Archive::add_text(const Member& member, std::string_view text) {
  if (auto done = put(encode_header(member)); !done) return done;
  digest_.add(text);
  if (auto done = put(text); !done) return done;
  return end_member(member);
}

base::Result<> Archive::finish(
    base::Time now, const std::function<std::string(const std::string& digest)>& manifest) {
  const std::string sums = std::move(sums_);
  const std::string text = manifest(base::hex(io::sha256(sums)));
  const auto own = [now](std::string_view name, std::string_view octets) {
    return Member{
        .name = std::string(name), .bytes = octets.size(), .mode = own_mode, .modified = now};
  };
  if (auto done = add_text(own(sums_name, sums), sums); !done) return done;
  if (auto done = add_text(own(manifest_name, text), text); !done) return done;
  return put(std::string(2 * block_bytes, '\0'));
}

base::Result<std::string> Unpacker::take(std::uint64_t bytes) {
  if (bytes > bytes_ - offset_) return wrong("the file is cut off: it is no whole backup");
  std::string octets(bytes, '\0');
  const auto got = file_.read_at(offset_, octets);
  if (!got) return std::unexpected(got.error());
  if (*got < bytes) return wrong("the file became shorter while it was read");
  offset_ += bytes;
  return octets;
}

base::Result<Header> Unpacker::take_header() {
  auto block = take(block_bytes);
  if (!block) return std::unexpected(std::move(block.error()));
  auto header = decode_header(*block);
  if (!header || header->kind != Header::Kind::pax) return header;
  auto records = take(header->member.bytes);
  if (!records) return std::unexpected(std::move(records.error()));
  offset_ += padding_after(header->member.bytes);
  if (offset_ > bytes_) return wrong("the file is cut off: it is no whole backup");
  block = take(block_bytes);
  if (!block) return std::unexpected(std::move(block.error()));
  header = decode_header(*block);
  if (!header) return header;
  if (header->kind != Header::Kind::file) return wrong("a long name is of no file");
  if (auto done = apply_pax(*records, header->member); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return header;
}

// SHA256SUMS and MANIFEST are once there, in this order, and at the end.
base::Result<> Unpacker::check_order(const Member& member) {
  const bool is_sums = member.name == sums_name;
  const bool is_manifest = member.name == manifest_name;
  if (!is_safe_name(member.name)) {
    return wrong("it has a file whose name leads out of the backup: " +
                 base::hex(member.name.substr(0, block_bytes)) + " (in hexadecimal digits)");
  }
  if (!manifest_.empty()) return wrong("something comes behind its manifest");
  if (is_manifest == sums_digest_.empty()) return wrong("its sums and its manifest do not end it");
  if (is_manifest && member.bytes > manifest_bytes_max) return wrong("its manifest is too large");
  if (is_sums && files_ == 0) return wrong("it has no file");
  return {};
}

base::Result<std::optional<Member>> Unpacker::next() {
  if (member_) {
    if (auto done = read([](std::string_view) { return base::Result<>(); }); !done) {
      return std::unexpected(std::move(done.error()));
    }
  }
  auto header = take_header();
  if (!header) return std::unexpected(std::move(header.error()));
  if (header->kind == Header::Kind::end) {
    if (manifest_.empty()) return wrong("its manifest is missing: it is no whole backup");
    return std::nullopt;
  }
  if (auto done = check_order(header->member); !done) {
    return std::unexpected(std::move(done.error()));
  }
  // Before anybody makes room for it.
  if (header->member.bytes > bytes_ - offset_) {
    return wrong("the file is cut off in " + header->member.name + ": it is no whole backup");
  }
  member_ = std::move(header->member);
  left_ = member_->bytes;
  if (member_->name == sums_name) {
    if (auto done = see_sums(); !done) return std::unexpected(std::move(done.error()));
    return next();
  }
  if (member_->name == manifest_name) {
    if (auto done = see_manifest(); !done) return std::unexpected(std::move(done.error()));
    return next();
  }
  return member_;
}

base::Result<> Unpacker::read(const std::function<base::Result<>(std::string_view)>& use) {
  while (left_ > 0) {
    auto piece = take(std::min<std::uint64_t>(piece_bytes, left_));
    if (!piece) return std::unexpected(std::move(piece.error()));
    left_ -= piece->size();
    digest_.add(*piece);
    if (auto done = use(*piece); !done) return done;
    if (auto done = tick_(offset_); !done) return done;
  }
  return end_member();
}

base::Result<> Unpacker::end_member() {
  const Member member = *std::exchange(member_, std::nullopt);
  const std::string digest = digest_.take();
  if (member.name == sums_name) {
    sums_digest_ = base::hex(digest);
    if (base::hex(lines_.take()) != sums_digest_) {
      return wrong(
          "a file in it is not as it was written: SHA256SUMS does not match (unpack it "
          "with tar, and sha256sum -c SHA256SUMS says which)");
    }
  } else if (member.name != manifest_name) {
    lines_.add(sum_line(digest, member.name));
    ++files_;
  }
  offset_ += padding_after(member.bytes);
  return offset_ <= bytes_ ? base::Result<>() : wrong("the file is cut off");
}

base::Result<> Unpacker::see_sums() {
  return read([](std::string_view) { return base::Result<>(); });
}

base::Result<> Unpacker::see_manifest() {
  std::string text;
  auto done = read([&text](std::string_view piece) {
    text += piece;
    return base::Result<>();
  });
  if (done && text.empty()) return wrong("its manifest is empty");
  manifest_ = std::move(text);
  return done;
}

}  // namespace backup
