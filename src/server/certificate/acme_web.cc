// See acme_web.h.
#include "server/certificate/acme_web.h"

#include <fmt/format.h>

#include "lib/base/text.h"

namespace server {
namespace {

std::string_view remedy(base::ErrorKind kind) {
  switch (kind) {
    case base::ErrorKind::tls: return "; an authority of one's own is believed by acme.ca_file";
    case base::ErrorKind::refused:
    case base::ErrorKind::unreachable:
    case base::ErrorKind::timed_out:
      return "; is acme.directory_url right, and may this host connect to it?";
    default: return {};
  }
}

}  // namespace

io::Task<base::Result<http::Response>> AcmeWeb::ask(std::string url, http::Request request) {
  const auto place = policy::parse_url(url);
  if (!place) {
    co_return base::fail(base::ErrorKind::invalid,
                         base::printable(url) + " is not an https URL that can be asked");
  }
  auto response = co_await policy::ask_web(parts_, *place, std::move(request), answer_seconds_max);
  if (!response) {
    response.error().detail = fmt::format("{}: {}{}", base::printable(url), response.error().detail,
                                          remedy(response.error().kind));
  }
  co_return response;
}

}  // namespace server
