// See parcels.h.
#include "tools/simulate/wire/parcels.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <limits>

#include "lib/base/text.h"

namespace simulate::wire {
namespace {

void add_one(std::uint8_t& count) {
  if (count < std::numeric_limits<std::uint8_t>::max()) ++count;
}

}  // namespace

std::string sender_of(std::uint64_t number) {
  return fmt::format(FMT_COMPILE("m{}@{}"), number, sender_domain);
}

std::string recipient_of(std::uint64_t number, std::string_view domain) {
  return fmt::format(FMT_COMPILE("r{}@{}"), number, domain);
}

std::optional<std::uint64_t> number_in(std::string_view address, char kind) {
  if (!address.starts_with(kind)) return std::nullopt;
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  return base::parse_number(address.substr(1, at - 1));
}

// Lines are opened one by one as messages come.
Parcels::Parcel* Parcels::find(std::uint64_t number) {
  if (number >= account_.ledger().size()) {
    strange(fmt::format("message {} was never sent", number));
    return nullptr;
  }
  if (number >= parcels_.size()) parcels_.resize(account_.ledger().size());
  return &parcels_[number];
}

void Parcels::accepted(std::uint64_t number, std::uint64_t octets) {
  Parcel* const parcel = find(number);
  if (parcel == nullptr) return;
  parcel->accepted = true;
  figures_.octets_in += octets;
}

void Parcels::came(std::uint64_t number, const bench::Finding& finding) {
  Parcel* const parcel = find(number);
  if (parcel == nullptr) return;
  add_one(parcel->taken);
  figures_.octets_out += finding.bytes;
  if (finding.kind == bench::Finding::Kind::intact && finding.number == number) return;
  ++figures_.damaged;
  strange(fmt::format("message {} did not arrive as it was sent", number));
}

void Parcels::unheard(std::uint64_t number) {
  if (Parcel* const parcel = find(number)) parcel->in_doubt = true;
}

void Parcels::told(std::uint64_t number, Told what, std::uint64_t octets) {
  Parcel* const parcel = find(number);
  if (parcel == nullptr) return;
  figures_.report_octets += octets;
  if (what == Told::failed) {
    ++figures_.failure_reports;
    add_one(parcel->failures_told);
  } else if (what == Told::delayed) {
    ++figures_.delay_reports;
    Line& line = account_.ledger()[number];
    if (line.delay_told) strange(fmt::format("message {}: told twice of its delay", number));
    line.delay_told = true;
  } else {
    strange(fmt::format("message {}: a report that nobody asked for", number));
  }
}

void Parcels::strange(std::string what) { account_.ledger().note(std::move(what)); }

void Parcels::settle(bool cut) {
  parcels_.resize(account_.ledger().size());
  for (std::uint64_t number = 0; number < parcels_.size(); ++number) {
    settle_one(number, parcels_[number], cut);
  }
  account_.counts().delay_notices = figures_.delay_reports;
}

void Parcels::settle_one(std::uint64_t number, const Parcel& parcel, bool cut) {
  const Fate fate = account_.ledger()[number].fate;
  if (!parcel.accepted && !cut) strange(fmt::format("message {} was never accepted", number));
  if (parcel.taken > 1) {
    const std::uint64_t more = parcel.taken - 1U;
    figures_.duplicates += more;
    if (parcel.in_doubt) {
      figures_.duplicates_in_doubt += more;
    } else {
      strange(fmt::format("message {} arrived {} times", number, parcel.taken));
    }
  }
  if (fate == Fate::delivered && parcel.taken == 0) lost(number, "no receiver has it");
  if (fate != Fate::bounced && fate != Fate::expired) return;
  if (parcel.taken > 0 && !parcel.in_doubt) {
    strange(fmt::format("message {} came back, but a receiver has it", number));
  }
  if (parcel.failures_told == 0 && !cut) lost(number, "its sender was not told");
  if (parcel.failures_told > 1) strange(fmt::format("message {} came back twice", number));
}

void Parcels::lost(std::uint64_t number, std::string_view how) {
  ++figures_.lost;
  strange(fmt::format("message {} is lost: {}", number, how));
}

}  // namespace simulate::wire
