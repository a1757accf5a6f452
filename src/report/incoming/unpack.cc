// See unpack.h.
#include "report/incoming/unpack.h"

#include <fmt/format.h>

#include "lib/base/text.h"
#include "report/dsn_text.h"
#include "report/incoming/aggregate_reader.h"
#include "report/incoming/inflate.h"
#include "report/incoming/tls_reader.h"
#include "report/incoming/transfer.h"
#include "report/incoming/zip.h"

namespace report {
namespace {

constexpr std::size_t problems_max = 20;

bool is_gzip(std::string_view octets) { return octets.starts_with("\x1f\x8b"); }

// Behind a byte order mark and white space.
std::string_view first_text(std::string_view octets) {
  if (octets.starts_with("\xef\xbb\xbf")) octets.remove_prefix(3);
  return base::trim(octets.substr(0, 200));
}

// UTF-16 has been seen: "<" and a zero, in either order.
bool is_xml(std::string_view octets) {
  return first_text(octets).starts_with('<') || octets.starts_with("\xff\xfe") ||
         octets.starts_with("\xfe\xff");
}

bool is_json(std::string_view octets) { return first_text(octets).starts_with('{'); }

// gzip, ZIP or XML that somebody encoded twice, or without saying so.
bool is_base64_of_report(std::string_view octets) {
  const std::string_view text = first_text(octets);
  return text.starts_with("H4sI") || text.starts_with("UEsDB") || text.starts_with("PD94bWwg");
}

}  // namespace

bool may_be_report(std::string_view octets) {
  return is_gzip(octets) || is_zip(octets) || is_xml(octets) || is_json(octets) ||
         is_base64_of_report(octets);
}

void Unpacker::problem(const std::string& name, std::string_view words) {
  if (found_.problems.size() >= problems_max) return;
  found_.problems.push_back(name.empty() ? std::string(words)
                                         : fmt::format("{}: {}", clean(name, 255), words));
}

void Unpacker::add(base::Result<ReceivedReport> report, const std::string& name) {
  if (!report) {
    problem(name, report.error().detail);
    return;
  }
  found_.reports.push_back({.report = std::move(*report), .file = clean(name, 255)});
}

void Unpacker::take_document(std::string_view octets, const std::string& name, bool damaged) {
  if (first_text(octets).empty()) {
    problem(name, "it is empty");
    return;
  }
  if (!is_xml(octets) && !is_json(octets)) {
    problem(name, "it is neither XML nor JSON");
    return;
  }
  auto report = is_json(octets) ? read_tls_report(octets) : read_aggregate(octets);
  if (report && damaged) report->remarks.emplace_back("its compression was damaged");
  add(std::move(report), name);
}

void Unpacker::take_gzip(std::string_view octets, const std::string& name) {
  auto inflated = inflate_all(octets, Wrapping::gzip_or_zlib, left_);
  if (!inflated) {
    problem(name, inflated.error().detail);
    return;
  }
  left_ -= inflated->bytes.size();
  take_document(inflated->bytes, name, inflated->damaged);
}

void Unpacker::take_zip(std::string_view octets, const std::string& name) {
  auto files = unzip(octets, left_);
  if (!files) {
    problem(name, files.error().detail);
    return;
  }
  for (const ZipFile& file : *files) {
    left_ -= file.bytes.size();
    take_document(file.bytes, file.name, file.damaged);
  }
}

void Unpacker::take(std::string_view octets, const std::string& name) {
  std::string decoded;
  if (is_base64_of_report(octets)) {
    decoded = decode_base64(octets);
    octets = decoded;
  }
  if (is_gzip(octets)) {
    take_gzip(octets, name);
  } else if (is_zip(octets)) {
    take_zip(octets, name);
  } else if (octets.size() > left_) {
    problem(name, "it is larger than we read");
  } else {
    left_ -= octets.size();
    take_document(octets, name, false);
  }
}

}  // namespace report
