// See client.h: the steps of a connection before its first message.
#include <fmt/format.h>

#include <utility>

#include "delivery/client.h"
#include "lib/base/text.h"
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

// Whatever a relay host answers to AUTH, our own settings are at fault, not the mail.
Trouble no_login(smtp::Reply reply) {
  return {.reply = std::move(reply), .permanent = false, .tls = false, .detail = "AUTH"};
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

namespace {

io::Task<base::Result<smtp::Reply>> auth_plain(io::Ref<Client> client, Login login) {
  std::string secret;  // RFC 4616 §2: no authorization identity
  secret += '\0';
  secret += login.user;
  secret += '\0';
  secret += login.password;
  co_return co_await client->command(fmt::format("AUTH PLAIN {}\r\n", base::base64(secret)),
                                     login.timeout);
}

io::Task<base::Result<smtp::Reply>> auth_login(io::Ref<Client> client, Login login) {
  auto reply = co_await client->command("AUTH LOGIN\r\n", login.timeout);
  if (!reply || reply->code != 334) co_return reply;
  reply = co_await client->command(base::base64(login.user) + "\r\n", login.timeout);
  if (!reply || reply->code != 334) co_return reply;
  co_return co_await client->command(base::base64(login.password) + "\r\n", login.timeout);
}

}  // namespace

io::Task<Step<>> log_in(io::Ref<Client> client, Login login) {
  if (client->tls() == nullptr) {
    co_return std::unexpected(no_login(
        smtp::reply(451, {4, 7, 0},
                    fmt::format("{} offers no TLS, so no password goes there", client->where()))));
  }
  const bool plain = client->offers.has_auth("PLAIN");
  if (!plain && !client->offers.has_auth("LOGIN")) {
    co_return std::unexpected(no_login(smtp::reply(
        451, {4, 7, 0}, fmt::format("{} offers neither AUTH PLAIN nor LOGIN", client->where()))));
  }
  auto reply = plain ? co_await auth_plain(client, std::move(login))
                     : co_await auth_login(client, std::move(login));
  if (!reply) {
    co_return std::unexpected(lost_trouble(client->where(), "logging in", reply.error()));
  }
  if (reply->code == 235) co_return Step<>{};
  co_return std::unexpected(no_login(std::move(*reply)));
}

}  // namespace delivery
