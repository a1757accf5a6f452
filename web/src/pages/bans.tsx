// pages/bans.tsx: networks and log-ins that are kept out, by guesses or by an administrator.
import { useState } from "preact/hooks";
import { get, post } from "../lib/api";
import { count, plural } from "../lib/format";
import type { Ban, ClosedLogin } from "../types";
import { Confirm } from "../ui/ask";
import { FormDialog } from "../ui/dialog";
import { useResource, useWork } from "../ui/hooks";
import { PageHead } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  Empty,
  ErrorNote,
  Field,
  SearchBox,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";
import { say } from "../ui/toast";

interface Answer {
  bans: Ban[];
  logins: ClosedLogin[];
}

const shownMax = 200;

export function Bans({ tabs }: { tabs: preact.ComponentChildren }) {
  const [text, setText] = useState("");
  const [adding, setAdding] = useState(false);
  const [lifting, setLifting] = useState<string | undefined>();
  const found = useResource((ask) => get<Answer>("bans", {}, ask), [], 15);
  const { data } = found;
  const wanted = text.trim().toLowerCase();
  const bans = (data?.bans ?? []).filter((row) =>
    `${row.network} ${row.why}`.toLowerCase().includes(wanted),
  );
  const logins = (data?.logins ?? []).filter((row) =>
    `${row.login} ${row.why}`.toLowerCase().includes(wanted),
  );
  const none = data && data.bans.length + data.logins.length === 0;
  return (
    <>
      <PageHead
        title="Limits and bans"
        text="Who guesses passwords is kept out for a while; bans end by themselves."
      >
        <Button look="main" icon="plus" onClick={() => setAdding(true)}>
          Ban a network
        </Button>
      </PageHead>
      {tabs}
      <ErrorNote error={found.error} retry={found.reload} />
      {!data && !found.error && <Skeleton />}
      {none && (
        <Card>
          <Empty icon="limits" title="Nobody is kept out">
            <p>
              Addresses that guess passwords appear here, with the reason and the time at which the
              ban ends.
            </p>
          </Empty>
        </Card>
      )}
      {data && !none && (
        <div class="filters">
          <SearchBox label="Filter bans" value={text} onInput={setText} />
        </div>
      )}
      {bans.length > 0 && (
        <Card title="Networks" flush>
          <BanTable rows={bans.slice(0, shownMax)} onLift={setLifting} />
          {bans.length > shownMax && (
            <p class="pager hint">
              {count(shownMax)} of {count(bans.length)}; filter to see others.
            </p>
          )}
        </Card>
      )}
      {logins.length > 0 && (
        <Card title="Log-ins" flush>
          <LoginTable rows={logins.slice(0, shownMax)} onLift={setLifting} />
        </Card>
      )}
      {adding && <AddBan onClose={() => setAdding(false)} onDone={found.reload} />}
      {lifting && (
        <Confirm
          title={`Let ${lifting} in again`}
          action="Lift"
          work={async () => {
            const done = await post<{ count: number; logins: number; still_by: string[] }>(
              "bans/lift",
              { who: lifting },
            );
            const still = done.still_by.length
              ? ` It is still kept out by ${done.still_by.join(", ")}.`
              : "";
            say(`${plural(done.count + done.logins, "ban")} lifted.${still}`, still ? "bad" : "ok");
          }}
          onDone={found.reload}
          onClose={() => setLifting(undefined)}
        >
          <p>It may connect and log in again at once.</p>
        </Confirm>
      )}
    </>
  );
}

function LiftButton({ who, onLift }: { who: string; onLift: (who: string) => void }) {
  return (
    <Button small aria-label={`Lift the ban of ${who}`} onClick={() => onLift(who)}>
      Lift
    </Button>
  );
}

function BanTable({ rows, onLift }: { rows: Ban[]; onLift: (who: string) => void }) {
  return (
    <Table
      label="Banned networks"
      rows={rows}
      rowKey={(row) => row.network}
      columns={[
        { title: "Network", main: true, cell: (row) => <span class="mono">{row.network}</span> },
        {
          title: "Why",
          cell: (row) => <span class="reply">{row.why || "no reason was given"}</span>,
        },
        {
          title: "By",
          tight: true,
          cell: (row) => (
            <Badge tone={row.by_operator ? "info" : "plain"}>
              {row.by_operator ? "an administrator" : "the server"}
            </Badge>
          ),
        },
        { title: "Since", number: true, tight: true, cell: (row) => <When time={row.since} /> },
        { title: "Ends", number: true, tight: true, cell: (row) => <When time={row.until} /> },
        {
          title: "Actions",
          unseenTitle: true,
          cell: (row) => <LiftButton who={row.network} onLift={onLift} />,
        },
      ]}
    />
  );
}

function LoginTable({ rows, onLift }: { rows: ClosedLogin[]; onLift: (who: string) => void }) {
  return (
    <Table
      label="Closed log-ins"
      rows={rows}
      rowKey={(row) => row.login}
      columns={[
        { title: "Log-in", main: true, cell: (row) => row.login },
        { title: "Why", cell: (row) => <span class="reply">{row.why}</span> },
        { title: "From", cell: (row) => row.at ?? "everywhere" },
        { title: "Ends", number: true, tight: true, cell: (row) => <When time={row.until} /> },
        {
          title: "Actions",
          unseenTitle: true,
          cell: (row) => <LiftButton who={row.login} onLift={onLift} />,
        },
      ]}
    />
  );
}

function AddBan(props: { onClose: () => void; onDone: () => void }) {
  const [network, setNetwork] = useState("");
  const [time, setTime] = useState("24h");
  const [reason, setReason] = useState("");
  const work = useWork();
  const submit = () =>
    work.run(async () => {
      const body = { network: network.trim(), for: time.trim(), reason: reason.trim() };
      const ban = await post<Ban>("bans/add", body);
      say(`${ban.network} is kept out.`);
      props.onDone();
      props.onClose();
    });
  return (
    <FormDialog
      title="Ban a network"
      action="Ban"
      danger
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      <Field
        label="Network"
        required
        value={network}
        placeholder="192.0.2.0/24"
        hint="An address or a network. Private ones are never banned."
        onInput={(event) => setNetwork(event.currentTarget.value)}
      />
      <Field
        label="How long"
        required
        value={time}
        hint="Such as 12h or 7d."
        onInput={(event) => setTime(event.currentTarget.value)}
      />
      <Field
        label="Reason"
        value={reason}
        hint="For whoever asks later."
        onInput={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
