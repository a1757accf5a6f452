// admin/records/publisher.h: what a domain needs in the DNS, what is there, and putting it there.
//
// What:    look() makes the list of a domain of ours and asks every name server about it; publish()
//          adds what is missing by dynamic updates (RFC 2136), then looks again until every name
//          server serves it.
// In/Out:  domain → Sheet; PublishWish → Published.
// Errors:  not_found for a domain that is not ours; invalid for a server or key that is none. What
//          a name server refuses is told for its zone, and the other zones go on.
// Limits:  look_seconds_max, update_seconds_max for each zone, settle_seconds_max for all servers.
// Not here: which records (wanted.h), how they are judged (judge.h), HTTP (admin/dns_routes.cc).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admin/certificates.h"
#include "admin/records/state.h"
#include "config/config.h"
#include "directory/directory.h"
#include "lib/base/result.h"
#include "lib/io/doors.h"
#include "policy/signing/key_store.h"

namespace records {

struct Sheet {
  std::string domain;
  std::string hostname;
  std::vector<io::IpAddress> addresses;  // none: only private ones are known
  std::string mta_sts_policy;            // that we serve; empty: none
  std::vector<Row> rows;                 // unknown all of them when nobody was asked
};

struct PublishWish {
  std::string domain;
  std::string server = {};               // takes updates; empty: that of [acme]
  std::optional<dns::TsigKey> key = {};  // nothing, and no server: that of [acme]
  bool replace = false;                  // what is somebody else's, too
  bool dry_run = false;                  // only say what would be done
};

struct ZoneChanges {
  std::string zone;  // "": the root
  std::vector<dns::Change> changes;
  std::string trouble = {};  // why they were not made
};

struct Published {
  std::vector<ZoneChanges> zones;
  std::vector<Row> left;  // what is not well and was not touched
  Sheet after;            // what every name server serves in the end; of a dry run, now
};

class Publisher {
 public:
  static constexpr auto look_seconds_max = std::chrono::seconds(40);
  static constexpr auto update_seconds_max = std::chrono::seconds(15);
  static constexpr auto settle_seconds_max = std::chrono::seconds(60);

  // They outlive it.
  struct Parts {
    io::Doors doors;
    dns::Resolver& resolver;
    const directory::Directory& directory;
    const policy::KeyStore& keys;
    admin::Certificates& certificates;
    doctor::View& view;
  };
  Publisher(Parts parts, const config::Config& config)
      : parts_(parts), config_(std::make_shared<const config::Config>(config)) {}

  // `ask`: what name servers say.
  io::Task<base::Result<Sheet>> look(std::string domain, bool ask);
  io::Task<base::Result<Published>> publish(PublishWish wish);

 private:
  io::Task<base::Result<Facts>> facts_of(std::string domain);
  io::Task<void> look_at(io::Ref<Sheet> sheet);
  io::Task<base::Result<>> complete(io::Ref<PublishWish> wish);
  io::Task<std::vector<ZoneChanges>> plan(io::Ref<const Sheet> sheet, bool replace);
  io::Task<void> carry_out(io::Ref<const PublishWish> wish, io::Ref<ZoneChanges> zone);
  io::Task<void> settle(io::Ref<Published> published);

  Parts parts_;
  std::shared_ptr<const config::Config> config_;
};

}  // namespace records
