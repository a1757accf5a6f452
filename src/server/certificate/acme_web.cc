// See acme_web.h.
#include "server/certificate/acme_web.h"

#include "lib/base/text.h"

namespace server {

io::Task<base::Result<http::Response>> AcmeWeb::ask(std::string url, http::Request request) {
  const auto place = policy::parse_url(url);
  if (!place) {
    co_return base::fail(base::ErrorKind::invalid,
                         base::printable(url) + " is not an https URL that can be asked");
  }
  auto response = co_await policy::ask_web(parts_, *place, std::move(request), answer_seconds_max);
  if (!response) response.error().detail = base::printable(url) + ": " + response.error().text();
  co_return response;
}

}  // namespace server
