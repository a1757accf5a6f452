// See milter_link.h.
#include "policy/filters/milter_link.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "lib/milter/command.h"

namespace policy {
namespace {

constexpr std::size_t read_bytes = 4UL * 1024;
constexpr base::Duration quit_timeout = std::chrono::seconds(1);

}  // namespace

io::Task<base::Result<>> MilterLink::open(io::ServicePlace place, base::Duration timeout) {
  close();
  auto opened = co_await io::with_timeout(doors_.clock, timeout, negotiate(std::move(place)));
  if (!opened) close();
  co_return opened;
}

io::Task<base::Result<>> MilterLink::negotiate(io::ServicePlace place) {
  auto stream = co_await connect(std::move(place));
  if (!stream) co_return std::unexpected(std::move(stream.error()));
  stream_ = std::move(*stream);
  const milter::Offer offered;
  say(milter::options_command(milter::offer(offered)));
  auto reply = co_await exchange();
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  if (reply->kind != milter::ReplyKind::options) {
    co_return base::fail(base::ErrorKind::invalid, "no answer to our options");
  }
  auto agreed = milter::agree(offered, reply->text);
  if (!agreed) co_return std::unexpected(std::move(agreed.error()));
  agreed_ = std::move(*agreed);
  co_return base::Result<>();
}

io::Task<base::Result<std::unique_ptr<io::Stream>>> MilterLink::connect(io::ServicePlace place) {
  if (!place.path.empty()) co_return co_await doors_.network.connect_unix(place.path);
  std::optional<io::IpAddress> address = place.address();
  if (!address) {
    const dns::Answer answer = co_await dns::query_addresses(resolver_, place.host);
    if (answer.status != dns::Status::ok || answer.records.empty()) {
      co_return base::fail(base::ErrorKind::not_found, place.host + " has no address");
    }
    address = answer.records.front().address;
  }
  co_return co_await doors_.network.connect({*address, place.port}, std::nullopt);
}

io::Task<base::Result<>> MilterLink::flush() {
  const std::string octets = std::exchange(unsent_, {});
  if (octets.empty()) co_return base::Result<>();
  co_return co_await stream_->write(std::string_view(octets));
}

io::Task<base::Result<milter::Reply>> MilterLink::exchange() {
  if (auto sent = co_await flush(); !sent) co_return std::unexpected(std::move(sent.error()));
  std::array<char, read_bytes> buffer;
  for (;;) {
    auto packet = reader_.next();
    if (!packet) co_return std::unexpected(std::move(packet.error()));
    if (*packet) co_return milter::read_reply(**packet);
    const auto bytes = co_await stream_->read_some(buffer);
    if (!bytes) co_return std::unexpected(bytes.error());
    reader_.feed({buffer.data(), *bytes});
  }
}

io::Task<base::Result<>> MilterLink::send(base::Duration timeout) {
  auto sent = co_await io::with_timeout(doors_.clock, timeout, flush());
  if (!sent) close();
  co_return sent;
}

io::Task<base::Result<milter::Reply>> MilterLink::ask(base::Duration timeout) {
  auto reply = co_await io::with_timeout(doors_.clock, timeout, exchange());
  if (!reply) close();
  co_return reply;
}

io::Task<void> MilterLink::quit() {
  if (!is_open()) co_return;
  say(milter::quit_command());
  (void)co_await send(quit_timeout);
  close();
}

void MilterLink::close() {
  stream_.reset();
  reader_ = {};
  agreed_ = {};
  unsent_.clear();
}

}  // namespace policy
