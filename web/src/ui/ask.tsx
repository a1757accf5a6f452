// ui/ask.tsx: a question before something is done, and a secret that is shown once.
import type { ComponentChildren } from "preact";
import { Dialog, FormDialog } from "./dialog";
import { useWork } from "./hooks";
import { Button, Note, Paste } from "./parts";

export function Confirm(props: {
  title: string;
  action: string;
  danger?: boolean;
  work: () => Promise<void>;
  onDone?: () => void;
  onClose: () => void;
  children: ComponentChildren;
}) {
  const work = useWork();
  return (
    <FormDialog
      title={props.title}
      action={props.action}
      danger={props.danger ?? false}
      busy={work.busy}
      error={work.error}
      onSubmit={() =>
        work.run(async () => {
          await props.work();
          props.onDone?.();
          props.onClose();
        })
      }
      onClose={props.onClose}
    >
      {props.children}
    </FormDialog>
  );
}

export function Secret(props: {
  title: string;
  secret: string;
  onClose: () => void;
  children?: ComponentChildren;
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <div class="dialog-body">
        <Note tone="warn">
          <strong>This is shown once.</strong> Copy it now: it cannot be shown again.
        </Note>
        <Paste text={props.secret} label={props.title} />
        {props.children}
      </div>
      <footer class="dialog-foot">
        <Button look="main" onClick={props.onClose}>
          I have it
        </Button>
      </footer>
    </Dialog>
  );
}
