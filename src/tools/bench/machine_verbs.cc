// See verb.h. bench disk and pingpong.
#include <fmt/format.h>

#include "lib/io/real/event_loop.h"
#include "lib/io/real/pool.h"
#include "tools/bench/disk.h"
#include "tools/bench/pingpong.h"
#include "tools/bench/report.h"
#include "tools/bench/verb.h"

namespace bench {
namespace {

struct DiskArguments {
  DiskOptions disk;
  bool json = false;
};

double p50_ms(const Histogram& times) {
  return static_cast<double>(times.percentile(0.5).count()) / 1000.0;
}

int run_disk(const DiskArguments& arguments) {
  io::real::ThreadPool pool(1);
  io::real::EventLoop loop(pool);
  const auto report = measure_disk(loop.doors(), arguments.disk);
  if (!report) return cli::complain(report.error().detail);
  const double megabytes = per_second(report->sequential_bytes, report->sequential_took) / 1e6;
  if (arguments.json) {
    print(fmt::format(R"({{"overwrite_ms":{:.4f},"append_ms":{:.4f},"sequential_mb_s":{:.1f},)"
                      R"("overwrite":{},"append":{}}})"
                      "\n",
                      p50_ms(report->overwrite), p50_ms(report->append), megabytes,
                      percentiles_json(report->overwrite), percentiles_json(report->append)));
    return 0;
  }
  print(percentiles_head() + percentiles_row("overwrite 4 KiB, sync", report->overwrite) +
        percentiles_row("append 4 KiB, sync", report->append) +
        fmt::format("sequential, a sync each 64 MiB: {:.0f} MB/s\n", megabytes));
  return 0;
}

int run_pingpong(bool json) {
  const auto report = measure_pingpong();
  if (!report) return cli::complain(report.error().detail);
  // With one core only, that one is what there is.
  const double two = report->two_cores_us.value_or(report->one_core_us);
  if (json) {
    print(fmt::format(R"({{"one_core_us":{:.2f},"two_cores_us":{:.2f},"cores":{}}})"
                      "\n",
                      report->one_core_us, two, report->two_cores_us ? 2 : 1));
  } else {
    print(fmt::format("64 octets over loopback and back: {:.1f} µs on one core",
                      report->one_core_us));
    print(report->two_cores_us ? fmt::format(", {:.1f} µs on two\n", two)
                               : ", and there is no second one\n");
  }
  return 0;
}

}  // namespace

void add_disk_verb(cli::Verbs verbs) {
  auto arguments = std::make_shared<DiskArguments>();
  cli::Verb verb = verbs.app.add_subcommand(
      "disk",
      "How fast the disk under a folder makes things safe: what bounds every durable mail server.\n"
      "  stagepost bench disk --folder /var/lib/stagepost");
  verb.add_option("--folder", arguments->disk.folder, "A folder on that disk, with 1.3 GB free")
      .required();
  verb.add_flag("--json", arguments->json, "Print JSON (docs/bench.md)");
  verb.callback([verbs, arguments] { verbs.status = run_disk(*arguments); });
}

void add_pingpong_verb(cli::Verbs verbs) {
  auto json = std::make_shared<bool>(false);
  cli::Verb verb = verbs.app.add_subcommand(
      "pingpong",
      "What a round trip of 64 octets over loopback TCP costs, both ends on one core and on two.\n"
      "  stagepost bench pingpong");
  verb.add_flag("--json", *json, "Print JSON (docs/bench.md)");
  verb.callback([verbs, json] { verbs.status = run_pingpong(*json); });
}

}  // namespace bench
