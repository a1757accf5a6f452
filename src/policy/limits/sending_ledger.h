// policy/limits/sending_ledger.h: how much each account has sent, and when the rest is held.
//
// What:    per account: recipients and first-time recipients of 24 hours, a brake on sudden change
//          (new recipients or bounces within minutes), notices to owner and administrator.
// In/Out:  judge() at the end of data → accept or hold with the reason; bounced() for each remote
//          5yz; usage(), release() and learn() for the command line; a brake is told to on_brake.
// Errors:  none; nothing is refused or lost, only held.
// Limits:  directory::SendingLimits per account, LimitsSettings.
//          - A message counts once per recipient: a thousand copies burn an address however many
//            DATA commands brought them. Own domains count as messages, not as new recipients.
//          - A day limit holds what passes it, until the window (24 to 25 hours) has room again.
//          - The brake holds everything from then on, until `limits release` or `limits purge`;
//            also what was accepted before to go later (whoever has on_brake sees to that).
//          - What was held stays held until somebody says a word: a thief's never leaves alone.
//          - Turned off (`limits set … off`) an account is counted, but never held nor warned.
// Not here: the limits (directory/), holding (queue/), sending the notices (session/notice.h).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "directory/directory.h"
#include "lib/base/event.h"
#include "lib/base/metrics.h"
#include "policy/limits/account_window.h"
#include "policy/limits/settings.h"
#include "policy/state/rows.h"
#include "policy/transaction.h"
#include "policy/verdict.h"

namespace policy {

// What `limits show` says of an account.
struct Usage {
  std::string account;
  std::uint64_t messages = 0;  // recipients written to within the day
  std::uint64_t new_recipients = 0;
  std::uint64_t bounces = 0;  // within the brake's window
  std::size_t known_recipients = 0;
  std::optional<base::Time> braked;  // since when everything is held
  std::string brake_reason;
};

// The reasons of all that a limit holds begin so: what an operator holds is his alone.
inline constexpr std::string_view held_by_limit = "limit of sending: ";

// A brake that was pulled, or that is in force.
struct Brake {
  std::string account;
  std::string hold_reason;      // for what is to be held now
  std::vector<Notice> notices;  // to be sent, when no transaction is there to send them
};
using OnBrake = std::function<void(const Brake&)>;

// One per process, shared by all loops: a short mutex, held over no wait.
class SendingLedger {
 public:
  SendingLedger(std::shared_ptr<const LimitsSettings> settings, base::EventSink& events,
                base::Metrics& metrics);

  // For a transaction with an account; without one it accepts.
  [[nodiscard]] Verdict judge(const Transaction& transaction, const directory::Snapshot& known,
                              base::Time now);
  // Called on the loop that pulled a brake, under no lock; {} ends it.
  void on_brake(OnBrake call);
  // Without notices: they were sent when it was pulled.
  [[nodiscard]] std::vector<Brake> brakes() const;

  // A remote server refused a recipient of this account's mail for good.
  void bounced(std::string_view account, base::Time now);

  [[nodiscard]] Usage usage(std::string_view account, base::Time now) const;
  // Accounts with something to tell: sent today, or braked.
  [[nodiscard]] std::vector<Usage> all(base::Time now) const;
  // Lets go of the brake and forgets the minutes that pulled it. False: there was no brake.
  bool release(std::string_view account, base::Time now);
  // Recipients of mail that was held and is sent on: from now on the account knows them.
  void learn(std::string_view account, const std::vector<message::Address>& foreign,
             base::Time now);
  void forget(std::string_view account);

  void set_settings(std::shared_ptr<const LimitsSettings> settings);
  // For State: what was kept, and what has changed since the last call.
  void load(const StateImage& image);
  void take_changes(StateChanges& changes, base::Time now);

 private:
  using Accounts = std::unordered_map<std::string, AccountWindow>;
  enum class Limit : std::uint8_t { messages, new_recipients, brake };
  struct Passed {  // a limit that this message would pass
    Limit limit;
    std::string reason;
  };
  // One message that is being judged.
  struct Case {
    const Transaction& transaction;
    AccountWindow& window;
    std::vector<std::uint64_t> fresh;  // hashes of recipients that the account never wrote to
    std::vector<std::uint64_t> foreign;
    base::Time now;
  };

  [[nodiscard]] std::uint64_t hash(const message::Address& address) const;
  [[nodiscard]] Case open_case(const Transaction& transaction, const directory::Snapshot& known,
                               base::Time now);
  [[nodiscard]] std::optional<Passed> passed(const Case& one) const;
  void record(Case& one);
  void learn_all(const std::string& account, const std::vector<std::uint64_t>& recipients,
                 base::Time now);
  void pull_brake(const std::string& account, AccountWindow& window, std::string reason,
                  base::Time now);
  [[nodiscard]] Verdict hold(Case& one, Passed passed);
  // To the owner and the administrator, and to the events.
  [[nodiscard]] std::vector<Notice> tell_held(const std::string& account, AccountWindow& window,
                                              const std::string& reason, base::Time now,
                                              const Transaction* transaction = nullptr);
  void warn(Case& one, Verdict& verdict);
  [[nodiscard]] message::Address administrator_of(std::string_view account) const;
  void tell(std::string_view name, std::string_view account, std::string reason, base::Time now,
            const Transaction* transaction = nullptr);
  [[nodiscard]] Usage usage_of(const std::string& account, const AccountWindow& window,
                               base::Time now) const;
  void set_gauge();
  void sweep(base::Time now);

  mutable std::mutex mutex_;
  std::shared_ptr<const LimitsSettings> settings_;
  base::EventSink& events_;
  base::Counter& held_messages_;
  base::Counter& held_new_recipients_;
  base::Counter& held_brake_;
  base::Gauge& braked_;
  std::string secret_;
  OnBrake on_brake_;
  Accounts accounts_;
  std::set<std::string> changed_;
  std::vector<RecipientRow> learnt_;
  std::vector<RecipientRow> dropped_;
  std::uint32_t swept_ = 0;  // the day
};

}  // namespace policy
