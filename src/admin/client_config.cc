// See client_config.h.
#include "admin/client_config.h"

#include <fmt/format.h>

#include <pugixml.hpp>
#include <vector>

#include "lib/base/text.h"

namespace admin {
namespace {

constexpr std::string_view declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

// One way in or out, in the order in which to prefer them (RFC 8314 §3: TLS at once).
struct Way {
  bool incoming = true;
  std::string host;
  std::uint16_t port = 0;
  bool implicit_tls = true;
};

std::vector<Way> ways_of(const ClientPlaces& places) {
  const Way all[] = {{true, places.imap_host, places.imaps_port, true},
                     {true, places.imap_host, places.imap_port, false},
                     {false, places.smtp_host, places.submissions_port, true},
                     {false, places.smtp_host, places.submission_port, false}};
  std::vector<Way> ways;
  for (const Way& way : all) {
    if (way.port != 0 && !way.host.empty()) ways.push_back(way);
  }
  return ways;
}

std::string autoconfig_server(const Way& way) {
  return fmt::format(
      "    <{0} type=\"{1}\">\n"
      "      <hostname>{2}</hostname>\n"
      "      <port>{3}</port>\n"
      "      <socketType>{4}</socketType>\n"
      "      <username>%EMAILADDRESS%</username>\n"
      "      <authentication>password-cleartext</authentication>\n"
      "    </{0}>\n",
      way.incoming ? "incomingServer" : "outgoingServer", way.incoming ? "imap" : "smtp",
      escape_xml(way.host), way.port, way.implicit_tls ? "SSL" : "STARTTLS");
}

std::string autodiscover_protocol(const Way& way, std::string_view login) {
  return fmt::format(
      "      <Protocol>\n"
      "        <Type>{}</Type>\n"
      "        <Server>{}</Server>\n"
      "        <Port>{}</Port>\n"
      "        <DomainRequired>off</DomainRequired>\n"
      "        <LoginName>{}</LoginName>\n"
      "        <SPA>off</SPA>\n"
      "        <SSL>on</SSL>\n"
      "        <Encryption>{}</Encryption>\n"
      "        <AuthRequired>on</AuthRequired>\n"
      "      </Protocol>\n",
      way.incoming ? "IMAP" : "SMTP", escape_xml(way.host), way.port, login,
      way.implicit_tls ? "SSL" : "TLS");
}

// The name without its namespace's prefix.
std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

pugi::xml_node child_named(const pugi::xml_node& node, std::string_view name) {
  for (const pugi::xml_node& child : node.children()) {
    if (base::iequals(local_name(child), name)) return child;
  }
  return {};
}

// Two runs of FNV-1a make the 122 bits of an identifier of our own kind (RFC 9562 §5.8, version 8).
std::uint64_t fnv(std::string_view text, std::uint64_t basis) {
  std::uint64_t hash = basis;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

std::string identifier(std::string_view text) {
  const std::uint64_t high = fnv(text, 0xcbf29ce484222325ULL);
  const std::uint64_t low = fnv(text, high ^ 0x9e3779b97f4a7c15ULL);
  return fmt::format("{:08X}-{:04X}-8{:03X}-{:04X}-{:012X}", high >> 32U, (high >> 16U) & 0xffffU,
                     high & 0xfffU, 0x8000U | ((low >> 48U) & 0x3fffU), low & 0xffffffffffffULL);
}

std::string key_text(std::string_view key, std::string_view value) {
  return fmt::format("<key>{}</key><string>{}</string>\n", key, escape_xml(value));
}

std::string apple_server(std::string_view side, const Way& way, const std::string& address) {
  return key_text(fmt::format("{}MailServerHostName", side), way.host) +
         fmt::format(
             "<key>{0}MailServerPortNumber</key><integer>{1}</integer>\n"
             "<key>{0}MailServerUseSSL</key><true/>\n",
             side, way.port) +
         key_text(fmt::format("{}MailServerUsername", side), address) +
         key_text(fmt::format("{}MailServerAuthentication", side), "EmailAuthPassword");
}

std::string page_row(const Way& way) {
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                     way.incoming ? "Incoming mail (IMAP)" : "Outgoing mail (SMTP)",
                     escape_xml(way.host), way.port, way.implicit_tls ? "SSL/TLS" : "STARTTLS");
}

}  // namespace

std::string escape_xml(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if (static_cast<unsigned char>(c) >= ' ' && c != 0x7f) out += c;
    }
  }
  return out;
}

ClientPlaces offered_places(const config::Config& config) {
  ClientPlaces places = config.admin.clients.places;
  if (places.imap_host.empty()) places.imap_host = config.session.hostname;
  if (places.smtp_host.empty()) {
    places.smtp_host = config.session.hostname;
    places.submissions_port = places.submission_port = 0;
    for (const session::ListenerSetting& listener : config.session.listeners) {
      if (listener.role != session::Role::submission) continue;
      std::uint16_t& port =
          listener.tls == session::Tls::implicit ? places.submissions_port : places.submission_port;
      if (port == 0) port = listener.at.port;
    }
  }
  return places;
}

std::string autoconfig_xml(const ClientPlaces& places, std::string_view domain) {
  const std::string name = escape_xml(domain);
  std::string out(declaration);
  out += fmt::format(
      "<clientConfig version=\"1.1\">\n  <emailProvider id=\"{0}\">\n    <domain>{0}</domain>\n"
      "    <displayName>{0} mail</displayName>\n    <displayShortName>{0}</displayShortName>\n",
      name);
  for (const Way& way : ways_of(places)) out += autoconfig_server(way);
  return out + "  </emailProvider>\n</clientConfig>\n";
}

