// lib/events.ts: the events of a message's trace in words. Pure.
import { bytes, dateTime } from "./format";

export type Event = Record<string, string>;
export type EventTone = "ok" | "warn" | "bad" | "plain";

export interface Told {
  title: string;
  said: string; // what the other side, or we, answered
  tone: EventTone;
  facts: [string, string][];
}

interface Form {
  title: (event: Event) => string;
  tone?: EventTone;
  said?: string; // the field with the words of the other side
  facts?: [field: string, title: string][];
}

const from = (event: Event): string => event.from || "<> (the null sender)";
const to = (event: Event): string => event.to ?? "a recipient";

const forms: Record<string, Form> = {
  "session.connect": {
    title: (e) => `Connection from ${e.peer ?? "a client"}`,
    facts: [["proxy", "Proxy"]],
  },
  "session.xclient": {
    title: (e) => `A proxy speaks for ${e.peer ?? "a client"}`,
    facts: [
      ["proxy", "Proxy"],
      ["login", "Log-in"],
    ],
  },
  "session.tls": {
    title: () => "Encrypted",
    facts: [
      ["tls", "TLS"],
      ["protocol", "Protocol"],
      ["cipher", "Cipher"],
    ],
  },
  "session.command_refused": {
    title: (e) => `Command refused${e.command ? `: ${e.command}` : ""}`,
    tone: "warn",
    said: "reply",
  },
  "session.banned": { title: () => "Not let in", tone: "bad", said: "why" },
  "session.end": { title: () => "Connection ended" },
  "recipient.refused": {
    title: (e) => `Recipient refused: ${to(e)}`,
    tone: "bad",
    said: "reply",
  },
  "message.accepted": { title: (e) => `Accepted from ${from(e)}` },
  "message.refused": { title: (e) => `Refused from ${from(e)}`, tone: "bad", said: "reply" },
  "message.judged": { title: () => "Sender verified" },
  "message.queued": { title: () => "Safe on disk" },
  "message.held": { title: () => "On hold", tone: "warn", said: "reason" },
  "message.done": { title: () => "Nothing is left to do" },
  "delivery.attempt": { title: (e) => `Tried ${e.remote ?? "to deliver"}`, said: "reply" },
  "recipient.delivered": { title: (e) => `Delivered to ${to(e)}`, tone: "ok", said: "reply" },
  "recipient.deferred": {
    title: (e) => `Not delivered yet to ${to(e)}`,
    tone: "warn",
    said: "reply",
  },
  "recipient.failed": { title: (e) => `Failed for good: ${to(e)}`, tone: "bad", said: "reply" },
  "dsn.sent": { title: (e) => `The sender was told${e.to ? `: ${e.to}` : ""}` },
  "account.held": { title: (e) => `Mail of ${e.account ?? "the account"} is held`, tone: "warn" },
  "account.released": { title: (e) => `${e.account ?? "The account"} may send again` },
};

const titles: Record<string, string> = {
  peer: "Client",
  helo: "HELO name",
  tls: "TLS",
  size: "Size",
  to: "To",
  from: "From",
  remote: "Server",
  destination: "Destination",
  duration: "Took",
  bytes: "Size",
  next: "Next attempt",
  delay: "Since accepted",
  seconds: "Took",
  listener: "Listener",
  spf: "SPF",
  spf_helo: "SPF of HELO",
  dkim: "DKIM",
  dmarc: "DMARC",
  arc: "ARC",
  iprev: "Name of the client",
  dsn: "In message",
  reason: "Because",
  rule: "Rule that decided",
  verdict: "Verdict",
  impersonation: "Warnings",
  hold: "On hold",
};

// Not facts of the event itself, or shown elsewhere.
const own = new Set(["ts", "level", "event", "session", "message"]);

function value(key: string, text: string): string {
  if ((key === "size" || key === "bytes") && /^\d+$/.test(text)) return bytes(Number(text));
  if (key === "seconds" && text !== "") return `${text} s`;
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return dateTime(text);
  return text;
}

export function tell(event: Event): Told {
  const name = event.event ?? "";
  const form = forms[name];
  const said = form?.said ? (event[form.said] ?? "") : "";
  const level = event.level === "error" ? "bad" : event.level === "warning" ? "warn" : "plain";
  const title = form ? form.title(event) : name;
  const facts: [string, string][] = [];
  for (const [key, text] of Object.entries(event)) {
    if (own.has(key) || text === "" || key === form?.said || title.includes(text)) continue;
    facts.push([titles[key] ?? key.replaceAll("_", " "), value(key, text)]);
  }
  return { title, said, tone: form?.tone ?? level, facts };
}

export type Tone = "ok" | "warn" | "bad" | "info" | "plain";

// Colour of a message's or a finding's state.
export function stateTone(state: string): Tone {
  switch (state) {
    case "delivered":
    case "ok":
    case "good":
    case "ready":
      return "ok";
    case "deferred":
    case "held":
    case "warning":
    case "degraded":
      return "warn";
    case "failed":
    case "refused":
    case "mend":
    case "error":
    case "down":
      return "bad";
    case "active":
    case "due":
    case "scheduled":
      return "info";
    default:
      return "plain";
  }
}

// "mx:example.org" is the mail for that domain, by its MX; others keep the name of their route.
export function destinationName(key: string): string {
  return key.startsWith("mx:") ? key.slice(3) : key;
}
