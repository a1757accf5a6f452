// See refusal_report.h.
#include "server/local_mail/refusal_report.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "lib/base/text.h"

namespace local_mail {
namespace {

namespace json = boost::json;

// "5.1.1"
std::optional<smtp::EnhancedCode> enhanced_of(std::string_view text) {
  const auto parts = base::split(text, '.');
  if (parts.size() != 3) return std::nullopt;
  std::array<std::uint64_t, 3> numbers{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = base::parse_number(parts[i]);
    if (!number || *number > 999) return std::nullopt;
    numbers.at(i) = *number;
  }
  return smtp::EnhancedCode{.class_ = static_cast<std::uint8_t>(numbers[0]),
                            .subject = static_cast<std::uint16_t>(numbers[1]),
                            .detail = static_cast<std::uint16_t>(numbers[2])};
}

std::string text_in(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

smtp::Reply reply_in(const json::object& object, std::string_view text_name) {
  const json::value* code = object.if_contains("code");
  smtp::Reply reply;
  reply.code = code != nullptr && code->is_int64() ? static_cast<int>(code->get_int64()) : 550;
  reply.enhanced = enhanced_of(text_in(object, "enhanced"));
  reply.lines = {text_in(object, text_name)};
  return reply;
}

json::object object_of(const http::Response& answer) {
  boost::system::error_code error;
  json::value value = json::parse(answer.body, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object();
}

}  // namespace

Original original_of(const session::Submission& mail, base::Time left) {
  return {.sender = mail.sender,
          .recipients = mail.recipients,
          .quoted = mail.message.substr(0, quoted_bytes_max),
          .left = left};
}

std::string trouble_in(const http::Response& answer) { return text_in(object_of(answer), "error"); }

std::vector<Refusal> refusals_of(const Original& original, const http::Response& answer) {
  std::vector<Refusal> out;
  const json::object said = object_of(answer);
  if (const json::value* list = said.if_contains("refused"); list != nullptr && list->is_array()) {
    for (const json::value& one : list->get_array()) {
      if (!one.is_object()) continue;
      auto address = message::parse_address(text_in(one.get_object(), "address"), {.utf8 = true});
      if (!address) continue;
      out.push_back(
          {.address = std::move(*address), .reply = reply_in(one.get_object(), "reason")});
    }
  }
  if (answer.status == 200) return out;
  for (const message::Address& one : original.recipients) {
    if (std::ranges::find(out, one, &Refusal::address) != out.end()) continue;
    out.push_back({.address = one, .reply = reply_in(said, "error")});
  }
  return out;
}

// As of any message that cannot be delivered. False: nobody can be told.
io::Task<bool> RefusalReport::send(Original original, std::vector<Refusal> refusals) {
  const base::Time now = clock_.wall();
  queue::MessageInfo info;
  info.id = queue_.next_id();
  info.accepted = original.left;
  info.envelope.sender = std::move(original.sender);
  std::vector<queue::ReportedRecipient> told;
  for (Refusal& one : refusals) {
    queue::ReportedRecipient reported;
    reported.recipient = told.size();
    reported.attempt = {.when = now, .remote = {}, .reply = std::move(one.reply)};
    told.push_back(std::move(reported));
    message::Recipient recipient;
    recipient.address = recipient.original = std::move(one.address);
    info.envelope.recipients.push_back(std::move(recipient));
  }
  auto dsn = notifier_.report(info, told, {.content = original.quoted, .whole = false},
                              queue_.next_id(), now);
  if (!dsn) co_return false;
  auto draft = queue_.open_draft();
  if (auto kept = co_await draft->append(std::move(dsn->body)); !kept) co_return false;
  const auto safe = co_await queue_.submit(std::move(draft), std::move(dsn->info));
  co_return bool(safe);
}

}  // namespace local_mail
