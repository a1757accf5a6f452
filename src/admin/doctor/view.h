// admin/doctor/view.h: what each name server of a zone says: the door to authoritative answers.
//
// What:    View asks every authority for a name; AuthorityView does so over the network.
// In/Out:  name and type → Survey, an answer per address of each name server.
// Errors:  Survey::trouble when the name servers themselves are not known; trouble of one is its
//          answer.
// Limits:  addresses_max per name server, answer_seconds_max per answer; an address that has not
//          answered is not asked again before forget().
// Not here: what the answers are worth (opinion.h), one question (lib/dns/server_resolver.h).
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "lib/dns/resolver.h"
#include "lib/io/clock.h"
#include "lib/io/network.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace doctor {

struct Told {
  std::string server;   // "ns1.example.net"
  std::string address;  // empty: it has none that we know
  dns::Answer answer;
  // "ns1.example.net [192.0.2.53]"
  [[nodiscard]] std::string where() const;
};

struct Survey {
  std::vector<Told> told;
  std::string trouble;  // why nobody could be asked
};

class View {
 public:
  View() = default;
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  virtual ~View() = default;
  virtual io::Task<Survey> ask(std::string name, dns::Type type) = 0;
  // Before a new run: who was silent is asked again.
  virtual void forget() {}
};

class AuthorityView final : public View {
 public:
  static constexpr std::size_t addresses_max = 4;  // of one name server
  static constexpr auto answer_seconds_max = std::chrono::seconds(5);
  static constexpr std::uint16_t dns_port = 53;

  struct Parts {
    io::Network& network;
    io::Clock& clock;
    dns::Resolver& resolver;
    std::uint16_t port = dns_port;
  };
  explicit AuthorityView(Parts parts) : parts_(parts) {}

  io::Task<Survey> ask(std::string name, dns::Type type) override;
  void forget() override { silent_.clear(); }

 private:
  struct Question {
    std::string name;
    dns::Type type;
  };
  io::Task<void> ask_server(std::string server, Question question, io::Ref<Survey> survey);
  io::Task<dns::Answer> ask_address(io::IpAddress address, Question question);

  Parts parts_;
  std::map<io::IpAddress, std::string> silent_;  // and why
};

}  // namespace doctor
