// See catalogue.h. The table.
#include "admin/catalogue.h"

#include <algorithm>

#include "admin/catalogue_sending.h"

namespace admin {
namespace {

using enum FieldKind;
using enum Scope;

const FieldText address{"address", text, true, "you@example.org"};

// Which messages of the queue.
std::vector<FieldText> filter(std::vector<FieldText> more) {
  std::vector<FieldText> out = {
      {"id", text, false, "One message."},
      {"sender", text, false, "From this sender; * stands for any text: \"*@example.org\"."},
      {"recipient", text, false, "To this recipient; * likewise."},
      {"destination", text, false, "For this destination, as /api/v1/queue/destinations names it."},
  };
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<FieldText> page_fields() {
  return {{"limit", number, false, "Of a page, 1000 at most; else all come at once."},
          {"after", text, false, "An address: what comes behind it; \"next\" of the page before."},
          {"q", text, false, "A part of the address, of the name or of a target."}};
}

std::vector<FieldText> person_fields(std::vector<FieldText> more) {
  std::vector<FieldText> out = {
      address,
      {"full_name", text, false, "The person's name."},
      {"quota_bytes", number, false, "What the mailbox may hold; 0: no limit."},
      {"administrator", flag, false, "May log in to the web interface."},
  };
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::vector<RouteText> queue_routes() {
  return {
      {"GET", "/api/v1/queue", read, "A page of the messages that wait.",
       filter({{"after", text, false, "The last id of the page before."},
               {"limit", number, false, "Of a page; 100."},
               {"held", text, false, "\"true\": only those on hold."},
               {"scheduled", text, false, "\"true\": only those that are to go later."}})},
      {"GET",
       "/api/v1/queue/destinations",
       read,
       "What waits for each destination.",
       {{"limit", number, false, "The most destinations; 100."}}},
      {"POST", "/api/v1/queue/{verb}", operate,
       "retry, hold, release, bounce or remove messages; says how many.",
       filter({{"all", flag, false, "No condition at all is meant."},
               {"reason", text, false, "Kept with the message and in its trace."},
               {"dry_run", flag, false, "Only say how many."}})},
      {"GET",
       "/api/v1/explain",
       read,
       "What happened to a message, in words.",
       {{"what", text, true, "A message's id, or an address."}}},
      {"GET",
       "/api/v1/events",
       read,
       "The same, each event as a JSON object.",
       {{"what", text, true, "A message's id, or an address."}}},
  };
}

std::vector<RouteText> directory_routes() {
  return {
      {"GET", "/api/v1/domains", read, "Our domains."},
      {"POST",
       "/api/v1/domains/add",
       admin,
       "Makes a domain ours.",
       {{"domain", text, true, "example.org"}}},
      {"POST",
       "/api/v1/domains/remove",
       admin,
       "Gives up a domain that has nobody any more.",
       {{"domain", text, true, "example.org"}}},
      {"GET", "/api/v1/aliases", read, "The aliases and where they lead, all of them or a page.",
       page_fields()},
      {"POST",
       "/api/v1/aliases/add",
       admin,
       "Makes an alias.",
       {address, {"targets", texts, true, "Where its mail goes."}}},
      {"POST",
       "/api/v1/aliases/set",
       admin,
       "Makes an alias, or gives it other targets.",
       {address, {"targets", texts, true, "Where its mail goes."}}},
      {"POST", "/api/v1/aliases/remove", admin, "Removes an alias.", {address}},
  };
}

std::vector<RouteText> people_routes() {
  return {
      {"GET", "/api/v1/users", read, "The mailboxes, all of them or a page.", page_fields()},
      {"GET",
       "/api/v1/users/show",
       read,
       "One mailbox: log-ins, aliases, grants, what it sent.",
       {address}},
      {"POST", "/api/v1/users/add", admin, "Makes a mailbox.",
       person_fields({{"password", text, false, "Else one is made and told in the answer."}})},
      {"POST", "/api/v1/users/set", admin, "Changes what is said.", person_fields({})},
      {"POST",
       "/api/v1/users/passwd",
       admin,
       "Sets a password, of a mailbox or an app password.",
       {address, {"password", text, false, "Else one is made and told in the answer."}}},
      {"POST",
       "/api/v1/users/remove",
       admin,
       "Removes a mailbox; its mail stays on disk.",
       {address}},
      {"POST",
       "/api/v1/users/second-factor/remove",
       admin,
       "Removes the second factor of whoever has lost it.",
       {address}},
      {"GET", "/api/v1/users/export", admin, "All that is kept about a person.", {address}},
      {"POST",
       "/api/v1/users/erase",
       admin,
       "Erases what is kept about a person.",
       {address, {"mail", flag, false, "The mail, too."}}},
      {"GET", "/api/v1/app-passwords", read, "The app passwords of a mailbox.", {address}},
      {"POST",
       "/api/v1/app-passwords/add",
       admin,
       "Makes an app password, told in the answer.",
       {address,
        {"name", text, true, "Of the device, such as phone."},
        {"send", flag, false, "Good for sending; true."},
        {"read", flag, false, "Good for reading; true."},
        {"expires", text, false, "90d, or a day such as 2027-01-01."}}},
      {"POST",
       "/api/v1/app-passwords/revoke",
       admin,
       "Makes an app password good for nothing.",
       {address, {"name", text, true, "Of the device."}}},
      {"GET",
       "/api/v1/grants",
       read,
       "Who may send as somebody else.",
       {{"address", text, false, "Of this account only."}}},
      {"POST",
       "/api/v1/grants/add",
       admin,
       "Lets an account send as somebody else.",
       {address, {"sender", text, true, "An address, or @example.org."}}},
      {"POST",
       "/api/v1/grants/remove",
       admin,
       "Takes that back.",
       {address, {"sender", text, true, "An address, or @example.org."}}},
  };
}

std::vector<RouteText> guard_routes() {
  const FieldText scope{"scope", text, true, "all, @example.org or you@example.org"};
  const FieldText account{"account", text, true, "you@example.org"};
  return {
      {"GET", "/api/v1/bans", read, "Networks and log-ins that guesses have closed."},
      {"POST",
       "/api/v1/bans/add",
       operate,
       "Closes a network.",
       {{"network", text, true, "192.0.2.1 or 192.0.2.0/24"},
        {"reason", text, false, "For whoever asks later."},
        {"for", text, false, "How long, as in 12h."}}},
      {"POST",
       "/api/v1/bans/lift",
       operate,
       "Opens again.",
       {{"who", text, true, "An address, a network, a log-in, or all."}}},
      {"GET",
       "/api/v1/limits",
       read,
       "What accounts sent, and their limits.",
       {{"of", text, false, "An account, or @example.org."}}},
      {"POST",
       "/api/v1/limits/set",
       admin,
       "Sets sending limits.",
       {scope,
        {"on", flag, false, "Whether they hold at all."},
        {"messages", number, false, "A day."},
        {"new_recipients", number, false, "A day."},
        {"brake_new_recipients", number, false, "Within the brake's window."},
        {"brake_bounces", number, false, "Within the brake's window."},
        {"brake_window", text, false, "1m to 24h."}}},
      {"POST", "/api/v1/limits/clear", admin, "Back to what holds above.", {scope}},
      {"POST", "/api/v1/limits/release", operate, "Sends what a limit held.", {account}},
      {"POST", "/api/v1/limits/purge", operate, "Removes what a limit held.", {account}},
      {"GET",
       "/api/v1/lists",
       read,
       "The block lists and allow-lists that are asked.",
       {{"test", text, false, "Test each now."}}},
  };
}

std::vector<RouteText> report_routes() {
  const std::vector<FieldText> which = {
      {"domain", text, false, "About this domain of ours."},
      {"days", number, false, "Of the last so many days."},
      {"unproven", text, false, "\"1\": those, too, whose sender is not proven."}};
  return {
      {"GET", "/api/v1/reports", read, "DMARC and TLS reports that came.", which},
      {"GET", "/api/v1/reports/summary", read, "What they say, summed up.", which},
      {"GET", "/api/v1/reports/sent", read, "The reports that we sent."},
      {"GET", "/api/v1/reports/{number}", read, "One report."},
      {"DELETE", "/api/v1/reports/{number}", operate, "Removes one."},
      {"POST",
       "/api/v1/reports/import",
       operate,
       "Reads a report from a file.",
       {{"name", text, false, "Of the file, in the query."}},
       "application/octet-stream",
       false,
       true},
      {"POST",
       "/api/v1/reports/send",
       operate,
       "Sends the DMARC reports that are due.",
       {{"domain", text, false, "For this domain only."},
        {"now", flag, false, "Those of today, too."},
        {"dry_run", flag, false, "Only show them."}}},
  };
}

std::vector<RouteText> domain_routes() {
  return {
      {"GET",
       "/api/v1/dkim",
       read,
       "The signing keys, and what the DNS says of them.",
       {{"domain", text, false, "Of this domain only."},
        {"check", text, false, "\"true\": ask each name server of the zone."}}},
      {"POST",
       "/api/v1/dkim/generate",
       admin,
       "Makes signing keys.",
       {{"domain", text, true, "example.org"},
        {"selector", text, false, "Else by the date."},
        {"type", text, false, "rsa or ed25519; else both."},
        {"bits", number, false, "Of RSA."}}},
      {"POST",
       "/api/v1/dkim/rotate",
       admin,
       "Signs by newer keys when the DNS has them.",
       {{"domain", text, true, "example.org"}, {"force", flag, false, "Without asking the DNS."}}},
      {"POST",
       "/api/v1/dkim/remove",
       admin,
       "Removes a key.",
       {{"domain", text, true, "example.org"},
        {"selector", text, true, "Of the key."},
        {"force", flag, false, "Even if it signs."}}},
      {"GET",
       "/api/v1/certificate",
       read,
       "The TLS certificate, its next renewal and its TLSA records.",
       {{"check", text, false, "\"true\": ask the DNS whether the records are published."}}},
      {"POST", "/api/v1/certificate/order", admin,
       "Orders a certificate now; answers when it is in use."},
      {"POST",
       "/api/v1/certificate/renew",
       admin,
       "Orders one if it is due.",
       {{"new_key", flag, false, "With the next key, if its TLSA record allows it."},
        {"force", flag, false, "With new_key: whatever the TLSA records say."}}},
      {"GET",
       "/api/v1/dns",
       read,
       "Every DNS record that a domain of ours and this host need.",
       {{"domain", text, true, "example.org"},
        {"check", text, false, "\"true\": ask each name server what is published."}}},
      {"POST",
       "/api/v1/dns/publish",
       admin,
       "Writes what is missing into the DNS (RFC 2136), and says what every name server has then.",
       {{"domain", text, true, "example.org"},
        {"server", text, false, "That takes updates, as in 192.0.2.53; else acme.dns_server."},
        {"key", text, false, "As tsig-keygen writes it, or hmac-sha256:name:secret."},
        {"replace", flag, false, "Also what is somebody else's."},
        {"dry_run", flag, false, "Only say what would be changed."}}},
  };
}

std::vector<RouteText> other_routes() {
  return {
      {"GET", "/api/v1/tokens", admin, "The tokens of this API, without their secrets."},
      {"POST",
       "/api/v1/tokens/add",
       admin,
       "Makes a token; the secret is told once.",
       {{"name", text, true, "Of the program, such as monitoring."},
        {"scope", text, true, "read, operate, admin or send."},
        {"account", text, false, "Of scope send: whose mail it sends."},
        {"expires", text, false, "90d, or a day such as 2027-01-01."}}},
      {"POST",
       "/api/v1/tokens/revoke",
       admin,
       "Makes a token good for nothing.",
       {{"name", text, true, "Of the token."}}},
      {"GET",
       "/api/v1/doctor",
       read,
       "Everything that must be well for mail to flow, looked at now.",
       {{"domain", text, false, "This domain only."},
        {"kept", text, false, "\"1\": what was found last, without looking."}}},
      {"POST", "/api/v1/backup/begin", admin,
       "Seals the queue's journal, and keeps its files as they are while somebody copies them; for "
       "`stagepost backup`. Says which files, and for how long."},
      {"POST",
       "/api/v1/backup/keep",
       admin,
       "Keeps them for longer.",
       {{"id", text, true, "As begin said."}}},
      {"POST",
       "/api/v1/backup/end",
       admin,
       "They have been copied. An error if they were not kept all the time.",
       {{"id", text, true, "As begin said."}}},
      {"POST", "/api/v1/reload", admin,
       "Reads the configuration again; with a mistake in it nothing is changed. Says which of the "
       "changed settings count from the next start only."},
      {"GET", "/health", read, "200 when mail can be accepted, else 503 and why not."},
      {"GET", "/metrics", read, "Counters and gauges for Prometheus."},
  };
}

// Those of session_routes.h.
std::vector<RouteText> session_routes() {
  const FieldText code{"code", text, true, "Of the authenticator app, or a recovery code."};
  std::vector<RouteText> out = {
      {"POST",
       "/api/v1/session",
       admin,
       "Logs an administrator in; the answer sets a cookie and tells the X-CSRF-Token.",
       {address,
        {"password", text, true, "Of the mailbox."},
        {"code", text, false, "Of the second factor, where one is enrolled."}}},
      {"GET", "/api/v1/session", admin, "Who is logged in, until when, and the X-CSRF-Token."},
      {"DELETE", "/api/v1/session", admin, "Logs out."},
      {"POST", "/api/v1/session/second-factor/begin", admin,
       "Makes a secret for an authenticator app."},
      {"POST",
       "/api/v1/session/second-factor/confirm",
       admin,
       "Enrols it; tells the recovery codes once.",
       {{"code", text, true, "That the app shows now."}}},
      {"POST",
       "/api/v1/session/second-factor/remove",
       admin,
       "Removes it.",
       {{"password", text, true, "Of the mailbox."}, code}},
  };
  for (RouteText& route : out) route.of_session = true;
  return out;
}

std::vector<RouteText> all_routes() {
  std::vector<RouteText> out;
  for (auto* const part :
       {sending_routes, queue_routes, directory_routes, people_routes, guard_routes, report_routes,
        domain_routes, view_routes, other_routes, session_routes}) {
    std::vector<RouteText> more = part();
    std::ranges::move(more, std::back_inserter(out));
  }
  return out;
}

}  // namespace

std::span<const RouteText> catalogue() {
  static const std::vector<RouteText> routes = all_routes();
  return routes;
}

bool is_described(std::string_view route) {
  return std::ranges::any_of(catalogue(), [route](const RouteText& one) {
    return route.size() == one.method.size() + 1 + one.pattern.size() &&
           route.starts_with(one.method) && route.ends_with(one.pattern);
  });
}

const RouteText* find_route(std::string_view method, std::string_view pattern) {
  if (method == "HEAD") method = "GET";
  for (const RouteText& route : catalogue()) {
    if (route.method == method && route.pattern == pattern) return &route;
  }
  return nullptr;
}

bool is_for_senders(std::string_view method, std::string_view pattern) {
  const RouteText* route = find_route(method, pattern);
  return route != nullptr && route->for_senders;
}

Scope scope_needed(std::string_view method, std::string_view pattern) {
  const RouteText* route = find_route(method, pattern);
  return route == nullptr ? Scope::admin : route->scope;
}

}  // namespace admin
