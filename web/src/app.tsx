// app.tsx: log-in or the shell around the pages: navigation, keys, what was said.
import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { destinationName } from "./lib/events";
import { meaning } from "./lib/keys";
import { type Place, link, navigate } from "./lib/router";
import { type State, begin, current, listen, signOut } from "./lib/session";
import { Account } from "./pages/account";
import { DoctorPage } from "./pages/doctor";
import { DomainsPage } from "./pages/domains";
import { LimitsPage } from "./pages/limits";
import { LogPage } from "./pages/log";
import { LogIn } from "./pages/login";
import { MailboxesPage } from "./pages/mailboxes";
import { MessagesPage } from "./pages/messages";
import { OverviewPage } from "./pages/overview";
import { QueuePage } from "./pages/queue";
import { ReportsPage } from "./pages/reports";
import { SettingsPage } from "./pages/settings";
import { TokensPage } from "./pages/tokens";
import { Help } from "./ui/help";
import { usePlace } from "./ui/hooks";
import { Icon, type IconName, Logo } from "./ui/icons";
import { PageHead } from "./ui/page";
import { Button, Card, Empty, Link } from "./ui/parts";
import { ThemeChoice } from "./ui/theme";
import { Toasts } from "./ui/toast";

export interface PageProps {
  place: Place;
}

interface Page {
  page: string;
  title: string;
  icon: IconName;
  view: ComponentType<PageProps>;
}

const groups: { title: string; pages: Page[] }[] = [
  {
    title: "Mail",
    pages: [
      { page: "", title: "Overview", icon: "overview", view: OverviewPage },
      { page: "messages", title: "Messages", icon: "messages", view: MessagesPage },
      { page: "queue", title: "Queue", icon: "queue", view: QueuePage },
      { page: "log", title: "Log", icon: "log", view: LogPage },
    ],
  },
  {
    title: "People",
    pages: [
      { page: "mailboxes", title: "Mailboxes", icon: "mailboxes", view: MailboxesPage },
      { page: "limits", title: "Limits and bans", icon: "limits", view: LimitsPage },
    ],
  },
  {
    title: "Reputation",
    pages: [
      { page: "domains", title: "Domains and DNS", icon: "domains", view: DomainsPage },
      { page: "reports", title: "Reports", icon: "reports", view: ReportsPage },
      { page: "doctor", title: "Doctor", icon: "doctor", view: DoctorPage },
    ],
  },
  {
    title: "Server",
    pages: [
      { page: "settings", title: "Settings", icon: "settings", view: SettingsPage },
      { page: "tokens", title: "API tokens", icon: "tokens", view: TokensPage },
      { page: "account", title: "Your account", icon: "account", view: Account },
    ],
  },
];
const pages = groups.flatMap((group) => group.pages);

function NoPage() {
  return (
    <>
      <PageHead title="There is no such page" />
      <Card>
        <Empty icon="unknown" title="Nothing is here">
          <p>
            The address may be an old one. <Link href={link("")}>Go to the overview</Link>
          </p>
        </Empty>
      </Card>
    </>
  );
}

export function App() {
  const [state, setState] = useState<State>(current);
  useEffect(() => {
    const end = listen(setState);
    void begin();
    return end;
  }, []);
  return (
    <>
      {state.kind === "in" && <Shell address={state.session.address} />}
      {state.kind === "out" && <LogIn ended={state.ended} />}
      <Toasts />
    </>
  );
}

