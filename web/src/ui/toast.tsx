// ui/toast.tsx: short words on what was done; read out by screen readers, gone by themselves.
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icons";

interface Word {
  number: number;
  text: string;
  tone: "ok" | "bad";
}

let tell: (text: string, tone: Word["tone"]) => void = () => {};
let last = 0;

export function say(text: string, tone: Word["tone"] = "ok"): void {
  tell(text, tone);
}

export function Toasts() {
  const [words, setWords] = useState<Word[]>([]);
  useEffect(() => {
    tell = (text, tone) => {
      last += 1;
      const word = { number: last, text, tone };
      setWords((before) => [...before.slice(-2), word]);
      const gone = () => setWords((all) => all.filter((one) => one.number !== word.number));
      setTimeout(gone, tone === "bad" ? 12_000 : 5_000);
    };
    return () => {
      tell = () => {};
    };
  }, []);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {words.map((word) => (
        <div key={word.number} class={`toast ${word.tone}`}>
          <Icon name={word.tone === "ok" ? "check" : "error"} size={16} />
          {word.text}
        </div>
      ))}
    </div>
  );
}
