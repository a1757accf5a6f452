// pages/reports.tsx: what other servers report on our mail (DMARC, TLS), and what we report to them.
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get, post } from "../lib/api";
import { byDay } from "../lib/flow";
import { count, day, percent, plural, shortDay } from "../lib/format";
import { link, navigate } from "../lib/router";
import type { Report, ReportSource, SentReport } from "../types";
import { Bars } from "../ui/chart";
import { useResource, useWork } from "../ui/hooks";
import { PageHead, Tabs } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  Choice,
  Empty,
  ErrorNote,
  Link,
  Meter,
  Note,
  Select,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";
import { say } from "../ui/toast";
import { ReportPage } from "./report";

type Days = "7" | "30" | "90" | "365";

export function ReportsPage({ place }: PageProps) {
  if (place.rest) return <ReportPage key={place.rest} number={place.rest} />;
  const tab = place.query.tab ?? "dmarc";
  const days = (
    ["7", "30", "90", "365"].includes(place.query.days ?? "") ? place.query.days : "30"
  ) as Days;
  const domain = place.query.domain ?? "";
  return (
    <>
      <PageHead
        title="Reports"
        text="Other servers tell how our mail fared: whether it was proven to be ours, and whether it came encrypted."
      >
        <Import />
      </PageHead>
      <Tabs
        label="Kinds of reports"
        page="reports"
        now={tab}
        query={{ days: days === "30" ? "" : days, domain }}
        tabs={[
          ["dmarc", "DMARC"],
          ["tls", "TLS"],
          ["sent", "Sent by us"],
        ]}
      />
      {tab === "sent" ? (
        <Sent />
      ) : (
        <Received
          key={tab}
          kind={tab === "tls" ? "tls" : "aggregate"}
          tab={tab}
          days={days}
          domain={domain}
        />
      )}
    </>
  );
}

function Import() {
  const input = useRef<HTMLInputElement>(null);
  const work = useWork();
  const read = (files: FileList | null) =>
    work.run(async () => {
      let taken = 0;
      for (const file of files ?? []) {
        const query = `reports/import?name=${encodeURIComponent(file.name)}`;
        const done = await post<{ numbers: number[]; duplicates: number; problems: string[] }>(
          query,
          file,
        );
        taken += done.numbers.length;
        for (const problem of done.problems) say(`${file.name}: ${problem}`, "bad");
        if (done.duplicates && !done.numbers.length) say(`${file.name} is here already.`);
      }
      if (taken) {
        say(`${plural(taken, "report")} read.`);
        dispatchEvent(new Event("stagepost-reports"));
      }
    });
  return (
    <>
      <input
        ref={input}
        class="unseen"
        type="file"
        multiple
        tabIndex={-1}
        aria-hidden="true"
        accept=".xml,.gz,.zip,.json,.eml"
        onChange={(event) => {
          const field = event.currentTarget;
          void read(field.files).then(() => {
            field.value = "";
          });
        }}
      />
      <Button busy={work.busy} onClick={() => input.current?.click()}>
        Import files
      </Button>
      <ErrorNote error={work.error} />
    </>
  );
}

const words = {
  aggregate: {
    chart: "Messages in DMARC reports",
    good: "Proven ours",
    bad: "Not proven",
    source: "Sent from",
    empty: "No DMARC report yet",
    text: "Publish a DMARC record with rua=mailto:… to one of the inboxes in [reports]; large receivers then report once a day who sends in your name.",
  },
  tls: {
    chart: "Sessions in TLS reports",
    good: "Encrypted",
    bad: "Failed",
    source: "Policy or failure",
    empty: "No TLS report yet",
    text: "Publish a TLS-RPT record (_smtp._tls) that names one of the inboxes in [reports]; other servers then report once a day whether they reached yours encrypted.",
  },
} as const;

