// pages/limits.tsx: what accounts may send and have sent, who is kept out, and which lists are asked.
import type { PageProps } from "../app";
import { get, post } from "../lib/api";
import { count, plural } from "../lib/format";
import { link } from "../lib/router";
import { useState } from "preact/hooks";
import type { AccountUse, BlockList, Limits, LimitsAnswer } from "../types";
import { Confirm } from "../ui/ask";
import { FormDialog } from "../ui/dialog";
import { useResource, useWork } from "../ui/hooks";
import { PageHead, Tabs } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  Check,
  Empty,
  ErrorNote,
  Facts,
  Field,
  Link,
  SearchBox,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";
import { say } from "../ui/toast";
import { Bans } from "./bans";
import { Use } from "./mailbox";

export function LimitsPage({ place }: PageProps) {
  const tab = place.query.tab ?? "limits";
  const tabs = (
    <Tabs
      label="Parts of this page"
      page="limits"
      now={tab}
      tabs={[
        ["limits", "Sending limits"],
        ["bans", "Bans"],
        ["lists", "Block lists"],
      ]}
    />
  );
  if (tab === "bans") return <Bans tabs={tabs} />;
  if (tab === "lists") return <Lists tabs={tabs} />;
  return <Sending tabs={tabs} />;
}

const shownMax = 200;

function Sending({ tabs }: { tabs: preact.ComponentChildren }) {
  const [text, setText] = useState("");
  const [setting, setSetting] = useState<{ scope: string; limits: Limits } | undefined>();
  const [letting, setLetting] = useState<
    { account: string; verb: "release" | "purge" } | undefined
  >();
  const found = useResource((ask) => get<LimitsAnswer>("limits", {}, ask), [], 15);
  const { data } = found;
  const wanted = text.trim().toLowerCase();
  const rows = (data?.accounts ?? [])
    .filter((row) => row.account.includes(wanted))
    .sort(
      (a, b) =>
        Number(Boolean(b.braked)) - Number(Boolean(a.braked)) ||
        b.messages_today - a.messages_today,
    );
  return (
    <>
      <PageHead
        title="Limits and bans"
        text="A stolen password is noticed by what it sends: the brake holds it until somebody looks."
      />
      {tabs}
      <ErrorNote error={found.error} retry={found.reload} />
      {!data && !found.error && <Skeleton lines={6} />}
      {data && (
        <>
          <Card
            title="For everybody"
            tools={
              <Button small onClick={() => setSetting({ scope: "all", limits: data.for_all })}>
                Change
              </Button>
            }
          >
            <LimitFacts limits={data.for_all} />
          </Card>
          <Scopes data={data} onChange={setSetting} reload={found.reload} />
          <div class="filters">
            <SearchBox label="Filter accounts" value={text} onInput={setText} />
          </div>
          <Card title="What accounts sent today" flush>
            {rows.length === 0 ? (
              <Empty
                icon="limits"
                title={wanted ? "No account is like that" : "Nobody has sent anything today"}
              >
                <p>Accounts that send are listed with how near to their limits they are.</p>
              </Empty>
            ) : (
              <Accounts
                rows={rows.slice(0, shownMax)}
                onLet={(account, verb) => setLetting({ account, verb })}
                onSet={setSetting}
              />
            )}
            {rows.length > shownMax && (
              <p class="pager hint">
                {count(shownMax)} of {count(rows.length)}; filter to see others.
              </p>
            )}
          </Card>
        </>
      )}
      {setting && (
        <SetLimits
          scope={setting.scope}
          limits={setting.limits}
          onClose={() => setSetting(undefined)}
          onDone={found.reload}
        />
      )}
      {letting && (
        <LetGo
          account={letting.account}
          verb={letting.verb}
          onClose={() => setLetting(undefined)}
          onDone={found.reload}
        />
      )}
    </>
  );
}

function LimitFacts({ limits }: { limits: Limits }) {
  if (!limits.on) return <p>No limits hold.</p>;
  return (
    <Facts
      rows={[
        ["Messages a day", count(limits.messages)],
        ["New recipients a day", count(limits.new_recipients)],
        [
          "Brake",
          `${plural(limits.brake_new_recipients, "new recipient")} or ${plural(limits.brake_bounces, "bounce")} within ${limits.brake_window}`,
        ],
      ]}
    />
  );
}

