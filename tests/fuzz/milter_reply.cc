// Fuzz target: what a milter sends. Nothing in it begins a line of ours, whatever it says.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/header.h"
#include "lib/milter/protocol.h"
#include "lib/milter/reply.h"
#include "policy/filters/milter_changes.h"
#include "policy/filters/milter_conversation.h"

namespace {

void change(const milter::Reply& reply, policy::FilterOutcome& outcome) {
  policy::MilterBody body{.octets = {}, .replaced = false, .bytes_max = 4096};
  milter::Agreement agreed;
  agreed.actions = milter::action::all;
  if (!policy::make_change(reply, agreed, outcome, body)) return;
  if (body.replaced) outcome.message.replace_body(body.octets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  policy::Transaction transaction;
  transaction.header = "A: 1\r\nB: 2\r\n 3\r\na: 4\r\n";
  const std::string received = transaction.header + "\r\nbody\r\n";
  transaction.received_bytes = received.size();
  policy::FilterOutcome outcome(policy::PassingMessage(transaction, {}));
  milter::PacketReader reader;
  reader.feed({reinterpret_cast<const char*>(data), size});
  for (auto packet = reader.next(); packet && *packet; packet = reader.next()) {
    const auto reply = milter::read_reply(**packet);
    if (!reply) continue;
    if (reply->kind == milter::ReplyKind::options) (void)milter::agree({}, reply->text);
    if (reply->is_change()) change(*reply, outcome);
    const auto answer = policy::milter_decision(*reply);
    const bool refuses = answer.kind == policy::MilterAnswer::Kind::refuse;
    CHECK(refuses == (answer.reply.temporary() || answer.reply.permanent()), "a refusal refuses");
  }
  auto content = message::Content::whole(received.size());
  content.apply(outcome.message.edits());
  const std::string text = content.assemble(received);
  // As many fields as the filter was told, and no line end but CRLF.
  std::size_t body_offset = 0;
  const auto fields = message::read_header(
      text, body_offset, {.header_bytes_max = text.size() + 1, .fields_max = text.size() + 1});
  CHECK(fields.size() == outcome.message.fields().size(), "no field hides in another");
  for (std::size_t i = 0; i < text.size(); ++i) {
    CHECK(text[i] != '\n' || (i > 0 && text[i - 1] == '\r'), "no lone LF");
    CHECK(text[i] != '\r' || (i + 1 < text.size() && text[i + 1] == '\n'), "no lone CR");
  }
  return 0;
}
