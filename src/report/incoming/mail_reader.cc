// See mail_reader.h.
#include "report/incoming/mail_reader.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/mailauth/auth_results_reader.h"
#include "lib/message/content_type.h"
#include "lib/message/encoded_word.h"
#include "lib/message/mime.h"
#include "report/dsn_text.h"
#include "report/incoming/aggregate_reader.h"
#include "report/incoming/failure_reader.h"
#include "report/incoming/transfer.h"

namespace report {
namespace {

using message::FieldView;
using message::MimePart;

// The file's name of Content-Disposition, else of Content-Type (RFC 2183 §2.3). For people only.
std::string file_name(const std::vector<FieldView>& fields) {
  for (const char* field : {"Content-Disposition", "Content-Type"}) {
    const FieldView* found = message::find_field(fields, field);
    if (found == nullptr) continue;
    // parse_content_type wants type "/" subtype; a disposition has no "/".
    std::string value = message::unfold(found->value);
    if (value.find('/') == std::string::npos || value.find('/') > value.find(';')) {
      value.insert(0, "x/");
    }
    const auto type = message::parse_content_type(value);
    if (!type) continue;
    for (const char* key : {"filename", "name"}) {
      if (const std::string* name = type->parameter(key)) {
        return clean(message::decode_words(*name), 255);
      }
    }
  }
  return {};
}

class Collector final : public message::MimeListener {
 public:
  explicit Collector(const IncomingSettings& limits) : unpacker_(limits.unpacked_bytes_max) {}

  void part_begins(const MimePart& part, const std::vector<FieldView>& fields) override {
    if (part.kind != MimePart::Kind::leaf) return;
    body_.clear();
    name_ = file_name(fields);
  }
  void leaf_octets(std::string_view octets) override { body_ += octets; }
  void leaf_ended(const MimePart& part) override {
    const std::string octets = decode_transfer(part.encoding, std::move(body_));
    body_.clear();
    if (part.type == "message/feedback-report") {
      unpacker_.add(read_failure(octets), name_);
      return;
    }
    // What people read beside the report begins otherwise, or says that it is HTML.
    if (part.type == "text/html" || !may_be_report(octets)) return;
    const bool speaks = part.type.starts_with("text/") && name_.empty();
    if (speaks && !base::icontains(octets, "feedback") && !base::icontains(octets, "policies")) {
      return;
    }
    unpacker_.take(octets, name_);
  }
  void other_octets(std::string_view /*octets*/) override {}

  [[nodiscard]] Unpacked& found() { return unpacker_.found(); }

 private:
  Unpacker unpacker_;
  std::string body_;
  std::string name_;
};

// RFC 8601 §5: only a field with our own name counts, and of these the first: ours is on top, and
// forged ones were removed when the mail came.
std::string authentication_of(const std::vector<FieldView>& fields, std::string_view authserv_id) {
  for (const FieldView& field : fields) {
    if (!base::iequals(field.name, "Authentication-Results")) continue;
    const std::string value = message::unfold(field.value);
    const auto end = value.find_first_of("; \t");
    if (authserv_id.empty() || !base::iequals(value.substr(0, end), authserv_id)) continue;
    if (end == std::string::npos) return "none";
    const auto results = base::trim(std::string_view(value).substr(end));
    return clean(results.substr(results.find_first_not_of("; ") == std::string_view::npos
                                    ? 0
                                    : results.find_first_not_of("; ")),
                 text_bytes_max);
  }
  return "not checked";
}

bool is_proven(const std::string& authentication) {
  // read_auth_results wants an authserv-id in front, which is ours.
  const auto results = mailauth::read_auth_results("us; " + authentication);
  return std::ranges::any_of(
      results, [](const auto& one) { return one.method == "dmarc" && one.result == "pass"; });
}

bool looks_like_mail(std::string_view octets) {
  const auto fields = message::read_header(octets.substr(0, 256UL << 10U));
  return !fields.empty() && !fields.front().name.empty() &&
         (message::find_field(fields, "From") != nullptr ||
          message::find_field(fields, "Content-Type") != nullptr ||
          message::find_field(fields, "Received") != nullptr);
}

}  // namespace

ReadMail read_report_mail(std::string_view mail, const IncomingSettings& limits,
                          std::string_view authserv_id) {
  ReadMail out;
  const auto fields = message::read_header(mail);
  if (const FieldView* from = message::find_field(fields, "From")) {
    out.from = clean(message::decode_words(message::unfold(from->value)), text_bytes_max);
  }
  out.authentication = authentication_of(fields, authserv_id);
  out.proven = is_proven(out.authentication);
  Collector collector(limits);
  message::MimeScanner scanner(&collector, {.depth_max = 10, .parts_max = 100});
  scanner.feed(mail);
  scanner.finish();
  out.found = std::move(collector.found());
  return out;
}

Unpacked read_report_file(std::string_view octets, const std::string& name,
                          const IncomingSettings& limits) {
  // An mbox line of a mail that was saved.
  if (octets.starts_with("From ")) octets.remove_prefix(std::min(octets.size(), octets.find('\n')));
  octets.remove_prefix(octets.starts_with('\n') ? 1 : 0);
  if (!may_be_report(octets) && looks_like_mail(octets)) {
    Unpacked found = read_report_mail(octets, limits, {}).found;
    if (found.reports.empty() && found.problems.empty()) {
      found.problems.emplace_back("there is no report in this mail");
    }
    return found;
  }
  Unpacker unpacker(limits.unpacked_bytes_max);
  unpacker.take(octets, name);
  return std::move(unpacker.found());
}

}  // namespace report
