// See history.h.
#include "admin/doctor/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

namespace doctor {
namespace {

using boost::json::array;
using boost::json::object;

using Key = std::pair<std::string, std::string>;

std::int64_t day_of(base::Time when) {
  return std::chrono::floor<std::chrono::days>(when).time_since_epoch().count();
}

const Kept* find(const Result& result, const Kept& wanted) {
  const auto less = [](const Kept& a, const Kept& b) {
    return std::tie(a.id, a.about) < std::tie(b.id, b.about);
  };
  const auto at = std::ranges::lower_bound(result.findings, wanted, less);
  const bool found =
      at != result.findings.end() && at->id == wanted.id && at->about == wanted.about;
  return found ? &*at : nullptr;
}

std::optional<Change::Kind> kind_of(Severity before, Severity after) {
  if (before == after) return std::nullopt;
  if (!is_trouble(before) && !is_trouble(after)) return std::nullopt;
  if (!is_trouble(before)) return Change::Kind::appeared;
  if (!is_trouble(after)) return Change::Kind::mended;
  return after > before ? Change::Kind::worse : Change::Kind::better;
}

object kept_json(const Kept& kept) {
  return {{"id", kept.id},
          {"about", kept.about},
          {"severity", to_string(kept.severity)},
          {"known", to_string(kept.known)},
          {"what", kept.what},
          {"remedy", kept.remedy}};
}

object sample_json(const Sample& sample) {
  return {{"when", base::format_time(sample.when)},
          {"state_free", sample.state_free},
          {"mail_free", sample.mail_free},
          {"delivered", sample.delivered},
          {"failed", sample.failed}};
}

// Takes the values of one object; what is missing or of another kind makes it bad.
class Taker {
 public:
  explicit Taker(const boost::json::value& value) {
    if (value.is_object()) {
      object_ = &value.get_object();
    } else {
      bad_ = true;
    }
  }
  std::string text(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr || !value->is_string()) return fail<std::string>();
    return std::string(value->get_string());
  }
  // Empty when it is not there.
  std::string text_if(std::string_view name) { return find(name) == nullptr ? "" : text(name); }
  std::uint64_t number(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) return fail<std::uint64_t>();
    boost::system::error_code error;
    const auto number = value->to_number<std::uint64_t>(error);
    return error ? fail<std::uint64_t>() : number;
  }
  base::Time time(std::string_view name) {
    const auto time = base::parse_time(text(name));
    return time ? *time : fail<base::Time>();
  }
  Severity severity(std::string_view name) {
    const auto severity = severity_of(text(name));
    return severity ? *severity : fail<Severity>();
  }
  array list(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr || !value->is_array()) return fail<array>();
    return value->get_array();
  }
  [[nodiscard]] bool bad() const { return bad_; }

 private:
  const boost::json::value* find(std::string_view name) {
    return object_ == nullptr ? nullptr : object_->if_contains({name.data(), name.size()});
  }
  template <class T>
  T fail() {
    bad_ = true;
    return T();
  }

  const object* object_ = nullptr;
  bool bad_ = false;
};

}  // namespace

std::string_view to_string(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::appeared: return "new";
    case Change::Kind::worse: return "worse";
    case Change::Kind::better: return "better";
    case Change::Kind::mended: break;
  }
  return "mended";
}

Result result_of(const Findings& findings, base::Time when, const Result* before) {
  std::map<Key, Kept> gravest;
  for (const Finding& finding : findings) {
    Kept kept{.id = std::string(finding.id),
              .about = finding.about,
              .severity = finding.severity,
              .known = finding.severity,
              .what = finding.what,
              .remedy = finding.remedy};
    const auto [at, added] = gravest.try_emplace(Key(kept.id, kept.about), kept);
    if (!added && kept.severity > at->second.severity) at->second = std::move(kept);
  }
  Result result{.when = when, .findings = {}};
  for (auto& [key, kept] : gravest) {
    if (kept.severity == Severity::unknown) {
      const Kept* old = before == nullptr ? nullptr : find(*before, kept);
      kept.known = old == nullptr ? Severity::ok : old->known;
    }
    if (kept.severity == Severity::ok || result.findings.size() >= kept_max) continue;
    result.findings.push_back(std::move(kept));
  }
  return result;
}