function Scopes(props: {
  data: LimitsAnswer;
  onChange: (setting: { scope: string; limits: Limits }) => void;
  reload: () => void;
}) {
  const rows = props.data.set.filter((one) => one.scope !== "all");
  const work = useWork();
  if (rows.length === 0) return null;
  const clear = (scope: string) =>
    work.run(async () => {
      await post("limits/clear", { scope });
      say(`What holds above ${scope} holds for it again.`);
      props.reload();
    });
  return (
    <Card title="Exceptions" flush>
      <ErrorNote error={work.error} />
      <Table
        label="Exceptions"
        rows={rows}
        rowKey={(row) => row.scope}
        columns={[
          { title: "For", main: true, cell: (row) => <strong>{row.scope}</strong> },
          {
            title: "Messages a day",
            number: true,
            cell: (row) => (row.limits.on ? count(row.limits.messages) : "no limit"),
          },
          {
            title: "New recipients a day",
            number: true,
            cell: (row) => (row.limits.on ? count(row.limits.new_recipients) : "no limit"),
          },
          {
            title: "Actions",
            unseenTitle: true,
            cell: (row) => (
              <span class="row-tools">
                <Button
                  small
                  aria-label={`Change ${row.scope}`}
                  onClick={() => props.onChange(row)}
                >
                  Change
                </Button>
                <Button
                  small
                  look="danger"
                  busy={work.busy}
                  aria-label={`Clear ${row.scope}`}
                  onClick={() => clear(row.scope)}
                >
                  Clear
                </Button>
              </span>
            ),
          },
        ]}
      />
    </Card>
  );
}

function Accounts(props: {
  rows: AccountUse[];
  onLet: (account: string, verb: "release" | "purge") => void;
  onSet: (setting: { scope: string; limits: Limits }) => void;
}) {
  return (
    <Table
      label="Accounts"
      rows={props.rows}
      rowKey={(row) => row.account}
      columns={[
        {
          title: "Account",
          main: true,
          cell: (row) => <Link href={link("mailboxes", row.account)}>{row.account}</Link>,
        },
        {
          title: "State",
          cell: (row) =>
            row.braked ? (
              <span class="two-lines">
                <Badge tone="bad">brake</Badge>
                <span class="second">{row.brake_reason}</span>
              </span>
            ) : row.held ? (
              <Badge tone="warn">{`${count(row.held)} held`}</Badge>
            ) : (
              <Badge tone="ok">sends</Badge>
            ),
        },
        {
          title: "Messages today",
          cell: (row) => (
            <Use value={row.messages_today} max={row.limits.messages} on={row.limits.on} />
          ),
        },
        {
          title: "New recipients",
          cell: (row) => (
            <Use
              value={row.new_recipients_today}
              max={row.limits.new_recipients}
              on={row.limits.on}
            />
          ),
        },
        { title: "Bounces lately", number: true, cell: (row) => count(row.bounces_lately) },
        { title: "Held", number: true, cell: (row) => count(row.held) },
        {
          title: "Actions",
          unseenTitle: true,
          cell: (row) => (
            <span class="row-tools">
              {(row.braked || row.held > 0) && (
                <>
                  <Button
                    small
                    aria-label={`Release what is held of ${row.account}`}
                    onClick={() => props.onLet(row.account, "release")}
                  >
                    Release
                  </Button>
                  <Button
                    small
                    look="danger"
                    aria-label={`Remove what is held of ${row.account}`}
                    onClick={() => props.onLet(row.account, "purge")}
                  >
                    Remove
                  </Button>
                </>
              )}
              <Button
                small
                aria-label={`Limits of ${row.account}`}
                onClick={() => props.onSet({ scope: row.account, limits: row.limits })}
              >
                Limits
              </Button>
            </span>
          ),
        },
      ]}
    />
  );
}

