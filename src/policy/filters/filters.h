// policy/filters/filters.h: the chain of the filters that the settings name.
//
// What:    asks milters in the order of the settings, then rspamd. The first that refuses decides;
//          what each changes the next ones see. All changes are forgotten when one refuses.
// In/Out:  see filter_chain.h. filters_maker() gives policy what makes a chain per connection.
// Errors:  a filter in trouble: its default_action, with the trouble in its finding.
// Limits:  policy/filters/settings.h.
// Not here: the conversations (milter_conversation.h, rspamd.h).
//
// Recipients that a filter adds go through the aliases as those of RCPT do, and may be anywhere:
// who set up the filter has said so. One that is unknown here is left out, with words in the
// finding. A message that loses all its recipients is discarded.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/dns/resolver.h"
#include "lib/io/doors.h"
#include "lib/io/tls.h"
#include "policy/filters/filter_chain.h"
#include "policy/filters/milter_conversation.h"
#include "policy/policy.h"

namespace policy {

struct FilterParts {
  io::Doors doors;
  dns::Resolver& resolver;
  std::shared_ptr<io::TlsClient> tls;  // for rspamd over https
};

class Filters final : public FilterChain {
 public:
  Filters(FilterParts parts, std::shared_ptr<const Settings> settings);

  io::Task<Verdict> at_connect(io::Ref<const Transaction> transaction) override;
  io::Task<Verdict> at_helo(io::Ref<const Transaction> transaction) override;
  io::Task<Verdict> at_mail(io::Ref<const Transaction> transaction) override;
  io::Task<Verdict> at_rcpt(io::Ref<const Transaction> transaction,
                            io::Ref<const message::Recipient> recipient) override;
  io::Task<Verdict> at_data(io::Ref<const Transaction> transaction) override;
  io::Task<void> at_end_of_data(FilterMoment moment) override;
  io::Task<void> abort() override;
  io::Task<void> end() override;
  [[nodiscard]] std::vector<FilterFinding> findings() const override { return findings_; }

 private:
  struct Milter {
    explicit Milter(MilterParts parts) : talk(std::move(parts)) {}
    MilterConversation talk;
    bool passed_over = false;  // for this message: it is not asked, or it has failed and may
  };

  io::Task<bool> ask_milter(io::Ref<Milter> milter, FilterMoment moment, io::Ref<Verdict> joined);
  io::Task<void> ask_rspamd(FilterMoment moment, io::Ref<Verdict> joined);
  // False: the verdict is final.
  bool judge(const MilterSettings& settings, MilterAnswer answer, Verdict& verdict);
  bool apply(const std::string& label, FilterDefault default_action, FilterOutcome outcome,
             const FilterMoment& moment, Verdict& joined);
  static void change_message(FilterOutcome& outcome, Verdict& verdict, Verdict& joined);
  static void change_envelope(FilterOutcome& outcome, const FilterMoment& moment, Verdict& joined,
                              FilterFinding& found);
  [[nodiscard]] static bool is_submission(const Transaction& transaction);

  FilterParts parts_;
  std::shared_ptr<const Settings> settings_;
  std::vector<std::unique_ptr<Milter>> milters_;
  std::vector<FilterFinding> findings_;
  std::string client_name_;   // confirmed by its address, or empty
  std::string discarded_by_;  // at a moment before the end
};

[[nodiscard]] MakeFilters filters_maker(FilterParts parts);

}  // namespace policy
