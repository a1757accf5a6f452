// ui/parts.tsx: the small pieces that every page is made of.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import type { ApiError } from "../lib/api";
import { dateTime, relative, sentence } from "../lib/format";
import { isOwnLink, navigate } from "../lib/router";
import { useNow } from "./hooks";
import { Icon, type IconName } from "./icons";
import { say } from "./toast";

export type Tone = "ok" | "warn" | "bad" | "info" | "plain";

// A link inside the interface: no page is loaded, but a new tab or a download works as ever.
export function Link(
  props: JSX.AnchorHTMLAttributes<HTMLAnchorElement> & {
    href: string;
    children: ComponentChildren;
  },
) {
  const { href, onClick, ...rest } = props;
  const go = (event: JSX.TargetedMouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || event.button !== 0 || !plain || !isOwnLink(href)) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={go} {...rest} />;
}

type ButtonProps = Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "icon" | "size"> & {
  look?: "plain" | "main" | "danger" | "quiet";
  small?: boolean;
  icon?: IconName;
  busy?: boolean;
  children?: ComponentChildren;
};

export function Button(props: ButtonProps) {
  const { look = "plain", small, icon, busy, children, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      class={`button ${look} ${small ? "small" : ""} ${children ? "" : "bare"}`}
      aria-busy={busy ? "true" : undefined}
      disabled={busy || rest.disabled}
    >
      {busy ? <span class="spinner" /> : icon && <Icon name={icon} size={16} />}
      {children && <span>{children}</span>}
    </button>
  );
}

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <span class="dot" />
      {children}
    </span>
  );
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => {
    if (await toClipboard(text)) {
      setDone(true);
      say("Copied.");
    } else {
      say("The browser does not let this page copy: select the text and copy it by hand.", "bad");
    }
  };
  return (
    <Button small icon={done ? "check" : "copy"} onClick={copy} aria-label={label ?? "Copy"}>
      {done ? "Copied" : "Copy"}
    </Button>
  );
}

// The clipboard's interface exists only over HTTPS and on loopback; the old way works elsewhere.
async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// Text to paste elsewhere, with the button that copies it.
export function Paste({ text, label }: { text: string; label: string }) {
  return (
    <div class="paste">
      <pre tabIndex={0} role="group" aria-label={label}>
        {text}
      </pre>
      <CopyButton text={text} label={`Copy: ${label}`} />
    </div>
  );
}

export function When({ time }: { time: string | number | undefined | null }) {
  const now = useNow();
  if (!time) return <span class="faint">–</span>;
  return (
    <time dateTime={new Date(time).toISOString()} title={dateTime(time)}>
      {relative(time, now)}
    </time>
  );
}

export function ErrorNote({ error, retry }: { error: ApiError | undefined; retry?: () => void }) {
  if (!error) return null;
  return (
    <div class="note bad" role="alert">
      <Icon name="error" />
      <div>
        <strong>{sentence(error.message)}</strong>
        <p>{error.remedy}</p>
      </div>
      {retry && (
        <Button small icon="reload" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function Note({ tone = "info", children }: { tone?: Tone; children: ComponentChildren }) {
  const icon: IconName = tone === "bad" ? "error" : tone === "warn" ? "warning" : "info";
  return (
    <div class={`note ${tone}`}>
      <Icon name={tone === "ok" ? "check" : icon} />
      <div>{children}</div>
    </div>
  );
}

// Where nothing is: what would be here, and how it gets here.
export function Empty(props: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={props.icon} size={22} />
      </span>
      <p class="empty-title">{props.title}</p>
      <div class="empty-text">{props.children}</div>
    </div>
  );
}

export function Skeleton({ lines = 4 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">Loading</span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} class={`bar w${(i * 3) % 4}`} />
      ))}
    </div>
  );
}

export function Card(props: {
  title?: ComponentChildren;
  tools?: ComponentChildren;
  flush?: boolean; // a table that fills it
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section
      class={`card ${props.flush ? "flush" : ""}`}
      aria-labelledby={props.title ? id : undefined}
    >
      {props.title && (
        <header class="card-head">
          <h2 id={id}>{props.title}</h2>
          {props.tools && <div class="tools">{props.tools}</div>}
        </header>
      )}
      {props.children}
    </section>
  );
}

type FieldProps = Omit<JSX.InputHTMLAttributes<HTMLInputElement>, "label"> & {
  label: string;
  hint?: ComponentChildren;
};

export function Field({ label, hint, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        autocomplete="off"
        spellcheck={false}
        {...rest}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

export function Check(props: {
  label: string;
  hint?: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <div class="check">
      <input
        id={id}
        type="checkbox"
        checked={props.checked}
        aria-describedby={props.hint ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <label for={id}>{props.label}</label>
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

export function Select<T extends string>(props: {
  label: string;
  value: T;
  options: [T, string][];
  onChange: (value: T) => void;
  inline?: boolean; // the label is for screen readers only
}) {
  const id = useId();
  return (
    <div class={props.inline ? "select inline" : "field select"}>
      <label for={id} class={props.inline ? "unseen" : undefined}>
        {props.label}
      </label>
      <select
        id={id}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value as T)}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

// A few choices of which one holds, as buttons in a row.
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: [T, string][];
  onChange: (value: T) => void;
}) {
  return (
    <div class="choice" role="group" aria-label={props.label}>
      {props.options.map(([value, text]) => (
        <button
          key={value}
          type="button"
          aria-pressed={props.value === value}
          onClick={() => props.onChange(value)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

// The box that "/" leads to.
export function SearchBox(props: {
  label: string;
  value: string;
  placeholder?: string;
  onInput: (text: string) => void;
}) {
  const id = useId();
  return (
    <div class="search">
      <Icon name="search" size={16} />
      <label for={id} class="unseen">
        {props.label}
      </label>
      <input
        id={id}
        type="search"
        data-search
        autocomplete="off"
        spellcheck={false}
        value={props.value}
        placeholder={props.placeholder ?? props.label}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <span class="key-hint" aria-hidden="true">
        /
      </span>
    </div>
  );
}

export function Facts({ rows }: { rows: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

// How much of a whole, with the figure beside it.
export function Meter(props: { value: number; max: number; tone?: Tone; label: string }) {
  const share = props.max > 0 ? Math.min(1, props.value / props.max) : 0;
  return (
    <svg
      class={`meter ${props.tone ?? "info"}`}
      viewBox="0 0 100 6"
      preserveAspectRatio="none"
      role="img"
      aria-label={props.label}
    >
      <rect class="rest" width="100" height="6" rx="3" />
      <rect class="part" width={share * 100} height="6" rx="3" />
    </svg>
  );
}
