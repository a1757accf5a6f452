// pages/message.tsx: one message: where it stands, all that happened to it, and what can be done.
import { ApiError, get, getText } from "../lib/api";
import { destinationName, tell } from "../lib/events";
import { bytes, clock, dateTime, day, plural } from "../lib/format";
import { link } from "../lib/router";
import type { QueuePage, QueuedMessage, TraceEvent } from "../types";
import { Actions, type Verb } from "../ui/action";
import { useResource } from "../ui/hooks";
import { Icon } from "../ui/icons";
import { PageHead } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  CopyButton,
  ErrorNote,
  Facts,
  Link,
  Note,
  Skeleton,
  When,
} from "../ui/parts";

async function orNothing<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

// A refusal before there was a message is known by its session.
const isSession = (id: string): boolean => id.startsWith("s");

export function MessagePage({ id }: { id: string }) {
  const queued = useResource(
    async (ask) => {
      if (isSession(id)) return null;
      const page = await orNothing(get<QueuePage>("queue", { id }, ask));
      return page?.messages[0] ?? null;
    },
    [id],
    10,
  );
  const events = useResource(
    async (ask) =>
      (await orNothing(get<{ events: TraceEvent[] }>("events", { what: id }, ask)))?.events ?? [],
    [id],
    10,
  );
  const reload = () => {
    queued.reload();
    events.reload();
  };
  const message = queued.data;
  return (
    <>
      <PageHead
        title={
          <>
            {isSession(id) ? "Session" : "Message"} <span class="mono">{id}</span>
          </>
        }
        back={{ href: link("messages"), text: "Messages" }}
        text={<Standing message={message} events={events.data} />}
      >
        {message && <Actions target={{ id }} verbs={verbs(message)} onDone={reload} />}
        <Button icon="reload" aria-label="Reload" onClick={reload} />
      </PageHead>
      <ErrorNote error={queued.error ?? events.error} retry={reload} />
      <div class="columns">
        <Card title="What happened">
          {!events.data && !events.error && <Skeleton lines={6} />}
          {events.data && <Timeline events={events.data} />}
        </Card>
        <div class="column">
          {message && <Envelope message={message} />}
          <Words id={id} />
        </div>
      </div>
    </>
  );
}

function verbs(message: QueuedMessage): Verb[] {
  return message.hold ? ["release", "bounce", "remove"] : ["retry", "hold", "bounce", "remove"];
}

function Standing(props: {
  message: QueuedMessage | null | undefined;
  events: TraceEvent[] | undefined;
}) {
  const { message, events } = props;
  if (message === undefined) return <>…</>;
  if (message === null) {
    if (events && events.length === 0) return <>Nothing is known of it, or not any more.</>;
    return <Badge tone={ended(events)[0]}>{ended(events)[1]}</Badge>;
  }
  if (message.hold)
    return <Badge tone="warn">on hold: {message.hold_reason || "by an operator"}</Badge>;
  if (message.active) return <Badge tone="info">being delivered</Badge>;
  if (message.scheduled) return <Badge tone="info">scheduled by its sender</Badge>;
  return (
    <span class="status-line">
      <Badge tone={message.attempts ? "warn" : "info"}>
        {message.attempts ? "deferred" : "due"}
      </Badge>
      <span>
        next attempt <When time={message.next_attempt} />
      </span>
    </span>
  );
}

// What became of a message that is no longer in the queue, by its last word on a recipient.
function ended(events: TraceEvent[] | undefined): ["ok" | "bad" | "plain", string] {
  const names = new Set((events ?? []).map((event) => event.event));
  if (names.has("recipient.failed")) {
    return ["bad", names.has("recipient.delivered") ? "delivered in part" : "failed"];
  }
  if (names.has("recipient.delivered")) return ["ok", "delivered"];
  if (names.has("message.refused") || names.has("recipient.refused")) return ["bad", "refused"];
  return ["plain", "not in the queue"];
}

