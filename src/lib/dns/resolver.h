// lib/dns/resolver.h: the door to the DNS.
//
// What:    one query, one answer: records, or exactly why there are none, and whether it is secure.
// In/Out:  name (A-labels, no final dot needed) and type → Answer with Records.
// Errors:  no Result: trouble is a Status of the answer, and callers must look at it. Trouble is
//          never "does not exist" (HOUSE invariant 4): only no_name and no_data are.
// Limits:  each resolver bounds its time per query (settings) and the records per answer
//          (records_max).
// Not here: MX rules (delivery/), SPF (lib/mailauth).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/io/address.h"
#include "lib/io/ref.h"
#include "lib/io/task.h"

namespace dns {

enum class Type : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  srv = 33,
  tlsa = 52
};

enum class Status : std::uint8_t {
  ok,       // there are records
  no_name,  // NXDOMAIN: the name does not exist
  no_data,  // the name exists, but has no record of this type
  trouble,  // SERVFAIL, timeout, refused, cancelled: nothing is known
  bogus,    // DNSSEC validation failed: nothing may be believed
};

// True when the DNS said that there is nothing; false for trouble.
[[nodiscard]] constexpr bool is_negative(Status status) {
  return status == Status::no_name || status == Status::no_data;
}

struct MxRecord {
  std::uint16_t preference = 0;
  std::string exchange;  // lower case, no final dot; "" is the null MX "." (RFC 7505)
};
struct TlsaRecord {
  std::uint8_t usage = 0;
  std::uint8_t selector = 0;
  std::uint8_t matching = 0;
  std::string data;
};

// One record in the form its type has; others are empty.
struct Record {
  std::string data;       // ptr, cname, ns: the name; txt: the strings joined (RFC 7208 §3.3)
  io::IpAddress address;  // a, aaaa
  MxRecord mx;
  TlsaRecord tlsa;
};

struct Answer {
  Status status = Status::trouble;
  bool secure = false;            // validated by DNSSEC
  std::uint32_t ttl_seconds = 0;  // of the answer, also a negative one
  std::string canonical_name;     // where CNAMEs led; the asked name when none
  std::vector<Record> records;    // empty unless ok
  std::string why;                // for trouble and bogus, in words
};

// An answer that is none: trouble or bogus, and why.
[[nodiscard]] Answer no_answer(std::string why, Status status = Status::trouble);

class Resolver {
 public:
  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  virtual ~Resolver() = default;

  virtual io::Task<Answer> query(std::string name, Type type) = 0;
};

// A and AAAA together; `trouble` only when one of them is trouble and the other has no records.
[[nodiscard]] io::Task<Answer> query_addresses(io::Ref<Resolver> resolver, std::string name);

[[nodiscard]] std::string_view to_string(Type type);
[[nodiscard]] std::string_view to_string(Status status);

}  // namespace dns