std::optional<message::Address> requested_address(std::string_view body) {
  if (body.size() > autodiscover_request_bytes_max) return std::nullopt;
  pugi::xml_document document;
  // No document type, no comments, no entities but XML's own five.
  if (!document.load_buffer(body.data(), body.size(), pugi::parse_minimal | pugi::parse_escapes)) {
    return std::nullopt;
  }
  const auto request = child_named(child_named(document, "Autodiscover"), "Request");
  const auto address = message::parse_address(
      base::trim(child_named(request, "EMailAddress").child_value()), {.utf8 = true});
  if (!address || address->domain.empty()) return std::nullopt;
  return *address;
}

std::string autodiscover_xml(const ClientPlaces& places, const message::Address& address) {
  const std::string login = escape_xml(address.text());
  std::string out(declaration);
  out += fmt::format(
      "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/"
      "responseschema/2006\">\n"
      "  <Response xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/outlook/"
      "responseschema/2006a\">\n"
      "    <User>\n      <DisplayName>{}</DisplayName>\n    </User>\n"
      "    <Account>\n      <AccountType>email</AccountType>\n      <Action>settings</Action>\n",
      login);
  for (const Way& way : ways_of(places)) out += autodiscover_protocol(way, login);
  return out + "    </Account>\n  </Response>\n</Autodiscover>\n";
}

std::string autodiscover_error_xml() {
  return std::string(declaration) +
         "<Autodiscover xmlns=\"http://schemas.microsoft.com/exchange/autodiscover/"
         "responseschema/2006\">\n"
         "  <Response>\n    <Error Time=\"00:00:00.0000000\" Id=\"0\">\n"
         "      <ErrorCode>600</ErrorCode>\n      <Message>Invalid Request</Message>\n"
         "      <DebugData />\n    </Error>\n  </Response>\n</Autodiscover>\n";
}

std::string apple_profile(const ClientPlaces& places, const message::Address& address) {
  const std::string text = address.text();
  const std::string reverse = "stagepost." + address.domain;
  std::string account;
  for (const Way& way : ways_of(places)) {
    // The first of each side: the profile has room for one.
    const std::string_view side = way.incoming ? "Incoming" : "Outgoing";
    if (!account.contains(fmt::format("<key>{}MailServerHostName", side))) {
      account += apple_server(side, way, text);
    }
  }
  return std::string(declaration) +
         "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
         "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
         "<plist version=\"1.0\">\n<dict>\n<key>PayloadContent</key>\n<array>\n<dict>\n" +
         key_text("EmailAccountType", "EmailTypeIMAP") + key_text("EmailAddress", text) +
         key_text("EmailAccountDescription", text) + account +
         "<key>OutgoingPasswordSameAsIncomingPassword</key><true/>\n" +
         key_text("PayloadType", "com.apple.mail.managed") +
         key_text("PayloadIdentifier", reverse + ".account") +
         key_text("PayloadUUID", identifier("account " + text)) +
         key_text("PayloadDisplayName", "Mail") +
         "<key>PayloadVersion</key><integer>1</integer>\n</dict>\n</array>\n" +
         key_text("PayloadType", "Configuration") + key_text("PayloadIdentifier", reverse) +
         key_text("PayloadUUID", identifier("profile " + text)) +
         key_text("PayloadDisplayName", "Mail of " + address.domain) +
         key_text("PayloadOrganization", address.domain) +
         "<key>PayloadRemovalDisallowed</key><false/>\n"
         "<key>PayloadVersion</key><integer>1</integer>\n</dict>\n</plist>\n";
}

std::string setup_page(const ClientPlaces& places, std::string_view domain) {
  const std::string whose = domain.empty() ? std::string() : " for " + escape_xml(domain);
  std::string out = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>Set up mail{0}</title>\n</head>\n<body>\n<main>\n<h1>Set up mail{0}</h1>\n"
      "<p>Most mail programs find these settings when you type your mail address. "
      "If yours does not, type them:</p>\n"
      "<table>\n<caption>Servers; the first of each kind is the better one</caption>\n"
      "<thead><tr><th scope=\"col\">For</th><th scope=\"col\">Server</th>"
      "<th scope=\"col\">Port</th><th scope=\"col\">Security</th></tr></thead>\n<tbody>\n",
      whose);
  for (const Way& way : ways_of(places)) out += page_row(way);
  out +=
      "</tbody>\n</table>\n<dl>\n<dt>User name</dt><dd>your whole mail address, or the name of an "
      "app password</dd>\n<dt>Password</dt><dd>that of your mailbox, or an app password of its own "
      "for each device</dd>\n<dt>Authentication</dt><dd>normal password</dd>\n</dl>\n"
      "<h2>iPhone, iPad, Mac</h2>\n<form action=\"/apple.mobileconfig\" method=\"get\">\n"
      "<p><label for=\"email\">Mail address</label> <input id=\"email\" name=\"email\" "
      "type=\"email\" autocomplete=\"email\" required> <button>Get the profile</button></p>\n"
      "</form>\n</main>\n</body>\n</html>\n";
  return out;
}

}  // namespace admin
