// See doctor_text.h.
#include "cli/doctor_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "cli/answer.h"
#include "lib/base/text.h"

namespace cli {
namespace {

constexpr std::size_t line_columns = 96;

// Breaks a sentence between words; the first line begins with `head`, the others below its end.
std::string folded(std::string_view head, std::string_view text) {
  std::string out(head);
  std::size_t column = head.size();
  bool begun = false;
  for (const std::string_view word : base::words(text)) {
    if (begun && column + 1 + word.size() > line_columns) {
      out += "\n" + std::string(head.size(), ' ');
      column = head.size();
    } else if (begun) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    begun = true;
  }
  return out + "\n";
}

std::string pasted(std::string_view indent, std::string_view text) {
  std::string out;
  for (const std::string_view line : base::split(text, '\n')) {
    out += fmt::format("{}{}\n", indent, line);
  }
  return out;
}

std::string mark_of(std::string_view severity) {
  return severity == "mend" || severity == "warning" ? base::upper(severity)
                                                     : std::string(severity);
}

std::string heading(const boost::json::object& finding) {
  const std::string about = field_of(finding, "about");
  return fmt::format("{:<8} {}{}{}\n", mark_of(field_of(finding, "severity")),
                     field_of(finding, "id"), about.empty() ? "" : "  ", about);
}

std::string whole(const boost::json::object& finding) {
  std::string out = heading(finding) + folded("         ", field_of(finding, "what"));
  const std::string severity = field_of(finding, "severity");
  if (severity == "ok") return out;
  if (const std::string why = field_of(finding, "why"); !why.empty()) {
    out += folded("  why    ", why);
  }
  const std::string remedy = field_of(finding, "remedy");
  const std::string paste = field_of(finding, "paste");
  if (!remedy.empty()) out += folded("  do     ", remedy);
  if (!paste.empty()) out += pasted("             ", paste);
  return out + folded("  more   ", field_of(finding, "link")) + "\n";
}

std::string counts_text(const boost::json::object& answer) {
  const auto* counts = answer.if_contains("counts");
  if (counts == nullptr || !counts->is_object()) return {};
  std::string out;
  for (const std::string_view severity : {"mend", "warning", "unknown", "note", "ok"}) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", field_of(counts->get_object(), severity),
                       severity);
  }
  return out;
}

// "2026-11-29T17:00:00.000Z" → "2026-11-29 17:00 UTC".
std::string short_time(const std::string& time) {
  constexpr std::size_t minutes_end = 16;
  if (time.size() < minutes_end) return time;
  return fmt::format("{} {} UTC", time.substr(0, 10), time.substr(11, 5));
}

std::string changes_text(const boost::json::object& answer) {
  const auto* compared = answer.if_contains("compared_with");
  if (compared == nullptr || !compared->is_string()) return {};
  const std::string since = short_time(std::string(compared->get_string()));
  const auto& changes = list_of(answer, "changes");
  if (changes.empty()) return fmt::format("Nothing has changed since {}.\n", since);
  std::string out = fmt::format("Since {}:\n", since);
  for (const auto& entry : changes) {
    if (!entry.is_object()) continue;
    const auto& change = entry.get_object();
    const std::string about = field_of(change, "about");
    out += folded(fmt::format("  {:<7}", field_of(change, "kind")),
                  fmt::format("{}{}{}: {}", field_of(change, "id"), about.empty() ? "" : " ", about,
                              field_of(change, "what")));
  }
  return out;
}

// What is well, in short: "mx (2), spf (2), ptr".
std::string well_text(const std::vector<std::string>& ids) {
  std::vector<std::pair<std::string, unsigned>> counted;
  for (const std::string& id : ids) {
    const auto at = std::ranges::find(counted, id, &std::pair<std::string, unsigned>::first);
    if (at == counted.end()) {
      counted.emplace_back(id, 1U);
    } else {
      ++at->second;
    }
  }
  std::string out;
  for (const auto& [id, count] : counted) {
    out += (out.empty() ? "" : ", ") + id;
    if (count > 1) out += fmt::format(" ({})", count);
  }
  return out;
}

}  // namespace

std::string doctor_text(const boost::json::object& answer, bool all) {
  std::string out = fmt::format("{}, {}: {}\n\n", field_of(answer, "host"),
                                short_time(field_of(answer, "time")), counts_text(answer));
  std::vector<std::string> well;
  for (const auto& entry : list_of(answer, "findings")) {
    if (!entry.is_object()) continue;
    const auto& finding = entry.get_object();
    if (!all && field_of(finding, "severity") == "ok") {
      well.push_back(field_of(finding, "id"));
    } else {
      out += whole(finding);
    }
  }
  if (!well.empty()) out += folded("ok       ", well_text(well));
  const std::string changed = changes_text(answer);
  return changed.empty() ? out : out + "\n" + changed;
}

std::string finding_text(const doctor::Finding& finding) {
  const std::string head = fmt::format("  {:<8} ", mark_of(to_string(finding.severity)));
  const std::string about = finding.about.empty() ? std::string() : " " + finding.about;
  std::string out = folded(head, fmt::format("{}{}: {}", finding.id, about, finding.what));
  const std::string indent(head.size(), ' ');
  if (!finding.remedy.empty()) out += folded(indent, finding.remedy);
  if (!finding.paste.empty()) out += pasted(indent + "    ", finding.paste);
  return out;
}

}  // namespace cli