function Timeline({ events }: { events: TraceEvent[] }) {
  if (events.length === 0) {
    return <p class="hint">The trace keeps messages for a while; this one is not in it.</p>;
  }
  let lastDay = "";
  let lastSaid = "";
  return (
    <ol class="timeline">
      {events.map((event, i) => {
        const told = tell(event);
        const today = day(event.ts ?? "");
        const newDay = today !== lastDay;
        lastDay = today;
        // An attempt and its outcome quote the same answer: it is shown once.
        const said = told.said === lastSaid ? "" : told.said;
        lastSaid = told.said;
        return (
          <li key={i} class={told.tone}>
            {newDay && <p class="timeline-day">{today}</p>}
            <div class="moment">
              <time dateTime={event.ts} title={dateTime(event.ts ?? "")}>
                {clock(event.ts ?? "")}
              </time>
              <span class="mark" />
              <div class="moment-words">
                <p class="moment-title">{told.title}</p>
                {said && <p class="said">{said}</p>}
                <MomentFacts facts={told.facts} />
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

const factsInline = 3;

// A few short ones fit on a line; more are behind a click.
function MomentFacts({ facts }: { facts: [string, string][] }) {
  if (facts.length === 0) return null;
  const short = facts.reduce((all, [name, value]) => all + name.length + value.length, 0) < 120;
  if (facts.length <= factsInline && short) {
    return (
      <p class="moment-facts">
        {facts.map(([name, value]) => (
          <span key={name}>
            {name} {value}
          </span>
        ))}
      </p>
    );
  }
  return (
    <details>
      <summary>{plural(facts.length, "detail")}</summary>
      <Facts rows={facts} />
    </details>
  );
}

function Envelope({ message }: { message: QueuedMessage }) {
  return (
    <Card title="In the queue">
      <Facts
        rows={[
          ["From", message.sender || "<> (a notice)"],
          ["To", <Recipients key="to" message={message} />],
          [
            "Destination",
            <span key="destination" class="stacked">
              {message.destinations.map((one) => (
                <Link key={one} href={link("queue", one)}>
                  {destinationName(one)}
                </Link>
              ))}
            </span>,
          ],
          ["Size", bytes(message.bytes)],
          ["Accepted", <When key="accepted" time={message.accepted} />],
          ["Attempts", String(message.attempts)],
          [
            "Next attempt",
            message.hold ? (
              "none while it is held"
            ) : (
              <When key="next" time={message.next_attempt} />
            ),
          ],
        ]}
      />
      {message.last_reply && (
        <Note tone="warn">
          <p>The last answer was:</p>
          <p class="said">{message.last_reply}</p>
        </Note>
      )}
    </Card>
  );
}

const recipientsShown = 20;

function Recipients({ message }: { message: QueuedMessage }) {
  const rest = message.recipients.length - recipientsShown;
  return (
    <span class="stacked">
      {message.recipients.slice(0, recipientsShown).map((one) => (
        <span key={one}>{one}</span>
      ))}
      {rest > 0 && <span class="faint">and {rest} more</span>}
    </span>
  );
}

// The same as `stagepost explain` prints: to be sent to whoever asks where a mail is.
function Words({ id }: { id: string }) {
  const words = useResource((ask) => orNothing(getText("explain", { what: id }, ask)), [id]);
  return (
    <Card
      title="In words"
      tools={words.data && <CopyButton text={words.data.trim()} label="Copy the message's story" />}
    >
      <ErrorNote error={words.error} retry={words.reload} />
      {words.data === null && <p class="hint">Nothing is known of it.</p>}
      {words.data && (
        <pre class="story" tabIndex={0} role="group" aria-label="The message's story">
          {words.data.trim()}
        </pre>
      )}
      <p class="hint with-icon">
        <Icon name="log" size={16} />
        <span>
          As <code>stagepost explain {id}</code> prints it.
        </span>
      </p>
    </Card>
  );
}