std::vector<Change> changes(const Result& before, const Result& after) {
  std::vector<Change> out;
  const auto add = [&out](const Kept& kept, Severity then, Severity now) {
    if (const auto kind = kind_of(then, now)) {
      out.push_back({*kind, kept.id, kept.about, then, now, kept.what});
    }
  };
  for (const Kept& kept : after.findings) {
    const Kept* old = find(before, kept);
    const Severity then = old == nullptr ? Severity::ok : old->known;
    add(kept.known == Severity::ok && old != nullptr ? *old : kept, then, kept.known);
  }
  for (const Kept& kept : before.findings) {
    if (find(after, kept) == nullptr) add(kept, kept.known, Severity::ok);
  }
  return out;
}

const Result* yesterday(const History& history, base::Time now) {
  const Result* found = history.results.empty() ? nullptr : &history.results.front();
  for (const Result& result : history.results) {
    if (day_of(result.when) < day_of(now)) found = &result;
  }
  return found;
}

void add_result(History& history, Result result, base::Duration keep_for) {
  auto& results = history.results;
  // The first result stays until there is one of another day to compare with.
  const bool same_day = results.size() > 1 && day_of(results.back().when) == day_of(result.when);
  if (same_day) results.pop_back();
  const base::Time oldest = result.when - keep_for;
  std::erase_if(results, [oldest](const Result& one) { return one.when < oldest; });
  results.push_back(std::move(result));
  if (results.size() > days_max) results.erase(results.begin());
}

void add_sample(History& history, Sample sample) {
  auto& samples = history.samples;
  const bool soon = samples.size() > 1 && sample.when >= samples.back().when &&
                    sample.when - samples[samples.size() - 2].when < sample_every;
  if (soon) {
    sample.delivered += samples.back().delivered;
    sample.failed += samples.back().failed;
    samples.pop_back();
  }
  samples.push_back(sample);
  if (samples.size() > samples_max) samples.erase(samples.begin());
}

std::string write_history(const History& history) {
  array results;
  for (const Result& result : history.results) {
    array findings;
    for (const Kept& kept : result.findings) findings.push_back(kept_json(kept));
    results.push_back(
        object{{"when", base::format_time(result.when)}, {"findings", std::move(findings)}});
  }
  array samples;
  for (const Sample& sample : history.samples) samples.push_back(sample_json(sample));
  return boost::json::serialize(
      object{{"format", 1}, {"results", std::move(results)}, {"samples", std::move(samples)}});
}

base::Result<History> read_history(std::string_view text) {
  const auto corrupt = [] {
    return base::fail(base::ErrorKind::corrupt, "it is not what the doctor has written");
  };
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error) return corrupt();
  Taker whole(value);
  History history;
  if (whole.number("format") != 1) return corrupt();
  for (const auto& one : whole.list("results")) {
    Taker taker(one);
    Result result{.when = taker.time("when"), .findings = {}};
    for (const auto& kept : taker.list("findings")) {
      Taker of(kept);
      result.findings.push_back({of.text("id"), of.text("about"), of.severity("severity"),
                                 of.severity("known"), of.text("what"), of.text_if("remedy")});
      if (of.bad()) return corrupt();
    }
    if (taker.bad()) return corrupt();
    history.results.push_back(std::move(result));
  }
  for (const auto& one : whole.list("samples")) {
    Taker of(one);
    history.samples.push_back({of.time("when"), of.number("state_free"), of.number("mail_free"),
                               of.number("delivered"), of.number("failed")});
    if (of.bad()) return corrupt();
  }
  if (whole.bad()) return corrupt();
  return history;
}

}  // namespace doctor
