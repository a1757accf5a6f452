// Tests of lib/mailauth: SPF against the suites of the Open SPF project (RFC 7208 and RFC 4408).
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "lib/base/text.h"
#include "lib/dns/names.h"
#include "lib/io/sim/world.h"
#include "lib/mailauth/spf.h"

namespace mailauth {
namespace {

// The suite's own notation: name → list of {TYPE: data} or TIMEOUT.
class SuiteZone final : public dns::Resolver {
 public:
  explicit SuiteZone(const YAML::Node& data) {
    for (const auto& entry : data) add(entry.first.as<std::string>(), entry.second);
  }

  io::Task<dns::Answer> query(std::string name, dns::Type type) override {
    std::string key = dns::name_key(name);
    for (int hops = 0; hops < 8 && aliases_.contains(key); ++hops) key = aliases_.at(key);
    dns::Answer answer;
    answer.canonical_name = key;
    if (timeouts_.contains({key, type}) || (all_timeout_.contains(key) && !has(key, type))) {
      answer.why = "timeout";
      co_return answer;
    }
    const auto found = records_.find({key, type});
    if (found != records_.end()) {
      answer.status = dns::Status::ok;
      answer.records = found->second;
    } else {
      answer.status = known_.contains(key) ? dns::Status::no_data : dns::Status::no_name;
    }
    co_return answer;
  }

 private:
  using Key = std::pair<std::string, dns::Type>;

  bool has(const std::string& key, dns::Type type) const { return records_.contains({key, type}); }

  static std::string joined(const YAML::Node& node) {
    if (!node.IsSequence()) return node.as<std::string>();
    std::string out;
    for (const auto& part : node) out += part.as<std::string>();
    return out;
  }

  void add(const std::string& name, const YAML::Node& entries) {
    const std::string key = dns::name_key(name);
    known_.insert(key);
    bool has_txt = false;
    std::vector<dns::Record> spf;
    for (const auto& entry : entries) {
      if (entry.IsScalar()) {
        all_timeout_.insert(key);
        continue;
      }
      for (const auto& field : entry) {
        const auto type = field.first.as<std::string>();
        if (type == "TXT") has_txt = true;
        if (type == "SPF") {
          dns::Record record;
          record.data = joined(field.second);
          spf.push_back(std::move(record));
        } else {
          add_record(key, type, field.second);
        }
      }
    }
    // "SPF records are duplicated as TXT": the suite's rule for programs that read TXT only.
    if (!has_txt && !spf.empty()) records_[{key, dns::Type::txt}] = std::move(spf);
  }

  void add_record(const std::string& key, const std::string& type, const YAML::Node& data) {
    dns::Record record;
    if (type == "TXT") {
      if (data.IsScalar() && data.as<std::string>() == "NONE") return;
      if (data.IsScalar() && data.as<std::string>() == "TIMEOUT") {
        timeouts_.insert({key, dns::Type::txt});
        return;
      }
      record.data = joined(data);
      records_[{key, dns::Type::txt}].push_back(record);
    } else if (type == "A" || type == "AAAA") {
      record.address = io::IpAddress::parse(data.as<std::string>()).value();
      records_[{key, type == "A" ? dns::Type::a : dns::Type::aaaa}].push_back(record);
    } else if (type == "MX") {
      record.mx = {.preference = data[0].as<std::uint16_t>(),
                   .exchange = dns::name_key(data[1].as<std::string>())};
      records_[{key, dns::Type::mx}].push_back(record);
    } else if (type == "CNAME") {
      aliases_[key] = dns::name_key(data.as<std::string>());
    } else if (type == "PTR") {
      record.data = dns::name_key(data.as<std::string>());
      records_[{key, dns::Type::ptr}].push_back(record);
    }
  }

  std::map<Key, std::vector<dns::Record>> records_;
  std::map<std::string, std::string> aliases_;
  std::set<std::string> known_;
  std::set<std::string> all_timeout_;
  std::set<Key> timeouts_;
};

struct Tally {
  int passed = 0;
  int failed = 0;
  std::string complaints;
};

void judge(const std::string& name, const YAML::Node& test, SuiteZone& zone, Tally& tally) {
  io::sim::World world(1);
  SpfQuery query;
  query.ip = io::IpAddress::parse(test["host"].as<std::string>()).value();
  query.helo = test["helo"].as<std::string>();
  const auto from = test["mailfrom"].as<std::string>();
  const std::size_t at = from.rfind('@');
  if (at == std::string::npos) {
    query.domain = from.empty() ? query.helo : from;
  } else {
    query.local = from.substr(0, at);
    query.domain = from.substr(at + 1);
  }
  const SpfVerdict verdict = world.run(check_host(zone, query));
  const YAML::Node wanted = test["result"];
  bool good = false;
  std::string list;
  for (std::size_t i = 0; i < (wanted.IsSequence() ? wanted.size() : 1); ++i) {
    const auto one = wanted.IsSequence() ? wanted[i].as<std::string>() : wanted.as<std::string>();
    good = good || one == to_string(verdict.result);
    list += one + " ";
  }
  if (good && test["explanation"]) {
    const auto words = test["explanation"].as<std::string>();
    good = verdict.explanation == (words == "DEFAULT" ? "" : words);
    list += "\"" + words + "\" ";
  }
  ++(good ? tally.passed : tally.failed);
  if (!good) {
    tally.complaints +=
        fmt::format("{}: wanted {}, got {} \"{}\" {}\n", name, list, to_string(verdict.result),
                    verdict.explanation, verdict.problem);
  }
}

Tally run_suite(const std::string& file) {
  Tally tally;
  for (const YAML::Node& scenario : YAML::LoadAllFromFile(file)) {
    if (!scenario["tests"]) continue;
    SuiteZone zone(scenario["zonedata"]);
    for (const auto& test : scenario["tests"]) {
      judge(test.first.as<std::string>(), test.second, zone, tally);
    }
  }
  return tally;
}

std::string suite_file(const std::string& name) {
  const char* const set = std::getenv("STAGEPOST_CORPORA");
  return std::string(set != nullptr ? set : "../shared/corpora") + "/" + name;
}

struct Suite {
  const char* file;
  int tests;
};

class SpfSuite : public testing::TestWithParam<Suite> {};

TEST_P(SpfSuite, Agrees) {
  const std::string file = suite_file(GetParam().file);
  if (!std::filesystem::exists(file)) {
    std::fprintf(stderr, "NOT RUN: %s is not there; set STAGEPOST_CORPORA\n", file.c_str());
    GTEST_SKIP() << "no corpus";
  }
  const Tally tally = run_suite(file);
  EXPECT_EQ(tally.passed, GetParam().tests);
  EXPECT_EQ(tally.failed, 0) << tally.complaints;
}

INSTANTIATE_TEST_SUITE_P(
    OpenSpf, SpfSuite,
    testing::Values(Suite{"spf-openspf/data/test/rfc7208-tests.yml", 203},
                    Suite{"spf-openspf-4408/data/test/rfc4408-tests.yml", 191}),
    [](const auto& info) { return std::string(info.index == 0 ? "Rfc7208" : "Rfc4408"); });

}  // namespace
}  // namespace mailauth
