// See opinion.h.
#include "admin/doctor/opinion.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/text.h"

namespace doctor {
namespace {

constexpr std::size_t differing_max = 6;
constexpr std::size_t record_bytes_max = 300;  // of one record, in words for people

bool answered(const dns::Answer& answer) {
  return answer.status == dns::Status::ok || dns::is_negative(answer.status);
}

std::string text_of(const dns::Record& record, dns::Type type) {
  switch (type) {
    case dns::Type::a:
    case dns::Type::aaaa: return record.address.text();
    case dns::Type::mx:
      return fmt::format("{} {}", record.mx.preference,
                         record.mx.exchange.empty() ? "." : record.mx.exchange);
    case dns::Type::tlsa:
      return fmt::format("{} {} {} {}", record.tlsa.usage, record.tlsa.selector,
                         record.tlsa.matching, base::hex(record.tlsa.data));
    default: return base::printable(record.data, record_bytes_max);
  }
}

}  // namespace

Opinion judge(const Survey& survey, const Judge& judge) {
  std::vector<Said> said;
  for (const Told& told : survey.told) {
    if (answered(told.answer)) said.push_back({told.where(), judge(told.answer)});
  }
  return join(survey, said);
}

Opinion join(const Survey& survey, const std::vector<Said>& said) {
  if (said.empty()) {
    std::string why = survey.trouble;
    if (why.empty() && !survey.told.empty()) {
      why = fmt::format("no name server answers: {}: {}", survey.told.front().where(),
                        survey.told.front().answer.why);
    }
    return {Severity::unknown, why.empty() ? "no name server is known" : why};
  }
  const Opinion& first = said.front().opinion;
  const bool agreed = std::ranges::all_of(said, [&first](const Said& one) {
    return one.opinion.severity == first.severity && one.opinion.words == first.words;
  });
  if (agreed) return first;
  Opinion out{Severity::warning, "the name servers differ"};
  for (std::size_t i = 0; i < said.size(); ++i) {
    out.severity = std::max(out.severity, said[i].opinion.severity);
    if (i < differing_max) {
      out.words +=
          fmt::format("{} {}: {}", i == 0 ? ":" : ";", said[i].where, said[i].opinion.words);
    }
  }
  return out;
}

std::string words_of(const dns::Answer& answer, dns::Type type) {
  std::vector<std::string> texts;
  texts.reserve(answer.records.size());
  for (const dns::Record& record : answer.records) texts.push_back(text_of(record, type));
  std::ranges::sort(texts);
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + text;
  return out;
}

}  // namespace doctor
