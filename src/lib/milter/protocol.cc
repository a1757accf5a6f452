// See protocol.h.
#include "lib/milter/protocol.h"

#include <fmt/format.h>

#include "lib/milter/wire.h"

namespace milter {
namespace {

struct StageFlags {
  std::uint32_t unwanted;
  std::uint32_t unanswered;
};

constexpr std::array<StageFlags, stages> stage_flags = {{
    {flag::no_connect, flag::no_reply_connect},
    {flag::no_helo, flag::no_reply_helo},
    {flag::no_mail, flag::no_reply_mail},
    {flag::no_rcpt, flag::no_reply_rcpt},
    {flag::no_data, flag::no_reply_data},
    {0, 0},
    {flag::no_end_of_headers, flag::no_reply_end_of_headers},
}};

}  // namespace

bool Agreement::wants(Stage stage) const {
  return !has(stage_flags.at(static_cast<std::size_t>(stage)).unwanted);
}

bool Agreement::answers(Stage stage) const {
  return !has(stage_flags.at(static_cast<std::size_t>(stage)).unanswered);
}

std::string offer(const Offer& offer) {
  std::string out;
  put_number(out, protocol_version);
  put_number(out, offer.actions);
  put_number(out, offer.flags);
  return out;
}

base::Result<Agreement> agree(const Offer& offered, std::string_view payload) {
  const auto invalid = [](std::string why) {
    return base::fail(base::ErrorKind::invalid, "the answer to our options: " + std::move(why));
  };
  PayloadReader reader(payload);
  const auto version = reader.number();
  const auto actions = reader.number();
  const auto flags = reader.number();
  if (!version || !actions || !flags) return invalid("too short");
  if (*version < protocol_version_min || *version > protocol_version) {
    return invalid(fmt::format("protocol version {}", *version));
  }
  if ((*actions & ~offered.actions) != 0) {
    return invalid(fmt::format("actions {:#x}, which were not offered", *actions));
  }
  if ((*flags & ~offered.flags) != 0) {
    return invalid(fmt::format("protocol flags {:#x}, which were not offered", *flags));
  }
  Agreement out;
  out.version = *version;
  out.actions = *actions;
  out.flags = *flags;
  // UNKNOWN came with version 3, DATA with version 4.
  if (out.version < 3) out.flags |= flag::no_unknown;
  if (out.version < 4) out.flags |= flag::no_data;
  while (!reader.done()) {
    const auto stage = reader.number();
    const auto names = reader.text();
    if (!stage || !names || names->size() > text_bytes_max) return invalid("a broken macro list");
    if (*stage >= stages) return invalid(fmt::format("macros of stage {}", *stage));
    out.macros.at(*stage) = std::string(*names);
  }
  return out;
}

}  // namespace milter
