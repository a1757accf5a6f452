// See libldap_client.h.
#include "directory/ldap/libldap_client.h"

#include <fmt/format.h>
#include <ldap.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/check.h"
#include "lib/base/text.h"

namespace directory {
namespace {

using base::ErrorKind;

constexpr std::uint64_t password_file_bytes_max = 4'096;
// Debian's and most others' bundle; libldap has no default of its own.
constexpr const char* system_ca_file = "/etc/ssl/certs/ca-certificates.crt";

ErrorKind kind_of(int code) {
  switch (code) {
    case LDAP_SERVER_DOWN:
    case LDAP_CONNECT_ERROR:
    case LDAP_UNAVAILABLE: return ErrorKind::unreachable;
    case LDAP_TIMEOUT: return ErrorKind::timed_out;
    case LDAP_BUSY: return ErrorKind::busy;
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_CONFIDENTIALITY_REQUIRED:
    case LDAP_INAPPROPRIATE_AUTH: return ErrorKind::denied;
    case LDAP_NO_SUCH_OBJECT: return ErrorKind::not_found;
    case LDAP_FILTER_ERROR:
    case LDAP_PARAM_ERROR:
    case LDAP_INVALID_DN_SYNTAX: return ErrorKind::invalid;
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
    case LDAP_TIMELIMIT_EXCEEDED: return ErrorKind::limit;
    default: return ErrorKind::io;
  }
}

// An LDAP handle that is always ended.
class Handle {
 public:
  Handle(LDAP* ld, std::string url) : ld_(ld), url_(std::move(url)) {}
  Handle(Handle&& other) noexcept
      : ld_(std::exchange(other.ld_, nullptr)), url_(std::move(other.url_)) {}
  Handle& operator=(Handle&&) = delete;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (ld_ != nullptr) ldap_unbind_ext_s(ld_, nullptr, nullptr);
  }

  [[nodiscard]] LDAP* get() const { return ld_; }

  [[nodiscard]] std::unexpected<base::Error> error(std::string_view doing, int code) const {
    std::string words = fmt::format("{}: {}: {}", url_, doing, ldap_err2string(code));
    char* said = nullptr;
    ldap_get_option(ld_, LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void*>(&said));
    if (said != nullptr) {
      if (*said != '\0') words += fmt::format(" ({})", base::printable(said, 300));
      ldap_memfree(said);
    }
    const bool by_tls = base::icontains(words, "tls") || base::icontains(words, "certificate");
    const ErrorKind kind = kind_of(code);
    return base::fail(kind == ErrorKind::unreachable && by_tls ? ErrorKind::tls : kind,
                      std::move(words));
  }

 private:
  LDAP* ld_;
  std::string url_;
};

timeval timeval_of(base::Duration duration) {
  timeval out{};
  out.tv_sec = duration / std::chrono::seconds(1);
  out.tv_usec = static_cast<decltype(out.tv_usec)>((duration % std::chrono::seconds(1)).count());
  return out;
}

// False: libldap does not know the option.
bool set_options(LDAP* ld, const LdapSettings& settings) {
  const int version = LDAP_VERSION3;
  const timeval timeout = timeval_of(settings.timeout);
  const int never = LDAP_DEREF_NEVER;
  const auto set = [ld](int option, const void* value) {
    return ldap_set_option(ld, option, value) == LDAP_OPT_SUCCESS;
  };
  return set(LDAP_OPT_PROTOCOL_VERSION, &version) && set(LDAP_OPT_REFERRALS, LDAP_OPT_OFF) &&
         set(LDAP_OPT_DEREF, &never) && set(LDAP_OPT_RESTART, LDAP_OPT_ON) &&
         set(LDAP_OPT_NETWORK_TIMEOUT, &timeout) && set(LDAP_OPT_TIMEOUT, &timeout);
}

// Reads the certificates, which takes milliseconds: only where there is TLS.
bool set_tls_options(LDAP* ld, const std::string& ca_file) {
  const int demand = LDAP_OPT_X_TLS_DEMAND;
  const int version_min = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  const int client_context = 0;
  const auto set = [ld](int option, const void* value) {
    return ldap_set_option(ld, option, value) == LDAP_OPT_SUCCESS;
  };
  bool good =
      set(LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) && set(LDAP_OPT_X_TLS_PROTOCOL_MIN, &version_min);
  if (good && !ca_file.empty()) good = set(LDAP_OPT_X_TLS_CACERTFILE, ca_file.c_str());
  // Last: a context of this connection's own, made of the options above.
  return good && set(LDAP_OPT_X_TLS_NEWCTX, &client_context);
}

int simple_bind(LDAP* ld, const std::string& dn, std::string password) {
  berval credentials{.bv_len = password.size(), .bv_val = password.data()};
  return ldap_sasl_bind_s(ld, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr,
                          nullptr);
}

// A peer's lengths bound what is allocated for its answer; known once it is connected.
void bound_responses(LDAP* ld) {
  Sockbuf* socket = nullptr;
  if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, static_cast<void*>(&socket)) != LDAP_OPT_SUCCESS ||
      socket == nullptr) {
    return;
  }
  ber_len_t most = ldap_response_bytes_max;
  ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &most);
}