function LetGo(props: {
  account: string;
  verb: "release" | "purge";
  onClose: () => void;
  onDone: () => void;
}) {
  const { account, verb } = props;
  const release = verb === "release";
  return (
    <Confirm
      title={release ? `Release the mail of ${account}` : `Remove the held mail of ${account}`}
      action={release ? "Release" : "Remove"}
      danger={!release}
      work={async () => {
        const done = await post<{ count: number; scheduled: number; held_by_operator: number }>(
          `limits/${verb}`,
          { account },
        );
        const kept = done.held_by_operator
          ? ` ${plural(done.held_by_operator, "message")} that an operator holds stay.`
          : "";
        say(
          `${plural(done.count + done.scheduled, "message")} ${release ? "released" : "removed"}.${kept}`,
        );
      }}
      onDone={props.onDone}
      onClose={props.onClose}
    >
      <p>
        {release
          ? "The brake is let go and what it held is sent. Do this when the account's owner has said that the mail is really theirs."
          : "What the limits hold is deleted and the brake is let go. Do this when the password was stolen, after you have changed it."}
      </p>
    </Confirm>
  );
}

function SetLimits(props: {
  scope: string;
  limits: Limits;
  onClose: () => void;
  onDone: () => void;
}) {
  const { scope } = props;
  const [limits, setLimits] = useState(props.limits);
  const work = useWork();
  const number = (
    key: "messages" | "new_recipients" | "brake_new_recipients" | "brake_bounces",
    label: string,
  ) => (
    <Field
      label={label}
      type="number"
      min="0"
      required
      disabled={!limits.on}
      value={String(limits[key])}
      onInput={(event) => setLimits({ ...limits, [key]: Number(event.currentTarget.value) })}
    />
  );
  const submit = () =>
    work.run(async () => {
      await post("limits/set", limits.on ? { scope, ...limits } : { scope, on: false });
      say(`New limits hold for ${scope === "all" ? "everybody" : scope}.`);
      props.onDone();
      props.onClose();
    });
  return (
    <FormDialog
      title={`Limits of ${scope === "all" ? "everybody" : scope}`}
      action="Set"
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Check
        label="Limits hold"
        checked={limits.on}
        onChange={(on) => setLimits({ ...limits, on })}
      />
      {number("messages", "Messages a day")}
      {number("new_recipients", "New recipients a day")}
      {number("brake_new_recipients", "Brake: new recipients within its window")}
      {number("brake_bounces", "Brake: bounces within its window")}
      <Field
        label="The brake's window"
        required
        disabled={!limits.on}
        value={limits.brake_window}
        hint="1m to 24h."
        onInput={(event) => setLimits({ ...limits, brake_window: event.currentTarget.value })}
      />
    </FormDialog>
  );
}

const listTone: Record<string, "ok" | "bad" | "plain"> = {
  good: "ok",
  works: "ok",
  asked: "ok",
  faulty: "bad",
};

function Lists({ tabs }: { tabs: preact.ComponentChildren }) {
  const [tested, setTested] = useState(0);
  const found = useResource(
    (ask) => get<{ lists: BlockList[] }>("lists", tested ? { test: 1 } : {}, ask),
    [tested],
  );
  const rows = found.data?.lists ?? [];
  return (
    <>
      <PageHead
        title="Limits and bans"
        text="The lists that are asked about clients; one that answers wrongly is set aside by itself."
      >
        <Button busy={found.loading} onClick={() => setTested(tested + 1)}>
          Test each now
        </Button>
      </PageHead>
      {tabs}
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton />}
      {found.data && rows.length === 0 && (
        <Card>
          <Empty icon="limits" title="No list is asked">
            <p>
              <code>[policy]</code> in the settings names the block lists and allow-lists to ask.
            </p>
          </Empty>
        </Card>
      )}
      {rows.length > 0 && (
        <Card flush>
          <Table
            label="Lists"
            rows={rows}
            rowKey={(row) => `${row.zone} ${row.of}`}
            columns={[
              { title: "Zone", main: true, cell: (row) => <strong>{row.zone}</strong> },
              { title: "Kind", cell: (row) => `${row.kind} list of ${row.of}` },
              {
                title: "State",
                cell: (row) => <Badge tone={listTone[row.state] ?? "plain"}>{row.state}</Badge>,
              },
              { title: "Why", cell: (row) => <span class="reply">{row.why ?? ""}</span> },
              { title: "Points", number: true, cell: (row) => row.points },
              { title: "Tested", number: true, cell: (row) => <When time={row.tested} /> },
            ]}
          />
        </Card>
      )}
    </>
  );
}
