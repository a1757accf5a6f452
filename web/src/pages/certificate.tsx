// pages/certificate.tsx: the TLS certificate, its renewal, and the TLSA records to publish.
import { get, post } from "../lib/api";
import { dateTime, sentence } from "../lib/format";
import type { Certificate } from "../types";
import { useResource, useWork } from "../ui/hooks";
import { Badge, Button, Card, ErrorNote, Facts, Note, Paste, Skeleton, When } from "../ui/parts";
import { say } from "../ui/toast";

export function CertificateCard() {
  const found = useResource((ask) => get<Certificate>("certificate", { check: true }, ask), []);
  const work = useWork();
  const { data } = found;
  const renew = () =>
    work.run(async () => {
      const done = await post<{ ordered: boolean }>("certificate/renew", {});
      say(
        done.ordered ? "A new certificate is in use." : "It is not due yet: nothing was ordered.",
      );
      found.reload();
    });
  return (
    <>
      <ErrorNote error={work.error ?? found.error} retry={found.reload} />
      {!data && !found.error && <Skeleton lines={5} />}
      {data && (
        <Card
          title="Certificate"
          tools={
            data.orders && (
              <Button small busy={work.busy || data.orders.busy} onClick={renew}>
                Renew if due
              </Button>
            )
          }
        >
          {data.problem && <Note tone="bad">{sentence(data.problem)}</Note>}
          {data.certificate && <CertificateFacts state={data} />}
          {!data.orders && (
            <p class="hint">
              Nobody renews it here. With <code>directory_url</code> in <code>[acme]</code> the
              server orders and renews it by itself; <code>docs/certificates.md</code> tells more.
            </p>
          )}
        </Card>
      )}
      {data && data.tlsa.length > 0 && <Tlsa state={data} />}
    </>
  );
}

function CertificateFacts({ state }: { state: Certificate }) {
  const { certificate, orders } = state;
  const days = (new Date(certificate.not_after).getTime() - Date.now()) / 86_400_000;
  return (
    <Facts
      rows={[
        ["Names", certificate.names.join(", ") || "none"],
        [
          "Issuer",
          <span key="issuer" class="status-line">
            {certificate.issuer}
            {certificate.self_signed && <Badge tone="warn">self-signed</Badge>}
          </span>,
        ],
        [
          "Ends",
          <span key="ends" class="status-line">
            {dateTime(certificate.not_after)}
            <Badge tone={days < 7 ? "bad" : days < 21 ? "warn" : "ok"}>
              <When time={certificate.not_after} />
            </Badge>
          </span>,
        ],
        ["Source", `${state.source}${state.path ? `: ${state.path}` : ""}`],
        [
          "Serial",
          <span key="serial" class="mono">
            {certificate.serial}
          </span>,
        ],
        ...(orders ? orderFacts(orders) : []),
      ]}
    />
  );
}

function orderFacts(
  orders: NonNullable<Certificate["orders"]>,
): [string, preact.ComponentChildren][] {
  return [
    ["Authority", orders.directory_url],
    [
      "Next renewal",
      orders.renew_at ? <When key="renewal" time={orders.renew_at} /> : "not planned",
    ],
    ...(orders.failures > 0
      ? ([["Last failure", `${orders.failure ?? ""} (${orders.failures} in a row)`]] as [
          string,
          string,
        ][])
      : []),
  ];
}

function Tlsa({ state }: { state: Certificate }) {
  return (
    <Card title="TLSA records">
      <p>
        With these, in a zone signed by DNSSEC, other servers verify this certificate (DANE).
        Publish that of the next key, too, before it is used.
      </p>
      <ul class="key-list">
        {state.tlsa.map((record) => (
          <li key={record.name + record.data}>
            <p class="key-head">
              <strong>{record.name}</strong>
              <span class="faint">{record.key} key</span>
              {record.published && (
                <Badge tone={record.published === "yes" ? "ok" : "plain"}>
                  {record.published === "yes" ? "published" : `published: ${record.published}`}
                </Badge>
              )}
            </p>
            <Paste
              text={`${record.name}. IN TLSA ${record.data}`}
              label={`TLSA record ${record.name}`}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}
