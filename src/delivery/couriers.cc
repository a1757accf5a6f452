// See couriers.h.
#include "delivery/couriers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "delivery/lmtp.h"
#include "lib/io/clock.h"

namespace delivery {
namespace {

// Recipients of one parcel that go the same way. Mostly there is one group; a reload of the
// settings or a change of the directory since the message was scheduled can make several.
struct Group {
  Route route;
  std::vector<std::size_t> recipients;
};

std::vector<Group> group_by_route(const Router& router, const queue::Parcel& parcel) {
  std::vector<Group> groups;
  for (const std::size_t index : parcel.recipients) {
    const message::Envelope& envelope = parcel.message->envelope;
    const message::Recipient& recipient = envelope.recipients[index];
    Route route = router.route({recipient.address, envelope.mail_from(recipient)});
    const auto found = std::ranges::find(groups, route, &Group::route);
    if (found != groups.end()) {
      found->recipients.push_back(index);
    } else {
      groups.push_back({std::move(route), {index}});
    }
  }
  return groups;
}

// Why a recipient that we accepted has no mailbox now.
Verdict no_mailbox(std::size_t recipient, directory::Local kind, bool sure) {
  if (kind == directory::Local::unknown && !sure) {
    return {recipient, queue::Result::deferred,
            smtp::reply(451, {4, 3, 0}, "whether the mailbox exists is not known at the moment")};
  }
  if (kind == directory::Local::unknown) {
    return {recipient, queue::Result::failed,
            smtp::reply(550, {5, 1, 1}, "the mailbox does not exist any more")};
  }
  // An alias is expanded at accept (HOUSE §4): delivery makes no recipients.
  return {recipient, queue::Result::deferred,
          smtp::reply(451, {4, 3, 5}, "the address is no mailbox any more")};
}

void count(Counters& counters, const std::vector<Verdict>& verdicts) {
  for (const Verdict& verdict : verdicts) {
    switch (verdict.result) {
      case queue::Result::delivered: counters.local_delivered.add(); break;
      case queue::Result::deferred: counters.local_deferred.add(); break;
      case queue::Result::failed: counters.local_failed.add(); break;
    }
  }
}

std::string remote_of(const queue::Parcel& parcel, std::size_t recipient) {
  return fmt::format("mail/{}", parcel.message->envelope.recipients[recipient].address.text());
}

}  // namespace

Dispatcher::Dispatcher(Parts parts, std::shared_ptr<const Settings> settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      router_(settings_, parts_.directory),
      counters_(parts_.metrics),
      maildir_writer_(parts_.doors),
      pool_(parts_.doors.clock, settings_) {}

queue::Destination Dispatcher::destination(const message::Envelope& envelope,
                                           const message::Recipient& recipient) const {
  return {router_.key({recipient.address, envelope.mail_from(recipient)})};
}

io::Task<std::vector<queue::Outcome>> Dispatcher::deliver(queue::Parcel parcel) {
  ++running_;
  const std::shared_ptr<const Settings> settings = settings_;
  std::vector<queue::Outcome> outcomes;
  std::vector<Group> groups = group_by_route(router_, parcel);
  if (groups.size() == 1) {
    outcomes =
        co_await deliver_one_way(settings, std::move(groups.front().route), std::move(parcel));
  } else {
    for (Group& group : groups) {
      queue::Parcel part = parcel;
      part.recipients = std::move(group.recipients);
      auto more = co_await deliver_one_way(settings, std::move(group.route), std::move(part));
      std::ranges::move(more, std::back_inserter(outcomes));
    }
  }
  --running_;
  co_return outcomes;
}

io::Task<std::vector<queue::Outcome>> Dispatcher::deliver_one_way(
    std::shared_ptr<const Settings> settings, Route route, queue::Parcel parcel) {
  if (route.kind == RouteKind::local) return deliver_local(std::move(parcel));
  return attempt(carrier(std::move(settings)), std::move(route), std::move(parcel));
}

Carrier Dispatcher::carrier(std::shared_ptr<const Settings> settings) {
  return {{parts_.doors, *parts_.tls, broken_tls_, no_scram_, counters_, std::move(settings)},
          parts_.resolver,
          pool_,
          parts_.events};
}

io::Task<std::vector<queue::Outcome>> Dispatcher::deliver_local(queue::Parcel parcel) {
  const std::shared_ptr<const Settings> settings = settings_;
  const auto snapshot = parts_.directory.snapshot();
  const base::Instant began = parts_.doors.clock.now();
  MaildirJob job{
      parts_.doors, maildir_memory_, maildir_writer_, *settings, *parcel.message, *parcel.body, {}};
  std::vector<Verdict> verdicts;
  for (const std::size_t index : parcel.recipients) {
    const message::Address& address = parcel.message->envelope.recipients[index].address;
    const directory::Mailbox* mailbox = snapshot->mailbox(address);
    if (mailbox != nullptr) {
      // The directory's key is unquoted, and a local part may have an @ of its own.
      const std::size_t at = mailbox->address.rfind('@');
      job.deliveries.push_back(
          {index, {mailbox->address.substr(0, at), mailbox->address.substr(at + 1)}});
    } else {
      verdicts.push_back(
          no_mailbox(index, snapshot->lookup(address), snapshot->knows_all_of(address.domain)));
    }
  }
  if (settings->lmtp.empty() && !job.deliveries.empty()) {
    std::ranges::move(co_await deliver_to_maildirs(job), std::back_inserter(verdicts));
  }
  auto outcomes = conclude_local(parcel, std::move(verdicts), began);
  if (!settings->lmtp.empty() && !job.deliveries.empty()) {
    auto more = co_await deliver_lmtp(std::move(parcel), std::move(job.deliveries));
    std::ranges::move(more, std::back_inserter(outcomes));
  }
  co_return outcomes;
}

io::Task<std::vector<queue::Outcome>> Dispatcher::deliver_lmtp(
    queue::Parcel parcel, std::vector<MailboxDelivery> deliveries) {
  const std::shared_ptr<const Settings> settings = settings_;
  const base::Instant began = parts_.doors.clock.now();
  Route route = lmtp_route(*settings, parcel.destination);
  LmtpParcel ready = co_await prepare_lmtp(parcel, std::move(deliveries));
  auto outcomes = conclude_local(parcel, std::move(ready.verdicts), began);
  if (ready.parcel.recipients.empty()) co_return outcomes;
  auto more = co_await attempt(carrier(settings), std::move(route), std::move(ready.parcel));
  std::ranges::move(more, std::back_inserter(outcomes));
  co_return outcomes;
}

std::vector<queue::Outcome> Dispatcher::conclude_local(const queue::Parcel& parcel,
                                                       std::vector<Verdict> verdicts,
                                                       base::Instant began) {
  count(counters_, verdicts);
  std::vector<queue::Outcome> outcomes;
  for (Verdict& verdict : verdicts) {
    tell_local(parcel, verdict, began);
    outcomes.push_back({verdict.recipient,
                        verdict.result,
                        {parts_.doors.clock.wall(), remote_of(parcel, verdict.recipient),
                         std::move(verdict.reply)},
                        false});
  }
  return outcomes;
}

void Dispatcher::tell_local(const queue::Parcel& parcel, const Verdict& verdict,
                            base::Instant began) {
  base::Event event;
  event.name = "delivery.attempt";
  event.time = parts_.doors.clock.wall();
  event.message = parcel.message->id;
  event.fields = {{"destination", parcel.destination.key},
                  {"remote", remote_of(parcel, verdict.recipient)},
                  {"recipients", "1"},
                  {"attempt", fmt::format("{}", parcel.attempt)},
                  {"reply", verdict.reply.text()},
                  {"duration", base::format_duration(parts_.doors.clock.now() - began)}};
  parts_.events.emit(event);
}

void Dispatcher::set_settings(std::shared_ptr<const Settings> settings) {
  settings_ = std::move(settings);
  router_ = Router(settings_, parts_.directory);
  pool_.set_settings(settings_);
}

io::Task<void> Dispatcher::stop() {
  co_await maildir_writer_.stop();
  co_await pool_.stop();
}

Status Dispatcher::status() const { return {running_, pool_.idle()}; }

}  // namespace delivery