LdapEntry entry_of(LDAP* ld, LDAPMessage* message) {
  LdapEntry out;
  if (char* dn = ldap_get_dn(ld, message); dn != nullptr) {
    out.dn = dn;
    ldap_memfree(dn);
  }
  BerElement* cursor = nullptr;
  for (char* name = ldap_first_attribute(ld, message, &cursor); name != nullptr;
       name = ldap_next_attribute(ld, message, cursor)) {
    LdapAttribute attribute{.name = name, .values = {}};
    if (berval** values = ldap_get_values_len(ld, message, name); values != nullptr) {
      for (berval** value = values; *value != nullptr; ++value) {
        if ((*value)->bv_len > ldap_value_bytes_max) continue;
        attribute.values.emplace_back((*value)->bv_val, (*value)->bv_len);
      }
      ldap_value_free_len(values);
    }
    ldap_memfree(name);
    out.attributes.push_back(std::move(attribute));
  }
  if (cursor != nullptr) ber_free(cursor, 0);
  return out;
}

// The mark from which the next page goes on (RFC 2696); empty after the last one.
class PageCookie {
 public:
  PageCookie() = default;
  PageCookie(const PageCookie&) = delete;
  PageCookie& operator=(const PageCookie&) = delete;
  ~PageCookie() { ber_memfree(value_.bv_val); }
  [[nodiscard]] berval* get() { return &value_; }
  [[nodiscard]] bool ended() const { return value_.bv_len == 0; }

  void take(LDAP* ld, LDAPMessage* result) {
    ber_memfree(value_.bv_val);
    value_ = {};
    LDAPControl** controls = nullptr;
    int code = 0;
    if (ldap_parse_result(ld, result, &code, nullptr, nullptr, nullptr, &controls, 0) !=
            LDAP_SUCCESS ||
        controls == nullptr) {
      return;
    }
    LDAPControl* page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
    ber_int_t estimate = 0;
    if (page != nullptr) ldap_parse_pageresponse_control(ld, page, &estimate, &value_);
    ldap_controls_free(controls);
  }

 private:
  berval value_{};
};

class LibldapClient final : public LdapClient {
 public:
  LibldapClient(Handle handle, base::Duration timeout)
      : handle_(std::move(handle)), timeout_(timeout) {}

  base::Result<> search(const LdapSearch& what, const Each& each) override {
    PageCookie cookie;
    std::size_t entries = 0;
    do {
      if (auto done = search_page(what, each, cookie, entries); !done) return done;
    } while (!cookie.ended());
    return {};
  }

 private:
  base::Result<> search_page(const LdapSearch& what, const Each& each, PageCookie& cookie,
                             std::size_t& entries) {
    LDAP* ld = handle_.get();
    LDAPControl* page = nullptr;
    // Not critical: a server without pages gives everything at once, or an error.
    const char not_critical = 0;
    if (const int code =
            ldap_create_page_control(ld, ldap_page_entries, cookie.get(), not_critical, &page);
        code != LDAP_SUCCESS) {
      return handle_.error("searching", code);
    }
    LDAPControl* controls[] = {page, nullptr};
    std::vector<std::string> names = what.attributes;
    std::vector<char*> attributes;
    attributes.reserve(names.size() + 1);
    for (std::string& name : names) attributes.push_back(name.data());
    attributes.push_back(nullptr);
    timeval timeout = timeval_of(timeout_);
    LDAPMessage* result = nullptr;
    const int code = ldap_search_ext_s(
        ld, what.base.c_str(), what.base_only ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE,
        what.filter.c_str(), attributes.data(), 0, what.base_only ? nullptr : controls, nullptr,
        &timeout, LDAP_NO_LIMIT, &result);
    ldap_control_free(page);
    const std::unique_ptr<LDAPMessage, decltype(&ldap_msgfree)> owned(result, &ldap_msgfree);
    if (code != LDAP_SUCCESS) {
      return handle_.error(fmt::format("searching {}", what.base), code);
    }
    for (LDAPMessage* entry = ldap_first_entry(ld, result); entry != nullptr;
         entry = ldap_next_entry(ld, entry)) {
      if (++entries > what.entries_max) {
        return base::fail(ErrorKind::limit, fmt::format("more than {} entries for {}",
                                                        what.entries_max, what.filter));
      }
      if (auto used = each(entry_of(ld, entry)); !used) return used;
    }
    cookie.take(ld, result);
    return {};
  }

