// pages/records.tsx: every DNS record that a domain needs, what each name server has, and its text.
import { get } from "../lib/api";
import { sentence } from "../lib/format";
import type { DnsRecord, DnsSheet } from "../types";
import { useResource } from "../ui/hooks";
import { Badge, Card, CopyButton, ErrorNote, Skeleton, type Tone } from "../ui/parts";
import { Table } from "../ui/table";

const states: Record<DnsRecord["state"], { word: string; tone: Tone }> = {
  right: { word: "published", tone: "ok" },
  fits: { word: "published, in other words", tone: "ok" },
  partly: { word: "not everywhere", tone: "warn" },
  missing: { word: "missing", tone: "bad" },
  stale: { word: "an old one", tone: "warn" },
  other: { word: "somebody else's", tone: "warn" },
  unknown: { word: "not seen", tone: "plain" },
};

export function Records({ domain }: { domain: string }) {
  const found = useResource((ask) => get<DnsSheet>("dns", { domain, check: true }, ask), [domain]);
  const rows = found.data?.records ?? [];
  return (
    <Card
      title="DNS records"
      flush
      tools={
        rows.length > 0 && (
          <CopyButton
            text={`${rows.map((row) => row.zone_line).join("\n")}\n`}
            label="Copy all records as text of a zone file"
          />
        )
      }
    >
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton lines={6} />}
      {rows.length > 0 && (
        <Table
          label="DNS records"
          rows={rows}
          busy={found.loading}
          rowKey={(row) => row.zone_line}
          columns={[
            {
              title: "Record",
              main: true,
              cell: (row) => (
                <span class="two-lines">
                  <code class="record">{`${row.name} ${row.type}`}</code>
                  <span class="second">{sentence(row.why)}</span>
                </span>
              ),
            },
            { title: "Value", cell: (row) => <code class="record">{row.value}</code> },
            { title: "In the DNS", cell: (row) => <Standing row={row} /> },
            {
              title: "Copy",
              unseenTitle: true,
              tight: true,
              cell: (row) => (
                <CopyButton text={row.value} label={`Copy the value of ${row.name} ${row.type}`} />
              ),
            },
          ]}
        />
      )}
    </Card>
  );
}

function Standing({ row }: { row: DnsRecord }) {
  const { word, tone } = states[row.state] ?? states.unknown;
  const well = row.state === "right";
  return (
    <span class="two-lines">
      <Badge tone={tone}>{word}</Badge>
      {!well && row.words && row.words !== row.state && (
        <span class="second">{sentence(row.words)}</span>
      )}
      {!well && row.rented && <span class="second">Set where the address is rented.</span>}
    </span>
  );
}
