// ui/dialog.tsx: a question over the page. The browser keeps the focus inside and gives it back.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { ApiError } from "../lib/api";
import { Button, ErrorNote } from "./parts";

export function Dialog(props: {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
}) {
  const id = useId();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={props.wide ? "wide" : undefined}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={id}>{props.title}</h2>
        <Button look="quiet" icon="close" aria-label="Close" onClick={props.onClose} />
      </header>
      {props.children}
    </dialog>
  );
}

// A form in a dialog: Enter sends it, what went wrong stands above the buttons.
export function FormDialog(props: {
  title: string;
  action: string;
  danger?: boolean;
  busy: boolean;
  ready?: boolean;
  error: ApiError | undefined;
  onSubmit: () => void;
  onClose: () => void;
  children: ComponentChildren;
}) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!props.busy && props.ready !== false) props.onSubmit();
        }}
      >
        <div class="dialog-body">{props.children}</div>
        <ErrorNote error={props.error} />
        <footer class="dialog-foot">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            type="submit"
            look={props.danger ? "danger" : "main"}
            busy={props.busy}
            disabled={props.ready === false}
          >
            {props.action}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
