// tools/simulate/chart.h: curves over virtual days, as SVG.
//
// What:    Chart draws a line per provider and quantity, its name at the right end.
// In/Out:  chart.add(name, values by hour) … → text(), which a browser shows.
// Errors:  none.
// Limits:  points_max per curve: of more hours the largest of each group is drawn.
// Not here: what is drawn (pictures.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace simulate {

class Chart {
 public:
  static constexpr std::size_t points_max = 600;

  Chart(std::string title, std::string note) : title_(std::move(title)), note_(std::move(note)) {}

  void add(std::string name, std::vector<std::uint64_t> by_hour);
  [[nodiscard]] std::string text() const;

 private:
  struct Curve {
    std::string name;
    std::vector<std::uint64_t> values;
  };
  [[nodiscard]] std::string axes() const;
  [[nodiscard]] std::string curve(const Curve& curve, std::size_t number) const;
  [[nodiscard]] double x(double hour) const;
  [[nodiscard]] double y(double value) const;

  std::string title_;
  std::string note_;
  std::vector<Curve> curves_;
  std::uint64_t most_ = 1;  // the axes' ends
  std::size_t hours_ = 1;
};

// 5, 20, 100, …: the step between lines of an axis that reaches `most` and has ten lines at most.
[[nodiscard]] std::uint64_t axis_step(std::uint64_t most);

}  // namespace simulate
