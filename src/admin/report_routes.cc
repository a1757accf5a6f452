// See api.h. Reports that arrived, and those that we send.
#include <fmt/format.h>

#include "admin/api.h"
#include "admin/json.h"
#include "lib/base/text.h"
#include "lib/io/clock.h"
#include "lib/io/pool.h"
#include "lib/message/address.h"

namespace admin {
namespace {

using boost::json::array;
using boost::json::object;

constexpr std::size_t sent_max = 1'000;
constexpr std::size_t shown_max = 1'000;  // reports, sources or records of one answer
constexpr std::uint64_t days_default = 30;
constexpr std::uint64_t days_max = 3'660;

// Cuts the one beyond shown_max off and says so.
object page(std::string_view key, array rows) {
  const bool more = rows.size() > shown_max;
  if (more) rows.resize(shown_max);
  return {{key, std::move(rows)}, {"more", more}};
}

http::Response answer(const object& body) {
  return http::json_response(200, boost::json::serialize(body));
}

array texts(const std::vector<std::string>& from) {
  array out;
  for (const std::string& one : from) out.emplace_back(one);
  return out;
}

object listed_json(const report::ListedReport& one) {
  const report::ReceivedReport& report = one.report;
  return {{"number", one.number},
          {"kind", to_string(report.kind)},
          {"domain", report.domain},
          {"organization", report.organization},
          {"contact", report.contact},
          {"report_id", report.report_id},
          {"begin", base::format_time(report.begin)},
          {"end", base::format_time(report.end)},
          {"count", report.count},
          {"good", report.good},
          {"remarks", texts(report.remarks)},
          {"received", base::format_time(one.arrival.when)},
          {"from", one.arrival.from},
          {"authentication", one.arrival.authentication},
          {"proven", one.arrival.proven},
          {"file", one.arrival.file}};
}

std::string query_text(const http::Request& request, std::string_view key) {
  const auto at = request.query.find(key);
  return at == request.query.end() ? std::string() : at->second;
}

base::Result<report::ReportFilter> filter_of(const http::Request& request, base::Time now) {
  report::ReportFilter filter;
  filter.domain = message::domain_key(query_text(request, "domain"));
  filter.max = shown_max + 1;  // one more tells that there is more
  filter.unproven = query_text(request, "unproven") == "1";
  const std::string text = query_text(request, "days");
  const auto days = text.empty() ? days_default : base::parse_number(text);
  if (!days || *days > days_max) {
    return base::fail(base::ErrorKind::invalid, fmt::format("days is a number up to {}", days_max));
  }
  filter.since = now - std::chrono::hours(24 * *days);
  return filter;
}

io::Task<http::Response> list(Parts* parts, http::Request request) {
  const auto filter = filter_of(request, parts->doors.clock.wall());
  if (!filter) co_return error_response(filter.error());
  const auto found = co_await io::on_pool(parts->doors.pool, [parts, filter = *filter] {
    return parts->reports->with_store(
        [&filter](report::ReportStore& store) { return store.list(filter); });
  });
  if (!found) co_return error_response(found.error());
  array out;
  for (const report::ListedReport& one : *found) out.push_back(listed_json(one));
  co_return answer(page("reports", std::move(out)));
}

io::Task<http::Response> summary(Parts* parts, http::Request request) {
  const auto filter = filter_of(request, parts->doors.clock.wall());
  if (!filter) co_return error_response(filter.error());
  const auto found = co_await io::on_pool(parts->doors.pool, [parts, filter = *filter] {
    return parts->reports->with_store(
        [&filter](report::ReportStore& store) { return store.summary(filter); });
  });
  if (!found) co_return error_response(found.error());
  array out;
  for (const report::SummaryLine& one : *found) {
    out.push_back(object{{"kind", to_string(one.kind)},
                         {"domain", one.domain},
                         {"source", one.source},
                         {"count", one.count},
                         {"good", one.good},
                         {"results", one.results},
                         {"reports", one.reports}});
  }
  co_return answer(page("sources", std::move(out)));
}

io::Task<http::Response> show(Parts* parts, http::Request request) {
  const auto number = base::parse_number(request.captures.find("number")->second);
  if (!number) co_return error_response({base::ErrorKind::invalid, "a report has a number"});
  const auto found = co_await io::on_pool(parts->doors.pool, [parts, number = *number] {
    return parts->reports->with_store([number](report::ReportStore& store) {
      return store.find(static_cast<std::int64_t>(number));
    });
  });
  if (!found) co_return error_response(found.error());
  if (!*found) {
    co_return error_response(
        {base::ErrorKind::not_found,
         fmt::format("there is no report {}; `stagepost report list` shows them", *number)});
  }
  object out = listed_json((*found)->listed);
  boost::system::error_code error;
  out["detail"] = boost::json::parse((*found)->detail, error);
  out["more"] = false;
  if (auto* detail = out["detail"].if_object(); detail != nullptr) {
    for (auto& [key, value] : *detail) {
      if (!value.is_array() || value.get_array().size() <= shown_max) continue;
      value.get_array().resize(shown_max);
      out["more"] = true;
    }
  }
  co_return answer(out);
}

io::Task<http::Response> remove(Parts* parts, http::Request request) {
  const auto number = base::parse_number(request.captures.find("number")->second);
  if (!number) co_return error_response({base::ErrorKind::invalid, "a report has a number"});
  const auto removed = co_await io::on_pool(parts->doors.pool, [parts, number = *number] {
    return parts->reports->with_store([number](report::ReportStore& store) {
      return store.remove(static_cast<std::int64_t>(number));
    });
  });
  if (!removed) co_return error_response(removed.error());
  if (!*removed) {
    co_return error_response(
        {base::ErrorKind::not_found, fmt::format("there is no report {}", *number)});
  }
  co_return answer({{"removed", *number}});
}

io::Task<http::Response> import(Parts* parts, http::Request request) {
  const auto stored = co_await io::on_pool(
      parts->doors.pool,
      [parts, name = query_text(request, "name"), body = std::move(request.body),
       now = parts->doors.clock.wall()] { return parts->reports->take_file(body, name, now); });
  if (!stored) co_return error_response(stored.error());
  array numbers;
  for (const std::int64_t one : stored->numbers) numbers.emplace_back(one);
  co_return answer({{"numbers", std::move(numbers)},
                    {"duplicates", stored->duplicates},
                    {"problems", texts(stored->problems)}});
}

// --- ours ----------------------------------------------------------------------------------------

object sent_json(const report::SendResult& one) {
  object out = {{"domain", one.domain},
                {"report_id", one.report_id},
                {"begin", base::format_time(one.begin)},
                {"end", base::format_time(one.end)},
                {"messages", one.messages},
                {"to", texts(one.sent_to)},
                {"refused", texts(one.refused)},
                {"later", one.later}};
  if (!one.xml.empty()) out["xml"] = one.xml;
  return out;
}

bool flag_of(const object& body, std::string_view key) {
  const auto* value = body.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

io::Task<http::Response> send(Parts* parts, http::Request request) {
  auto body = parse_object(request.body);
  if (!body) co_return error_response(body.error());
  auto domain = text_if(*body, "domain");
  if (!domain) co_return error_response(domain.error());
  auto sent = co_await parts->reporter->send({.domain = message::domain_key(domain->value_or("")),
                                              .today = flag_of(*body, "now"),
                                              .dry_run = flag_of(*body, "dry_run")});
  if (!sent) co_return error_response(sent.error());
  array out;
  for (const report::SendResult& one : *sent) out.push_back(sent_json(one));
  co_return answer({{"reports", std::move(out)}});
}

io::Task<http::Response> list_sent(Parts* parts) {
  const auto found = co_await io::on_pool(parts->doors.pool, [parts] {
    return parts->reports->with_store(
        [](report::ReportStore& store) { return store.sent(sent_max); });
  });
  if (!found) co_return error_response(found.error());
  array out;
  for (const report::SentPeriod& one : *found) {
    out.push_back(object{{"domain", one.key.domain},
                         {"report_id", one.report_id},
                         {"begin", base::format_time(one.begin)},
                         {"end", base::format_time(one.end)},
                         {"when", base::format_time(one.when)},
                         {"result", one.result}});
  }
  co_return answer({{"sent", std::move(out)}});
}

}  // namespace

void add_report_routes(http::Router& router, Parts& parts) {
  router.add("GET", "/api/v1/reports", [&parts](http::Request r) { return list(&parts, r); });
  router.add("GET", "/api/v1/reports/summary",
             [&parts](http::Request r) { return summary(&parts, r); });
  router.add("GET", "/api/v1/reports/sent", [&parts](http::Request) { return list_sent(&parts); });
  router.add("GET", "/api/v1/reports/{number}",
             [&parts](http::Request r) { return show(&parts, r); });
  router.add("DELETE", "/api/v1/reports/{number}",
             [&parts](http::Request r) { return remove(&parts, r); });
  router.add("POST", "/api/v1/reports/import",
             [&parts](http::Request r) { return import(&parts, std::move(r)); });
  router.add("POST", "/api/v1/reports/send", [&parts](http::Request r) { return send(&parts, r); });
}

}  // namespace admin
