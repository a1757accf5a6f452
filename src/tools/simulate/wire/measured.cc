// See measured.h.
#include "tools/simulate/wire/measured.h"

#include <chrono>
#include <string>
#include <string_view>

#include "lib/base/text.h"
#include "lib/io/real/waiting.h"
#include "tools/simulate/simulation.h"
#include "tools/simulate/wire/byte_simulation.h"

namespace simulate::wire {
namespace {

// A file of the kernel, which says that its size is 0.
std::string kernel_text(io::Files& files, const std::string& path) {
  const auto file = files.open(path, io::OpenMode::read);
  if (!file) return {};
  std::string text(8192, '\0');
  const auto got = (*file)->read_at(0, text);
  text.resize(got.value_or(0));
  return text;
}

std::uint64_t first_number(std::string_view text) {
  const auto words = base::words(text);
  return words.empty() ? 0 : base::parse_number(words.front()).value_or(0);
}

// The most that this process ever had in memory.
std::uint64_t memory_most(io::Files& files) {
  constexpr std::string_view name = "VmHWM:";
  constexpr std::uint64_t kibi = 1024;
  const std::string text = kernel_text(files, "/proc/self/status");
  const std::size_t at = text.find(name);
  return at == std::string::npos ? 0 : first_number(text.substr(at + name.size(), 64)) * kibi;
}

// Of the thread that simulates; on a machine that others keep busy a clock says little.
base::Duration processor_time(io::Files& files) {
  const std::string text = kernel_text(files, "/proc/self/schedstat");
  return std::chrono::duration_cast<base::Duration>(std::chrono::nanoseconds(first_number(text)));
}

}  // namespace

base::Result<Measured> run_measured(io::Files& files, const Plan& plan, std::uint64_t message_bytes,
                                    const TellProgress& tell) {
  const std::uint64_t before = memory_most(files);
  const base::Duration worked_before = processor_time(files);
  const base::Instant began = io::real::monotonic_now();
  Measured out;
  {
    ByteSimulation simulation(plan, message_bytes, tell);
    if (auto begun = simulation.start(); !begun) return std::unexpected(begun.error());
    simulation.run();
    out.counts = simulation.counts();
    out.wrong = simulation.wrong();
    out.bytes.figures = simulation.figures();
  }
  out.bytes.machine = {.took = io::real::monotonic_now() - began,
                       .processor = processor_time(files) - worked_before,
                       .memory_bytes = memory_most(files) - before};
  Simulation beside(plan, nullptr);
  beside.run();
  out.bytes.schedule = beside.counts();
  out.wrong.reserve(out.wrong.size() + beside.wrong().size());
  for (const std::string& wrong : beside.wrong()) {
    out.wrong.push_back("without octets: " + wrong);
  }
  return out;
}

}  // namespace simulate::wire
