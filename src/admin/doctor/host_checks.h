// admin/doctor/host_checks.h: how the world sees this host.
//
// What:    its names and addresses, port 25 both ways, block lists, whether it relays for others.
// In/Out:  Ground → Findings.
// Errors:  none: what cannot be seen from here is `unknown`.
// Limits:  connect_seconds_max for each connection.
// Not here: records of our domains (domain_checks.h), the machine inside (machine_checks.h).
#pragma once

#include <span>

#include "admin/doctor/ground.h"

namespace doctor {

// The addresses of this host that the world can reach, without those of the settings.
[[nodiscard]] std::vector<io::IpAddress> public_addresses(const io::Network& network);

// host_names.cc
[[nodiscard]] io::Task<Findings> check_host_address(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_helo_name(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_ptr(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_fcrdns(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_host_spf(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_dnssec_resolver(io::Ref<const Ground> ground);
// host_reach.cc
[[nodiscard]] io::Task<Findings> check_port_25_in(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_port_25_out(io::Ref<const Ground> ground);
[[nodiscard]] io::Task<Findings> check_relay(io::Ref<const Ground> ground);
// host_lists.cc: both ids, "block-lists" and "lists-faulty"
[[nodiscard]] io::Task<Findings> check_block_lists(io::Ref<const Ground> ground);

[[nodiscard]] std::span<const HostCheck> host_checks();

}  // namespace doctor
