// See meaning.h.
#include "report/meaning.h"

#include <array>

namespace report {
namespace {

struct Row {
  int subject;
  int detail;  // any: every detail that has no row of its own
  Meaning meaning;
};
constexpr int any = -1;

constexpr std::string_view write_to_them =
    "Ask the recipient in another way, and show them this report: their administrator can see why.";
constexpr std::string_view check_address =
    "Check the address for typing errors, and ask the recipient in another way for the right one. "
    "Sending it again to the same address will not help.";
constexpr std::string_view show_your_administrator =
    "Show this report to whoever looks after mail for your own domain.";
constexpr std::string_view send_again_later =
    "Send the message again later. If it is urgent, reach the recipient in another way.";

constexpr std::array rows = {
    // RFC 3463 §3.2: addressing
    Row{1, 1, {"The receiving server knows no mailbox with this address.", check_address}},
    Row{1,
        2,
        {"The part of the address after the @ does not exist, or takes no mail.", check_address}},
    Row{1, 3, {"The receiving server does not understand this address.", check_address}},
    Row{1, 4, {"The address could mean several mailboxes.", check_address}},
    Row{1, 6, {"The mailbox has moved, and nobody forwards its mail.", check_address}},
    Row{1,
        7,
        {"The receiving server does not accept your own address as a sender.",
         show_your_administrator}},
    Row{1,
        8,
        {"The receiving server cannot find your own domain, and so does not trust it.",
         show_your_administrator}},
    // RFC 7505 §4.2
    Row{1, 10, {"The domain of this address says that it takes no mail at all.", check_address}},
    Row{1, any, {"The receiving server does not accept this address.", check_address}},
    // RFC 3463 §3.3: mailbox
    Row{2, 1, {"The mailbox exists, but it is switched off.", write_to_them}},
    Row{2,
        2,
        {"The recipient's mailbox is full.",
         "Tell the recipient in another way that there is no room left, and send the message "
         "again when there is."}},
    Row{2,
        3,
        {"The message is larger than this mailbox accepts.",
         "Send it in smaller parts, or put large files where the recipient can fetch them."}},
    Row{2,
        4,
        {"The mailing list at this address does not work.", "Write to the owner of the list."}},
    Row{2, any, {"Something is wrong with the recipient's mailbox.", write_to_them}},
    // RFC 3463 §3.4: the receiving system
    Row{3, 1, {"The receiving server has no room left.", send_again_later}},
    Row{3,
        4,
        {"The message is larger than the receiving server accepts.",
         "Send it in smaller parts, or put large files where the recipient can fetch them."}},
    Row{3, any, {"The receiving server could not take the message.", send_again_later}},
    // RFC 3463 §3.5: network and routing
    Row{4, 1, {"The receiving server could not be reached: it did not answer.", send_again_later}},
    Row{4, 2, {"The connection to the receiving server broke again and again.", send_again_later}},
    Row{4,
        3,
        {"The receiving side could not be found, because its name service gave no answer.",
         send_again_later}},
    Row{4, 4, {"There is no way to deliver mail to the domain of this address.", check_address}},
    Row{4,
        6,
        {"The message went in circles between servers.",
         "Ask the recipient in another way: a forwarding on their side leads back to itself."}},
    Row{4,
        7,
        {"The receiving server could not be reached in all the time we tried.", send_again_later}},
    Row{4, any, {"The message could not be brought to the receiving server.", send_again_later}},
    // RFC 3463 §3.6: protocol
    Row{5,
        3,
        {"The message has more recipients than the receiving server accepts at once.",
         "Send it to fewer people at a time."}},
    Row{5, any, {"The two mail servers did not understand each other.", show_your_administrator}},
    // RFC 3463 §3.7: content. RFC 6531 §3.4: 5.6.7
    Row{6,
        3,
        {"The receiving server takes only text of plain ASCII, or no binary parts, and nobody on "
         "the way may change the message for it.",
         "Let your mail program encode it: attachments as base64, text as quoted-printable; most "
         "programs do so unless they are told otherwise."}},
    Row{6,
        7,
        {"The receiving server does not support the international characters in an address.",
         "Use an address without such characters, if the recipient has one."}},
    Row{6,
        any,
        {"The receiving server cannot handle the form of this message.",
         "Send it as plain text, or put files into another format."}},
    // RFC 3463 §3.8: security and policy
    Row{7, 1, {"The receiving server refuses this message by its own rules.", write_to_them}},
    Row{7, 2, {"You may not write to this mailing list.", "Write to the owner of the list."}},
    // RFC 7372 §3
    Row{7,
        20,
        {"The receiving server demands a signature (DKIM) that your message has not.",
         show_your_administrator}},
    Row{7,
        21,
        {"The signature (DKIM) of your message is not of your own domain.",
         show_your_administrator}},
    Row{7,
        22,
        {"The signature (DKIM) of your message is not of your own domain.",
         show_your_administrator}},
    Row{7,
        23,
        {"The rules of your domain (SPF) do not allow our server to send its mail.",
         show_your_administrator}},
    Row{7,
        24,
        {"The rules of your domain (SPF) could not be read by the receiving server.",
         show_your_administrator}},
    Row{7,
        25,
        {"The receiving server does not trust our server: its reverse name does not fit.",
         show_your_administrator}},
    Row{7,
        26,
        {"The receiving server could not make sure that the message is from your domain "
         "(SPF, DKIM, DMARC).",
         show_your_administrator}},
    // RFC 7505 §4.2
    Row{7,
        27,
        {"Your own domain says that it takes no mail, so nobody could answer you.",
         show_your_administrator}},
    Row{7,
        28,
        {"The receiving server gets more mail from us, or for this address, than it allows.",
         send_again_later}},
    Row{7,
        any,
        {"The receiving server refuses this message for reasons of security or policy.",
         write_to_them}},
};

}  // namespace

Meaning meaning(const smtp::EnhancedCode& status) {
  for (const Row& row : rows) {
    if (row.subject != status.subject) continue;
    if (row.detail == any || row.detail == status.detail) return row.meaning;
  }
  if (status.class_ == 4) {
    return {"The message could not be delivered for now, and it stayed so.", send_again_later};
  }
  return {"The message was refused, without a reason that a program understands.", write_to_them};
}

}  // namespace report
