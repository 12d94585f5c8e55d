import { useWords } from "../i18n.js";
import { isReview } from "../tasks.js";
import { html } from "../ui.js";

const KINDS = { pending: "quiet", processing: "busy", completed: "good", failed: "bad", cancelled: "quiet" };

/** Where a task stands, in a word; a completed one that rejected rows does not look as if all were well. */
export function Badge({ task }) {
  const { t } = useWords();
  const incomplete = task.status === "completed" && task.progress.failed > 0;
  const kind = incomplete ? "warn" : KINDS[task.status];
  const word = incomplete ? (isReview(task) ? "faulty" : "incomplete") : task.status;
  return html`<span class="badge ${kind}">${t.status[word]}</span>`;
}
