// See client.h: the steps of a connection before its first message.
#include <fmt/format.h>

#include <utility>

#include "delivery/client.h"
#include "lib/io/deadline.h"

namespace delivery {
namespace {

Trouble refused(smtp::Reply reply) {
  const bool permanent = reply.permanent();
  return {.reply = std::move(reply), .permanent = permanent, .tls = false, .detail = {}};
}

Trouble broken_tls(smtp::Reply reply, std::string detail) {
  return {.reply = std::move(reply), .permanent = false, .tls = true, .detail = std::move(detail)};
}

}  // namespace

io::Task<Step<>> greet(io::Ref<Client> client, base::Duration timeout) {
  auto reply = co_await client->read_reply(timeout);
  if (!reply) {
    co_return std::unexpected(
        lost_trouble(client->where(), "waiting for the greeting", reply.error()));
  }
  if (reply->positive()) co_return Step<>{};
  co_return std::unexpected(refused(std::move(*reply)));
}

io::Task<Step<>> say_hello(io::Ref<Client> client, Hello hello) {
  const std::string_view verb = client->is_lmtp() ? "LHLO" : "EHLO";
  auto reply = co_await client->command(fmt::format("{} {}\r\n", verb, hello.name), hello.timeout);
  if (reply && reply->positive()) {
    client->offers = smtp::parse_ehlo(*reply);
    // Behind LMTP lie mailboxes: what became of a message we tell ourselves (RFC 3461 §5.2.3).
    if (client->is_lmtp()) client->offers.dsn = false;
    co_return Step<>{};
  }
  if (reply && reply->permanent() && !client->is_lmtp()) {
    reply = co_await client->command(fmt::format("HELO {}\r\n", hello.name), hello.timeout);
    client->offers = {};
  }
  if (!reply) {
    co_return std::unexpected(
        lost_trouble(client->where(), fmt::format("saying {}", verb), reply.error()));
  }
  if (reply->positive()) co_return Step<>{};
  co_return std::unexpected(refused(std::move(*reply)));
}

io::Task<Step<bool>> start_tls(io::Ref<Client> client, io::Ref<io::TlsClient> tls, bool must_verify,
                               base::Duration timeout) {
  const auto reply = co_await client->command("STARTTLS\r\n", timeout);
  if (!reply) {
    auto trouble = lost_trouble(client->where(), "starting TLS", reply.error());
    trouble.tls = reply.error().kind != base::ErrorKind::cancelled;
    co_return std::unexpected(std::move(trouble));
  }
  if (reply->code != 220) {
    if (client->usable()) co_return false;
    co_return std::unexpected(broken_tls(*reply, "421 to STARTTLS"));
  }
  // RFC 3207 §6: whoever stands between us and the server could have put replies here.
  if (client->has_unread()) {
    client->give_up();
    co_return std::unexpected(
        broken_tls(tls_reply(client->where(), "plain text came after STARTTLS"), "injection"));
  }
  auto done = co_await handshake(client, tls, must_verify, timeout);
  if (!done) co_return std::unexpected(std::move(done.error()));
  co_return true;
}

io::Task<Step<>> handshake(io::Ref<Client> client, io::Ref<io::TlsClient> tls, bool must_verify,
                           base::Duration timeout) {
  io::TlsClientOptions options;
  if (!client->target().host.starts_with('[')) options.server_name = client->target().host;
  if (options.server_name.empty() && must_verify) {
    options.server_name = client->target().endpoint.address.text();
  }
  options.must_verify = must_verify;
  auto stream = co_await io::with_timeout(client->clock(), timeout,
                                          tls->connect(client->take_stream(), std::move(options)));
  if (stream) {
    client->put_stream(std::move(*stream));
    co_return Step<>{};
  }
  client->give_up();
  const base::Error& error = stream.error();
  if (error.kind == base::ErrorKind::cancelled) {
    co_return std::unexpected(lost_trouble(client->where(), "starting TLS", error));
  }
  co_return std::unexpected(broken_tls(tls_reply(client->where(), error.text()), error.text()));
}

}  // namespace delivery
