// admin/doctor/machine_checks.h: the host inside: clock, disk, rights of files, settings, program.
//
// What:    what a server needs of its machine, and what only it can see there.
// In/Out:  Ground → Findings.
// Errors:  none: what the system does not say is `unknown`.
// Limits:  files_max files of the state folder are looked at.
// Not here: names and ports (host_checks.h), the certificate (tls_checks.h).
#pragma once

#include <span>

#include "admin/doctor/ground.h"

namespace doctor {

[[nodiscard]] io::Task<Findings> check_clock(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_disk_space(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_disk_days(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_key_files(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_state_files(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_second_factors(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_config_file(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_settings(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_program(io::Ref<const Ground> ground);

[[nodiscard]] std::span<const HostCheck> machine_checks();

}  // namespace doctor
