// See resolver.h.
#include "lib/dns/resolver.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dns {

Answer no_answer(std::string why, Status status) {
  Answer answer;
  answer.status = status;
  answer.why = std::move(why);
  return answer;
}

io::Task<Answer> query_addresses(io::Ref<Resolver> resolver, std::string name) {
  Answer v6 = co_await resolver->query(name, Type::aaaa);
  Answer v4 = co_await resolver->query(std::move(name), Type::a);
  if (v6.status == Status::ok && v4.status == Status::ok) {
    v6.secure = v6.secure && v4.secure;
    v6.ttl_seconds = std::min(v6.ttl_seconds, v4.ttl_seconds);
    std::ranges::move(v4.records, std::back_inserter(v6.records));
    co_return v6;
  }
  if (v6.status == Status::ok) co_return v6;
  if (v4.status == Status::ok) co_return v4;
  // Nothing was found: what is not known weighs more than what does not exist (invariant 4).
  if (!is_negative(v4.status)) co_return v4;
  if (!is_negative(v6.status)) co_return v6;
  // A server that says NXDOMAIN for one type only is broken; the name exists (RFC 8020).
  co_return v4.status == Status::no_data ? v4 : v6;
}

std::string_view to_string(Type type) {
  switch (type) {
    case Type::a: return "A";
    case Type::cname: return "CNAME";
    case Type::ptr: return "PTR";
    case Type::mx: return "MX";
    case Type::txt: return "TXT";
    case Type::aaaa: return "AAAA";
    case Type::ns: return "NS";
    case Type::srv: return "SRV";
    case Type::tlsa: return "TLSA";
  }
  return "?";
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok: return "ok";
    case Status::no_name: return "no such name";
    case Status::no_data: return "no such record";
    case Status::trouble: return "trouble";
    case Status::bogus: return "bogus";
  }
  return "?";
}

}  // namespace dns
