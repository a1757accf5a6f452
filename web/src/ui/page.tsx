// ui/page.tsx: the head of a page, its tabs, and moving from page to page of a long list.
import type { ComponentChildren } from "preact";
import { type Query, link } from "../lib/router";
import { Icon } from "./icons";
import { Button, Link } from "./parts";

export function PageHead(props: {
  title: ComponentChildren;
  text?: ComponentChildren;
  back?: { href: string; text: string };
  children?: ComponentChildren; // buttons
}) {
  return (
    <header class="page-head">
      <div class="page-words">
        {props.back && (
          <Link class="back" href={props.back.href}>
            <Icon name="left" size={16} />
            {props.back.text}
          </Link>
        )}
        <h1 tabIndex={-1}>{props.title}</h1>
        {props.text && <p class="page-text">{props.text}</p>}
      </div>
      {props.children && <div class="tools">{props.children}</div>}
    </header>
  );
}

export function Tabs(props: {
  label: string;
  page: string;
  now: string;
  tabs: [tab: string, title: string][];
  query?: Query;
}) {
  return (
    <nav class="tabs" aria-label={props.label}>
      {props.tabs.map(([tab, title]) => (
        <Link
          key={tab}
          href={link(props.page, "", { ...props.query, tab })}
          aria-current={props.now === tab ? "page" : undefined}
        >
          {title}
        </Link>
      ))}
    </nav>
  );
}

export function Pager(props: {
  first: boolean;
  more: boolean;
  text: string;
  onFirst: () => void;
  onNext: () => void;
}) {
  if (props.first && !props.more) return <p class="pager hint">{props.text}</p>;
  return (
    <div class="pager">
      <p class="hint">{props.text}</p>
      <div class="tools">
        <Button small onClick={props.onFirst} disabled={props.first}>
          First page
        </Button>
        <Button small onClick={props.onNext} disabled={!props.more}>
          Next page
        </Button>
      </div>
    </div>
  );
}
