// admin/doctor/opinion.h: from what each name server says to one finding.
//
// What:    an Opinion per answer, joined: all of one mind, or who differs and how.
// In/Out:  Survey and a judgement of one answer → Opinion.
// Errors:  none: when nobody answers it is unknown.
// Limits:  differing_max servers are named.
// Not here: asking (view.h), what makes a record good (the checks).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admin/doctor/finding.h"
#include "admin/doctor/view.h"

namespace doctor {

struct Opinion {
  Severity severity = Severity::ok;
  std::string words;  // what is published, or what is wrong; equal words are equal answers
};

struct Said {
  std::string where;
  Opinion opinion;
};

using Judge = std::function<Opinion(const dns::Answer& answer)>;
// Never called for an answer that is trouble: that is no answer.
[[nodiscard]] Opinion judge(const Survey& survey, const Judge& judge);
// The same for opinions that were formed elsewhere; those of silent servers are left out.
[[nodiscard]] Opinion join(const Survey& survey, const std::vector<Said>& said);

// Records in one order, so that equal sets have equal words: "10 a.example, 20 b.example".
[[nodiscard]] std::string words_of(const dns::Answer& answer, dns::Type type);

}  // namespace doctor
