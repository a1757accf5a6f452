// See state.h.
#include "admin/records/state.h"

#include <fmt/format.h>

#include <algorithm>

#include "admin/records/judge.h"
#include "lib/mailauth/dmarc.h"
#include "lib/mailauth/spf.h"

namespace records {
namespace {

bool has_answered(const dns::Answer& answer) {
  return answer.status == dns::Status::ok || dns::is_negative(answer.status);
}

std::string trouble_of(const doctor::Survey& survey) {
  if (!survey.trouble.empty()) return survey.trouble;
  if (survey.told.empty()) return "no name server is known";
  return fmt::format("no name server answers: {}: {}", survey.told.front().where(),
                     survey.told.front().answer.why);
}

// The domain of "_dmarc.example.org" and "mta-sts.example.org".
std::string below_first_label(const std::string& name) { return name.substr(name.find('.') + 1); }

bool are_ours(const Ground& ground, const dns::Answer& answer) {
  return !answer.records.empty() &&
         std::ranges::all_of(answer.records, [&ground](const dns::Record& record) {
           return std::ranges::find(ground.addresses, record.address) != ground.addresses.end();
         });
}

io::Task<bool> leads_here(io::Ref<const Ground> ground, std::string name) {
  co_return are_ours(*ground, co_await dns::query_addresses(ground->resolver, std::move(name)));
}

io::Task<bool> spf_passes(io::Ref<const Ground> ground, std::string domain) {
  for (const io::IpAddress& address : ground->addresses) {
    const auto verdict =
        co_await mailauth::check_host(ground->resolver, {.ip = address,
                                                         .helo = ground->hostname,
                                                         .local = "postmaster",
                                                         .domain = domain,
                                                         .receiver = ground->hostname,
                                                         .now = ground->now});
    if (verdict.result != mailauth::SpfResult::pass) co_return false;
  }
  co_return !ground->addresses.empty();
}

// Names of the domain's MX hosts that are this one under another name.
io::Task<std::set<std::string>> own_exchanges(io::Ref<const Ground> ground, std::string domain) {
  std::set<std::string> own = {ground->hostname};
  const dns::Answer mx = co_await ground->resolver.query(std::move(domain), dns::Type::mx);
  for (const dns::Record& record : mx.records) {
    const std::string name = record.mx.exchange;
    if (!name.empty() && co_await leads_here(ground, name)) own.insert(name);
  }
  co_return own;
}

io::Task<Known> gather(io::Ref<const Ground> ground, io::Ref<const Record> record) {
  Known known{.hostname = ground->hostname, .addresses = ground->addresses};
  if (record->slot == Slot::mx) {
    known.own_names = co_await own_exchanges(ground, record->name);
  } else if (record->slot == Slot::spf || record->slot == Slot::host_spf) {
    known.spf_passes = co_await spf_passes(ground, record->name);
  } else if (record->slot == Slot::mta_sts) {
    known.policy_is_here =
        co_await leads_here(ground, "mta-sts." + below_first_label(record->name));
  } else if (record->slot == Slot::dmarc) {
    const std::string domain = below_first_label(record->name);
    const auto walk = co_await mailauth::walk_tree(ground->resolver, domain);
    if (walk.record && walk.record_domain != domain) known.dmarc_above = walk.record_domain;
  }
  co_return known;
}

// Set where the address is rented: one cache's word is enough.
io::Task<Row> look_at_ptr(io::Ref<const Ground> ground, Record record) {
  const dns::Answer answer = co_await ground->resolver.query(record.name, dns::Type::ptr);
  Row row{.record = std::move(record)};
  row.words = answer.why;
  if (!has_answered(answer)) co_return row;
  Verdict judged = judge(row.record, answer, {.hostname = ground->hostname});
  row.state = judged.state;
  row.words = std::move(judged.words);
  co_return row;
}

// A name that leads here by addresses of its own does the same work as a CNAME; one that leads
// elsewhere by them is in its way.
io::Task<void> look_at_addresses(io::Ref<const Ground> ground, io::Ref<Row> row) {
  for (const dns::Type type : {dns::Type::a, dns::Type::aaaa}) {
    const doctor::Survey survey = co_await ground->view.ask(row->record.name, type);
    for (const doctor::Told& told : survey.told) {
      if (told.answer.records.empty()) continue;
      const bool ours = are_ours(*ground, told.answer);
      const State state = ours ? State::fits : State::other;
      if (row->state == State::other && ours) continue;
      row->state = state;
      row->words =
          fmt::format("{} {}{}", dns::to_string(type), told.answer.records.front().address.text(),
                      ours ? "" : ", which is not this host");
      if (!ours) {
        row->in_the_way.push_back({.name = row->record.name,
                                   .type = type,
                                   .record = {},
                                   .kind = dns::Change::Kind::remove_set});
      }
      break;
    }
  }
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::right: return "right";
    case State::fits: return "fits";
    case State::partly: return "partly";
    case State::missing: return "missing";
    case State::stale: return "stale";
    case State::other: return "other";
    case State::unknown: break;
  }
  return "unknown";
}

io::Task<Row> look(io::Ref<const Ground> ground, Record record) {
  if (record.slot == Slot::ptr) co_return co_await look_at_ptr(ground, std::move(record));
  Row row{.record = std::move(record)};
  const Known known = co_await gather(ground, row.record);
  const doctor::Survey survey = co_await ground->view.ask(row.record.name, row.record.type);
  std::vector<Said> said;
  for (const doctor::Told& told : survey.told) {
    if (has_answered(told.answer)) {
      said.push_back({told.where(), judge(row.record, told.answer, known)});
    }
  }
  if (said.empty()) {
    row.words = trouble_of(survey);
    co_return row;
  }
  Verdict joined = join(said);
  row.state = joined.state;
  row.words = std::move(joined.words);
  row.in_the_way = std::move(joined.in_the_way);
  if (row.record.type == dns::Type::cname && row.state == State::missing) {
    co_await look_at_addresses(ground, row);
  }
  co_return row;
}

}  // namespace records
