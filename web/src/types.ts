// types.ts: what the API answers, as far as the pages read it.

export interface Hand {
  kind: string;
  severity: "error" | "warning" | "notice";
  text: string;
  remedy: string;
  link: string;
}

export interface Overview {
  hostname: string;
  version: string;
  started: string;
  now: string;
  health: { state: "ready" | "degraded" | "down"; reasons: string[] };
  queue: {
    messages: number;
    bytes: number;
    due: number;
    deferred: number;
    held: number;
    active: number;
    scheduled: number;
    oldest_seconds: number | null;
  };
  today: Record<FlowName, number>;
  hands: Hand[];
  disk: { free_bytes: number; total_bytes: number } | null;
  certificate: { not_after: string } | null;
}

export type FlowName = "received" | "submitted" | "delivered" | "deferred" | "failed" | "refused";

export type Period = "hour" | "day" | "week" | "month";

export interface Flow {
  period: Period;
  step_seconds: number;
  begin: string;
  series: Record<FlowName, number[]>;
}

export interface Receiver {
  domain: string;
  delivered: number;
  deferred: number;
  failed: number;
  success: number | null;
  last_trouble: { time: string; text: string } | null;
  mean_seconds: number | null;
  local?: boolean; // a domain of ours
}

export interface Receivers {
  receivers: Receiver[];
  other: { delivered: number; deferred: number; failed: number } | null;
}

export interface FoundMessage {
  id: string;
  time: string;
  sender: string;
  recipients: string[];
  recipients_total: number;
  bytes: number;
  state: string;
  last: string;
}

export interface QueuedMessage {
  id: string;
  accepted: string;
  sender: string;
  recipients: string[];
  destinations: string[];
  bytes: number;
  attempts: number;
  next_attempt: string;
  last_reply: string;
  hold: boolean;
  hold_reason: string;
  active: boolean;
  scheduled: boolean;
}

export interface QueuePage {
  messages: QueuedMessage[];
  more: boolean;
  total?: number;
}

export interface Destination {
  destination: string;
  messages: number;
  held: number;
  active: number;
  oldest: string;
  accepted: string;
  failures: number;
  last_reply: string;
  next_attempt: string | null;
}

// As the log writes it: the known keys, then the event's own fields, all of them texts.
export type TraceEvent = Record<string, string>;

export interface Mailbox {
  address: string;
  logins: string[];
  full_name?: string;
  quota_bytes?: number;
  created: string;
  administrator?: boolean;
}

export interface Login {
  login: string;
  name?: string;
  send: boolean;
  read: boolean;
  created: string;
  expires?: string;
  expired?: boolean;
  last_use?: string;
  last_address?: string;
}

export interface MailboxDetail extends Omit<Mailbox, "logins"> {
  logins: Login[];
  aliases: Alias[];
  grants: { address: string; sender: string; created: string }[];
  second_factor?: boolean;
  sending: {
    limited: boolean;
    messages_today: number;
    messages_per_day_max: number;
    new_recipients_today: number;
    new_recipients_per_day_max: number;
    held_since?: string;
    held_because?: string;
  };
}

export interface Alias {
  address: string;
  targets: string[];
  file?: string;
}

export interface Limits {
  on: boolean;
  messages: number;
  new_recipients: number;
  brake_new_recipients: number;
  brake_bounces: number;
  brake_window: string;
}

export interface AccountUse {
  account: string;
  messages_today: number;
  new_recipients_today: number;
  bounces_lately: number;
  known_recipients: number;
  held: number;
  braked?: string;
  brake_reason?: string;
  limits: Limits;
}

export interface LimitsAnswer {
  accounts: AccountUse[];
  set: { scope: string; limits: Limits }[];
  for_all: Limits;
}

export interface Ban {
  network: string;
  since: string;
  until: string;
  why: string;
  by_operator: boolean;
}

export interface ClosedLogin {
  login: string;
  until: string;
  why: string;
  at?: string;
}

export interface BlockList {
  zone: string;
  kind: "allow" | "block";
  of: string;
  weight: number;
  points: string;
  state: string;
  why?: string;
  tested?: string;
  since?: string;
}

export interface DnsRecord {
  name: string;
  type: string;
  value: string; // as a provider's form takes it
  why: string;
  zone_line: string;
  rented: boolean; // the PTR: of whoever rents the address
  state: "right" | "fits" | "partly" | "missing" | "stale" | "other" | "unknown";
  words: string;
}

export interface DnsSheet {
  domain: string;
  host: string;
  records: DnsRecord[];
}

export interface DkimKey {
  domain: string;
  selector: string;
  type: string;
  bits: number;
  state: string;
  name: string;
  record: string;
  created: string;
  activated?: string;
  retired?: string;
  needed_until?: string;
  servers?: { server: string; address: string; serves: string; words: string }[];
  problem?: string;
}

export interface Certificate {
  source: string;
  path: string;
  problem: string;
  certificate: {
    names: string[];
    issuer: string;
    self_signed: boolean;
    not_before: string;
    not_after: string;
    serial: string;
  };
  tlsa: { name: string; data: string; key: string; published?: string }[];
  orders?: {
    directory_url: string;
    challenge: string;
    busy: boolean;
    key_waits: boolean;
    failures: number;
    renew_at?: string;
    failure?: string;
    failed_at?: string;
    retry_at?: string;
  };
}

export type DoctorSeverity = "mend" | "warning" | "unknown" | "note" | "ok";

export interface Finding {
  id: string;
  about: string;
  severity: DoctorSeverity;
  what: string;
  remedy?: string;
  paste?: string;
  title?: string;
  why?: string;
  link: string;
}

export interface Examination {
  time: string;
  milliseconds?: number;
  host?: string;
  well: boolean;
  counts?: Record<DoctorSeverity, number>;
  findings: Finding[];
  compared_with?: string | null;
  changes?: {
    kind: string;
    id: string;
    about: string;
    before: string;
    after: string;
    what: string;
  }[];
}

export interface Report {
  number: number;
  kind: "aggregate" | "tls" | "failure";
  domain: string;
  organization: string;
  contact: string;
  report_id: string;
  begin: string;
  end: string;
  count: number;
  good: number;
  remarks: string[];
  received: string;
  from: string;
  authentication: string;
  proven: boolean;
  file: string;
}

export interface ReportSource {
  kind: Report["kind"];
  domain: string;
  source: string;
  count: number;
  good: number;
  results: string;
  reports: number;
}

export interface SentReport {
  domain: string;
  report_id: string;
  begin: string;
  end: string;
  when: string;
  result: string;
}

// Value and default as the file writes them; a secret has none.
export interface Setting {
  name: string;
  section: string; // "queue", "listener[2]"; "" before the first table
  value: string | null;
  default: string | null;
  after_restart?: string | null; // what was read, where that counts from the next start
  changed: boolean;
  secret?: boolean;
  unit?: string;
  text: string;
}

export interface LogLine {
  time: string;
  severity: string;
  name: string;
  text: string;
  message?: string;
  session?: string;
}

export interface Token {
  name: string;
  scope: string;
  created: string;
  good: boolean;
  expires?: string;
  last_used?: string;
}
