// ui/help.tsx: the keys, behind "?".
import { goKeys } from "../lib/keys";
import { Dialog } from "./dialog";

const licences = new URL("../licences.txt", import.meta.url).href;

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <div class="dialog-body">
        <dl class="keys">
          <div>
            <dt>
              <kbd>/</kbd>
            </dt>
            <dd>Search on this page, else in the messages</dd>
          </div>
          <div>
            <dt>
              <kbd>?</kbd>
            </dt>
            <dd>These keys</dd>
          </div>
          <div>
            <dt>
              <kbd>Esc</kbd>
            </dt>
            <dd>Close a question or the menu</dd>
          </div>
          {Object.entries(goKeys).map(([key, [, title]]) => (
            <div key={key}>
              <dt>
                <kbd>g</kbd> <kbd>{key}</kbd>
              </dt>
              <dd>{title}</dd>
            </div>
          ))}
        </dl>
        <p class="hint">
          Everything here can be done by the command line and by the HTTP API, too. The pages read
          the server only; nothing comes from, or goes to, any other place.{" "}
          <a href={licences}>Licences</a> of what the pages are made with.
        </p>
      </div>
    </Dialog>
  );
}
