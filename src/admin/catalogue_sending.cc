// See catalogue_sending.h. The table.
#include "admin/catalogue_sending.h"

namespace admin {
namespace {

using enum FieldKind;

RouteText send_route() {
  RouteText out{"POST", "/api/v1/send", Scope::send,
                "Sends a message by the rules of a mail client's; the answer comes when it is safe "
                "on disk. docs/api.md has every field; raw messages come as message/rfc822 with "
                "from and to in the query."};
  out.fields = {{"from", any, true, "The author: an address, or {\"email\", \"name\"}."},
                {"to", any, false, "Recipients: an address, an object, or a list of them."},
                {"cc", any, false, "The same."},
                {"bcc", any, false, "The same; nobody sees them."},
                {"reply_to", any, false, "The same; where answers go."},
                {"subject", text, false, "Any text."},
                {"text", text, false, "The message as plain text."},
                {"html", text, false, "The message as HTML."},
                {"attachments", any, false,
                 "A list of {\"name\", \"type\", \"content\" (base64), \"content_id\"}."},
                {"headers", any, false, "More header fields, of those that a program may set."},
                {"message", text, false, "In place of the parts: the whole RFC 5322 text."},
                {"sender", text, false, "The envelope's sender, for bounces; else the author."},
                {"send_at", text, false, "Not before then (RFC 3339)."},
                {"priority", any, false, "-9 (last) to 9 (first); 0 is usual (RFC 6710)."},
                {"deliver_within", any, false, "Seconds that it has (RFC 2852)."},
                {"at_deadline", text, false,
                 "When they are over: notify (its sender is told, and it goes on) or return."},
                {"trace", any, false, "true: tell of each server that passes it on."},
                {"notify", any, false,
                 "What to report: never, or some of success, failure, delay (RFC 3461)."},
                {"ret", text, false, "What reports bring back of it: full or headers."},
                {"envid", text, false, "What reports call it."},
                {"account", text, false, "With scope admin: as if this account sent it."}};
  out.large_body = true;
  return out;
}

std::vector<RouteText> webhook_routes() {
  const FieldText name{"name", text, true, "Of the webhook."};
  return {
      {"GET", "/api/v1/webhooks", Scope::operate, "The webhooks and how they fare."},
      {"POST",
       "/api/v1/webhooks/add",
       Scope::admin,
       "Makes a webhook; the signing secret is told once.",
       {name,
        {"url", text, true, "https://example.org/mail-events"},
        {"events", texts, false, "accepted, delivered, deferred, failed, held, report; else all."},
        {"account", text, false, "Only of mail that this account sent."},
        {"domain", text, false, "Only of mail from or to this domain."}}},
      {"POST",
       "/api/v1/webhooks/remove",
       Scope::admin,
       "Removes one and what waits for it.",
       {name}},
      {"POST",
       "/api/v1/webhooks/rotate",
       Scope::admin,
       "Makes a new secret; for a day the old one signs, too.",
       {name}},
      {"POST",
       "/api/v1/webhooks/test",
       Scope::operate,
       "Sends a test event now; says what came of it.",
       {name}},
      {"POST",
       "/api/v1/webhooks/replay",
       Scope::operate,
       "Sends events again, from the trace.",
       {name,
        {"message", text, false, "Those of this message."},
        {"since", text, false, "Those since: 2h, or a time."},
        {"until", text, false, "Until this time; else now."},
        {"parked", flag, false, "Those that were given up."}}},
  };
}

}  // namespace

std::vector<RouteText> sending_routes() {
  RouteText status{"GET", "/api/v1/messages/{id}", Scope::read,
                   "What became of a message, recipient by recipient."};
  status.for_senders = true;
  std::vector<RouteText> out = {send_route(), std::move(status)};
  for (RouteText& route : webhook_routes()) out.push_back(std::move(route));
  return out;
}

}  // namespace admin
