// See catalogue.h. The views: overview, flow, messages, log and settings.
#include "admin/catalogue.h"

namespace admin {

std::vector<RouteText> view_routes() {
  using enum FieldKind;
  using enum Scope;
  const FieldText period{
      "period", text, false,
      "hour (in minutes), day (in five minutes; so when it is not said), week or "
      "month (in hours)."};
  return {
      {"GET", "/api/v1/overview", read,
       "Is all well, what waits, what came and went today (UTC), what needs a hand."},
      {"GET",
       "/api/v1/flow",
       read,
       "What came, was delivered, deferred, failed and was refused, over time.",
       {period}},
      {"GET",
       "/api/v1/receivers",
       read,
       "How each receiving domain took our mail, the most mail first.",
       {period, {"limit", number, false, "The most domains; 200."}}},
      {"GET",
       "/api/v1/messages",
       read,
       "Finds messages that wait or are gone, the newest first.",
       {{"q", text, false,
         "Part of the sender, a recipient or the id. A whole address is found at once, a part by "
         "looking through."},
        {"from", text, false, "The sender, or a part."},
        {"to", text, false, "A recipient, or a part."},
        {"since", text, false, "A time, a day, or how long ago, such as 2h."},
        {"until", text, false, "Likewise."},
        {"state", text, false,
         "due, active, deferred, scheduled, held, delivered, failed, removed, refused or "
         "discarded."},
        {"after", text, false, "`next` of the answer before."},
        {"limit", number, false, "Of a page, 1 to 200; 50."}}},
      {"GET",
       "/api/v1/log",
       read,
       "The newest lines of the log, then those after a cursor.",
       {{"after", text, false, "`cursor` of the answer before."},
        {"severity", text, false, "info, warning or error: these and graver ones."},
        {"q", text, false, "Part of the line."},
        {"limit", number, false, "1 to 2000; 200."}}},
      {"GET", "/api/v1/settings", read,
       "Every setting in force with its default, and as it will be after a restart; no secret is "
       "told."},
  };
}

}  // namespace admin
