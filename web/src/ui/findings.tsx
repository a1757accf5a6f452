// ui/findings.tsx: what the doctor found: what, why it matters, how to mend it, with the text to paste.
import { sentence } from "../lib/format";
import type { DoctorSeverity, Finding } from "../types";
import { Icon, type IconName } from "./icons";
import { Paste, type Tone } from "./parts";

export const severityWord: Record<
  DoctorSeverity,
  { title: string; text: string; tone: Tone; icon: IconName }
> = {
  mend: {
    title: "To mend",
    text: "costs mail, or lets others do harm",
    tone: "bad",
    icon: "error",
  },
  warning: { title: "Warnings", text: "will cost mail before long", tone: "warn", icon: "warning" },
  unknown: { title: "Not seen", text: "cannot be seen from here", tone: "plain", icon: "unknown" },
  note: { title: "Notes", text: "could be better", tone: "info", icon: "info" },
  ok: { title: "Well", text: "nothing to do", tone: "ok", icon: "check" },
};
const order: DoctorSeverity[] = ["mend", "warning", "unknown", "note", "ok"];

export function Findings({ findings }: { findings: Finding[] }) {
  const sorted = [...findings].sort(
    (a, b) => order.indexOf(a.severity) - order.indexOf(b.severity),
  );
  return (
    <ul class="findings">
      {sorted.map((finding, i) => (
        <One
          key={`${finding.id} ${finding.about} ${finding.what}`}
          finding={finding}
          named={sorted.findIndex((one) => one.id === finding.id) === i}
        />
      ))}
    </ul>
  );
}

// `named`: the first of its kind is where "#kind" leads.
function One({ finding, named }: { finding: Finding; named: boolean }) {
  const word = severityWord[finding.severity];
  const open = finding.severity === "mend" || finding.severity === "warning";
  return (
    <li class="card finding" id={named ? finding.id : undefined}>
      <details open={open || location.hash === `#${finding.id}`}>
        <summary>
          <span class={`tone ${word.tone}`}>
            <Icon name={word.icon} />
            <span class="unseen">{finding.severity}: </span>
          </span>
          <span class="finding-head">
            <span class="finding-title">{sentence(finding.title ?? finding.id)}</span>
            {finding.about && <span class="finding-about">{finding.about}</span>}
            <span class="finding-what">{sentence(finding.what)}</span>
          </span>
        </summary>
        <div class="finding-body">
          {finding.why && (
            <p>
              <b>Why it matters</b> {sentence(finding.why)}
            </p>
          )}
          {finding.remedy && (
            <p>
              <b>How to mend it</b> {sentence(finding.remedy)}
            </p>
          )}
          {finding.paste && (
            <Paste text={finding.paste} label={`To paste: ${finding.title ?? finding.id}`} />
          )}
          <p class="hint">
            More: <code>{finding.link}</code> in Stagepost's documentation, or{" "}
            <code>stagepost doctor --help</code>
          </p>
        </div>
      </details>
    </li>
  );
}