function Received(props: { kind: "aggregate" | "tls"; tab: string; days: Days; domain: string }) {
  const { kind, tab, days, domain } = props;
  const word = words[kind];
  const reports = useResource(
    async (ask) => {
      const answer = await get<{ reports: Report[]; more: boolean }>(
        "reports",
        { days, domain },
        ask,
      );
      return {
        ...answer,
        reports: answer.reports
          .filter((one) => one.kind === kind)
          .sort((a, b) => b.begin.localeCompare(a.begin)),
      };
    },
    [days, domain, kind],
  );
  const summary = useResource(
    async (ask) => {
      const answer = await get<{ sources: ReportSource[] }>(
        "reports/summary",
        { days, domain },
        ask,
      );
      return answer.sources.filter((one) => one.kind === kind);
    },
    [days, domain, kind],
  );
  const domains = useResource((ask) => get<{ domains: string[] }>("domains", {}, ask), []);
  const go = (change: Record<string, string>) =>
    navigate(link("reports", "", { tab, days, domain, ...change }));
  useEffect(() => {
    const again = () => {
      reports.reload();
      summary.reload();
    };
    addEventListener("stagepost-reports", again);
    return () => removeEventListener("stagepost-reports", again);
  }, [reports.reload, summary.reload]);
  const { data } = reports;
  return (
    <>
      <div class="filters">
        <Choice<Days>
          label="Period"
          value={days}
          options={[
            ["7", "7 days"],
            ["30", "30 days"],
            ["90", "90 days"],
            ["365", "A year"],
          ]}
          onChange={(value) => go({ days: value })}
        />
        <Select
          label="Domain"
          inline
          value={domain}
          options={[
            ["", "All domains"],
            ...(domains.data?.domains ?? []).map((one) => [one, one] as [string, string]),
          ]}
          onChange={(value) => go({ domain: value })}
        />
      </div>
      <ErrorNote error={reports.error ?? summary.error} retry={reports.reload} />
      {!data && !reports.error && <Skeleton lines={6} />}
      {data && data.reports.length === 0 && (
        <Card>
          <Empty icon="reports" title={word.empty}>
            <p>{word.text}</p>
          </Empty>
        </Card>
      )}
      {data && data.reports.length > 0 && (
        <>
          <Card>
            <DayChart reports={data.reports} days={Number(days)} kind={kind} />
          </Card>
          {data.more && (
            <Note>
              Only the newest 1,000 reports are counted. Choose a domain or fewer days to see all.
            </Note>
          )}
          <Sources rows={summary.data ?? []} kind={kind} />
          <ReportTable rows={data.reports} />
        </>
      )}
    </>
  );
}

// Up to a month by days, beyond that by weeks: a bar must be wide enough to point at.
function DayChart({
  reports,
  days,
  kind,
}: {
  reports: Report[];
  days: number;
  kind: "aggregate" | "tls";
}) {
  const word = words[kind];
  const counted = byDay(reports, days, Date.now());
  const width = days > 31 ? 7 : 1;
  const starts = counted.days.filter((_, i) => i % width === 0);
  const sum = (values: number[]) =>
    starts.map((_, week) =>
      values.slice(week * width, (week + 1) * width).reduce((all, one) => all + one, 0),
    );
  return (
    <Bars
      title={width === 7 ? `${word.chart}, by week` : `${word.chart}, by day`}
      labels={starts.map(shortDay)}
      longLabels={starts.map((start) => (width === 7 ? `week of ${start}` : start))}
      series={[
        { name: word.good, colour: "green", values: sum(counted.good) },
        { name: word.bad, colour: "red", values: sum(counted.bad) },
      ]}
    />
  );
}

const sourcesShown = 20;

