// See key_desk.h.
#include "admin/sending/key_desk.h"

#include <algorithm>
#include <boost/json.hpp>

#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/digest.h"
#include "lib/io/pool.h"

namespace sending {
namespace {

namespace json = boost::json;

http::Response problem(int status, std::string why) {
  http::Response response =
      http::json_response(status, json::serialize(json::object{{"error", std::move(why)}}));
  if (status == 503) response.headers.add("Retry-After", "10");
  return response;
}

http::Response used_before() {
  return problem(422, "this Idempotency-Key was used for another request; make a new key");
}

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= key_bytes_max &&
         std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; });
}

json::object reply_json(const session::Submitted::Recipient& recipient) {
  json::object out{{"address", recipient.address.text()}, {"code", recipient.reply.code}};
  if (recipient.reply.enhanced) out["enhanced"] = recipient.reply.enhanced->text();
  std::string reason;
  for (const std::string& line : recipient.reply.lines) {
    if (!reason.empty()) reason += ' ';
    reason += line;
  }
  out["reason"] = reason;
  return out;
}

}  // namespace

std::string answer_json(const session::Submitted& submitted) {
  json::array accepted;
  json::array refused;
  for (const session::Submitted::Recipient& recipient : submitted.recipients) {
    if (recipient.reply.positive()) {
      accepted.emplace_back(recipient.address.text());
    } else {
      refused.push_back(reply_json(recipient));
    }
  }
  json::object out;
  if (submitted.id) out["id"] = submitted.id.text();
  out["accepted"] = std::move(accepted);
  out["refused"] = std::move(refused);
  if (submitted.priority) out["priority"] = *submitted.priority;
  if (!submitted.hold_reason.empty()) out["held"] = submitted.hold_reason;
  if (submitted.release_at > base::Time()) out["send_at"] = base::format_time(submitted.release_at);
  return json::serialize(out);
}

http::Response answer_of(const session::Submitted& submitted) {
  const std::string body = answer_json(submitted);
  if (submitted.reply.positive()) return http::json_response(200, body);
  json::object out = json::parse(body).get_object();
  out.erase("id");
  out.erase("held");
  out.erase("priority");
  out.erase("send_at");
  out["error"] =
      submitted.reply.lines.empty() ? submitted.reply.text() : submitted.reply.lines.front();
  out["code"] = submitted.reply.code;
  if (submitted.reply.enhanced) out["enhanced"] = submitted.reply.enhanced->text();
  // Those who were accepted get nothing either.
  out["accepted"] = json::array();
  const bool later = submitted.reply.temporary();
  http::Response response = http::json_response(later ? 503 : 422, json::serialize(out));
  if (later) response.headers.add("Retry-After", "60");
  return response;
}

// Writes the book at the two instants; on the pool, for each is a sync.
class KeyDesk::Notes final : public session::CommitNotes {
 public:
  Notes(io::Doors doors, KeyBook& book, KeyBook::Row row)
      : doors_(doors), book_(book), row_(std::move(row)) {}

  io::Task<base::Result<>> will_commit(session::Submitted so_far) override {
    row_.message = so_far.id;
    row_.answer = answer_json(so_far);
    co_return co_await io::on_pool(
        doors_.pool, [this, now = doors_.clock.wall()] { return book_.note(row_, now); });
  }
  // When it cannot be settled the mail goes on: it is safe. Only a crash before it is delivered,
  // then, and the same key again, could send it twice.
  io::Task<void> committed() override {
    [[maybe_unused]] const auto settled =
        co_await io::on_pool(doors_.pool, [this] { return book_.settle(row_.name); });
  }
  io::Task<void> not_committed(bool may_exist) override {
    if (may_exist) co_return;
    [[maybe_unused]] const auto forgotten =
        co_await io::on_pool(doors_.pool, [this] { return book_.forget(row_.name); });
  }

 private:
  io::Doors doors_;
  KeyBook& book_;
  KeyBook::Row row_;
};

// Nobody else works under this key meanwhile.
class KeyDesk::Turn {
 public:
  Turn(KeyDesk& desk, std::string name, std::string asked) : desk_(desk), name_(std::move(name)) {
    desk_.running_.emplace(name_, std::move(asked));
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    desk_.running_.erase(name_);
    desk_.ended_.notify();
  }

 private:
  KeyDesk& desk_;
  const std::string name_;
};

io::Task<http::Response> KeyDesk::once(Ask ask, Work work) {
  if (!is_key(ask.key)) {
    co_return problem(400,
                      "an Idempotency-Key is 1 to 255 printable ASCII characters without "
                      "spaces, such as a UUID");
  }
  std::string name = base::hex(io::sha256(ask.owner + '\n' + ask.key));
  std::string asked = base::hex(io::sha256(ask.request));
  for (auto other = running_.find(name); other != running_.end(); other = running_.find(name)) {
    if (other->second != asked) co_return used_before();
    if (!co_await ended_.wait()) co_return problem(503, "the server is stopping; try again");
  }
  const Turn turn(*this, name, asked);
  co_return co_await look_or_work(std::move(name), std::move(asked), std::move(work));
}

io::Task<http::Response> KeyDesk::look_or_work(std::string name, std::string asked, Work work) {
  const auto found = co_await io::on_pool(
      doors_.pool, [this, &name, now = doors_.clock.wall()] { return book_.find(name, now); });
  if (!found) {
    co_return problem(503, "the Idempotency-Key cannot be looked up: " + found.error().text());
  }
  if (!*found) {
    Notes notes(doors_, book_, {.name = name, .asked = asked, .message = {}, .answer = {}});
    co_return co_await work(&notes);
  }
  if ((*found)->asked != asked) co_return used_before();
  if (!(*found)->settled) {
    co_return problem(503,
                      "the disk failed when the mail of this Idempotency-Key was written; "
                      "whether it was is known after a restart of the server");
  }
  http::Response again = http::json_response(200, (*found)->answer);
  again.headers.add("Idempotency-Replayed", "true");
  co_return again;
}

}  // namespace sending
