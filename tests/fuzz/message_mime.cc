// Fuzz target: the MIME scanner and what completes a header. Chunks do not matter, spans lie in the
// message, every octet of a body and around it is told once.
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/check.h"
#include "lib/message/mime.h"
#include "lib/message/submission.h"

namespace {

class Recorder : public message::MimeListener {
 public:
  std::string leaves;
  std::string others;

 private:
  void part_begins(const message::MimePart&, const std::vector<message::FieldView>&) override {}
  void leaf_octets(std::string_view octets) override { leaves += octets; }
  void leaf_ended(const message::MimePart&) override { leaves += '|'; }
  void other_octets(std::string_view octets) override { others += octets; }
};

std::vector<message::MimePart> scan(std::string_view text, std::size_t chunk, Recorder& recorder) {
  message::MimeScanner scanner(&recorder,
                               {.depth_max = 4, .parts_max = 20, .header_bytes_max = 500});
  for (; !text.empty(); text.remove_prefix(std::min(chunk, text.size()))) {
    scanner.feed(text.substr(0, chunk));
  }
  scanner.finish();
  return scanner.parts();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Recorder whole;
  Recorder pieces;
  const auto parts = scan(text, size + 1, whole);
  CHECK(scan(text, size == 0 ? 1 : data[size - 1] % 16 + 1, pieces) == parts, "the same parts");
  CHECK(pieces.leaves == whole.leaves && pieces.others == whole.others, "the same octets");
  for (const message::MimePart& part : parts) {
    CHECK(part.header.offset + part.header.length <= size, "a header in the message");
    CHECK(part.body.offset + part.body.length <= size, "a body in the message");
  }
  message::SubmissionFacts facts;
  facts.id = "id";
  facts.account = "a@b.test";
  facts.domain = "b.test";
  std::vector<message::Edit> edits = message::complete_header(text, facts).edits;
  if (auto separator = message::missing_separator(text)) edits.push_back(*separator);
  message::Content content = message::Content::whole(size);
  content.apply(edits);
  const std::string completed = content.assemble(text);
  const auto fields = message::read_header(completed);
  CHECK(message::find_field(fields, "Bcc") == nullptr, "no Bcc is left");
  if (completed.size() < 100'000) {
    CHECK(message::find_field(fields, "Message-ID") != nullptr, "there is a Message-ID");
  }
  return 0;
}