function Sources({ rows, kind }: { rows: ReportSource[]; kind: "aggregate" | "tls" }) {
  const [all, setAll] = useState(false);
  if (rows.length === 0) return null;
  const word = words[kind];
  return (
    <Card
      title={kind === "tls" ? "What they met" : "Who sends in our name"}
      flush
      tools={
        rows.length > sourcesShown && (
          <button type="button" class="text-button" onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show all ${rows.length}`}
          </button>
        )
      }
    >
      <Table
        label={word.source}
        rows={all ? rows : rows.slice(0, sourcesShown)}
        rowKey={(row) => `${row.domain} ${row.source} ${row.results}`}
        columns={[
          { title: word.source, main: true, cell: (row) => <strong>{row.source || "–"}</strong> },
          { title: "Domain", cell: (row) => row.domain },
          {
            title: word.good,
            cell: (row) => {
              const share = row.count ? row.good / row.count : 0;
              return (
                <span class="with-meter">
                  <Meter
                    value={share}
                    max={1}
                    tone={share > 0.97 ? "ok" : share > 0.5 ? "warn" : "bad"}
                    label={percent(share)}
                  />
                  <span>{percent(share)}</span>
                </span>
              );
            },
          },
          {
            title: kind === "tls" ? "Sessions" : "Messages",
            number: true,
            cell: (row) => count(row.count),
          },
          { title: "Results", cell: (row) => <span class="reply">{row.results}</span> },
          { title: "Reports", number: true, cell: (row) => count(row.reports) },
        ]}
      />
    </Card>
  );
}

const reportsShown = 50;

function ReportTable({ rows }: { rows: Report[] }) {
  const [shown, setShown] = useState(reportsShown);
  return (
    <Card title={plural(rows.length, "report")} flush>
      <Table
        label="Reports"
        rows={rows.slice(0, shown)}
        rowKey={(row) => row.number}
        href={(row) => link("reports", String(row.number))}
        columns={[
          {
            title: "From",
            main: true,
            cell: (row) => (
              <Link href={link("reports", String(row.number))}>
                {row.organization || row.from || "unknown"}
              </Link>
            ),
          },
          { title: "Domain", cell: (row) => row.domain },
          {
            title: "Period",
            cell: (row) =>
              day(row.begin) === day(row.end)
                ? day(row.begin)
                : `${day(row.begin)} – ${day(row.end)}`,
          },
          { title: "Counted", number: true, cell: (row) => count(row.count) },
          {
            title: "Good",
            number: true,
            cell: (row) => percent(row.count ? row.good / row.count : 1),
          },
          {
            title: "Sender",
            tight: true,
            cell: (row) => (
              <Badge tone={row.proven ? "ok" : "plain"}>
                {row.proven ? "proven" : "not proven"}
              </Badge>
            ),
          },
        ]}
      />
      {rows.length > shown && (
        <div class="pager">
          <p class="hint">
            {count(shown)} of {count(rows.length)}
          </p>
          <Button small onClick={() => setShown(shown + reportsShown)}>
            Show more
          </Button>
        </div>
      )}
    </Card>
  );
}

function Sent() {
  const found = useResource((ask) => get<{ sent: SentReport[] }>("reports/sent", {}, ask), []);
  const rows = found.data?.sent ?? [];
  return (
    <>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton />}
      {found.data && rows.length === 0 && (
        <Card>
          <Empty icon="reports" title="We have sent no report yet">
            <p>Once a day each domain that asks for it is told how mail in its name fared here.</p>
          </Empty>
        </Card>
      )}
      {rows.length > 0 && (
        <Card flush>
          <Table
            label="Reports that we sent"
            rows={rows.slice(0, 200)}
            rowKey={(row) => row.report_id}
            columns={[
              { title: "Domain", main: true, cell: (row) => <strong>{row.domain}</strong> },
              { title: "Period", cell: (row) => `${day(row.begin)} – ${day(row.end)}` },
              { title: "Result", cell: (row) => <span class="reply">{row.result}</span> },
              { title: "Sent", number: true, cell: (row) => <When time={row.when} /> },
            ]}
          />
        </Card>
      )}
    </>
  );
}
