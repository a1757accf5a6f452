"""tests/interop/spf_cases.py: random zones with SPF records, and what pyspf says of them.

In/Out:  make_case(random) → Case; zone_text() for us, pyspf_result() by pyspf with the same data.
Limits:  each zone has a handful of names, so that records refer to each other.
"""

import random
from dataclasses import dataclass, field

DOMAINS = [f"d{number}.example" for number in range(6)]
HOSTS = [*DOMAINS, *[f"{label}.{domain}" for domain in DOMAINS[:3] for label in ("a", "mx", "b")],
         "gone.example", "empty.example"]
ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.77", "198.51.100.7", "203.0.113.9"]
ADDRESSES6 = ["2001:db8::1", "2001:db8::2", "2001:db8:1::1", "2001:db8:ffff::5"]
LOCALS = ["ann", "ann.b", "x-y+z", "strong-bad", "O'Neill", "postmaster", "a.b.c.d"]
MACROS = ["%{s}", "%{l}", "%{o}", "%{d}", "%{i}", "%{h}", "%{v}", "%{d2}", "%{dr}", "%{d1r}",
          "%{ir}", "%{l-}",
          "%{lr-}", "%{l1r+-}", "%{o3r.}", "%%", "%_", "%-", "%{S}", "%{L}", "%{D2}"]
BROKEN = ["%{x}", "%{d0}", "%(d)", "%", "%{d", "a:", "ip4:192.0.2.300", "ip6:2001:db8::g", "ip4:",
          "a/33", "a//129", "a:d0.example/", "include", "include:", "exists", "all:x", "mx:%%",
          "redirect=", "ip4:192.0.2.0/33", "ip6:2001:db8::/129", "foo", "foo:bar", "a=d0.example",
          "exp=%", "redirect=d0.example redirect=d1.example", "a:museum", "ptr:", "ip4:192.0.2",
          "ip4=192.0.2.1", "a/08", "a:d0..example", "v=spf1", "moo.cow=far:out", "ip4:192.0.2.1/",
          "+foo=bar", "-include", "a:d0.example//64/24", "ip6:::1.2.3.4"]


@dataclass
class Case:
    ip: str
    sender: str
    helo: str
    records: dict[tuple[str, str], list] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)

    def zone_text(self) -> str:
        # In front: right behind a name's records it would speak of the other types only.
        out = [f"; !servfail {name}" for name in sorted(self.failing)]
        for (name, kind), values in self.records.items():
            for value in values:
                data = {"TXT": txt_data, "MX": lambda mx: f"{mx[0]} {mx[1]}.",
                        "PTR": lambda host: f"{host}."}.get(kind, str)(value)
                out.append(f"{name}. 60 IN {kind} {data}")
        return "\n".join(out) + "\n"


