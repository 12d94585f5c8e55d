/** Tells whoever hears the page how an upload goes: at every quarter, at its end, and when contact is lost. */
import { useWords } from "../i18n.js";
import { html, useEffect, useState } from "../ui.js";
import { sentenceOf } from "./sentence.js";

export function Announcer({ task, inContact }) {
  const { t, format, lang } = useWords();
  const [words, setWords] = useState("");
  useEffect(() => {
    setWords(inContact ? wordsOf(task, t, format) : t.contact.lost);
  }, [task?.status, quarterOf(task), inContact, lang]);
  return html`<p class="visually-hidden" role="status">${words}</p>`;
}

function quarterOf(task) {
  return task && task.progress.total > 0 ? Math.floor((task.progress.processed / task.progress.total) * 4) : null;
}

function wordsOf(task, t, format) {
  if (!task) return "";
  const { processed, total } = task.progress;
  switch (task.status) {
    case "pending":
      return t.running.waiting;
    case "processing":
      return total > 0
        ? t.running.announced(format.percent(processed, total), format.number(processed), format.number(total))
        : t.running.opening;
    case "completed":
      return sentenceOf(task, t, format).text;
    default:
      return t.ended[task.status];
  }
}
