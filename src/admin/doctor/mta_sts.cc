// See mta_sts.h.
#include "admin/doctor/mta_sts.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lib/base/text.h"

namespace doctor {
namespace {

std::unexpected<base::Error> bad(std::string words) {
  return base::fail(base::ErrorKind::invalid, std::move(words));
}

std::optional<MtaStsPolicy::Mode> mode_of(std::string_view word) {
  if (word == "none") return MtaStsPolicy::Mode::none;
  if (word == "testing") return MtaStsPolicy::Mode::testing;
  if (word == "enforce") return MtaStsPolicy::Mode::enforce;
  return std::nullopt;
}

// What a policy must have said by its end.
struct Seen {
  bool version = false;
  bool mode = false;
  bool age = false;
};

base::Result<> take_field(std::string_view name, std::string_view value, MtaStsPolicy& policy,
                          Seen& seen) {
  if (name == "version") {
    if (value != "STSv1") return bad("version must be STSv1");
    seen.version = true;
  } else if (name == "mode") {
    const auto mode = mode_of(value);
    if (!mode) return bad("mode must be enforce, testing or none");
    policy.mode = *mode;
    seen.mode = true;
  } else if (name == "mx") {
    if (policy.mx.size() >= mta_sts_mx_max) return bad("it names too many mx");
    policy.mx.push_back(base::lower(value));
  } else if (name == "max_age") {
    const auto seconds = base::parse_number(value);
    if (!seconds || *seconds > mta_sts_age_max) return bad("max_age is no number of seconds");
    policy.age_seconds_max = *seconds;
    seen.age = true;
  }
  return {};  // §3.2: other fields are for later versions
}

}  // namespace

base::Result<std::string> parse_mta_sts_record(std::string_view txt) {
  std::string id;
  bool first = true;
  for (const std::string_view part : base::split(txt, ';')) {
    const std::string_view field = base::trim(part);
    if (first && field != "v=STSv1") return bad("it must begin with v=STSv1");
    first = false;
    if (field.starts_with("id=")) id = field.substr(3);
  }
  constexpr std::size_t id_bytes_max = 32;  // §3.1
  const bool good = !id.empty() && id.size() <= id_bytes_max && std::ranges::all_of(id, [](char c) {
    return base::is_alpha(c) || base::is_digit(c);
  });
  if (!good) return bad("id= must be 1 to 32 letters and digits");
  return id;
}

base::Result<MtaStsPolicy> parse_mta_sts_policy(std::string_view text) {
  MtaStsPolicy policy;
  Seen seen;
  for (const std::string_view part : base::split(text, '\n')) {
    const std::string_view line = base::trim(part);
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      return bad(fmt::format("the line \"{}\" has no colon", base::printable(line, 60)));
    }
    const auto taken = take_field(base::trim(line.substr(0, colon)),
                                  base::trim(line.substr(colon + 1)), policy, seen);
    if (!taken) return std::unexpected(taken.error());
  }
  if (!seen.version || !seen.mode || !seen.age) {
    return bad("it lacks version, mode or max_age");
  }
  if (policy.mx.empty() && policy.mode != MtaStsPolicy::Mode::none) return bad("it names no mx");
  return policy;
}

// §4.1: as in certificates, "*" is exactly the first label.
bool names_host(const MtaStsPolicy& policy, std::string_view host) {
  const std::string wanted = base::lower(host);
  const std::size_t dot = wanted.find('.');
  return std::ranges::any_of(policy.mx, [&](const std::string& one) {
    if (one == wanted) return true;
    return one.starts_with("*.") && dot != std::string::npos && dot > 0 &&
           std::string_view(one).substr(1) == std::string_view(wanted).substr(dot);
  });
}

}  // namespace doctor
