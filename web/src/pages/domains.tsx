// pages/domains.tsx: our domains, what the DNS says of each, DKIM keys, and the certificate.
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get, post } from "../lib/api";
import { sentence } from "../lib/format";
import { link, navigate } from "../lib/router";
import type { DkimKey, Examination } from "../types";
import { Confirm } from "../ui/ask";
import { FormDialog } from "../ui/dialog";
import { Findings } from "../ui/findings";
import { useResource, useWork } from "../ui/hooks";
import { PageHead, Tabs } from "../ui/page";
import {
  Badge,
  Button,
  Card,
  Empty,
  ErrorNote,
  Field,
  Link,
  Note,
  Paste,
  Skeleton,
  When,
} from "../ui/parts";
import { Table } from "../ui/table";
import { say } from "../ui/toast";
import { CertificateCard } from "./certificate";
import { Records } from "./records";

export function DomainsPage({ place }: PageProps) {
  if (place.rest) return <OneDomain key={place.rest} domain={place.rest} />;
  const tab = place.query.tab ?? "domains";
  return (
    <>
      {tab === "certificate" ? (
        <PageHead title="Domains and DNS" text="The certificate of this server." />
      ) : (
        <DomainsHead />
      )}
      <Tabs
        label="Parts of this page"
        page="domains"
        now={tab}
        tabs={[
          ["domains", "Domains"],
          ["certificate", "Certificate"],
        ]}
      />
      {tab === "certificate" ? <CertificateCard /> : <Domains />}
    </>
  );
}

function DomainsHead() {
  const [adding, setAdding] = useState(false);
  return (
    <PageHead
      title="Domains and DNS"
      text="The domains whose mail is ours, and what the DNS says of them."
    >
      <Button look="main" icon="plus" onClick={() => setAdding(true)}>
        Add a domain
      </Button>
      {adding && <AddDomain onClose={() => setAdding(false)} />}
    </PageHead>
  );
}

