// report/incoming/unpack.h: from an attachment or a file to reports.
//
// What:    looks at the octets, not at the name or the type: gzip, ZIP, XML, JSON, or base64 of
//          one of them; an archive in an archive is not opened.
// In/Out:  octets and budget → the reports in them and what was wrong with others.
// Errors:  in `problems`, in words: nothing here ends the mail.
// Limits:  Budget: unpacked octets of one mail.
// Not here: MIME (mail_reader.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "report/incoming/received.h"

namespace report {

struct FoundReport {
  ReceivedReport report;
  std::string file;
};

struct Unpacked {
  std::vector<FoundReport> reports;
  std::vector<std::string> problems;  // of what looked like a report
};

class Unpacker {
 public:
  explicit Unpacker(std::size_t bytes_max) : left_(bytes_max) {}

  void take(std::string_view octets, const std::string& name);
  [[nodiscard]] Unpacked& found() { return found_; }
  // Adds what another reader made, or why it could not.
  void add(base::Result<ReceivedReport> report, const std::string& name);

 private:
  void take_document(std::string_view octets, const std::string& name, bool damaged);
  void take_gzip(std::string_view octets, const std::string& name);
  void take_zip(std::string_view octets, const std::string& name);
  void problem(const std::string& name, std::string_view words);

  std::size_t left_;
  Unpacked found_;
};

// Does it begin as something that take() can read?
[[nodiscard]] bool may_be_report(std::string_view octets);

}  // namespace report
