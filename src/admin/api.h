// admin/api.h: the HTTP interface of administration: /api/v1/…, /health, /metrics.
//
// What:    one handler that the control socket (all of it) and the HTTP port (health, metrics)
//          serve, and that the command line calls itself when no server runs.
// In/Out:  http::Request → http::Response, JSON: {"error": "…"} with a 4xx or 5xx status on
//          trouble.
// Errors:  400 malformed, 404 unknown thing, 409 exists already or in use, 503 not now.
// Limits:  list_max entries per answer.
// Not here: sockets (lib/http/server.h), the verbs' words (cli/).
#pragma once

#include "admin/certificates.h"
#include "admin/client_routes.h"
#include "admin/queues.h"
#include "admin/second_factor.h"
#include "admin/tokens.h"
#include "admin/views.h"
#include "directory/store.h"
#include "lib/base/metrics.h"
#include "lib/http/router.h"
#include "lib/io/doors.h"
#include "policy/signing/rotation.h"
#include "policy/state/state.h"
#include "report/dmarc/reporter.h"
#include "trace/store.h"

namespace doctor {
class Doctor;
}  // namespace doctor
namespace records {
class Publisher;
}  // namespace records
namespace sending {
class KeyDesk;
}  // namespace sending
namespace session {
class Submitter;
}  // namespace session
namespace webhooks {
class Webhooks;
}  // namespace webhooks

namespace admin {

inline constexpr std::size_t list_max = 100'000;

// DKIM keys; null: this Api has none.
struct SigningParts {
  policy::KeyStore* keys = nullptr;
  policy::Rotation* rotation = nullptr;
  policy::SigningSettings settings = {};
  // May we have keys of this domain? Ours, and the one that this server's own name is in.
  std::function<bool(const std::string& domain)> is_ours = {};
};

// Mail that programs send for accounts.
struct SendingParts {
  session::Submitter* submitter = nullptr;  // null: only administrators send here
  sending::KeyDesk* keys = nullptr;         // null: no Idempotency-Key is taken
  std::string hostname = {};                // of the Message-ID of an author without a domain
  std::size_t recipients_max = 1'000;
};

// The settings that were read and count from the next start only (config/at_start.h).
using Reloaded = base::Result<std::vector<std::string>>;
using Reload = std::function<io::Task<Reloaded>()>;

// The parts outlive the Api.
struct Parts {
  io::Doors doors;
  Queues& queues;
  Injector& injector;
  directory::Store& directory;                        // used by this Api alone
  std::function<base::Result<>()> directory_changed;  // makes a change live; blocks
  std::function<std::string()> directory_note;  // what is amiss with LDAP, for /health; "": nothing
  trace::TraceStore& trace;
  base::Metrics& metrics;
  policy::State& state;  // bans, what accounts sent, last uses
  ClientParts clients = {};
  // Where a mailbox's mail is on this disk; "": not on it.
  std::function<std::string(const std::string& address)> mail_folder = {};
  SigningParts signing = {};
  // Tests every block list and allow-list now; none: they cannot be tested from here.
  std::function<io::Task<void>()> test_lists = {};
  report::Reports* reports = nullptr;       // null: this Api has none
  report::Reporter* reporter = nullptr;     // likewise
  doctor::Doctor* examiner = nullptr;       // likewise
  Certificates* certificates = nullptr;     // likewise
  records::Publisher* publisher = nullptr;  // likewise
  std::string auth_policy_key = {};         // of the Dovecot beside us; "": it is not served
  Tokens* tokens = nullptr;                 // null: this Api has none
  SecondFactors* factors = nullptr;         // null: nobody has a second factor
  ViewParts views = {};                     // without a flow: likewise
  // Whom we know, at this moment; none: it is not known here.
  std::function<std::shared_ptr<const directory::Snapshot>()> snapshot = {};
  SendingParts sending = {};
  webhooks::Webhooks* webhooks = nullptr;  // null: this Api has none
  // Aliases of files that count beside what the database has; blocks. None: there are no files.
  std::function<std::vector<directory::AliasRow>(directory::Contents)> file_aliases = {};
  JournalHold* journal_hold = nullptr;  // likewise: nothing can be backed up through it
  const Reload* reload = nullptr;  // reads the configuration again; null or empty: no server runs
};

class Api final : public http::Handler {
 public:
  explicit Api(Parts parts);
  io::Task<http::Response> handle(http::Request request) override;
  [[nodiscard]] http::Router& router() { return router_; }

 private:
  Parts parts_;
  http::Router router_;
};

// What everybody who reaches the HTTP port may see: /health, /metrics, and how to set up a mail
// program.
class PublicApi final : public http::Handler {
 public:
  explicit PublicApi(Parts parts);
  io::Task<http::Response> handle(http::Request request) override;

 private:
  Parts parts_;
  http::Router router_;
};

// Each adds its routes; the parts live as long as the router.
void add_directory_routes(http::Router& router, Parts& parts);
void add_user_routes(http::Router& router, Parts& parts);
void add_login_routes(http::Router& router, Parts& parts);
void add_person_routes(http::Router& router, Parts& parts);
void add_guard_routes(http::Router& router, Parts& parts);
void add_list_routes(http::Router& router, Parts& parts);
void add_queue_routes(http::Router& router, Parts& parts);
void add_dkim_routes(http::Router& router, Parts& parts);
void add_certificate_routes(http::Router& router, Parts& parts);
void add_dns_routes(http::Router& router, Parts& parts);
void add_message_routes(http::Router& router, Parts& parts);
void add_send_route(http::Router& router, Parts& parts);
void add_status_route(http::Router& router, Parts& parts);
void add_webhook_routes(http::Router& router, Parts& parts);
void add_doctor_routes(http::Router& router, Parts& parts);
void add_report_routes(http::Router& router, Parts& parts);
void add_token_routes(http::Router& router, Parts& parts);
void add_reload_route(http::Router& router, Parts& parts);
void add_backup_routes(http::Router& router, Parts& parts);
void add_health_routes(http::Router& router, Parts& parts);

// {"error": "…"} with the status that fits the kind of trouble.
[[nodiscard]] http::Response error_response(const base::Error& error);
// 403: who asks may not have that.
[[nodiscard]] http::Response forbidden(std::string why);

}  // namespace admin
