// admin/doctor/history.h: what earlier runs found, and how free disk and traffic went.
//
// What:    a result per day, the newest run, samples of a week; what changed between two results.
// In/Out:  JSON text ↔ History; Findings → Result → Changes.
// Errors:  corrupt, with words, for a text that write_history does not write.
// Limits:  days_max results, kept_max findings of each, samples_max; all but ok is kept.
// Not here: the file (doctor.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/doctor/finding.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace doctor {

inline constexpr std::size_t days_max = 90;
inline constexpr std::size_t kept_max = 5'000;
inline constexpr std::size_t samples_max = 24 * 8;
inline constexpr base::Duration sample_every = std::chrono::minutes(30);
inline constexpr std::uint64_t history_bytes_max = 64ULL << 20U;

// The gravest finding of one check about one thing.
struct Kept {
  std::string id;
  std::string about;
  Severity severity = Severity::ok;
  // What it was when it was last seen: `unknown` says nothing about what is.
  Severity known = Severity::ok;
  std::string what;
  std::string remedy = {};  // empty: none was told, or an older version kept it
};

struct Result {
  base::Time when;
  std::vector<Kept> findings = {};  // sorted by id and about
};

struct Sample {
  base::Time when;
  std::uint64_t state_free = 0;  // octets
  std::uint64_t mail_free = 0;
  std::uint64_t delivered = 0;  // recipients at other servers since the sample before
  std::uint64_t failed = 0;
};

struct History {
  std::vector<Result> results;  // the oldest first; of each day the last one
  std::vector<Sample> samples;
};

struct Change {
  enum class Kind : std::uint8_t { appeared, worse, better, mended };
  Kind kind = Kind::appeared;
  std::string id;
  std::string about;
  Severity before = Severity::ok;
  Severity after = Severity::ok;
  std::string what;  // as it is now; of what was mended: as it was
};
[[nodiscard]] std::string_view to_string(Change::Kind kind);

// `before` may be null: the first run.
[[nodiscard]] Result result_of(const Findings& findings, base::Time when, const Result* before);
// Trouble that came, went, or changed its weight.
[[nodiscard]] std::vector<Change> changes(const Result& before, const Result& after);
// The newest result of an earlier day than `now`, else the oldest there is; null: none.
[[nodiscard]] const Result* yesterday(const History& history, base::Time now);

// What is older than keep_for goes.
void add_result(History& history, Result result, base::Duration keep_for);
// Joined with the last one when that is younger than sample_every.
void add_sample(History& history, Sample sample);

[[nodiscard]] std::string write_history(const History& history);
[[nodiscard]] base::Result<History> read_history(std::string_view text);

}  // namespace doctor
