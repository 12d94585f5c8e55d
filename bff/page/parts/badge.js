import { useWords } from "../i18n.js";
import { isReview } from "../tasks.js";
import { html } from "../ui.js";

const KINDS = { pending: "quiet", processing: "busy", completed: "good", failed: "bad", cancelled: "quiet" };

/** Where a task stands, in a word; a completed one that rejected rows does not look as if all were well. */
export function Badge({ task }) {
  const { t } = useWords();
  const word = wordOf(task);
  const kind = KINDS[word] ?? (word === "mended" ? "good" : "warn");
  return html`<span class="badge ${kind}">${t.status[word]}</span>`;
}

function wordOf(task) {
  if (task.status !== "completed" || task.progress.failed === 0) return task.status;
  if (task.correcciones?.abiertas === 0) return "mended";
  return isReview(task) ? "faulty" : "incomplete";
}
