// See api.h. The doctor: all checks now, or what was found last.
#include <boost/json.hpp>

#include "admin/api.h"
#include "admin/doctor/catalogue.h"
#include "admin/doctor/doctor.h"
#include "lib/io/clock.h"
#include "lib/message/address.h"

namespace admin {
namespace {

using boost::json::array;
using boost::json::object;
using doctor::Severity;

std::string query_text(const http::Request& request, std::string_view key) {
  const auto at = request.query.find(key);
  return at == request.query.end() ? std::string() : at->second;
}

void add_info(object& out, std::string_view id) {
  if (const doctor::CheckInfo* info = doctor::info_of(id)) {
    out["title"] = std::string(info->title);
    out["why"] = std::string(info->why);
  }
  out["link"] = doctor::link_of(id);
}

object finding_json(const doctor::Finding& finding) {
  object out = {
      {"id", finding.id},     {"about", finding.about},   {"severity", to_string(finding.severity)},
      {"what", finding.what}, {"remedy", finding.remedy}, {"paste", finding.paste}};
  add_info(out, finding.id);
  return out;
}

object change_json(const doctor::Change& change) {
  return {{"kind", to_string(change.kind)},
          {"id", change.id},
          {"about", change.about},
          {"before", to_string(change.before)},
          {"after", to_string(change.after)},
          {"what", change.what}};
}

object counts_json(const doctor::Examination& examination) {
  object out;
  for (const Severity severity :
       {Severity::mend, Severity::warning, Severity::unknown, Severity::note, Severity::ok}) {
    out[std::string(to_string(severity))] = examination.count(severity);
  }
  return out;
}

object examination_json(const doctor::Examination& examination) {
  array findings;
  for (const doctor::Finding& one : examination.findings) findings.push_back(finding_json(one));
  array changes;
  for (const doctor::Change& one : examination.changes) changes.push_back(change_json(one));
  object out = {
      {"time", base::format_time(examination.when)},
      {"milliseconds", std::chrono::floor<std::chrono::milliseconds>(examination.took).count()},
      {"host", examination.hostname},
      {"well", examination.count(Severity::mend) == 0},
      {"counts", counts_json(examination)},
      {"findings", std::move(findings)},
      {"compared_with", nullptr},
      {"changes", std::move(changes)}};
  if (examination.compared) out["compared_with"] = base::format_time(*examination.compared);
  return out;
}

// Of an earlier run only what was not well is known.
object kept_json(const doctor::Result& result) {
  array findings;
  bool well = true;
  for (const doctor::Kept& one : result.findings) {
    object out = {{"id", one.id},
                  {"about", one.about},
                  {"severity", to_string(one.severity)},
                  {"what", one.what},
                  {"remedy", one.remedy}};
    add_info(out, one.id);
    findings.push_back(std::move(out));
    well = well && one.severity != Severity::mend;
  }
  return {
      {"time", base::format_time(result.when)}, {"well", well}, {"findings", std::move(findings)}};
}

io::Task<http::Response> show(Parts* parts, http::Request request) {
  if (query_text(request, "kept") == "1") {
    const auto kept = co_await parts->examiner->kept();
    if (!kept) {
      co_return error_response(
          {base::ErrorKind::not_found, "the doctor has not looked yet; ask without kept=1"});
    }
    co_return http::json_response(200, boost::json::serialize(kept_json(*kept)));
  }
  const std::string domain = query_text(request, "domain");
  if (!domain.empty() && !message::is_domain(domain, {.utf8 = true})) {
    co_return error_response({base::ErrorKind::invalid, "\"" + domain + "\" is not a domain name"});
  }
  const auto examination = co_await parts->examiner->examine(message::domain_key(domain));
  if (!examination) co_return error_response(examination.error());
  co_return http::json_response(200, boost::json::serialize(examination_json(*examination)));
}

}  // namespace

void add_doctor_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/doctor",
             [&parts](http::Request request) { return show(&parts, std::move(request)); });
}

}  // namespace admin