def txt_data(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return " ".join(f'"{escaped[at:at + 200]}"' for at in range(0, max(len(escaped), 1), 200))


def macro_domain(chance: random.Random) -> str:
    parts = [chance.choice(MACROS) for _ in range(chance.randint(1, 2))]
    return ".".join(parts) + "." + chance.choice(HOSTS)


def target(chance: random.Random) -> str:
    return macro_domain(chance) if chance.random() < 0.15 else chance.choice(HOSTS)


def cidr(chance: random.Random) -> str:
    out = f"/{chance.choice([0, 8, 24, 25, 30, 32])}" if chance.random() < 0.3 else ""
    return out + (f"//{chance.choice([0, 32, 64, 128])}" if chance.random() < 0.15 else "")


def mechanism(chance: random.Random) -> str:
    kind = chance.choices(["ip4", "ip6", "a", "mx", "include", "exists", "ptr", "all", "broken"],
                          [8, 5, 8, 5, 7, 4, 1.5, 3, 0.4])[0]
    mark = chance.choice(["", "", "", "+", "-", "~", "?"])
    if kind == "broken":
        return chance.choice(BROKEN)
    if kind == "ip4":
        bits = chance.choice(["", "", "/32", "/24", "/25", "/16", "/0"])
        return f"{mark}ip4:{chance.choice(ADDRESSES)}{bits}"
    if kind == "ip6":
        bits = chance.choice(["", "", "/128", "/64", "/32", "/0"])
        return f"{mark}ip6:{chance.choice(ADDRESSES6)}{bits}"
    if kind in ("a", "mx"):
        name = f":{target(chance)}" if chance.random() < 0.6 else ""
        return f"{mark}{random_case(chance, kind)}{name}{cidr(chance)}"
    if kind == "include":
        return f"{mark}include:{target(chance)}"
    if kind == "exists":
        return f"{mark}exists:{macro_domain(chance)}"
    if kind == "ptr":
        return f"{mark}ptr{':' + chance.choice(HOSTS) if chance.random() < 0.5 else ''}"
    return f"{mark}all"


def random_case(chance: random.Random, word: str) -> str:
    return word.upper() if chance.random() < 0.05 else word


def spf_record(chance: random.Random) -> str:
    count = chance.choices(range(0, 14), [2, 6, 8, 8, 6, 4, 2, 1, 1, 1, 1, 1, 1, 1])[0]
    terms = [mechanism(chance) for _ in range(count)]
    if chance.random() < 0.6:
        terms.append(chance.choice(["-all", "~all", "?all", "all"]))
    if chance.random() < 0.2:
        terms.insert(chance.randint(0, len(terms)), f"redirect={target(chance)}")
    if chance.random() < 0.1:
        terms.append("unknown=modifier")
    start = chance.choices(["v=spf1", "V=SPF1", "v=spf10", "v=spf1x"], [60, 2, 1, 1])[0]
    return (start + " " * chance.choice([1, 1, 1, 2]) + " ".join(terms)).rstrip()


def reverse_name(ip: str) -> str:
    import ipaddress
    return ipaddress.ip_address(ip).reverse_pointer


def make_case(chance: random.Random) -> Case:
    v6 = chance.random() < 0.3
    ip = chance.choice(ADDRESSES6 if v6 else ADDRESSES)
    case = Case(ip, f"{chance.choice(LOCALS)}@{chance.choice(DOMAINS)}", chance.choice(DOMAINS))
    if chance.random() < 0.1:
        case.sender = ""
    for domain in DOMAINS:
        texts = [spf_record(chance)] if chance.random() < 0.93 else []
        if chance.random() < 0.03:
            texts.append(spf_record(chance))
        # pyspf calls an include of itself a mistake of syntax, and so the whole record wrong, also
        # when an earlier mechanism matches; RFC 7208 §5.2 knows only the limit of look-ups.
        texts = [text.replace(f"include:{domain}", "include:empty.example") for text in texts]
        if chance.random() < 0.2:
            texts.insert(0, "another text")
        if texts:
            case.records[domain, "TXT"] = texts
    for host in HOSTS[:-2]:
        if chance.random() < 0.6:
            case.records[host, "A"] = chance.sample(ADDRESSES, chance.randint(1, 3))
        if chance.random() < 0.4:
            case.records[host, "AAAA"] = chance.sample(ADDRESSES6, chance.randint(1, 2))
        if chance.random() < 0.4:
            hosts = chance.sample(HOSTS, chance.randint(1, 4))
            case.records[host, "MX"] = [(10 * at, name) for at, name in enumerate(hosts)]
    case.records["empty.example", "TXT"] = ["nothing of SPF"]
    if chance.random() < 0.5:
        names = chance.sample(HOSTS, chance.randint(1, 3))
        case.records[reverse_name(ip), "PTR"] = names
    if chance.random() < 0.06:
        case.failing.add(chance.choice(HOSTS))
    return case


def lazy_query(spf):
    """pyspf that looks up a host of an MX or PTR answer only when it comes to it, as we do.

    It asks for all of them first, though one before may match or the name may not be below the
    mechanism's: then the void ones among them count against the limit of two (RFC 7208 §4.6.4), and
    the record is refused for names that nobody needed.
    """
    class Query(spf.query):
        def dns_mx(self, name):
            hosts = sorted(self.dns(name, "MX"))
            if len(hosts) > spf.MAX_MX:
                raise spf.PermError("too many MX")
            return (address for _, host in hosts for address in self.dns_a(host, self.A))

        def cidrmatch(self, addresses, bits):
            return any(super(Query, self).cidrmatch([one], bits) for one in addresses)

        def validated_ptrs(self):
            return [(self, name) for name in self.dns_ptr(self.i)[:spf.MAX_PTR]]

    return Query


def lazy_match(spf):
    plain = spf.domainmatch

    def leads_back(query, name) -> bool:
        # What the client's reverse names lead to is no void look-up of the record's terms: its
        # owner could else break the record of somebody else.
        try:
            addresses = query.dns(name, query.A, ignore_void=True)
        except spf.TempError:
            return False  # RFC 7208 §5.5: such a name is skipped
        return query.cidrmatch(addresses, query.cidrmax)

    def match(names, suffix):
        return any(plain([name], suffix) and leads_back(query, name) for query, name in names)
    return match


def pyspf_result(spf, case: Case) -> str:
    """pyspf with its look-up replaced by the case's records."""
    def look_up(name, kind, *_, **__):
        key = name.rstrip(".").lower()
        if key in case.failing:
            raise spf.TempError("DNS SERVFAIL")
        out = []
        for value in case.records.get((key, kind), []):
            if kind == "TXT":
                value = [value[at:at + 200].encode() for at in range(0, max(len(value), 1), 200)]
            out.append(((key, kind), value))
        return out

    spf.DNSLookup = look_up
    if spf.domainmatch.__name__ != "match":
        spf.domainmatch = lazy_match(spf)
    query = lazy_query(spf)(i=case.ip, s=case.sender, h=case.helo, strict=True)
    return query.check()[0]
