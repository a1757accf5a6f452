// pages/messages.tsx: finding messages, whether they wait or have gone; one of them: message.tsx.
import { useEffect, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { type Options, get } from "../lib/api";
import { stateTone } from "../lib/events";
import { bytes, dateTime, plural } from "../lib/format";
import { type Query, link, navigate } from "../lib/router";
import type { FoundMessage } from "../types";
import { useResource, useSettled } from "../ui/hooks";
import { PageHead, Pager } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  Empty,
  ErrorNote,
  Link,
  SearchBox,
  Select,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";
import { MessagePage } from "./message";

const states: [string, string][] = [
  ["", "All states"],
  ["due", "Due"],
  ["deferred", "Deferred"],
  ["held", "Held"],
  ["scheduled", "Scheduled"],
  ["active", "Under way"],
  ["delivered", "Delivered"],
  ["failed", "Failed"],
  ["refused", "Refused"],
  ["removed", "Removed"],
  ["discarded", "Discarded"],
];

const spans: [string, string][] = [
  ["", "Any time"],
  ["1", "Last hour"],
  ["24", "Last day"],
  ["168", "Last week"],
  ["720", "Last 30 days"],
];

interface Found {
  messages: FoundMessage[];
  next: string | null;
  searched_to?: string;
}

const emptyPagesFor = 600; // milliseconds

// One answer may have looked at much and found nothing: then the search goes on from there, as long
// as somebody likes to wait; "Next page" goes on after that.
async function search(query: Query, ask: Options): Promise<Found> {
  const begun = Date.now();
  let found = await get<Found>("messages", query, ask);
  while (found.messages.length === 0 && found.next && Date.now() - begun < emptyPagesFor) {
    found = await get<Found>("messages", { ...query, after: found.next }, ask);
  }
  return found;
}

export function MessagesPage({ place }: PageProps) {
  if (place.rest) return <MessagePage key={place.rest} id={place.rest} />;
  return <Search query={place.query} />;
}

// What was typed goes into the address, so that "back" and a bookmark find it again.
function Search({ query }: { query: Record<string, string> }) {
  const [text, setText] = useState(query.q ?? "");
  const settled = useSettled(text);
  const go = (change: Record<string, string>, replace = false) =>
    navigate(link("messages", "", { ...query, after: "", ...change }), replace);
  useEffect(() => {
    if (settled.trim() !== (query.q ?? "")) go({ q: settled.trim() }, true);
  }, [settled]);
  const hours = Number(query.hours ?? 0);
  const found = useResource(
    (ask) => {
      const since = hours ? new Date(Date.now() - hours * 3_600_000).toISOString() : "";
      const { q, state, from, to, after } = query;
      return search({ q, state, from, to, after, since, limit: 50 }, ask);
    },
    [query.q, query.state, query.from, query.to, query.after, query.hours],
    query.after ? 0 : 15,
  );
  const narrowed = Boolean(query.q || query.state || query.from || query.to || query.hours);
  const clear = () => {
    setText("");
    navigate(link("messages"));
  };
  return (
    <>
      <PageHead title="Messages" text="What waits and what has gone, the newest first." />
      <div class="filters">
        <SearchBox
          label="Search messages"
          placeholder="An address, a domain or a message's id"
          value={text}
          onInput={setText}
        />
        <Select
          label="State"
          inline
          value={query.state ?? ""}
          options={states}
          onChange={(state) => go({ state })}
        />
        <Select
          label="Time"
          inline
          value={query.hours ?? ""}
          options={spans}
          onChange={(hours) => go({ hours })}
        />
        {narrowed && (
          <Button look="quiet" onClick={clear}>
            Clear
          </Button>
        )}
      </div>
      {(query.from || query.to) && (
        <p class="chips">
          {query.from && <Chip text={`From ${query.from}`} onRemove={() => go({ from: "" })} />}
          {query.to && <Chip text={`To ${query.to}`} onRemove={() => go({ to: "" })} />}
        </p>
      )}
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton lines={8} />}
      {found.data && (
        <Results
          found={found.data}
          query={query}
          busy={found.loading}
          narrowed={narrowed}
          go={go}
        />
      )}
    </>
  );
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <span class="chip">
      {text}
      <Button look="quiet" small icon="close" aria-label={`Not only: ${text}`} onClick={onRemove} />
    </span>
  );
}

function Results(props: {
  found: Found;
  query: Record<string, string>;
  busy: boolean;
  narrowed: boolean;
  go: (change: Record<string, string>) => void;
}) {
  const { found, query } = props;
  if (found.messages.length === 0) {
    return (
      <Card>
        <Empty icon="search" title={props.narrowed ? "Nothing found" : "No message yet"}>
          {props.narrowed ? (
            <p>
              Search by a whole address, a domain such as @example.org, or a message's id. What is
              older than the trace keeps is not known any more.
            </p>
          ) : (
            <p>
              Each message that comes in or is refused is listed here, with all that happened to it.
              Send one to a mailbox of yours to see it.
            </p>
          )}
        </Empty>
        <More {...props} />
      </Card>
    );
  }
  return (
    <Card flush>
      <Table
        label="Messages"
        busy={props.busy}
        rows={found.messages}
        rowKey={(row) => row.id}
        href={(row) => link("messages", row.id)}
        columns={[
          {
            title: "From and to",
            main: true,
            cell: (row) => (
              <span class="two-lines">
                <Link href={link("messages", row.id)}>{row.sender || "<> (a notice)"}</Link>
                <span class="second">{recipients(row)}</span>
              </span>
            ),
          },
          {
            title: "State",
            tight: true,
            cell: (row) => <Badge tone={stateTone(row.state)}>{row.state}</Badge>,
          },
          {
            title: "Last word",
            cell: (row) => (
              <span class="reply" title={row.last}>
                {row.last}
              </span>
            ),
          },
          { title: "Size", number: true, cell: (row) => (row.bytes ? bytes(row.bytes) : "–") },
          { title: "Time", number: true, tight: true, cell: (row) => <When time={row.time} /> },
        ]}
      />
      <More {...props} />
      {query.after && <p class="unseen">A further page</p>}
    </Card>
  );
}

function More(props: {
  found: Found;
  query: Record<string, string>;
  go: (change: Record<string, string>) => void;
}) {
  const { found, query } = props;
  return (
    <Pager
      first={!query.after}
      more={found.next !== null && found.next !== ""}
      text={
        found.messages.length === 0 && found.searched_to
          ? `Searched back to ${dateTime(found.searched_to)}.`
          : `${plural(found.messages.length, "message")} on this page`
      }
      onFirst={() => props.go({ after: "" })}
      onNext={() => props.go({ after: found.next ?? "" })}
    />
  );
}

function recipients(row: FoundMessage): string {
  const [first = "nobody", second] = row.recipients;
  const shown = second && row.recipients_total === 2 ? `${first}, ${second}` : first;
  const more = row.recipients_total - (shown === first ? 1 : 2);
  return more > 0 ? `${shown} and ${more} more` : shown;
}
