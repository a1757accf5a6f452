// report/notifier.h: decides who is told what, and makes the report a queued message.
//
// What:    DsnNotifier implements queue::Notifier: none for the null sender, for a DSN of ours, for
//          NOTIFY without the word for it; otherwise one message with the null sender to the
//          original's sender.
// In/Out:  see queue/notifier.h. expand() puts an alias's mailboxes in the place of a local sender.
// Errors:  none.
// Limits:  see dsn.h.
// Not here: the text (dsn.h), when it is asked for (queue/).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/message/envelope.h"
#include "queue/notifier.h"
#include "report/settings.h"
#include "report/sign.h"

namespace report {

// directory::Snapshot::expand, or nothing; an empty answer leaves the recipient as it is.
using Expand = std::function<std::vector<message::Recipient>(const message::Recipient&)>;

class DsnNotifier final : public queue::Notifier {
 public:
  explicit DsnNotifier(std::shared_ptr<const Settings> settings, Expand expand = {}, Sign sign = {})
      : settings_(std::move(settings)), expand_(std::move(expand)), sign_(std::move(sign)) {}

  [[nodiscard]] std::optional<queue::NewMessage> report(
      const queue::MessageInfo& original, const std::vector<queue::ReportedRecipient>& recipients,
      queue::Quoted quoted, base::MessageId new_id, base::Time now) override;
  [[nodiscard]] std::uint64_t returned_bytes_max() const override {
    return settings_->returned_bytes_max;
  }

  void set_settings(std::shared_ptr<const Settings> settings) { settings_ = std::move(settings); }

 private:
  std::shared_ptr<const Settings> settings_;
  Expand expand_;
  Sign sign_;  // empty: reports go unsigned
};

}  // namespace report
