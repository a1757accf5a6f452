// See user_json.h.
#include "admin/user_json.h"

#include "directory/names.h"

namespace admin {

boost::json::object mailbox_json(const directory::MailboxRow& row) {
  boost::json::array logins;
  for (const std::string& login : row.logins) logins.emplace_back(login);
  boost::json::object out{{"address", row.address}, {"logins", std::move(logins)}};
  if (row.fields.full_name) out["full_name"] = *row.fields.full_name;
  if (row.fields.quota_bytes) out["quota_bytes"] = *row.fields.quota_bytes;
  out["administrator"] = row.fields.administrator.value_or(false);
  out["created"] = row.created;
  return out;
}

boost::json::array logins_json(Parts& parts, const std::vector<directory::LoginRow>& rows,
                               base::Time now) {
  boost::json::array out;
  for (const directory::LoginRow& row : rows) {
    boost::json::object login{{"login", row.login},
                              {"send", (row.scopes & directory::scope_send) != 0},
                              {"read", (row.scopes & directory::scope_read) != 0},
                              {"created", row.created}};
    const std::string account = directory::account_of(row.login);
    if (row.login.size() > account.size()) login["name"] = row.login.substr(account.size() + 1);
    if (row.expires) {
      login["expires"] = base::format_time(*row.expires);
      login["expired"] = *row.expires <= now;
    }
    if (const auto used = parts.state.last_use().of(row.login)) {
      login["last_use"] = base::format_time(used->when);
      login["last_address"] = used->address;
    }
    out.push_back(std::move(login));
  }
  return out;
}

boost::json::object sending_json(Parts& parts, const std::string& account,
                                 const std::vector<directory::LimitsRow>& rows, base::Time now) {
  directory::SendingLimits limits;
  const std::string domain = "@" + std::string(directory::domain_of(account));
  for (const std::string& scope : {std::string("*"), domain, account}) {
    for (const directory::LimitsRow& row : rows) {
      if (row.scope == scope) row.limits.apply_to(limits);
    }
  }
  const policy::Usage usage = parts.state.ledger().usage(account, now);
  boost::json::object out{{"limited", limits.on},
                          {"messages_today", usage.messages},
                          {"messages_per_day_max", limits.messages_per_day_max},
                          {"new_recipients_today", usage.new_recipients},
                          {"new_recipients_per_day_max", limits.new_recipients_per_day_max}};
  if (usage.braked) {
    out["held_since"] = base::format_time(*usage.braked);
    out["held_because"] = usage.brake_reason;
  }
  return out;
}

boost::json::array grants_json(const std::vector<directory::GrantRow>& rows) {
  boost::json::array out;
  for (const directory::GrantRow& row : rows) {
    out.push_back(boost::json::object{
        {"address", row.mailbox}, {"sender", row.what}, {"created", row.created}});
  }
  return out;
}

boost::json::object alias_json(const directory::AliasRow& row) {
  boost::json::array targets;
  for (const std::string& target : row.targets) targets.emplace_back(target);
  boost::json::object out{{"address", row.address}, {"targets", std::move(targets)}};
  if (!row.place.empty()) out["file"] = row.place;
  if (!row.problem.empty()) out["problem"] = row.problem;
  return out;
}

boost::json::array aliases_json(const std::vector<directory::AliasRow>& rows) {
  boost::json::array out;
  for (const directory::AliasRow& row : rows) {
    out.push_back(alias_json(row));
  }
  return out;
}

}  // namespace admin