function Navigation({ page, onChoose }: { page: string; onChoose: () => void }) {
  return (
    <nav aria-label="Pages">
      {groups.map((group) => (
        <div key={group.title} class="nav-group">
          <p class="nav-title" id={`nav-${group.title}`}>
            {group.title}
          </p>
          <ul aria-labelledby={`nav-${group.title}`}>
            {group.pages.map((one) => (
              <li key={one.page}>
                <Link
                  href={link(one.page)}
                  aria-current={one.page === page ? "page" : undefined}
                  onClick={onChoose}
                >
                  <Icon name={one.icon} />
                  {one.title}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function useKeys(openHelp: () => void): void {
  const prefixed = useRef(0);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      const found = meaning(
        {
          key: event.key,
          modified: event.ctrlKey || event.metaKey || event.altKey,
          typing: target.matches("input,textarea,select,[contenteditable]"),
          dialog: document.querySelector("dialog[open]") !== null,
        },
        Date.now() - prefixed.current < 1500,
      );
      prefixed.current = found.kind === "prefix" ? Date.now() : 0;
      if (found.kind === "none" || found.kind === "prefix") return;
      event.preventDefault();
      if (found.kind === "help") openHelp();
      if (found.kind === "go") navigate(link(found.page));
      if (found.kind === "search") focusSearch();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [openHelp]);
}

// A page without a search box leads to the search for messages.
function focusSearch(): void {
  const box = document.querySelector<HTMLInputElement>("[data-search]");
  if (box) {
    box.focus();
    box.select();
    return;
  }
  navigate(link("messages"));
  requestAnimationFrame(() => {
    requestAnimationFrame(() => document.querySelector<HTMLInputElement>("[data-search]")?.focus());
  });
}

// A new page begins at its heading, for the eye and for the screen reader.
function useArrival(place: Place, title: string): void {
  const first = useRef(true);
  useEffect(() => {
    document.title = `${destinationName(place.rest) || title} · Stagepost`;
    if (first.current) {
      first.current = false;
      return;
    }
    scrollTo(0, 0);
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [place.page, place.rest, title]);
}

function Shell({ address }: { address: string }) {
  const place = usePlace();
  const found = pages.find((one) => one.page === place.page);
  const View = found?.view ?? NoPage;
  const [open, setOpen] = useState(false);
  const [help, setHelp] = useState(false);
  useKeys(() => setHelp(true));
  useArrival(place, found?.title ?? "No such page");
  return (
    <div class="shell">
      {/* biome-ignore lint/a11y/useValidAnchor: without a script it leads there, too; with it the address stays as it is */}
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <Side open={open} close={() => setOpen(false)}>
        <Navigation page={place.page} onChoose={() => setOpen(false)} />
        <footer class="side-foot">
          <ThemeChoice />
          <div class="who">
            <span class="who-name" title={address}>
              {address}
            </span>
            <Button
              look="quiet"
              small
              icon="help"
              aria-label="Keys and help"
              onClick={() => setHelp(true)}
            />
            <Button
              look="quiet"
              small
              icon="logout"
              aria-label="Log out"
              onClick={() => void signOut()}
            />
          </div>
        </footer>
      </Side>
      <div class="stage">
        <header class="bar">
          <Button
            look="quiet"
            icon="menu"
            aria-label="Menu"
            aria-expanded={open}
            onClick={() => setOpen(true)}
          />
          <span class="bar-title">{found?.title ?? "Stagepost"}</span>
          <Logo />
        </header>
        <main id="main" tabIndex={-1}>
          <View key={place.page} place={place} />
        </main>
      </div>
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

// Beside the page, or over it on a narrow screen: there Escape and a tap beside it close it.
function Side(props: { open: boolean; close: () => void; children: ComponentChildren }) {
  const { open, close } = props;
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    if (!open) return;
    ref.current?.querySelector<HTMLElement>("nav a")?.focus();
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape") close();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [open, close]);
  return (
    <>
      <aside ref={ref} class={open ? "side open" : "side"} aria-label="Navigation">
        <div class="brand">
          <Logo />
          <span>Stagepost</span>
          <Button look="quiet" icon="close" aria-label="Close the menu" onClick={close} />
        </div>
        {props.children}
      </aside>
      {open && (
        <button
          type="button"
          class="shade"
          tabIndex={-1}
          aria-label="Close the menu"
          onClick={close}
        />
      )}
    </>
  );
}
