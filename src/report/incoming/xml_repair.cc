// See xml_repair.h.
#include "report/incoming/xml_repair.h"

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/text.h"

namespace report {
namespace {

// RFC 9990 Appendix A and RFC 7489 Appendix C, together.
constexpr std::array<std::string_view, 43> elements = {"adkim",
                                                       "aspf",
                                                       "auth_results",
                                                       "begin",
                                                       "comment",
                                                       "contact_info",
                                                       "count",
                                                       "date_range",
                                                       "discovery_method",
                                                       "disposition",
                                                       "dkim",
                                                       "domain",
                                                       "email",
                                                       "end",
                                                       "envelope_from",
                                                       "envelope_to",
                                                       "error",
                                                       "extension",
                                                       "extra_contact_info",
                                                       "feedback",
                                                       "fo",
                                                       "generator",
                                                       "header_from",
                                                       "human_result",
                                                       "identifiers",
                                                       "identities",
                                                       "np",
                                                       "org_name",
                                                       "p",
                                                       "pct",
                                                       "policy_evaluated",
                                                       "policy_published",
                                                       "psd",
                                                       "reason",
                                                       "record",
                                                       "report_id",
                                                       "report_metadata",
                                                       "result",
                                                       "row",
                                                       "scope",
                                                       "selector",
                                                       "source_ip",
                                                       "sp"};
constexpr std::array<std::string_view, 4> more_elements = {"spf", "testing", "type", "version"};
constexpr std::array<std::string_view, 5> entities = {"&lt;", "&gt;", "&amp;", "&quot;", "&apos;"};

bool is_element(std::string_view name) {
  return std::ranges::find(elements, name) != elements.end() ||
         std::ranges::find(more_elements, name) != more_elements.end();
}

class Repairer {
 public:
  explicit Repairer(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    while (!open_.empty()) close_last();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '<') {
      if (skipped("<?", "?>") || skipped("<!--", "-->") || skipped("<!", ">")) return;
      if (tag()) return;
      out_ += "&lt;";
    } else if (c == '&') {
      const std::string_view rest = text_.substr(at_);
      const auto* const entity = std::ranges::find_if(
          entities, [rest](std::string_view one) { return rest.starts_with(one); });
      out_ += entity != entities.end() ? "&" : "&amp;";
    } else if (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t') {
      out_ += ' ';
    } else {
      out_ += c;
    }
    ++at_;
  }

  // Declarations, comments and DTDs say nothing; without their end they are text.
  bool skipped(std::string_view begin, std::string_view end) {
    if (!text_.substr(at_).starts_with(begin)) return false;
    const auto found = text_.find(end, at_ + begin.size());
    if (found == std::string_view::npos) return false;
    at_ = found + end.size();
    return true;
  }

  // <name …>, </name>, <name/>, with any prefix.
  bool tag() {
    constexpr std::size_t tag_bytes_max = 1'000;
    const std::string_view rest = text_.substr(at_, tag_bytes_max);
    const auto end = rest.find('>');
    if (end == std::string_view::npos) return false;
    std::string_view inside = rest.substr(1, end - 1);
    const bool closes = inside.starts_with('/');
    if (closes) inside.remove_prefix(1);
    const bool empty = inside.ends_with('/');
    if (empty) inside.remove_suffix(1);
    std::string_view name = inside.substr(0, inside.find_first_of(" \t\r\n"));
    if (const auto colon = name.find(':'); colon != std::string_view::npos) {
      name.remove_prefix(colon + 1);
    }
    if (name == "schema") {  // a whole report in a schema's element has been seen
      at_ += end + 1;
      return true;
    }
    if (!is_element(name)) return false;
    at_ += end + 1;
    if (closes) {
      close(name);
    } else if (empty) {
      write(name, "<", "/>");
    } else if (open_.size() < xml_depth_max) {
      write(name, "<", ">");
      open_.push_back(name);
    }
    return true;
  }

  void write(std::string_view name, std::string_view before, std::string_view after) {
    out_ += before;
    out_ += name;
    out_ += after;
  }
  void close_last() {
    write(open_.back(), "</", ">");
    open_.pop_back();
  }
  // An end without a beginning is passed over; one that skips others ends them, too.
  void close(std::string_view name) {
    if (std::ranges::find(open_, name) == open_.end()) return;
    while (open_.back() != name) close_last();
    close_last();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<std::string_view> open_;
};

}  // namespace

std::string repair_xml(std::string_view text) { return Repairer(text).run(); }

}  // namespace report
