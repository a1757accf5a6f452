// See client_routes.h.
#include "admin/client_routes.h"

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "admin/client_config.h"
#include "lib/base/text.h"
#include "lib/message/address.h"

namespace admin {
namespace {

http::Response answer(std::string content_type, std::string body) {
  http::Response response;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  // Nothing here runs, frames or fetches anything.
  response.headers.set("Content-Security-Policy",
                       "default-src 'none'; form-action 'self'; frame-ancestors 'none'");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

http::Response not_ours() {
  return http::text_response(404, "this server does not serve that domain\n");
}

std::string value_of(const http::Values& query, std::string_view name) {
  const auto found = query.find(name);
  return found == query.end() ? std::string() : found->second;
}

std::optional<message::Address> address_in(const std::string& text) {
  auto address = message::parse_address(base::trim(text), {.utf8 = true});
  if (!address || address->domain.empty()) return std::nullopt;
  return *address;
}

bool is_ours(const ClientParts& parts, std::string_view domain) {
  return parts.is_our_domain && parts.is_our_domain(message::domain_key(domain));
}

// "autoconfig.example.org:80" asks for example.org; so does example.org itself.
std::string domain_of_host(const ClientParts& parts, const http::Request& request) {
  const std::string* header = request.headers.find("Host");
  if (header == nullptr) return {};
  std::string host = base::lower(header->substr(0, header->find(':')));
  if (is_ours(parts, host)) return host;
  const std::size_t dot = host.find('.');
  if (dot == std::string::npos) return {};
  std::string parent = host.substr(dot + 1);
  return is_ours(parts, parent) ? parent : std::string();
}

io::Task<http::Response> autoconfig(const ClientParts* parts, http::Request request) {
  const std::string asked = value_of(request.query, "emailaddress");
  std::string domain;
  if (asked.empty()) {
    domain = domain_of_host(*parts, request);
  } else if (const auto address = address_in(asked); address && is_ours(*parts, address->domain)) {
    domain = message::domain_key(address->domain);
  }
  if (domain.empty()) co_return not_ours();
  co_return answer("application/xml; charset=utf-8", autoconfig_xml(parts->places, domain));
}

io::Task<http::Response> autodiscover(const ClientParts* parts, http::Request request) {
  const auto address = requested_address(request.body);
  const bool ours = address && is_ours(*parts, address->domain);
  co_return answer("application/xml; charset=utf-8",
                   ours ? autodiscover_xml(parts->places, *address) : autodiscover_error_xml());
}

// Version 2 only says where version 1 is.
io::Task<http::Response> autodiscover_json(const ClientParts* parts, http::Request request) {
  if (!base::iequals(value_of(request.query, "Protocol"), "AutodiscoverV1")) {
    const boost::json::object body = {{"ErrorCode", "ProtocolNotSupported"},
                                      {"ErrorMessage", "The only protocol here is AutodiscoverV1"}};
    co_return http::json_response(400, boost::json::serialize(body));
  }
  const boost::json::object body = {
      {"Protocol", "AutodiscoverV1"},
      {"Url", "https://" + parts->places.smtp_host + "/autodiscover/autodiscover.xml"}};
  co_return http::json_response(200, boost::json::serialize(body));
}

io::Task<http::Response> apple(const ClientParts* parts, http::Request request) {
  const auto address = address_in(value_of(request.query, "email"));
  if (!address) co_return http::text_response(400, "say ?email=you@example.org\n");
  if (!is_ours(*parts, address->domain)) co_return not_ours();
  auto response = answer("application/x-apple-aspen-config; charset=utf-8",
                         apple_profile(parts->places, *address));
  response.headers.set("Content-Disposition", "attachment; filename=\"mail.mobileconfig\"");
  co_return response;
}

// RFC 8461 §3.3: the policy of example.org is on mta-sts.example.org.
io::Task<http::Response> mta_sts(const ClientParts* parts, http::Request request) {
  const std::string* header = request.headers.find("Host");
  const bool named = header != nullptr && base::istarts_with(*header, "mta-sts.");
  if (!named || parts->mta_sts_policy.empty() || domain_of_host(*parts, request).empty()) {
    co_return not_ours();
  }
  co_return answer("text/plain; charset=utf-8", parts->mta_sts_policy);
}

io::Task<http::Response> page(const ClientParts* parts, http::Request request) {
  co_return answer("text/html; charset=utf-8",
                   setup_page(parts->places, domain_of_host(*parts, request)));
}

}  // namespace

void add_client_routes(http::Router& router, const ClientParts& parts) {
  const ClientParts* const all = &parts;
  const auto add = [&](const char* method, const char* path, auto handler) {
    router.add(method, path,
               [all, handler](http::Request request) { return handler(all, std::move(request)); });
  };
  add("GET", "/mail/config-v1.1.xml", autoconfig);
  add("GET", "/.well-known/autoconfig/mail/config-v1.1.xml", autoconfig);
  // Outlook has written the path in all of these ways.
  for (const char* path : {"/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml",
                           "/AutoDiscover/AutoDiscover.xml"}) {
    add("POST", path, autodiscover);
  }
  for (const char* path : {"/autodiscover/autodiscover.json", "/Autodiscover/Autodiscover.json",
                           "/autodiscover/autodiscover.json/v1.0/{email}"}) {
    add("GET", path, autodiscover_json);
  }
  add("GET", "/apple.mobileconfig", apple);
  add("GET", "/.well-known/mta-sts.txt", mta_sts);
  add("GET", "/mail-setup", page);
  add("GET", "/", page);
}

}  // namespace admin
