// pages/queue.tsx: what waits, by destination; and the messages for one of them.
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get } from "../lib/api";
import { destinationName } from "../lib/events";
import { bytes, count, plural } from "../lib/format";
import { link, navigate } from "../lib/router";
import type { Destination, QueuePage as Waiting, QueuedMessage } from "../types";
import { Actions } from "../ui/action";
import { useResource } from "../ui/hooks";
import { PageHead, Pager } from "../ui/page";
import {
  Badge,
  Card,
  Choice,
  Empty,
  ErrorNote,
  Link,
  SearchBox,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";

export function QueuePage({ place }: PageProps) {
  const name = place.rest || place.query.destination;
  if (name) return <OneDestination key={name} name={name} query={place.query} />;
  return <Destinations />;
}

const shownMax = 500; // one answer; the fullest come first

function Destinations() {
  const [text, setText] = useState("");
  const found = useResource(
    (ask) =>
      get<{ destinations: Destination[]; total: number }>(
        "queue/destinations",
        { limit: shownMax },
        ask,
      ),
    [],
    10,
  );
  const { data } = found;
  const wanted = text.trim().toLowerCase();
  const rows = (data?.destinations ?? []).filter((row) =>
    row.destination.toLowerCase().includes(wanted),
  );
  const total = (data?.destinations ?? []).reduce((all, row) => all + row.messages, 0);
  return (
    <>
      <PageHead
        title="Queue"
        text={
          data &&
          `${plural(total, "message")} for ${plural(data.total, "destination")}, the fullest first.`
        }
      >
        {data && total > 0 && (
          <Actions
            target={{ all: true }}
            verbs={["retry", "hold", "release"]}
            onDone={found.reload}
          />
        )}
      </PageHead>
      <ErrorNote error={found.error} retry={found.reload} />
      {!data && !found.error && <Skeleton lines={8} />}
      {data && data.total === 0 && (
        <Card>
          <Empty icon="queue" title="Nothing waits">
            <p>
              Mail that cannot be delivered at once stays here and is tried again, less and less
              often, until it arrives or its sender is told.
            </p>
          </Empty>
        </Card>
      )}
      {data && data.total > 0 && (
        <>
          <div class="filters">
            <SearchBox label="Filter destinations" value={text} onInput={setText} />
          </div>
          <Card flush>
            <DestinationTable rows={rows} busy={found.loading && !data} reload={found.reload} />
            {data.total > data.destinations.length && (
              <p class="pager hint">
                The {count(data.destinations.length)} fullest of {count(data.total)} are listed. Any
                other is found by its address: {link("queue", "mx:example.org")}
              </p>
            )}
          </Card>
        </>
      )}
    </>
  );
}

function DestinationTable(props: { rows: Destination[]; busy: boolean; reload: () => void }) {
  if (props.rows.length === 0)
    return <Empty icon="search" title="No such destination among these" />;
  return (
    <Table
      label="Destinations"
      rows={props.rows}
      busy={props.busy}
      rowKey={(row) => row.destination}
      href={(row) => link("queue", row.destination)}
      columns={[
        {
          title: "Destination",
          main: true,
          cell: (row) => (
            <Link href={link("queue", row.destination)}>{destinationName(row.destination)}</Link>
          ),
        },
        { title: "Messages", number: true, cell: (row) => count(row.messages) },
        {
          title: "State",
          tight: true,
          cell: (row) => <DestinationState row={row} />,
        },
        { title: "Oldest", number: true, tight: true, cell: (row) => <When time={row.accepted} /> },
        {
          title: "Next attempt",
          number: true,
          tight: true,
          cell: (row) => <When time={row.next_attempt} />,
        },
        {
          title: "Last answer",
          cell: (row) =>
            row.last_reply ? (
              <span class="reply" title={row.last_reply}>
                {row.last_reply}
              </span>
            ) : (
              <span class="faint">as its messages tell</span>
            ),
        },
        {
          title: "Actions",
          unseenTitle: true,
          cell: (row) => (
            <span class="row-tools">
              <Actions
                small
                target={{ destination: row.destination }}
                verbs={row.held === row.messages ? ["release"] : ["retry", "hold"]}
                onDone={props.reload}
              />
            </span>
          ),
        },
      ]}
    />
  );
}

function DestinationState({ row }: { row: Destination }) {
  if (row.held === row.messages) return <Badge tone="warn">held</Badge>;
  if (row.active > 0) return <Badge tone="info">{`${count(row.active)} under way`}</Badge>;
  if (row.failures > 0) return <Badge tone="warn">{plural(row.failures, "failure")}</Badge>;
  const waits = row.next_attempt && new Date(row.next_attempt).getTime() > Date.now();
  return <Badge tone={waits ? "warn" : "info"}>{waits ? "deferred" : "due"}</Badge>;
}

function OneDestination({ name, query }: { name: string; query: Record<string, string> }) {
  const held = query.held === "true";
  const { after } = query;
  const found = useResource(
    (ask) =>
      get<Waiting>("queue", { destination: name, held: held ? "true" : "", after, limit: 50 }, ask),
    [name, held, after],
    after ? 0 : 10,
  );
  const { data } = found;
  const go = (change: Record<string, string>) =>
    navigate(link("queue", name, { ...query, destination: "", after: "", ...change }));
  return (
    <>
      <PageHead
        title={destinationName(name)}
        back={{ href: link("queue"), text: "Queue" }}
        text={
          data?.total !== undefined && `${plural(data.total, "message")}${held ? " on hold" : ""}.`
        }
      >
        {data && data.messages.length > 0 && (
          <Actions
            target={{ destination: name }}
            verbs={["retry", "hold", "release", "bounce", "remove"]}
            onDone={found.reload}
          />
        )}
      </PageHead>
      <div class="filters">
        <Choice
          label="Which"
          value={held ? "held" : "all"}
          options={[
            ["all", "All"],
            ["held", "Held"],
          ]}
          onChange={(which) => go({ held: which === "held" ? "true" : "" })}
        />
      </div>
      <ErrorNote error={found.error} retry={found.reload} />
      {!data && !found.error && <Skeleton lines={8} />}
      {data && data.messages.length === 0 && (
        <Card>
          <Empty
            icon="queue"
            title={
              held ? "Nothing is held for this destination" : "Nothing waits for this destination"
            }
          />
        </Card>
      )}
      {data && data.messages.length > 0 && (
        <Card flush>
          <WaitingTable rows={data.messages} busy={found.loading && Boolean(after)} />
          <Pager
            first={!after}
            more={data.more}
            text={`${plural(data.messages.length, "message")} on this page`}
            onFirst={() => go({ after: "" })}
            onNext={() => go({ after: data.messages[data.messages.length - 1]?.id ?? "" })}
          />
        </Card>
      )}
    </>
  );
}

function WaitingTable({ rows, busy }: { rows: QueuedMessage[]; busy: boolean }) {
  return (
    <Table
      label="Messages that wait"
      rows={rows}
      busy={busy}
      rowKey={(row) => row.id}
      href={(row) => link("messages", row.id)}
      columns={[
        {
          title: "From and to",
          main: true,
          cell: (row) => (
            <span class="two-lines">
              <Link href={link("messages", row.id)}>{row.sender || "<> (a notice)"}</Link>
              <span class="second">
                {row.recipients[0]}
                {row.recipients.length > 1 && ` and ${row.recipients.length - 1} more`}
              </span>
            </span>
          ),
        },
        {
          title: "State",
          tight: true,
          cell: (row) => (
            <Badge tone={row.hold || row.attempts ? "warn" : "info"}>
              {row.hold
                ? "held"
                : row.active
                  ? "active"
                  : row.scheduled
                    ? "scheduled"
                    : row.attempts
                      ? "deferred"
                      : "due"}
            </Badge>
          ),
        },
        {
          title: "Why",
          cell: (row) => <span class="reply">{row.hold ? row.hold_reason : row.last_reply}</span>,
        },
        { title: "Attempts", number: true, cell: (row) => count(row.attempts) },
        { title: "Size", number: true, tight: true, cell: (row) => bytes(row.bytes) },
        {
          title: "Accepted",
          number: true,
          tight: true,
          cell: (row) => <When time={row.accepted} />,
        },
        {
          title: "Next attempt",
          number: true,
          tight: true,
          cell: (row) =>
            row.hold ? <span class="faint">–</span> : <When time={row.next_attempt} />,
        },
      ]}
    />
  );
}
