// policy/settings.h: the settings of policy/.
//
// What:    who may relay, and limits of a transaction.
// In/Out:  filled by config/; immutable, a session keeps those it began with.
// Errors:  none here.
// Limits:  see the fields.
// Not here: limits of the conversation itself (session/settings.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/time.h"
#include "lib/io/address.h"
#include "lib/io/service_place.h"
#include "policy/client/settings.h"
#include "policy/filters/settings.h"
#include "policy/forwarding_settings.h"
#include "policy/guard/settings.h"
#include "policy/impersonation/settings.h"
#include "policy/limits/settings.h"
#include "policy/login/settings.h"
#include "policy/signing/settings.h"
#include "policy/verify/settings.h"

namespace policy {

// A domain whose mail anybody may leave here, to be passed on to its own servers.
struct BackupSetting {
  std::string domain;                   // lower case
  std::vector<std::string> recipients;  // local parts, lower case; empty: all
};

struct Settings {
  std::string hostname;
  std::vector<io::IpNetwork> relay_networks;  // who may relay without AUTH; empty by default
  std::vector<BackupSetting> backups;         // whose backup MX we are
  unsigned received_fields_max = 100;         // RFC 5321 §6.3: more means a loop
  std::string state_path;                     // state folder + "/state.db"
  base::Duration state_save_every = std::chrono::seconds(5);  // a crash loses so much of counters
  GuardSettings guard;
  LimitsSettings limits;
  ClientSettings client;                // the connecting address
  VerifySettings verify;                // SPF, DKIM, DMARC, ARC
  FilterSettings filters;               // milters, rspamd
  ImpersonationSettings impersonation;  // marks
  ForwardingSettings forwarding;        // SRS
  SigningSettings signing;              // of our own mail
  LoginSettings login;                  // mechanisms, [oauth]
  bool complete_header = true;          // of submissions: Date, Message-ID, From, no Bcc
  // Dovecot's quota-status service, asked at RCPT whether a mailbox is full; empty: nobody is.
  io::ServicePlace quota_status;
  base::Duration quota_status_timeout = std::chrono::seconds(2);
  base::Duration quota_status_keep = std::chrono::seconds(5);  // an answer
};

}  // namespace policy
