// Fuzz target: what rspamd answers. Nothing in it begins a field or a reply line of its own.
#include <cstdint>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/header.h"
#include "policy/filters/rspamd_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  policy::Transaction transaction;
  transaction.header = "A: 1\r\nSubject: 2\r\n 3\r\na: 4\r\n";
  const std::string received = transaction.header + "\r\nbody\r\n";
  transaction.received_bytes = received.size();
  policy::FilterOutcome outcome(policy::PassingMessage(transaction, {}));
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  if (!policy::read_rspamd_answer(json, outcome)) return 0;
  const bool refuses =
      outcome.kind == policy::Verdict::Kind::reject || outcome.kind == policy::Verdict::Kind::defer;
  CHECK(refuses == (outcome.reply.temporary() || outcome.reply.permanent()), "a refusal refuses");
  CHECK(outcome.reply.text().find_first_of("\r\n") == std::string::npos, "one line");
  auto content = message::Content::whole(received.size());
  content.apply(outcome.message.edits());
  const std::string text = content.assemble(received);
  std::size_t body_offset = 0;
  const auto fields = message::read_header(
      text, body_offset, {.header_bytes_max = text.size() + 1, .fields_max = text.size() + 1});
  CHECK(fields.size() == outcome.message.fields().size(), "no field hides in another");
  CHECK(text.substr(body_offset) == "body\r\n", "the body is not touched");
  return 0;
}
