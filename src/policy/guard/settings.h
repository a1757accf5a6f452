// policy/guard/settings.h: the settings of the guard over log-ins.
//
// What:    when failed log-ins are delayed, when an address, a network or an account is closed.
// In/Out:  filled by config/ as section [guard]; part of policy::Settings.
// Errors:  none here.
// Limits:  see the fields.
// Not here: what is done with them (login_guard.h), limits of sending (policy/limits/).
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"

namespace policy {

struct GuardSettings {
  bool on = true;
  std::vector<io::IpNetwork> allow = {};  // never delayed, never banned
  bool ban_port_25 = false;               // a ban also closes the ports for other servers' mail

  // A failure counts half after this time, a quarter after twice this time. So long, because it is
  // what a patient thief waits for.
  base::Duration failures_half_life = std::chrono::hours(6);
  std::uint32_t delay_after = 3;  // failures of an address that cost nothing: people mistype
  base::Duration delay_max = std::chrono::seconds(10);  // 1 s, 2 s, 4 s … up to this
  std::uint32_t address_failures_max = 10;              // an IPv4 address or an IPv6 /64
  std::uint32_t network_failures_max = 60;              // an IPv4 /24 or an IPv6 /48
  std::uint32_t wide_network_failures_max = 300;        // an IPv6 /32
  // Times as many for an address and network where somebody has logged in lately: a household or an
  // office with one badly set device does not shut out the others.
  std::uint32_t known_place_factor = 10;
  // Failures of one log-in at a place (and its network) where it has succeeded. A phone that tries
  // an old password every minute stays below it, so that the owner's other devices go on.
  std::uint32_t place_failures_max = 50;
  base::Duration place_half_life = std::chrono::minutes(30);

  // The first ban of an address or network, the second, …; the last one is for all later ones.
  std::vector<base::Duration> ban_times = {std::chrono::minutes(15), std::chrono::hours(1),
                                           std::chrono::hours(4), std::chrono::hours(24)};
  base::Duration ban_memory = std::chrono::days(7);  // without a ban: then it is a first one again

  // Guesses at one log-in from places where it never succeeded, all networks of the world together.
  std::uint32_t account_failures_max = 20;
  base::Duration place_memory = std::chrono::days(30);  // how long a success makes a place known

  std::uint32_t tracked_max = 65'536;  // addresses and networks with failures, and log-ins
  std::uint32_t bans_max = 65'536;
};

}  // namespace policy
