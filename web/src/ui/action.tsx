// ui/action.tsx: the verbs of the queue. Each is counted first, then asked about, then done.
import { useEffect, useState } from "preact/hooks";
import { post } from "../lib/api";
import { destinationName } from "../lib/events";
import { plural } from "../lib/format";
import { FormDialog } from "./dialog";
import { useWork } from "./hooks";
import { Button, Field, Note, Skeleton } from "./parts";
import { say } from "./toast";

export type Verb = "retry" | "hold" | "release" | "bounce" | "remove";

export interface Target {
  id?: string;
  sender?: string;
  recipient?: string;
  destination?: string;
  all?: true;
}

interface Words {
  button: string;
  all: string; // on the whole queue
  does: string;
  done: string;
  reason: boolean;
  danger: boolean;
}

const words: Record<Verb, Words> = {
  retry: {
    button: "Try now",
    all: "Try all now",
    does: "is tried again at once, whatever the schedule says.",
    done: "will be tried now",
    reason: false,
    danger: false,
  },
  hold: {
    button: "Hold",
    all: "Hold all",
    does: "waits until somebody releases it. Nobody is told.",
    done: "on hold",
    reason: true,
    danger: false,
  },
  release: {
    button: "Release",
    all: "Release all",
    does: "goes on: it is tried as soon as it is due.",
    done: "released",
    reason: false,
    danger: false,
  },
  bounce: {
    button: "Bounce",
    all: "Bounce all",
    does: "is given up, and its sender is told that it failed.",
    done: "given up; the senders are told",
    reason: true,
    danger: true,
  },
  remove: {
    button: "Remove",
    all: "Remove all",
    does: "is deleted. Nobody is told, and it cannot be brought back.",
    done: "removed",
    reason: true,
    danger: true,
  },
};

export function nameOf(target: Target): string {
  if (target.id) return `message ${target.id}`;
  if (target.destination) return `what waits for ${destinationName(target.destination)}`;
  if (target.sender) return `what is from ${target.sender}`;
  if (target.recipient) return `what is for ${target.recipient}`;
  return "the whole queue";
}

export function ActionDialog(props: {
  verb: Verb;
  target: Target;
  onClose: () => void;
  onDone: () => void;
}) {
  const { verb, target } = props;
  const word = words[verb];
  const [count, setCount] = useState<number | undefined>();
  const [reason, setReason] = useState("");
  const look = useWork();
  const act = useWork();
  useEffect(() => {
    void look.run(async () => {
      const told = await post<{ count: number }>(`queue/${verb}`, { ...target, dry_run: true });
      setCount(told.count);
    });
  }, [verb]);
  const submit = () =>
    act.run(async () => {
      const body = { ...target, ...(reason.trim() ? { reason: reason.trim() } : {}) };
      const told = await post<{ count: number }>(`queue/${verb}`, body);
      say(`${plural(told.count, "message")} ${word.done}.`);
      props.onDone();
      props.onClose();
    });
  const many = count !== undefined && count !== 1;
  return (
    <FormDialog
      title={`${word.button}: ${nameOf(target)}`}
      action={many ? `${word.button} ${plural(count, "message")}` : word.button}
      danger={word.danger}
      busy={act.busy}
      ready={count !== undefined && count > 0}
      error={act.error ?? look.error}
      onSubmit={submit}
      onClose={props.onClose}
    >
      {count === undefined && !look.error && <Skeleton lines={1} />}
      {count === 0 && (
        <Note>There is nothing to do: no message that this would change is in the queue.</Note>
      )}
      {count !== undefined && count > 0 && (
        <p>
          <strong>{plural(count, "message")}</strong>
          {many ? " are concerned. Each " : ": it "}
          {word.does}
        </p>
      )}
      {word.reason && (
        <Field
          label="Reason"
          value={reason}
          maxLength={200}
          hint="Kept with the message and in its trace, for whoever asks later."
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      )}
    </FormDialog>
  );
}

// The buttons, and the question behind them.
export function Actions(props: {
  target: Target;
  verbs: Verb[];
  onDone: () => void;
  small?: boolean;
}) {
  const [verb, setVerb] = useState<Verb | undefined>();
  return (
    <>
      {props.verbs.map((one) => (
        <Button
          key={one}
          small={props.small ?? false}
          look={words[one].danger ? "danger" : "plain"}
          aria-label={props.small ? `${words[one].button}: ${nameOf(props.target)}` : undefined}
          onClick={() => setVerb(one)}
        >
          {props.target.all ? words[one].all : words[one].button}
        </Button>
      ))}
      {verb && (
        <ActionDialog
          verb={verb}
          target={props.target}
          onClose={() => setVerb(undefined)}
          onDone={props.onDone}
        />
      )}
    </>
  );
}
