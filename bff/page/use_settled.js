import { useEffect, useState } from "./ui.js";

const MILLISECONDS = 250;

/** The value, once it has not changed for a moment: what is typed is not asked for letter by letter. */
export function useSettled(value) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), MILLISECONDS);
    return () => window.clearTimeout(timer);
  }, [value]);
  return settled;
}
