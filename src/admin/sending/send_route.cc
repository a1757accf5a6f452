// See admin/api.h. POST /api/v1/send: from a program's request to the answer.
#include <fmt/format.h>

#include <algorithm>

#include "admin/api.h"
#include "admin/caller.h"
#include "admin/json.h"
#include "admin/sending/key_desk.h"
#include "admin/sending/letter.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"

namespace admin {
namespace {

constexpr std::size_t unique_octets = 12;
// What is larger is read on the pool: a loop must not stand still for it.
constexpr std::size_t read_here_bytes_max = 32UL * 1024;
constexpr std::string_view raw_type = "message/rfc822";

std::string header_of(const http::Request& request, std::string_view name) {
  const std::string* value = request.headers.find(name);
  return value == nullptr ? std::string() : *value;
}

std::string media_type_of(const http::Request& request) {
  const std::string value = header_of(request, "Content-Type");
  return base::lower(base::trim(std::string_view(value).substr(0, value.find(';'))));
}

// The envelope of a raw message, from the query: ?from=…&to=…,…
boost::json::object envelope_of(const http::Request& request) {
  boost::json::object out;
  for (const auto& [name, value] : request.query) {
    if (name != "to") {
      out[name] = value;
      continue;
    }
    boost::json::array to;
    for (const std::string_view one : base::split(value, ',')) to.emplace_back(one);
    out["to"] = std::move(to);
  }
  return out;
}

base::Result<sending::Letter> letter_of(http::Request& request, const std::string& type,
                                        const sending::LetterFacts& facts) {
  if (type == raw_type) {
    boost::json::object fields = envelope_of(request);
    if (fields.contains("message")) {
      return base::fail(base::ErrorKind::invalid, "the message is the body");
    }
    fields["message"] = request.body;
    return sending::read_letter(fields, facts);
  }
  auto fields = parse_object(request.body);
  if (!fields) return std::unexpected(std::move(fields.error()));
  return sending::read_letter(*fields, facts);
}

io::Task<http::Response> send_for_account(Parts* parts, session::Submission mail) {
  co_return sending::answer_of(co_await parts->sending.submitter->submit(std::move(mail)));
}

// What only an account may ask for; empty: nothing of it was asked.
std::string_view wish_of_accounts(const session::Submission& mail) {
  if (mail.release_at) return "send_at";
  if (mail.priority != 0) return "priority";
  if (mail.by) return "deliver_within";
  if (mail.notify != message::notify_default) return "notify";
  if (mail.ret != message::Envelope::Ret::unset) return "ret";
  return mail.envid.empty() ? "" : "envid";
}

// An administrator's, as `stagepost send` does: no account, so no limits of one.
io::Task<http::Response> send_as_administrator(Parts* parts, session::Submission mail) {
  if (const std::string_view wish = wish_of_accounts(mail); !wish.empty()) {
    co_return error_response(
        {.kind = base::ErrorKind::invalid,
         .detail = fmt::format("\"{}\" is for mail of an account: say \"account\"", wish)});
  }
  session::Submitted submitted;
  for (const message::Address& address : mail.recipients) {
    submitted.recipients.push_back(
        {.address = address, .reply = smtp::reply(250, {2, 1, 5}, "Recipient accepted")});
  }
  const auto id = co_await parts->injector.inject({.sender = std::move(mail.sender),
                                                   .recipients = std::move(mail.recipients),
                                                   .message = std::move(mail.message),
                                                   .notes = mail.way.notes});
  if (!id) co_return error_response(id.error());
  submitted.id = *id;
  co_return http::json_response(200, sending::answer_json(submitted));
}

io::Task<http::Response> send_letter(Parts* parts, session::Submission mail) {
  if (mail.account.empty() || parts->sending.submitter == nullptr) {
    return send_as_administrator(parts, std::move(mail));
  }
  return send_for_account(parts, std::move(mail));
}

// Whose mail it is: a token of scope send decides, an administrator may say.
base::Result<std::string> account_for(const Caller& caller, const sending::Letter& letter) {
  if (caller.account.empty()) return base::lower(letter.account);
  if (letter.account.empty() || base::iequals(letter.account, caller.account)) {
    return caller.account;
  }
  return base::fail(base::ErrorKind::denied,
                    fmt::format("the token {} sends for {} alone", caller.name, caller.account));
}

// Everything that makes it this request and no other; but for time, random and the token's own.
std::string request_text(const http::Request& request, const std::string& type) {
  return fmt::format("{}\n{}\n{}", type, request.target, request.body);
}

io::Task<http::Response> send(Parts* parts, http::Request request) {
  const Caller caller = caller_of(request);
  const std::string type = media_type_of(request);
  const std::string key = header_of(request, "Idempotency-Key");
  const bool has_key = request.headers.find("Idempotency-Key") != nullptr;
  std::string asked = has_key ? request_text(request, type) : std::string();
  std::string octets(unique_octets, '\0');
  parts->doors.random.fill(octets);
  const sending::LetterFacts facts{.now = parts->doors.clock.wall(),
                                   .unique = base::hex(octets),
                                   .hostname = parts->sending.hostname,
                                   .limits = {.recipients_max = parts->sending.recipients_max}};
  session::Submission mail;
  mail.way = {.program = caller.name, .peer = request.peer, .tls = request.tls, .notes = nullptr};
  auto letter = request.body.size() <= read_here_bytes_max
                    ? letter_of(request, type, facts)
                    : co_await io::on_pool(parts->doors.pool, [&request, &type, &facts] {
                        return letter_of(request, type, facts);
                      });
  if (!letter) co_return error_response(letter.error());
  auto account = account_for(caller, *letter);
  if (!account) co_return forbidden(account.error().detail);
  mail.account = std::move(*account);
  mail.sender = std::move(letter->sender);
  mail.recipients = std::move(letter->recipients);
  mail.release_at = letter->send_at;
  mail.priority = letter->wishes.priority;
  mail.by = letter->wishes.by;
  mail.ret = letter->wishes.ret;
  mail.notify = letter->wishes.notify;
  mail.envid = std::move(letter->wishes.envid);
  mail.message = std::move(letter->message);
  if (!has_key) co_return co_await send_letter(parts, std::move(mail));
  if (parts->sending.keys == nullptr) {
    co_return error_response({.kind = base::ErrorKind::unsupported,
                              .detail = "no Idempotency-Key is taken here: no server runs"});
  }
  const sending::KeyDesk::Work work = [parts, &mail](session::CommitNotes* notes) {
    mail.way.notes = notes;
    return send_letter(parts, std::move(mail));
  };
  co_return co_await parts->sending.keys->once(
      {.owner = caller.key, .key = key, .request = std::move(asked)}, work);
}

}  // namespace

void add_send_route(http::Router& router, Parts& parts) {
  router.add("POST", "/api/v1/send",
             [&parts](http::Request request) { return send(&parts, std::move(request)); });
}

}  // namespace admin
