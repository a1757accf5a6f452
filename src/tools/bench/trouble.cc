// See trouble.h.
#include "tools/bench/trouble.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "lib/base/text.h"
#include "lib/io/clock.h"

namespace bench {
namespace {

constexpr std::array<std::pair<std::string_view, Trouble::Kind>, 3> kinds = {{
    {"abort", Trouble::Kind::abort},
    {"stall", Trouble::Kind::stall},
    {"slow", Trouble::Kind::slow},
}};
constexpr base::Duration between_octets = std::chrono::milliseconds(100);

// MAIL, RCPT, DATA, the header, and one octet each tenth of a second when it shall be slow.
io::Task<base::Result<>> half_a_message(Trouble::Kind kind, io::Ref<Conversation> talk,
                                        io::Ref<const Outgoing> message, io::Ref<io::Clock> clock) {
  const auto opened = co_await talk->open();
  if (!opened) co_return std::unexpected(opened.error());
  std::vector<std::string_view> lines{message->mail};
  lines.insert(lines.end(), message->rcpt.begin(), message->rcpt.end());
  lines.emplace_back("DATA\r\n");
  for (const std::string_view line : lines) {
    if (auto sent = co_await talk->write({&line, 1}); !sent) co_return sent;
    const auto reply = co_await talk->reply();
    if (!reply) co_return std::unexpected(reply.error());
    if (reply->code >= 400) co_return base::Result<>();
  }
  if (auto sent = co_await talk->write({&message->text.header, 1}); !sent) co_return sent;
  if (kind != Trouble::Kind::slow) co_return base::Result<>();
  for (std::string_view rest = message->text.body; !rest.empty(); rest.remove_prefix(1)) {
    const std::string_view octet = rest.substr(0, 1);
    if (auto sent = co_await talk->write({&octet, 1}); !sent) co_return sent;
    if (auto slept = co_await io::sleep_for(*clock, between_octets); !slept) co_return slept;
  }
  co_return base::Result<>();
}

}  // namespace

base::Result<Trouble> Trouble::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view share = text.substr(0, colon);
  Trouble out;
  const auto [end, error] = std::from_chars(share.begin(), share.end(), out.share);
  bool good = error == std::errc() && end == share.end() && out.share >= 0 && out.share < 1;
  bool known = false;
  for (const auto& [name, kind] : kinds) {
    if (colon == std::string_view::npos || text.substr(colon + 1) != name) continue;
    out.kind = kind;
    known = true;
  }
  if (good && known) return out;
  return base::fail(base::ErrorKind::invalid,
                    fmt::format("\"{}\" is no SHARE:KIND such as 0.1:stall, with a share below 1 "
                                "and abort, stall or slow",
                                base::printable(text, 80)));
}

bool Trouble::chooses(unsigned index) const {
  const auto before = static_cast<std::uint64_t>(share * index);
  return static_cast<std::uint64_t>(share * (index + 1.0)) > before;
}

io::Task<void> make_trouble(Trouble::Kind kind, io::Ref<Conversation> talk,
                            io::Ref<const Outgoing> message, io::Ref<io::Clock> clock) {
  const auto begun = co_await half_a_message(kind, talk, message, clock);
  if (!begun || kind != Trouble::Kind::stall) co_return;
  (void)co_await talk->reply();  // for as long as the server lets us
}

}  // namespace bench
