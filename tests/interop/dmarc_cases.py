"""tests/interop/dmarc_cases.py: random DMARC records and identifiers, and authheaders' verdict.

authheaders follows RFC 7489 with a public suffix list, we follow RFC 9989 with a tree walk. So the
names are of kinds for which both find the same organizational domain: one public suffix that the
list has ("com"), records at the author's domain or at the organizational one, no psd, no np.
"""

import random
import re
from dataclasses import dataclass, field
from types import SimpleNamespace

ORGANIZATIONS = ["alpha.com", "beta.com", "gamma.com"]
LABELS = ["", "", "mail.", "news.", "a.mail."]
BROKEN = ["v=DMARC2; p=reject", "p=reject; v=DMARC1", "dmarc", "v=dmarc1; p=reject"]


@dataclass
class Case:
    author: str
    spf_domain: str  # that SPF passes for; empty: it does not pass
    dkim_domain: str
    records: dict[str, list[str]] = field(default_factory=dict)

    def zone_text(self) -> str:
        out = [f'_dmarc.{name}. 60 IN TXT "{text}"'
               for name, texts in self.records.items() for text in texts]
        for organization in ORGANIZATIONS:
            for label in set(LABELS):
                out.append(f"{label}{organization}. 60 IN A 192.0.2.9")
        if self.spf_domain:
            out.append(f'{self.spf_domain}. 60 IN TXT "v=spf1 +all"')
        return "\n".join(out) + "\n"


def name(chance: random.Random) -> str:
    return chance.choice(LABELS) + chance.choice(ORGANIZATIONS)


def record(chance: random.Random, of_organization: bool) -> str:
    if chance.random() < 0.05:
        return chance.choice(BROKEN)
    tags = [f"p={chance.choice(['none', 'quarantine', 'reject'])}"]
    if of_organization and chance.random() < 0.4:
        tags.append(f"sp={chance.choice(['none', 'quarantine', 'reject'])}")
    for tag in ("adkim", "aspf"):
        if chance.random() < 0.5:
            tags.append(f"{tag}={chance.choice('rs')}")
    if chance.random() < 0.3:
        tags.append("rua=mailto:reports@alpha.com")
    if chance.random() < 0.2:
        tags.append("fo=1")
    if chance.random() < 0.1:
        tags.append("unknown=x")
    mark = chance.choice(["; ", ";", " ; "])
    return "v=DMARC1" + mark + mark.join(tags) + chance.choice(["", ";"])


def make_case(chance: random.Random) -> Case:
    author = name(chance)
    near = [author, author.split(".", 1)[-1] if author.count(".") > 1 else author, name(chance)]
    case = Case(author, chance.choice(["", *near]), chance.choice(["", *near]))
    organization = organization_of(author)
    if chance.random() < 0.8:
        case.records[organization] = [record(chance, True)]
        if chance.random() < 0.04:
            case.records[organization].append(record(chance, False))
    # RFC 9989 §4.10.2 takes the topmost name with a record for the organization: the author's own
    # record stands only below one that counts.
    if author != organization and len(valid(case.records.get(organization, []))) == 1 \
            and chance.random() < 0.5:
        case.records[author] = [record(chance, False)]
        if not valid(case.records[author]):
            del case.records[author]
    return case


def organization_of(domain: str) -> str:
    return ".".join(domain.split(".")[-2:])


def valid(texts: list[str]) -> list[str]:
    return [text for text in texts if text.startswith("v=DMARC1")]


def use_public_suffixes() -> None:
    """authheaders reads the whole list for every question, from where it is installed."""
    import authheaders
    import authheaders.dmarc_lookup
    for module in (authheaders, authheaders.dmarc_lookup):
        module.get_org_domain = organization_of  # what the list says of names in "com"


def authheaders_result(case: Case) -> tuple[str, str]:
    """(result, policy for what fails), as RFC 7489 has it."""
    import authheaders

    def txt(query):
        texts = valid(case.records.get(query.removeprefix("_dmarc."), []))
        return texts[0] if len(texts) == 1 else ""  # several are none (RFC 7489 §6.6.3 step 5)

    spf = case.spf_domain and SimpleNamespace(result="pass", smtp_mailfrom=f"ann@{case.spf_domain}")
    dkim = case.dkim_domain and SimpleNamespace(result="pass", header_d=case.dkim_domain)
    result, _, _, policy = authheaders.dmarc_per_from(case.author, spf or None, dkim or None, txt)
    if case.author in case.records:
        # authheaders applies sp= to the very domain that published it; RFC 7489 §6.3 to those
        # below it.
        policy = policy_of(case.records.get(case.author, [])) or policy
    return result, policy


def policy_of(texts: list[str]) -> str:
    found = [re.search(r";\s*p=(\w+)", text) for text in valid(texts)]
    return found[0][1] if len(found) == 1 and found[0] else ""
