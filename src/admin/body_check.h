// admin/body_check.h: does a request bring what the catalogue says that its route takes?
//
// What:    the fields of a JSON body, against those of the route: what is misspelt or of another
//          kind would be left out of account, and "dry_run": "yes" would be done in earnest.
// In/Out:  a route of the catalogue and a body → what is wrong with it.
// Errors:  none: a body that is no JSON object is for its route to refuse.
// Limits:  those of HTTP; it is one walk over the body.
// Not here: values (the routes), what a query has, which is never in earnest.
#pragma once

#include <string>
#include <string_view>

#include "admin/catalogue.h"

namespace admin {

// Empty: nothing.
[[nodiscard]] std::string wrong_in_body(const RouteText& route, std::string_view body);

}  // namespace admin
