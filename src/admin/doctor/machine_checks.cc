// See machine_checks.h.
#include "admin/doctor/machine_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/second_factor.h"
#include "lib/base/size.h"
#include "lib/io/clock.h"
#include "lib/io/files.h"

namespace doctor {
namespace {

constexpr std::size_t files_max = 2'000;
constexpr base::Duration clock_error_max = std::chrono::seconds(1);
constexpr base::Duration clock_back_max = std::chrono::minutes(5);
constexpr base::Duration trend_min = std::chrono::hours(6);  // shorter ones foretell nothing
constexpr std::uint64_t free_warning_percent = 10;
constexpr std::uint64_t free_mend_percent = 4;
constexpr double days_mend = 3;
constexpr double days_warning = 14;

constexpr std::size_t administrators_max = 20;  // that are named

constexpr unsigned others_enter = 0001;
constexpr unsigned others_read = 0004;
constexpr unsigned others_write = 0002;
constexpr unsigned group_write = 0020;
constexpr unsigned group_read = 0040;

std::string shown_mode(unsigned mode) { return fmt::format("{:04o}", mode); }

// Free disk over the samples: octets per day that go; nothing when it grows or nobody knows yet.
std::optional<double> octets_per_day(const std::vector<Sample>& samples,
                                     std::uint64_t Sample::* field) {
  if (samples.size() < 2) return std::nullopt;
  const Sample& first = samples.front();
  const Sample& last = samples.back();
  const base::Duration time = last.when - first.when;
  if (time < trend_min) return std::nullopt;
  const double days = std::chrono::duration<double, std::ratio<86400>>(time).count();
  return (static_cast<double>(first.*field) - static_cast<double>(last.*field)) / days;
}

struct Disk {
  std::string_view name;
  std::string path;
  std::uint64_t Sample::* field;
};

std::array<Disk, 2> disks_of(const config::Config& config) {
  return {Disk{"state", config.server.state_folder, &Sample::state_free},
          Disk{"mail", config.delivery.mail_folder, &Sample::mail_free}};
}

Finding judge_space(const Disk& disk, std::uint64_t free, std::uint64_t total,
                    std::uint64_t reserve) {
  Finding finding{.id = "disk-space", .about = disk.path, .what = {}};
  finding.what =
      fmt::format("{} of {} are free", base::format_size(free), base::format_size(total));
  const std::uint64_t percent = total == 0 ? 100 : free / std::max<std::uint64_t>(1, total / 100);
  if (free < 2 * reserve || percent < free_mend_percent) {
    finding.severity = Severity::mend;
    finding.what += fmt::format("; below {} mail is answered 452", base::format_size(reserve));
  } else if (percent < free_warning_percent) {
    finding.severity = Severity::warning;
  }
  if (is_trouble(finding.severity)) {
    finding.remedy = "make room, or keep traces for a shorter time";
    finding.paste = "[trace]\nkeep_for = \"7d\"";
  }
  return finding;
}

Finding judge_days(const Disk& disk, std::uint64_t free, std::optional<double> per_day) {
  Finding finding{.id = "disk-days", .about = disk.path, .what = {}};
  if (!per_day) {
    finding.severity = Severity::unknown;
    finding.what = "known after some hours of samples";
    return finding;
  }
  if (*per_day <= 0) {
    finding.what = "free disk does not shrink";
    return finding;
  }
  const double days = static_cast<double>(free) / *per_day;
  finding.what = fmt::format("at {} a day it is full in {:.0f} days",
                             base::format_size(static_cast<std::uint64_t>(*per_day)), days);
  if (days < days_mend) {
    finding.severity = Severity::mend;
  } else if (days < days_warning) {
    finding.severity = Severity::warning;
  }
  if (is_trouble(finding.severity)) {
    finding.remedy = "find what grows, and make room before it is full";
    finding.paste = fmt::format("du -xh --max-depth=2 {} | sort -h | tail", disk.path);
  }
  return finding;
}

// Files that must be their owner's alone. A TLS key may be read by a group (ssl-cert).
struct Secret {
  std::string path;
  unsigned forbidden = others_read | others_write | group_write | group_read;
};

std::vector<Secret> secrets_of(const Ground& ground) {
  const config::Config& config = ground.config;
  std::vector<Secret> out = {{.path = config.server.state_folder + "/self-signed.key"},
                             {.path = config.server.state_folder + "/login.secret"},
                             {.path = config.server.state_folder + "/api-tokens.json"},
                             {.path = config.server.acme.folder + "/certificate.pem"}};
  if (!config.session.key_path.empty()) {
    out.push_back(
        {.path = config.session.key_path, .forbidden = others_read | others_write | group_write});
  }
  for (const delivery::RouteSetting& route : config.delivery.routes) {
    if (!route.password_file.empty()) out.push_back({.path = route.password_file});
  }
  const std::string& folder = config.policy.signing.key_folder;
  const auto keys = ground.doors.files.list(folder);
  if (!keys) return out;
  for (const io::FileInfo& file : *keys) {
    if (out.size() < files_max && file.name.ends_with(".pem")) {
      out.push_back({.path = folder + "/" + file.name});
    }
  }
  return out;
}

// Who may do what nobody else should; empty: it is as it should be, or not there.
std::string wrong_rights(const Ground& ground, const std::string& path, unsigned forbidden) {
  const auto rights = ground.machine.rights(path);
  if (!rights || (rights->mode & forbidden) == 0) return {};
  const unsigned wrong = rights->mode & forbidden;
  const bool write = (wrong & (others_write | group_write)) != 0;
  const bool others = (wrong & (others_write | others_read)) != 0;
  return fmt::format("its mode is {}: {} may {} it", shown_mode(rights->mode),
                     others ? "everybody" : "its group", write ? "change" : "read");
}

Finding bad_file(std::string_view id, const std::string& path, std::string what,
                 std::string_view mode) {
  return {.id = id,
          .about = path,
          .severity = Severity::mend,
          .what = std::move(what),
          .remedy = "let nobody but the server's user have it",
          .paste = fmt::format("chmod {} {}", mode, path)};
}

bool holds_passwords(const config::Config& config) {
  return std::ranges::any_of(config.delivery.routes, [](const delivery::RouteSetting& route) {
    return !route.password.empty();
  });
}

}  // namespace

std::span<const HostCheck> machine_checks() {
  static constexpr std::array<HostCheck, 9> checks = {
      check_clock,          check_disk_space,  check_disk_days, check_key_files, check_state_files,
      check_second_factors, check_config_file, check_settings,  check_program};
  return checks;
}

io::Task<Findings> check_clock(io::Ref<const Ground> ground) {
  Finding finding{.id = "clock", .about = {}, .what = {}};
  const auto state = ground->machine.clock_state();
  const auto& samples = ground->history.samples;
  const base::Time now = ground->doors.clock.wall();
  if (!samples.empty() && samples.back().when > now + clock_back_max) {
    finding.severity = Severity::mend;
    finding.what = fmt::format("it is {}, and it was {} already: the clock went back",
                               base::format_time(now), base::format_time(samples.back().when));
  } else if (!state) {
    finding.severity = Severity::unknown;
    finding.what = "the system does not say whether it is kept right";
  } else if (!state->synchronised) {
    finding.severity = Severity::warning;
    finding.what = "nothing keeps it right";
  } else if (state->error_max > clock_error_max) {
    finding.severity = Severity::note;
    finding.what = fmt::format("it may be {} off", base::format_duration(state->error_max));
  } else {
    finding.what = "it is kept right";
  }
  if (is_trouble(finding.severity)) {
    finding.remedy = "let NTP set it; of a container: on its host";
    finding.paste = "apt install systemd-timesyncd && timedatectl set-ntp true";
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_disk_space(io::Ref<const Ground> ground) {
  Findings findings;
  for (const Disk& disk : disks_of(ground->config)) {
    const auto free = ground->doors.files.free_bytes(disk.path);
    const auto total = ground->machine.total_bytes(disk.path);
    if (!free || !total) {
      // Mail may be somebody else's (LMTP); then there is no folder.
      if (disk.name == "mail") continue;
      findings.push_back({.id = "disk-space",
                          .about = disk.path,
                          .severity = Severity::unknown,
                          .what = (free ? total.error() : free.error()).text()});
      continue;
    }
    findings.push_back(judge_space(disk, *free, *total, ground->config.queue.disk_reserve_bytes));
  }
  co_return findings;
}

io::Task<Findings> check_disk_days(io::Ref<const Ground> ground) {
  Findings findings;
  for (const Disk& disk : disks_of(ground->config)) {
    const auto free = ground->doors.files.free_bytes(disk.path);
    if (!free) continue;
    findings.push_back(
        judge_days(disk, *free, octets_per_day(ground->history.samples, disk.field)));
  }
  co_return findings;
}

io::Task<Findings> check_key_files(io::Ref<const Ground> ground) {
  Findings findings;
  for (const Secret& secret : secrets_of(*ground)) {
    std::string wrong = wrong_rights(*ground, secret.path, secret.forbidden);
    if (!wrong.empty()) {
      findings.push_back(bad_file("files-keys", secret.path, std::move(wrong), "600"));
    }
  }
  if (findings.empty()) {
    findings.push_back(
        {.id = "files-keys", .about = {}, .what = "private keys are the server's alone"});
  }
  co_return findings;
}

io::Task<Findings> check_state_files(io::Ref<const Ground> ground) {
  const std::string& folder = ground->config.server.state_folder;
  Findings findings;
  const auto look_at = [&](const std::string& path, unsigned forbidden, std::string_view mode) {
    std::string wrong = wrong_rights(*ground, path, forbidden);
    if (!wrong.empty()) findings.push_back(bad_file("files-state", path, std::move(wrong), mode));
  };
  look_at(folder, others_write | group_write, "go-w");
  // What lies in a folder that others cannot enter is not theirs to read.
  const auto rights = ground->machine.rights(folder);
  const bool closed = rights && (rights->mode & others_enter) == 0;
  const auto files = ground->doors.files.list(folder);
  for (std::size_t i = 0; !closed && files && i < std::min(files->size(), files_max); ++i) {
    const std::string& name = files->at(i).name;
    // Databases and what is beside them (-wal, -shm); a certificate is for everybody.
    if (name.find(".db") == std::string::npos) continue;
    look_at(fmt::format("{}/{}", folder, name), others_read | others_write, "o-rwx");
  }
  if (findings.empty()) {
    findings.push_back(
        {.id = "files-state", .about = {}, .what = "nobody else may read the state"});
  }
  co_return findings;
}

io::Task<Findings> check_second_factors(io::Ref<const Ground> ground) {
  const admin::ApiSettings& api = ground->config.admin.api;
  if (!api.web || (api.http.empty() && api.https.empty()) || !ground->known) co_return Findings();
  const auto factors = admin::SecondFactors::open(
      ground->doors.files, admin::second_factors_path(ground->config.server.state_folder));
  if (!factors) {
    co_return one({.id = "second-factor",
                   .about = {},
                   .severity = Severity::unknown,
                   .what = factors.error().text()});
  }
  const bool from_outside = std::ranges::any_of(
      api.https, [](const io::Endpoint& at) { return !at.address.is_loopback(); });
  Findings findings;
  for (const std::string& name : ground->known->administrators()) {
    if ((*factors)->of(name) != nullptr || findings.size() >= administrators_max) continue;
    findings.push_back({.id = "second-factor",
                        .about = name,
                        .severity = from_outside ? Severity::warning : Severity::note,
                        .what = "is an administrator by the password alone",
                        .remedy = "log in to the web interface and turn the second factor on "
                                  "(Account); or take the right away",
                        .paste = fmt::format("stagepost user set {} --administrator no", name)});
  }
  if (findings.empty()) {
    findings.push_back({.id = "second-factor", .about = {}, .what = "no administrator is without"});
  }
  co_return findings;
}

io::Task<Findings> check_config_file(io::Ref<const Ground> ground) {
  const std::string& path = ground->config.server.config_path;
  if (path.empty()) co_return Findings();
  const bool secret = holds_passwords(ground->config);
  const unsigned forbidden = others_write | group_write | (secret ? others_read : 0U);
  std::string wrong = wrong_rights(*ground, path, forbidden);
  if (!wrong.empty()) {
    if (secret) wrong += ", and there are passwords in it";
    co_return one(bad_file("files-config", path, std::move(wrong), secret ? "640" : "644"));
  }
  co_return one({.id = "files-config", .about = {}, .what = "nobody else may change it"});
}

io::Task<Findings> check_settings(io::Ref<const Ground> ground) {
  const config::Config& config = ground->config;
  const std::string& path = config.server.config_path;
  if (path.empty()) co_return Findings();
  Finding finding{.id = "config", .about = path, .what = "it has no mistake"};
  const auto text = io::read_file(ground->doors.files, path, config::file_bytes_max);
  const auto info = ground->doors.files.info(path);
  if (!text || !info) {
    finding.severity = Severity::mend;
    finding.what = (text ? info.error() : text.error()).text();
    finding.remedy = "let the server's user read it: it is needed at the next start";
    finding.paste = fmt::format("chmod a+r {}", path);
    co_return one(std::move(finding));
  }
  if (const auto loaded = config::load(*text, path, config.server.home); !loaded) {
    finding.severity = Severity::mend;
    finding.what = loaded.error().detail;
    finding.remedy = "mend it before the next start, which would fail; then look again";
    finding.paste = "stagepost check";
  } else if (ground->settings_read != base::Time() && info->modified > ground->settings_read) {
    finding.severity = Severity::note;
    finding.what = "it was changed after the server had read it";
    finding.remedy = "let the server read it";
    finding.paste = "systemctl reload stagepost";
  } else if (!ground->after_restart.empty()) {
    finding.severity = Severity::warning;
    finding.what = fmt::format("the server has read it, but not put in force yet: {}",
                               fmt::join(ground->after_restart, ", "));
    finding.remedy = "start the server anew: these settings count from a start only";
    finding.paste = "systemctl restart stagepost";
  }
  co_return one(std::move(finding));
}

io::Task<Findings> check_program(io::Ref<const Ground> ground) {
  Finding finding{.id = "program", .about = {}, .what = "stagepost " STAGEPOST_VERSION};
  if (ground->machine.program_replaced()) {
    finding.severity = Severity::warning;
    finding.what += " runs, and its file was replaced by another one";
    finding.remedy = "start the new one";
    finding.paste = "systemctl restart stagepost";
  }
  co_return one(std::move(finding));
}

}  // namespace doctor
