"""tests/e2e/dsn.py: delivery status notifications, read by Python's email.

In/Out:  the octets of a message → Dsn: fields of the message and of each recipient, its parts.
Errors:  AssertionError for what RFC 3464 and RFC 6522 do not allow.
"""

import email
import email.policy
from dataclasses import dataclass
from email.message import Message

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
RETURNED_TYPES = ("text/rfc822-headers", "message/rfc822", "message/global-headers",
                  "message/global")


@dataclass(frozen=True)
class Dsn:
    top: Message
    text: str                # for people
    message_fields: Message  # RFC 3464 §2.2
    recipients: list[Message]
    returned: Message | None

    def actions(self) -> list[tuple[str, str, str]]:
        """(address, action, status) of each recipient."""
        return [(one["Final-Recipient"].split(";", 1)[1].strip(), one["Action"], one["Status"])
                for one in self.recipients]


def status_groups(part: Message) -> list[Message]:
    payload = part.get_payload()
    if part.get_content_type() == "message/delivery-status":  # Python takes it apart itself
        return payload
    # RFC 6533's newer type is a nested message to it, whose first group is the header.
    groups = payload[0].as_bytes().decode().replace("\r\n", "\n").split("\n\n")
    return [email.message_from_string(group) for group in groups if group.strip()]


def read(octets: bytes) -> Dsn:
    top = email.message_from_bytes(octets)
    assert top.get_content_type() == "multipart/report", top.get_content_type()
    assert top.get_param("report-type") == "delivery-status"
    assert not top.defects, top.defects
    parts = top.get_payload()
    assert [part.get_content_type() for part in parts[:2]][0] == "text/plain"
    assert parts[1].get_content_type() in STATUS_TYPES
    assert len(parts) <= 3
    for part in parts:
        assert not part.defects, part.defects
    fields, *recipients = status_groups(parts[1])
    assert fields["Reporting-MTA"] and recipients
    returned = parts[2] if len(parts) == 3 else None
    assert returned is None or returned.get_content_type() in RETURNED_TYPES
    text = parts[0].get_payload(decode=True).decode(parts[0].get_content_charset())
    return Dsn(top, text, fields, recipients, returned)
