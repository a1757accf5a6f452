// pages/settings.tsx: every setting and its value, to be read; they are changed in stagepost.toml.
import { useState } from "preact/hooks";
import type { PageProps } from "../app";
import { get } from "../lib/api";
import { plural } from "../lib/format";
import { settingText, tableOf } from "../lib/settings";
import type { Setting } from "../types";
import { useResource } from "../ui/hooks";
import { PageHead } from "../ui/page";
import { Badge, Card, Choice, CopyButton, Empty, ErrorNote, SearchBox, Skeleton } from "../ui/parts";

export function SettingsPage(_: PageProps) {
  const [text, setText] = useState("");
  const [which, setWhich] = useState<"all" | "changed">("all");
  const found = useResource((ask) => get<{ settings: Setting[] }>("settings", {}, ask), []);
  const all = found.data?.settings ?? [];
  const wanted = text.trim().toLowerCase();
  const rows = all.filter(
    (one) =>
      (which === "all" || one.changed) &&
      (!wanted || `${one.name} ${one.text}`.toLowerCase().includes(wanted)),
  );
  const tables = [...new Set(rows.map((one) => tableOf(one.name)))];
  const changed = all.filter((one) => one.changed).length;
  return (
    <>
      <PageHead
        title="Settings"
        text={
          <>
            Read here, changed in <code>stagepost.toml</code>; then <code>stagepost reload</code>.
            {found.data && ` ${plural(changed, "setting")} of ${all.length} differ from the default.`}
          </>
        }
      />
      <div class="filters">
        <SearchBox label="Search settings" placeholder="A name, or what it does" value={text} onInput={setText} />
        <Choice
          label="Which"
          value={which}
          options={[
            ["all", "All"],
            ["changed", "Changed"],
          ]}
          onChange={setWhich}
        />
      </div>
      <ErrorNote error={found.error} retry={found.reload} />
      {!found.data && !found.error && <Skeleton lines={10} />}
      {found.data && rows.length === 0 && (
        <Card>
          <Empty icon="settings" title={wanted ? "No setting is like that" : "All settings have their defaults"}>
            <p>The defaults are meant to be right for most servers.</p>
          </Empty>
        </Card>
      )}
      {tables.map((table) => (
        <Card
          key={table}
          title={table ? <code>{`[${table}]`}</code> : "Before the first table"}
          flush
        >
          <ul class="settings">
            {rows
              .filter((one) => tableOf(one.name) === table)
              .map((one) => (
                <Row key={one.name} setting={one} table={table} />
              ))}
          </ul>
        </Card>
      ))}
    </>
  );
}

function Row({ setting, table }: { setting: Setting; table: string }) {
  const key = table ? setting.name.slice(table.length + 1) : setting.name;
  const value = settingText(setting.value);
  return (
    <li>
      <div class="setting-words">
        <p class="setting-name">
          <code>{key}</code>
          {setting.changed && <Badge tone="info">changed</Badge>}
        </p>
        <p class="hint">{setting.text}</p>
      </div>
      <div class="setting-value">
        <code>{value}</code>
        {setting.unit && <span class="faint">{setting.unit}</span>}
        {setting.changed && <p class="hint">default: {settingText(setting.default)}</p>}
      </div>
      <CopyButton text={`${key} = ${value}`} label={`Copy ${setting.name}`} />
    </li>
  );
}
