// See view.h.
#include "admin/doctor/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/dns/name_servers.h"
#include "lib/dns/names.h"
#include "lib/dns/server_resolver.h"
#include "lib/io/task_group.h"

namespace doctor {
namespace {

// What a server says, REFUSED too, is about the name; silence is about the server.
bool is_silence(std::string_view why) {
  using base::ErrorKind;
  return std::ranges::any_of(
      std::array{ErrorKind::timed_out, ErrorKind::refused, ErrorKind::unreachable},
      [why](ErrorKind kind) { return why.starts_with(base::to_string(kind)); });
}

}  // namespace

std::string Told::where() const {
  return address.empty() ? server : fmt::format("{} [{}]", server, address);
}

io::Task<Survey> AuthorityView::ask(std::string name, dns::Type type) {
  Survey survey;
  const std::string key = dns::name_key(name);
  const auto zone = co_await dns::zone_of(parts_.resolver, key);
  if (!zone) {
    survey.trouble = zone.error().detail;
    co_return survey;
  }
  io::TaskGroup asking(co_await io::current_scope());
  for (const std::string& server : zone->servers) {
    asking.spawn(ask_server(server, {.name = key, .type = type}, survey));
  }
  co_await asking.join();
  std::ranges::sort(survey.told, {},
                    [](const Told& told) { return std::pair(told.server, told.address); });
  co_return survey;
}

io::Task<void> AuthorityView::ask_server(std::string server, Question question,
                                         io::Ref<Survey> survey) {
  const dns::Answer addresses = co_await dns::query_addresses(parts_.resolver, server);
  if (addresses.records.empty()) {
    survey->told.push_back({.server = server,
                            .address = {},
                            .answer = dns::no_answer("its address is not known " + addresses.why)});
  }
  for (std::size_t i = 0; i < std::min(addresses.records.size(), addresses_max); ++i) {
    const io::IpAddress address = addresses.records[i].address;
    dns::Answer answer = co_await ask_address(address, question);
    survey->told.push_back(
        {.server = server, .address = address.text(), .answer = std::move(answer)});
  }
}

io::Task<dns::Answer> AuthorityView::ask_address(io::IpAddress address, Question question) {
  if (const auto silent = silent_.find(address); silent != silent_.end()) {
    co_return dns::no_answer(silent->second);
  }
  dns::ServerResolver server({.network = parts_.network,
                              .clock = parts_.clock,
                              .elsewhere = parts_.resolver,
                              .server = {address, parts_.port},
                              .timeout = answer_seconds_max});
  dns::Answer answer = co_await server.query(question.name, question.type);
  if (answer.status == dns::Status::trouble && is_silence(answer.why)) {
    silent_.emplace(address, answer.why);
  }
  co_return answer;
}

}  // namespace doctor
