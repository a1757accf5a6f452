// pages/log.tsx: the end of the log, as it grows.
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { type ApiError, get } from "../lib/api";
import { clock, dateTime, plural } from "../lib/format";
import { link } from "../lib/router";
import { hasMessage, newest } from "../lib/tail";
import type { LogLine } from "../types";
import { asApiError, useSettled } from "../ui/hooks";
import { PageHead } from "../ui/page";
import {
  Button,
  Card,
  Choice,
  Empty,
  ErrorNote,
  Link,
  Note,
  SearchBox,
  Skeleton,
} from "../ui/parts";

type Severity = "info" | "warning" | "error";
const everyMilliseconds = 2000;

interface Tail {
  lines: LogLine[] | undefined;
  missed: number; // came and went between two questions
  error: ApiError | undefined;
}

interface Answer {
  lines: LogLine[];
  cursor: string;
  missed?: number;
}

const nothing: Tail = { lines: undefined, missed: 0, error: undefined };

// Asks for what is new since the cursor; a new question begins at the end of the log again.
function useTail(severity: Severity, text: string, paused: boolean): Tail {
  const [tail, setTail] = useState(nothing);
  const cursor = useRef("");
  useEffect(() => {
    cursor.current = "";
    setTail(nothing);
  }, [severity, text]);
  useEffect(() => {
    if (paused) return;
    const abort = new AbortController();
    let timer = 0;
    const ask = async () => {
      try {
        const query = { after: cursor.current, severity, q: text, limit: 200 };
        const options = { signal: abort.signal, background: cursor.current !== "" };
        const got = await get<Answer>("log", query, options);
        cursor.current = got.cursor;
        setTail((last) => ({
          lines: newest(last.lines ?? [], got.lines),
          missed: last.missed + (got.missed ?? 0),
          error: undefined,
        }));
      } catch (error) {
        if (abort.signal.aborted) return;
        setTail((last) => ({ ...last, error: asApiError(error) }));
      }
      if (!abort.signal.aborted) timer = window.setTimeout(ask, everyMilliseconds);
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [severity, text, paused]);
  return tail;
}

export function LogPage({ place }: PageProps) {
  const { severity: asked } = place.query;
  const first = asked === "warning" || asked === "error" ? asked : "info";
  const [severity, setSeverity] = useState<Severity>(first);
  const [text, setText] = useState("");
  const [paused, setPaused] = useState(false);
  const { lines, missed, error } = useTail(severity, useSettled(text).trim(), paused);
  return (
    <>
      <PageHead title="Log" text="The newest lines first, renewed every two seconds.">
        <Button icon={paused ? "play" : "pause"} onClick={() => setPaused(!paused)}>
          {paused ? "Go on" : "Pause"}
        </Button>
      </PageHead>
      <div class="filters">
        <SearchBox
          label="Filter the log"
          placeholder="Part of a line"
          value={text}
          onInput={setText}
        />
        <Choice<Severity>
          label="Severity"
          value={severity}
          options={[
            ["info", "All"],
            ["warning", "Warnings"],
            ["error", "Errors"],
          ]}
          onChange={setSeverity}
        />
      </div>
      <ErrorNote error={error} />
      {missed > 0 && (
        <Note tone="warn">
          The log grew faster than this page reads: {plural(missed, "line")} are not shown here, but
          are in the log itself. A filter or a severity shows fewer.
        </Note>
      )}
      {!lines && !error && <Skeleton lines={8} />}
      {lines && lines.length === 0 && (
        <Card>
          <Empty icon="log" title="No line">
            <p>
              {text || severity !== "info"
                ? "No recent line is like that. New ones appear here by themselves."
                : "The log is empty so far. What the server does appears here by itself."}
            </p>
          </Empty>
        </Card>
      )}
      {lines && lines.length > 0 && (
        <div class="card flush log" role="log" aria-live="off" aria-label="Log" tabIndex={0}>
          {[...lines].reverse().map((line, i) => (
            <Line key={lines.length - i} line={line} />
          ))}
        </div>
      )}
    </>
  );
}

function Line({ line }: { line: LogLine }) {
  const id = line.message || hasMessage(line.text);
  const at = id ? line.text.indexOf(id) : -1;
  return (
    <p class={`log-line ${line.severity}`}>
      <time dateTime={line.time} title={dateTime(line.time)}>
        {clock(line.time)}
      </time>
      <span class="log-severity">{line.severity}</span>
      <span class="log-name">{line.name}</span>
      <span class="log-text">
        {at < 0 ? line.text : line.text.slice(0, at)}
        {id && (
          <Link
            href={link("messages", id)}
            class={at < 0 ? "log-link" : undefined}
            aria-label={`Message ${id}`}
          >
            {id}
          </Link>
        )}
        {id && at >= 0 && line.text.slice(at + id.length)}
      </span>
    </p>
  );
}
