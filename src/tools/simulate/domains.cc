// See domains.h.
#include "tools/simulate/domains.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace simulate {
namespace {

constexpr std::uint64_t whole = 1ULL << 32U;

constexpr std::size_t label_bytes_max = 40;  // room for a number behind it (RFC 1035 §2.3.4)

// "large webmail" → "large-webmail".
std::string label_of(const std::string& name) {
  std::string out;
  for (const char c : base::lower(name)) {
    const bool plain = base::is_alpha(c) || base::is_digit(c);
    if (out.size() < label_bytes_max && (plain || !out.empty())) out += plain ? c : '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

}  // namespace

std::vector<std::uint32_t> share_out(std::uint32_t total, std::span<const double> parts) {
  CHECK(!parts.empty() && total >= parts.size(), "each part gets one at least");
  const double all = std::accumulate(parts.begin(), parts.end(), 0.0);
  std::vector<std::uint32_t> out;
  std::uint64_t given = 0;
  for (const double part : parts) {
    const double exact = static_cast<double>(total) * part / all;
    out.push_back(std::max(1U, static_cast<std::uint32_t>(std::floor(exact))));
    given += out.back();
  }
  // What rounding left over, or took too much, is the largest's.
  for (; given < total; ++given) ++*std::ranges::max_element(out);
  for (; given > total; --given) --*std::ranges::max_element(out);
  return out;
}

Domains::Domains(const Scenario& scenario) {
  std::vector<double> parts;
  parts.reserve(scenario.providers.size());
  for (const Provider& provider : scenario.providers) parts.push_back(provider.domains);
  const std::vector<std::uint32_t> counts = share_out(scenario.mail.domains, parts);
  for (std::uint32_t i = 0; i < counts.size(); ++i) add_provider(scenario, i, counts[i]);
  prepare_draw();
}

// Names that differ in signs only must not share their domains.
std::string Domains::new_label(const std::string& name) const {
  std::string label = label_of(name);
  const bool taken = std::ranges::find(labels_, label) != labels_.end();
  return label.empty() || taken
             ? fmt::format("{}{}p{}", label, label.empty() ? "" : "-", labels_.size() + 1)
             : label;
}

void Domains::add_provider(const Scenario& scenario, std::uint32_t number, std::uint32_t count) {
  const Provider& provider = scenario.providers[number];
  const std::string& label = labels_.emplace_back(new_label(provider.name));
  const auto first_receiver = static_cast<std::uint32_t>(receivers_.size());
  const std::uint32_t shared =
      provider.receivers == 0 ? count : std::min(provider.receivers, count);
  receivers_.resize(receivers_.size() + shared, number);
  double ranks = 0;
  for (std::uint32_t i = 0; i < count; ++i) ranks += std::pow(i + 1.0, -scenario.mail.zipf);
  for (std::uint32_t i = 0; i < count; ++i) {
    domains_.push_back({.key = fmt::format("mx:d{}.{}.example", i + 1, label),
                        .provider = number,
                        .receiver = first_receiver + i % shared});
    weights_.push_back(provider.mail * std::pow(i + 1.0, -scenario.mail.zipf) / ranks);
  }
}

void Domains::prepare_draw() {
  const double mean =
      std::accumulate(weights_.begin(), weights_.end(), 0.0) / static_cast<double>(weights_.size());
  columns_.resize(weights_.size());
  std::vector<double> height = weights_;
  std::vector<std::uint32_t> low;
  std::vector<std::uint32_t> high;
  for (std::uint32_t i = 0; i < height.size(); ++i) {
    height[i] /= mean;
    columns_[i] = {.own = whole, .other = i};
    (height[i] < 1 ? low : high).push_back(i);
  }
  while (!low.empty() && !high.empty()) {
    const std::uint32_t small = low.back();
    const std::uint32_t large = high.back();
    low.pop_back();
    columns_[small] = {
        .own = static_cast<std::uint64_t>(height[small] * static_cast<double>(whole)),
        .other = large};
    height[large] -= 1 - height[small];
    if (height[large] >= 1) continue;
    high.pop_back();
    low.push_back(large);
  }
}

std::uint32_t Domains::draw(io::Random& random) const {
  const auto at = static_cast<std::uint32_t>(random.below(columns_.size()));
  const Column& column = columns_[at];
  return random.below(whole) < column.own ? at : column.other;
}

}  // namespace simulate
