// See quota_status.h.
#include "policy/quota_status.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "lib/io/clock.h"
#include "lib/io/deadline.h"

namespace policy {

io::Task<QuotaStatus::Finding> QuotaStatus::ask(std::shared_ptr<const Settings> settings,
                                                QuotaQuestion question) {
  if (settings->quota_status.empty()) co_return Finding{};
  // Whether there is room depends on the size, too, and not on the sender.
  const std::string key = fmt::format("{} {}", question.size, question.mailbox);
  const base::Instant now = doors_.clock.now();
  if (const auto found = known_.find(key); found != known_.end() && found->second.until > now) {
    co_return Finding{.refusal = found->second.refusal, .trouble = {}};
  }
  auto answer =
      co_await io::with_timeout(doors_.clock, settings->quota_status_timeout,
                                ask_service(settings->quota_status, quota_request(question)));
  if (!answer) co_return Finding{.refusal = {}, .trouble = answer.error().text()};
  if (known_.size() >= entries_max) known_.clear();  // some are asked twice, that is all
  known_[key] = {.refusal = answer->refusal, .until = now + settings->quota_status_keep};
  co_return Finding{.refusal = std::move(answer->refusal), .trouble = {}};
}

io::Task<base::Result<QuotaAnswer>> QuotaStatus::ask_service(io::ServicePlace place,
                                                             std::string request) {
  if (idle_place_ != place) idle_.clear();
  idle_place_ = place;
  if (!idle_.empty()) {
    Stream stream = std::move(idle_.back());
    idle_.pop_back();
    auto answer = co_await talk(std::move(stream), request, place);
    if (answer || answer.error().kind == base::ErrorKind::cancelled) co_return answer;
    // The service may have been restarted since: the others are as old.
    idle_.clear();
  }
  auto stream = co_await connect(place);
  if (!stream) co_return std::unexpected(stream.error());
  co_return co_await talk(std::move(*stream), std::move(request), std::move(place));
}

io::Task<base::Result<QuotaAnswer>> QuotaStatus::talk(Stream stream, std::string request,
                                                      io::ServicePlace place) {
  const auto written = co_await stream->write(std::string_view(request));
  if (!written) co_return std::unexpected(written.error());
  std::string octets;
  std::array<char, 512> buffer = {};
  while (!is_whole_answer(octets)) {
    const auto bytes = co_await stream->read_some(buffer);
    if (!bytes) co_return std::unexpected(bytes.error());
    octets.append(buffer.data(), *bytes);
  }
  auto answer = read_quota_answer(octets);
  if (!answer) co_return base::fail(base::ErrorKind::invalid, "an answer without a known action");
  if (idle_.size() < idle_max && idle_place_ == place) idle_.push_back(std::move(stream));
  co_return std::move(*answer);
}

io::Task<base::Result<QuotaStatus::Stream>> QuotaStatus::connect(io::ServicePlace place) {
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

}  // namespace policy
