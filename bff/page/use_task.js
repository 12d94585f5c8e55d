import { language } from "./i18n.js";
import { follow } from "./live.js";
import { useStore } from "./store.js";
import { isOver } from "./tasks.js";
import { useEffect, useRef, useState } from "./ui.js";

/** The speed is that of the last so many seconds. */
const WINDOW = 15_000;

/** A task as it is now: `{ task, pace, inContact, refused, reload }`. `pace`: rows per second, once known. */
export function useTask(id) {
  const lang = useStore(language);
  const [state, setState] = useState({ task: null, pace: null });
  const [inContact, setInContact] = useState(true);
  const [refused, setRefused] = useState(null);
  const [round, setRound] = useState(0);
  const samples = useRef([]);

  useEffect(() => {
    setRefused(null);
    return follow(id, {
      onTask(task) {
        samples.current = isOver(task) ? [] : sampled(samples.current, task.progress.processed);
        setState({ task, pace: paceOf(samples.current) });
      },
      onContact: setInContact,
      onRefused: setRefused,
    });
  }, [id, lang, round]);

  return { ...state, inContact, refused, reload: () => setRound((count) => count + 1) };
}

function sampled(samples, processed) {
  const now = performance.now();
  // a dry run may begin again
  const kept = samples.filter(({ at, rows }) => now - at < WINDOW && rows <= processed);
  return [...kept, { at: now, rows: processed }];
}

function paceOf(samples) {
  const [first, last] = [samples[0], samples[samples.length - 1]];
  if (!first || last.at - first.at < 500 || last.rows === first.rows) return null;
  return (last.rows - first.rows) / ((last.at - first.at) / 1000);
}