  Handle handle_;
  const base::Duration timeout_;
};

class LibldapConnector final : public LdapConnector {
 public:
  LibldapConnector(const LdapSettings& settings, io::Files& files)
      : settings_(settings), files_(files) {
    ca_file_ = settings_.ca_file;
    if (ca_file_.empty() && files_.info(system_ca_file)) ca_file_ = system_ca_file;
  }

  base::Result<std::unique_ptr<LdapClient>> connect() const override {
    auto handle = open_bound();
    if (!handle) return std::unexpected(std::move(handle.error()));
    return std::make_unique<LibldapClient>(std::move(*handle), settings_.timeout);
  }

  base::Result<bool> try_password(const std::string& dn,
                                  const std::string& password) const override {
    CHECK(!dn.empty() && !password.empty(), "an unauthenticated bind proves nothing");
    auto handle = open_first();
    if (!handle) return std::unexpected(std::move(handle.error()));
    const int code = simple_bind(handle->get(), dn, password);
    if (code == LDAP_SUCCESS) return true;
    if (code == LDAP_INVALID_CREDENTIALS) return false;
    return handle->error("checking a password", code);
  }

 private:
  // A connected handle, with TLS when it shall have it; not bound.
  base::Result<Handle> open(const std::string& url) const {
    LDAP* ld = nullptr;
    if (const int code = ldap_initialize(&ld, url.c_str()); code != LDAP_SUCCESS) {
      return base::fail(kind_of(code), fmt::format("{}: {}", url, ldap_err2string(code)));
    }
    Handle handle(ld, url);
    const bool start_tls = settings_.start_tls && base::istarts_with(url, "ldap://");
    const bool tls = start_tls || base::istarts_with(url, "ldaps://");
    if (!set_options(ld, settings_) || (tls && !set_tls_options(ld, ca_file_))) {
      return base::fail(ErrorKind::tls, fmt::format("{}: libldap takes no TLS settings; is {} a "
                                                    "file of certificates in PEM?",
                                                    url, ca_file_));
    }
    if (start_tls) {
      if (const int code = ldap_start_tls_s(ld, nullptr, nullptr); code != LDAP_SUCCESS) {
        return handle.error("STARTTLS", code);
      }
    }
    if (const int code = ldap_connect(ld); code != LDAP_SUCCESS) {
      return handle.error("connecting", code);
    }
    bound_responses(ld);
    return handle;
  }

  base::Result<Handle> open_first() const {
    return first([this](const std::string& url) { return open(url); });
  }

  base::Result<Handle> open_bound() const {
    std::string password;
    if (!settings_.password_file.empty()) {
      auto text = io::read_file(files_, settings_.password_file, password_file_bytes_max);
      if (!text) return std::unexpected(std::move(text.error()));
      password = base::trim(*text);
    }
    if (!settings_.bind_dn.empty() && password.empty()) {
      // RFC 4513 §5.1.2: it would look like a success and be an anonymous bind.
      return base::fail(
          ErrorKind::invalid,
          fmt::format("{} holds no password for {}", settings_.password_file, settings_.bind_dn));
    }
    return first([this, &password](const std::string& url) -> base::Result<Handle> {
      auto handle = open(url);
      if (!handle) return handle;
      if (const int code = simple_bind(handle->get(), settings_.bind_dn, password);
          code != LDAP_SUCCESS) {
        return handle->error(
            settings_.bind_dn.empty() ? "binding anonymously" : "binding as " + settings_.bind_dn,
            code);
      }
      return handle;
    });
  }

  // The URLs in order; the words of all that failed.
  base::Result<Handle> first(
      const std::function<base::Result<Handle>(const std::string&)>& attempt) const {
    base::Error trouble{.kind = ErrorKind::invalid, .detail = ""};
    for (const std::string& url : settings_.urls) {
      auto handle = attempt(url);
      if (handle) return handle;
      trouble.kind = handle.error().kind;
      trouble.detail += (trouble.detail.empty() ? "" : "; ") + handle.error().detail;
    }
    return std::unexpected(std::move(trouble));
  }

  const LdapSettings settings_;
  io::Files& files_;
  std::string ca_file_;
};

}  // namespace

std::unique_ptr<LdapConnector> make_libldap_connector(const LdapSettings& settings,
                                                      io::Files& files) {
  return std::make_unique<LibldapConnector>(settings, files);
}

}  // namespace directory