function AddDomain({ onClose }: { onClose: () => void }) {
  const [domain, setDomain] = useState("");
  const work = useWork();
  const submit = () =>
    work.run(async () => {
      const name = domain.trim().toLowerCase();
      await post("domains/add", { domain: name });
      onClose();
      say(`${name} is ours now.`);
      navigate(link("domains", name));
    });
  return (
    <FormDialog
      title="Add a domain"
      action="Add"
      busy={work.busy}
      error={work.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field
        label="Domain"
        required
        value={domain}
        placeholder="example.org"
        hint="The next page shows which records to publish."
        onInput={(event) => setDomain(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function Domains() {
  const found = useResource((ask) => get<{ domains: string[] }>("domains", {}, ask), []);
  const kept = useResource((ask) => get<Examination>("doctor", { kept: 1 }, ask), []);
  const rows = found.data?.domains ?? [];
  return (
    <>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton />}
      {found.data && rows.length === 0 && (
        <Card>
          <Empty icon="domains" title="No domain is ours yet">
            <p>
              Add the first: its mail is accepted from then on, and the page shows what to publish
              in the DNS.
            </p>
          </Empty>
        </Card>
      )}
      {rows.length > 0 && (
        <Card flush>
          <Table
            label="Domains"
            rows={rows}
            rowKey={(row) => row}
            href={(row) => link("domains", row)}
            columns={[
              {
                title: "Domain",
                main: true,
                cell: (row) => <Link href={link("domains", row)}>{row}</Link>,
              },
              {
                title: "What the doctor found last",
                cell: (row) => <Standing domain={row} kept={kept.data} />,
              },
              {
                title: "Mailboxes",
                cell: (row) => <Link href={link("mailboxes", "", { q: `@${row}` })}>Show</Link>,
              },
            ]}
          />
        </Card>
      )}
      {kept.data && (
        <p class="hint">
          Looked at <When time={kept.data.time} />; a domain's page looks anew.
        </p>
      )}
    </>
  );
}

function Standing({ domain, kept }: { domain: string; kept: Examination | undefined }) {
  if (!kept) return <span class="faint">not looked at yet</span>;
  const about = kept.findings.filter(
    (one) => one.about === domain || one.about.endsWith(`.${domain}`),
  );
  const mend = about.filter((one) => one.severity === "mend").length;
  const warnings = about.filter((one) => one.severity === "warning").length;
  if (mend) return <Badge tone="bad">{`${mend} to mend`}</Badge>;
  if (warnings)
    return <Badge tone="warn">{warnings === 1 ? "1 warning" : `${warnings} warnings`}</Badge>;
  return <Badge tone="ok">well</Badge>;
}

function OneDomain({ domain }: { domain: string }) {
  const found = useResource((ask) => get<Examination>("doctor", { domain }, ask), [domain]);
  const [removing, setRemoving] = useState(false);
  const about = (found.data?.findings ?? []).filter(
    (one) => one.about === domain || one.about.endsWith(`.${domain}`),
  );
  return (
    <>
      <PageHead
        title={domain}
        back={{ href: link("domains"), text: "Domains" }}
        text="What the DNS says, and what it should say."
      >
        <Button icon="reload" busy={found.loading} onClick={found.reload}>
          Look again
        </Button>
        <Button look="danger" onClick={() => setRemoving(true)}>
          Remove
        </Button>
      </PageHead>
      <Records domain={domain} />
      <Keys domain={domain} />
      <h2 class="section-title">DNS and mail</h2>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && (
        <>
          <p class="hint">Asking the DNS. This takes some seconds.</p>
          <Skeleton lines={6} />
        </>
      )}
      {found.data && about.length === 0 && (
        <Note tone="info">
          The doctor looked and has nothing to say of {domain} alone.{" "}
          <Link href={link("doctor")}>All it found</Link>
        </Note>
      )}
      {about.length > 0 && <Findings findings={about} />}
      {removing && (
        <Confirm
          title={`Remove ${domain}`}
          action="Remove"
          danger
          work={async () => {
            await post("domains/remove", { domain });
            say(`${domain} is no longer ours.`);
            navigate(link("domains"));
          }}
          onClose={() => setRemoving(false)}
        >
          <p>Mail for it is refused from then on. It must have no mailbox and no alias any more.</p>
        </Confirm>
      )}
    </>
  );
}

const keyTone = { active: "ok", pending: "info", retired: "plain" } as Record<
  string,
  "ok" | "info" | "plain"
>;

function Keys({ domain }: { domain: string }) {
  const found = useResource(
    (ask) => get<{ keys: DkimKey[]; trouble?: string }>("dkim", { domain, check: true }, ask),
    [domain],
  );
  const work = useWork();
  const keys = found.data?.keys ?? [];
  const generate = () =>
    work.run(async () => {
      await post("dkim/generate", { domain });
      say("Keys are made. Publish their records, then rotate.");
      found.reload();
    });
  const rotate = () =>
    work.run(async () => {
      const done = await post<{ activated: DkimKey[]; waiting: DkimKey[] }>("dkim/rotate", {
        domain,
      });
      const waits = done.waiting?.length ?? 0;
      say(
        waits ? `${waits} keys wait for the DNS.` : `${done.activated?.length ?? 0} keys sign now.`,
      );
      found.reload();
    });
  return (
    <Card
      title="DKIM keys"
      tools={
        <>
          {keys.length > 0 && (
            <Button small busy={work.busy} onClick={rotate}>
              Rotate
            </Button>
          )}
          <Button small busy={work.busy} onClick={generate}>
            Make keys
          </Button>
        </>
      }
    >
      <ErrorNote error={work.error ?? found.error} />
      {!found.data && !found.error && <Skeleton lines={3} />}
      {found.data && keys.length === 0 && (
        <Empty icon="tokens" title="No key signs for this domain">
          <p>
            Without a signature many receivers distrust mail. Make keys, publish their records here,
            then rotate.
          </p>
        </Empty>
      )}
      <ul class="key-list">
        {keys.map((key) => (
          <li key={key.name}>
            <p class="key-head">
              <strong>{key.selector}</strong>
              <span class="faint">
                {key.type}
                {key.bits ? ` ${key.bits}` : ""}
              </span>
              <Badge tone={keyTone[key.state] ?? "plain"}>{key.state}</Badge>
              {key.problem && <Badge tone="bad">not as it should be</Badge>}
              {!key.problem && key.servers?.length ? <Badge tone="ok">published</Badge> : null}
            </p>
            {key.problem && <p class="key-problem">{sentence(key.problem)}</p>}
            <Paste
              text={`${key.name}. IN TXT ${txt(key.record)}`}
              label={`DNS record of ${key.selector}`}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}

// A character-string of the DNS holds 255 octets (RFC 1035 §3.3): longer text is several.
function txt(record: string): string {
  return (record.match(/.{1,255}/g) ?? [""]).map((part) => `"${part}"`).join(" ");
}
