// pages/log.tsx: the end of the log, as it grows.
import { useEffect, useRef, useState } from "preact/hooks";
import type { PageProps } from "../app";
import { type ApiError, get } from "../lib/api";
import { clock, dateTime } from "../lib/format";
import { link } from "../lib/router";
import { hasMessage, newest } from "../lib/tail";
import type { LogLine } from "../types";
import { asApiError, useSettled } from "../ui/hooks";
import { PageHead } from "../ui/page";
import { Button, Card, Choice, Empty, ErrorNote, Link, SearchBox, Skeleton } from "../ui/parts";

type Severity = "info" | "warning" | "error";
const everyMilliseconds = 2000;

interface Tail {
  lines: LogLine[] | undefined;
  error: ApiError | undefined;
}

// Asks for what is new since the cursor; a new question begins at the end of the log again.
function useTail(severity: Severity, text: string, paused: boolean): Tail {
  const [tail, setTail] = useState<Tail>({ lines: undefined, error: undefined });
  const cursor = useRef("");
  useEffect(() => {
    cursor.current = "";
    setTail({ lines: undefined, error: undefined });
  }, [severity, text]);
  useEffect(() => {
    if (paused) return;
    const abort = new AbortController();
    let timer = 0;
    const ask = async () => {
      try {
        const query = { after: cursor.current, severity, q: text, limit: 200 };
        const options = { signal: abort.signal, background: cursor.current !== "" };
        const got = await get<{ lines: LogLine[]; cursor: string }>("log", query, options);
        cursor.current = got.cursor;
        setTail((last) => ({ lines: newest(last.lines ?? [], got.lines), error: undefined }));
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

export function LogPage(_: PageProps) {
  const [severity, setSeverity] = useState<Severity>("info");
  const [text, setText] = useState("");
  const [paused, setPaused] = useState(false);
  const { lines, error } = useTail(severity, useSettled(text).trim(), paused);
  return (
    <>
      <PageHead title="Log" text="The newest lines first, renewed every two seconds.">
        <Button icon={paused ? "play" : "pause"} onClick={() => setPaused(!paused)}>
          {paused ? "Go on" : "Pause"}
        </Button>
      </PageHead>
      <div class="filters">
        <SearchBox label="Filter the log" placeholder="Part of a line" value={text} onInput={setText} />
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
  const id = hasMessage(line.text);
  return (
    <p class={`log-line ${line.severity}`}>
      <time dateTime={line.time} title={dateTime(line.time)}>
        {clock(line.time)}
      </time>
      <span class="log-severity">{line.severity}</span>
      <span class="log-name">{line.name}</span>
      <span class="log-text">
        {line.text}
        {id && (
          <Link href={link("messages", id)} class="log-link" aria-label={`Message ${id}`}>
            message
          </Link>
        )}
      </span>
    </p>
  );
}
