// pages/overview.tsx: does mail flow, how much of it, and what needs a hand.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get } from "../lib/api";
import { stateTone } from "../lib/events";
import { stepNames } from "../lib/flow";
import { bytes, count, percent, plural, relative, sentence, shortCount, span } from "../lib/format";
import { isOwnLink, link } from "../lib/router";
import type { Flow, Hand, Overview, Period, Receiver, Receivers as Answer } from "../types";
import { Bars } from "../ui/chart";
import { useNow, useResource } from "../ui/hooks";
import { Icon } from "../ui/icons";
import { PageHead } from "../ui/page";
import {
  Badge,
  Card,
  Choice,
  Empty,
  ErrorNote,
  Facts,
  Link,
  Meter,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";

const periods: [Period, string][] = [
  ["hour", "Hour"],
  ["day", "Day"],
  ["week", "Week"],
  ["month", "Month"],
];

export function OverviewPage(_: PageProps) {
  const [period, setPeriod] = useState<Period>("day");
  const overview = useResource((ask) => get<Overview>("overview", {}, ask), [], 10);
  const { data } = overview;
  return (
    <>
      <PageHead title="Overview" text={data && <Line overview={data} />} />
      <ErrorNote error={overview.error} retry={overview.reload} />
      {!data && !overview.error && <Skeleton lines={6} />}
      {data && <Tiles overview={data} />}
      {data && <Hands overview={data} />}
      <FlowCard period={period} onPeriod={setPeriod} />
      <div class="columns slim">
        <Receivers period={period} />
        {data && <Machine overview={data} />}
      </div>
    </>
  );
}

function Line({ overview }: { overview: Overview }) {
  const now = useNow();
  const { health } = overview;
  const word = { ready: "Ready", degraded: "Ready, with trouble", down: "Not accepting mail" }[
    health.state
  ];
  return (
    <span class="status-line">
      <Badge tone={stateTone(health.state)}>{word}</Badge>
      <span>{overview.hostname}</span>
      <span>Stagepost {overview.version}</span>
      <span>up {span((now - new Date(overview.started).getTime()) / 1000)}</span>
    </span>
  );
}

function Tile(props: {
  name: string;
  value: string;
  text: ComponentChildren;
  href: string;
  tone?: string;
}) {
  return (
    <Link href={props.href} class={`tile ${props.tone ?? ""}`}>
      <span class="tile-name">{props.name}</span>
      <span class="tile-value">{props.value}</span>
      <span class="tile-text">{props.text}</span>
    </Link>
  );
}

function Tiles({ overview }: { overview: Overview }) {
  const { queue, today } = overview;
  const ended = today.delivered + today.failed;
  return (
    <section class="tiles" aria-label="Now and today">
      <Tile
        name="In the queue"
        value={shortCount(queue.messages)}
        text={
          queue.messages
            ? `${bytes(queue.bytes)}, the oldest ${span(queue.oldest_seconds ?? 0)}`
            : "nothing waits"
        }
        href={link("queue")}
      />
      <Tile
        name="Deferred"
        value={shortCount(queue.deferred)}
        text={queue.deferred ? "will be tried again" : "no trouble outside"}
        href={link("messages", "", { state: "deferred" })}
        tone={queue.deferred ? "warn" : ""}
      />
      <Tile
        name="Held"
        value={shortCount(queue.held)}
        text={queue.held ? "until somebody releases them" : "nothing is held"}
        href={link("messages", "", { state: "held" })}
        tone={queue.held ? "warn" : ""}
      />
      <Tile
        name="Came in today"
        value={shortCount(today.received + today.submitted)}
        text={`${count(today.received)} from outside, ${count(today.submitted)} from ours`}
        href={link("messages")}
      />
      <Tile
        name="Delivered today"
        value={shortCount(today.delivered)}
        text={ended ? `${percent(today.delivered / ended)} of what ended` : "nothing yet"}
        href={link("messages", "", { state: "delivered" })}
        tone={today.delivered ? "ok" : ""}
      />
      <Tile
        name="Failed today"
        value={shortCount(today.failed)}
        text={`${count(today.refused)} refused at the door`}
        href={link("messages", "", { state: "failed" })}
        tone={today.failed ? "bad" : ""}
      />
    </section>
  );
}

const handTone = { error: "bad", warning: "warn", notice: "info" } as const;
const handIcon = { error: "error", warning: "warning", notice: "info" } as const;

function Hands({ overview }: { overview: Overview }) {
  const reasons: Hand[] = overview.health.reasons.map((text) => ({
    kind: "health",
    severity: overview.health.state === "down" ? "error" : "warning",
    text,
    remedy: "",
    link: link("doctor"),
  }));
  // A reason of the health that is listed anyway is not told twice.
  const listed = new Set(overview.hands.map((hand) => hand.text));
  const hands = [...reasons.filter((one) => !listed.has(one.text)), ...overview.hands];
  if (hands.length === 0) {
    return (
      <Card title="What needs a hand">
        <div class="all-well">
          <Icon name="check" />
          <p>
            Nothing. The <Link href={link("doctor")}>doctor</Link> looks every hour at DNS,
            certificate, disk and block lists; what it finds stands here.
          </p>
        </div>
      </Card>
    );
  }
  return (
    <Card title={`What needs a hand (${hands.length})`} flush>
      <ul class="hands">
        {hands.map((hand, i) => (
          <li key={i}>
            <span class={`tone ${handTone[hand.severity] ?? "info"}`}>
              <Icon name={handIcon[hand.severity] ?? "info"} />
              <span class="unseen">{hand.severity}: </span>
            </span>
            <div class="hand-words">
              <p class="hand-text">{sentence(hand.text)}</p>
              {hand.remedy && <p class="hint">{sentence(hand.remedy)}</p>}
            </div>
            {isOwnLink(hand.link) && (
              <Link class="button small" href={hand.link} aria-label={`Look: ${hand.text}`}>
                Look
              </Link>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function FlowCard(props: { period: Period; onPeriod: (period: Period) => void }) {
  const { period } = props;
  const flow = useResource((ask) => get<Flow>("flow", { period }, ask), [period], 30);
  const { data } = flow;
  const steps = data ? data.series.received.length : 0;
  const names = data ? stepNames(data.begin, data.step_seconds, steps, data.period) : undefined;
  return (
    <Card
      title="Flow"
      tools={<Choice label="Period" value={period} options={periods} onChange={props.onPeriod} />}
    >
      <ErrorNote error={flow.error} retry={flow.reload} />
      {!data && !flow.error && <Skeleton lines={5} />}
      {data && names && (
        <div class="charts">
          <Bars
            title="Coming in"
            {...names}
            series={[
              { name: "From outside", colour: "blue", values: data.series.received },
              { name: "From ours", colour: "violet", values: data.series.submitted },
              { name: "Refused", colour: "grey", values: data.series.refused },
            ]}
          />
          <Bars
            title="Going out"
            {...names}
            series={[
              { name: "Delivered", colour: "green", values: data.series.delivered },
              { name: "Deferred", colour: "amber", values: data.series.deferred },
              { name: "Failed", colour: "red", values: data.series.failed },
            ]}
          />
        </div>
      )}
    </Card>
  );
}

function successTone(success: number): "ok" | "warn" | "bad" {
  return success >= 0.97 ? "ok" : success >= 0.85 ? "warn" : "bad";
}

function Success({ row }: { row: Receiver }) {
  if (row.success === null) return <span class="faint">–</span>;
  const text = percent(row.success);
  return (
    <span class="with-meter">
      <Meter value={row.success} max={1} tone={successTone(row.success)} label={text} />
      <span>{text}</span>
    </span>
  );
}

const shown = 12;

function Receivers({ period }: { period: Period }) {
  const found = useResource((ask) => get<Answer>("receivers", { period }, ask), [period], 30);
  const [all, setAll] = useState(false);
  const rows = found.data?.receivers ?? [];
  const period_text = periods.find(([name]) => name === period)?.[1].toLowerCase();
  return (
    <Card
      title={`Success per receiver, last ${period_text}`}
      flush
      tools={
        rows.length > shown && (
          <button type="button" class="text-button" onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show all ${rows.length}`}
          </button>
        )
      }
    >
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton lines={4} />}
      {found.data && rows.length === 0 && (
        <Empty icon="messages" title="No mail went out in this time">
          <p>Each domain that gets mail from here is listed with how much of it arrived.</p>
        </Empty>
      )}
      {rows.length > 0 && (
        <Table
          label="Receivers"
          rows={all ? rows : rows.slice(0, shown)}
          rowKey={(row) => row.domain}
          columns={[
            {
              title: "Receiver",
              main: true,
              cell: (row) => (
                <>
                  <Link href={link("messages", "", { to: `@${row.domain}` })}>{row.domain}</Link>
                  {row.local && <span class="faint"> ours</span>}
                </>
              ),
            },
            {
              title: "Success",
              cell: (row) => <Success row={row} />,
            },
            { title: "Delivered", number: true, cell: (row) => count(row.delivered) },
            { title: "Deferred", number: true, cell: (row) => count(row.deferred) },
            { title: "Failed", number: true, cell: (row) => count(row.failed) },
            {
              title: "Takes",
              number: true,
              cell: (row) => (row.mean_seconds === null ? "–" : span(row.mean_seconds)),
            },
            {
              title: "Last trouble",
              cell: (row) =>
                row.last_trouble ? (
                  <span class="reply" title={row.last_trouble.text}>
                    <When time={row.last_trouble.time} /> · {row.last_trouble.text}
                  </span>
                ) : (
                  <span class="faint">none</span>
                ),
            },
          ]}
        />
      )}
      {found.data?.other && (
        <p class="pager hint">
          All other domains together: {count(found.data.other.delivered)} delivered,{" "}
          {count(found.data.other.deferred)} deferred, {count(found.data.other.failed)} failed.
        </p>
      )}
    </Card>
  );
}

function Machine({ overview }: { overview: Overview }) {
  const now = useNow();
  const { disk, certificate, queue } = overview;
  const days = certificate ? (new Date(certificate.not_after).getTime() - now) / 86_400_000 : 0;
  return (
    <Card title="Machine">
      <Facts
        rows={[
          [
            "Disk",
            disk ? (
              <Disk key="disk" free={disk.free_bytes} total={disk.total_bytes} />
            ) : (
              "not known"
            ),
          ],
          [
            "Certificate",
            certificate ? (
              <Link key="certificate" href={link("domains", "", { tab: "certificate" })}>
                <Badge tone={days < 7 ? "bad" : days < 21 ? "warn" : "ok"}>
                  {days < 0 ? "ended" : "ends"} {relative(certificate.not_after, now)}
                </Badge>
              </Link>
            ) : (
              <Badge tone="warn">none</Badge>
            ),
          ],
          ["Under way", plural(queue.active, "message")],
          ["Due now", plural(queue.due, "message")],
          ["Scheduled", plural(queue.scheduled, "message")],
          ["Started", <When key="started" time={overview.started} />],
        ]}
      />
    </Card>
  );
}

function Disk({ free, total }: { free: number; total: number }) {
  const share = total ? free / total : 1;
  return (
    <span class="stacked">
      <Meter
        value={total - free}
        max={total}
        tone={share < 0.05 ? "bad" : share < 0.15 ? "warn" : "info"}
        label={`${percent(1 - share)} used`}
      />
      {bytes(free)} of {bytes(total)} free
    </span>
  );
}
