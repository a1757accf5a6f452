// admin/doctor/traffic_checks.h: how the mail itself fares: the queue, bounces, complaints.
//
// What:    what waits and for how long; which part of what was sent came back.
// In/Out:  Ground → Findings.
// Errors:  none: what is not counted here is `unknown`.
// Limits:  destinations_shown of the queue are named.
// Not here: counting (queue/, delivery/, report/).
#pragma once

#include <span>

#include "admin/doctor/ground.h"

namespace doctor {

[[nodiscard]] io::Task<Findings> check_queue_trouble(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_queue_size(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_queue_age(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_relay_login(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_bounces(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_complaints(io::Ref<const Ground> ground);

[[nodiscard]] std::span<const HostCheck> traffic_checks();

}  // namespace doctor
