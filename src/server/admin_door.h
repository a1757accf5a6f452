// server/admin_door.h: the control socket and the HTTP port of a process.
//
// What:    joins admin's seams (queues, injector, directory) and serves its handlers on lane 0; to
//          the Internet only how to set up a mail program, the API to who has a token, and the web
//          interface to administrators.
// In/Out:  open() binds, stop() ends. handler() for who asks without a socket.
// Errors:  an address that cannot be bound, by name.
// Limits:  admin/settings.h.
// Not here: what is answered (admin/api.h).
#pragma once

#include <memory>
#include <vector>

#include "admin/api.h"
#include "admin/api_gate.h"
#include "admin/doctor/doctor.h"
#include "admin/doctor/view.h"
#include "admin/records/publisher.h"
#include "admin/sending/key_desk.h"
#include "admin/session_routes.h"
#include "admin/web_door.h"
#include "admin/webhooks/webhooks.h"
#include "lib/http/server.h"
#include "lib/io/real/machine.h"
#include "lib/io/task_group.h"
#include "policy/signing/rotation.h"
#include "report/dmarc/reporter.h"
#include "server/all_queues.h"
#include "server/certificate/keeper.h"
#include "server/injector.h"
#include "server/shared_parts.h"

namespace server {

class AdminDoor {
 public:
  // The assemblies and shared parts outlive it; assemblies[0] is on this loop.
  AdminDoor(Doors doors, const config::Config& config, SharedParts& shared,
            const std::vector<Assembly*>& assemblies);
  AdminDoor(const AdminDoor&) = delete;
  AdminDoor& operator=(const AdminDoor&) = delete;

  base::Result<> open();
  io::Task<void> stop();
  [[nodiscard]] http::Handler& handler() { return api_; }
  // For new settings of how often the DNS is asked for new keys.
  [[nodiscard]] policy::Rotation& rotation() { return rotation_; }
  [[nodiscard]] report::Reporter& reporter() { return reporter_; }
  [[nodiscard]] doctor::Doctor& examiner() { return examiner_; }
  [[nodiscard]] CertificateKeeper& certificates() { return certificates_; }
  // How the configuration is read again; without it nobody can ask for it here.
  void set_reload(admin::Reload reload) { reload_ = std::move(reload); }
  // Those in force, to be shown.
  void set_config(const config::Config& config) {
    config_ = std::make_shared<const config::Config>(config);
  }
  [[nodiscard]] webhooks::Webhooks& webhooks() { return webhooks_; }

 private:
  struct Face {
    std::string_view section;  // of the settings, for complaints
    http::Server::TlsSource tls;
  };
  base::Result<> serve(http::Server& server, const std::vector<io::Endpoint>& places,
                       const Face& face);

  Doors doors_;
  const admin::Settings settings_;
  const std::shared_ptr<const config::Config> started_;  // as it was at the start
  std::shared_ptr<const config::Config> config_;
  admin::Reload reload_;
  AllQueues queues_;
  LocalInjector injector_;
  policy::Rotation rotation_;
  report::Reporter reporter_;
  io::real::HostMachine machine_;
  doctor::AuthorityView view_;
  doctor::Doctor examiner_;
  admin::ClientApi client_api_;
  HttpAnswers answers_;  // where [clients] has the port that an authority asks at
  CertificateKeeper certificates_;
  doctor::AuthorityView records_view_;
  records::Publisher publisher_;
  sending::KeyDesk key_desk_;
  webhooks::Webhooks webhooks_;
  admin::Api api_;
  admin::PublicApi public_api_;
  admin::SessionRoutes sessions_;
  admin::ApiGate gate_;
  admin::WebDoor web_;
  http::Server control_;
  http::Server public_;
  http::Server clients_;
  http::Server programs_;
  http::Server::TlsSource tls_;
  std::vector<std::unique_ptr<io::Listener>> listeners_;
  io::TaskGroup serving_;
};

}  // namespace server
