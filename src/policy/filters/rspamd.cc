// See rspamd.h.
#include "policy/filters/rspamd.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "lib/base/text.h"
#include "lib/http/client.h"
#include "lib/io/clock.h"
#include "lib/io/deadline.h"
#include "policy/filters/rspamd_answer.h"

namespace policy {
namespace {

constexpr std::uint16_t rspamd_port = 11'333;  // of its normal worker
constexpr std::uint16_t https_port = 443;

io::Task<base::Result<io::IpAddress>> address_of(io::Ref<dns::Resolver> resolver,
                                                 std::string host) {
  if (const auto literal = io::IpAddress::parse(host)) co_return *literal;
  const dns::Answer answer = co_await dns::query_addresses(resolver, host);
  if (answer.records.empty()) {
    co_return base::fail(base::ErrorKind::not_found, host + " has no address");
  }
  co_return answer.records.front().address;
}

// The header as it is now, and the body; `io` when the storage cannot give it back.
io::Task<base::Result<std::string>> whole(io::Ref<const PassingMessage> message,
                                          io::Ref<ReceivedOctets> octets) {
  std::string out;
  for (const PassingMessage::Field& field : message->fields()) {
    out.append(field.name).append(":").append(field.value).append("\r\n");
  }
  out += "\r\n";
  const std::vector<message::Piece> pieces = message->body();
  for (const message::Piece& piece : pieces) {
    if (piece.kind == message::Piece::Kind::own) {
      out += piece.bytes;
      continue;
    }
    for (std::uint64_t at = 0; at < piece.length;) {
      const auto part = std::min(piece.length - at, ReceivedOctets::read_bytes_max);
      const auto read = co_await octets->read(piece.offset + at, part);
      if (!read || read->size() != part) {
        co_return base::fail(base::ErrorKind::io, "the message could not be read again");
      }
      out += *read;
      at += part;
    }
  }
  co_return out;
}

std::uint64_t size_of(const PassingMessage& message) {
  std::uint64_t out = message.header_bytes() + 2;
  for (const message::Piece& piece : message.body()) out += piece.size();
  return out;
}

io::Task<base::Result<http::Response>> post(RspamdParts parts, RspamdPlace place,
                                            http::Request request, base::Duration timeout) {
  const auto address = co_await address_of(parts.resolver, place.host);
  if (!address) co_return std::unexpected(address.error());
  http::ClientOptions options;
  if (place.tls) options.tls = parts.tls;
  options.host = place.host;
  options.timeout = timeout;
  options.limits.body_bytes_max = rspamd_answer_bytes_max;
  co_return co_await http::request(parts.doors,
                                   io::Endpoint{.address = *address, .port = place.port},
                                   std::move(request), std::move(options));
}

// Only fit for a header of HTTP: the parts come from a stranger.
void put(http::Headers& headers, std::string_view name, std::string_view value) {
  if (!value.empty()) headers.add(std::string(name), base::printable(value));
}

}  // namespace

std::optional<RspamdPlace> parse_rspamd_url(std::string_view text) {
  RspamdPlace out;
  out.tls = text.starts_with("https://");
  if (!out.tls && !text.starts_with("http://")) return std::nullopt;
  text.remove_prefix(out.tls ? 8 : 7);
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) out.path = text.substr(slash);
  while (out.path.ends_with('/')) out.path.pop_back();
  const auto fit = [](char c) { return c > ' ' && c < '\x7f' && c != '#' && c != '?'; };
  if (!std::ranges::all_of(out.path, fit)) return std::nullopt;
  const std::string_view place = text.substr(0, slash);
  if (const auto both = io::ServicePlace::parse(place); both && both->path.empty()) {
    out.host = both->host;
    out.port = both->port;
    return out;
  }
  const std::string with_port = fmt::format("{}:{}", place, out.tls ? https_port : rspamd_port);
  const auto host = io::ServicePlace::parse(with_port);
  if (!host || host->host.empty()) return std::nullopt;
  out.host = host->host;
  out.port = host->port;
  return out;
}

bool asks_rspamd(const RspamdSettings& settings, const Transaction& transaction) {
  if (settings.url.empty()) return false;
  const bool submission = transaction.submission || !transaction.login.empty();
  return (settings.submissions || !submission) && transaction.received_bytes <= settings.size_max;
}

http::Request rspamd_question(const RspamdParts& parts, const RspamdSettings& settings,
                              const Transaction& transaction) {
  http::Request out;
  out.method = "POST";
  http::Headers& headers = out.headers;
  put(headers, "IP", transaction.peer.address.text());
  put(headers, "Helo", transaction.helo);
  put(headers, "Hostname", parts.client_name);
  put(headers, "From", transaction.envelope.sender.text());
  for (const message::Recipient& recipient : transaction.envelope.recipients) {
    put(headers, "Rcpt", recipient.original.text());
  }
  put(headers, "User", transaction.login);
  put(headers, "Queue-Id", transaction.message ? transaction.message.text() : std::string());
  put(headers, "MTA-Name", parts.hostname);
  put(headers, "TLS-Version", transaction.tls.protocol);
  put(headers, "TLS-Cipher", transaction.tls.cipher);
  put(headers, "Settings-ID", settings.settings_id);
  put(headers, "Password", settings.password);
  out.headers.add("Content-Type", "message/rfc822");
  return out;
}

io::Task<FilterOutcome> consult_rspamd(RspamdParts parts, io::Ref<const RspamdSettings> settings,
                                       io::Ref<const Transaction> transaction,
                                       PassingMessage message, io::Ref<ReceivedOctets> octets) {
  FilterOutcome outcome(std::move(message));
  const auto fail = [&outcome](const base::Error& error) {
    outcome.trouble = error.text();
    outcome.ours = error.kind == base::ErrorKind::cancelled || error.kind == base::ErrorKind::io;
  };
  const auto place = parse_rspamd_url(settings->url);
  if (!place) {
    outcome.trouble = "its URL is none";
    co_return outcome;
  }
  if (size_of(outcome.message) > settings->size_max) {
    outcome.action = "not asked";
    co_return outcome;
  }
  http::Request request = rspamd_question(parts, *settings, *transaction);
  request.target = place->path + "/checkv2";
  auto body = co_await whole(outcome.message, octets);
  if (!body) {
    fail(body.error());
    co_return outcome;
  }
  request.body = std::move(*body);
  const auto response =
      co_await io::with_timeout(parts.doors.clock, settings->timeout,
                                post(parts, *place, std::move(request), settings->timeout));
  if (!response) {
    fail(response.error());
    co_return outcome;
  }
  if (response->status != 200) {
    outcome.trouble =
        fmt::format("it answered {} {}", response->status, base::printable(response->body, 100));
    co_return outcome;
  }
  // On a copy: an answer of which a part is broken changes nothing.
  FilterOutcome changed = outcome;
  const auto read = read_rspamd_answer(response->body, changed);
  if (read) co_return changed;
  fail(read.error());
  co_return outcome;
}

}  // namespace policy
