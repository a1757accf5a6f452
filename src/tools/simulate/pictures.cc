// See pictures.h.
#include "tools/simulate/pictures.h"

#include <utility>

#include "tools/simulate/chart.h"

namespace simulate {
namespace {

std::vector<std::uint64_t> series(const ProviderCounts& counts, std::uint64_t Hour::* quantity) {
  std::vector<std::uint64_t> out;
  out.reserve(counts.hours.size());
  for (const Hour& hour : counts.hours) out.push_back(hour.*quantity);
  return out;
}

std::string picture(const Counts& counts, std::uint64_t Hour::* quantity, std::string title,
                    const std::string& note) {
  Chart chart(std::move(title), note);
  for (const ProviderCounts& one : counts.providers) chart.add(one.name, series(one, quantity));
  return chart.text();
}

}  // namespace

std::vector<PictureFile> pictures(const Counts& counts, const std::string& note) {
  return {{"queue.svg", picture(counts, &Hour::queued, "Messages in the queue", note)},
          {"deliveries.svg", picture(counts, &Hour::delivered, "Deliveries per hour", note)},
          {"deferrals.svg", picture(counts, &Hour::deferred, "Deferrals per hour", note)},
          {"hours.csv", hours_csv(counts)}};
}

base::Result<> write_files(io::Files& files, const std::string& folder,
                           const std::vector<PictureFile>& all) {
  constexpr unsigned folder_mode = 0755;
  constexpr unsigned file_mode = 0644;
  if (auto made = files.make_directories(folder, folder_mode); !made) return made;
  for (const PictureFile& one : all) {
    auto written = io::write_file(files, folder + "/" + one.name, one.text, file_mode);
    if (!written) return written;
  }
  return {};
}

}  // namespace simulate
