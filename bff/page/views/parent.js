/** Of an upload that mends rows of another: how many of that one are still open. */
import { getStatus } from "../api.js";
import { useWords } from "../i18n.js";
import { taskLink } from "../router.js";
import { isOver } from "../tasks.js";
import { html, useEffect, useState } from "../ui.js";
import { openRows } from "./sentence.js";

export function Parent({ task }) {
  const { t, format } = useWords();
  const [parent, setParent] = useState(null);

  useEffect(() => {
    const round = new AbortController();
    // without an answer there is still the link
    getStatus(task.origen, { signal: round.signal }).then((answer) => setParent(answer.task), () => {});
    return () => round.abort();
  }, [task.origen, task.status]);

  const open = parent?.status === "completed" && isOver(task) ? openRows(parent) : null;
  return html`
    <p class="meta">
      <span>${t.task.corrects} <a href=${taskLink(task.origen)}>${t.task.original}</a></span>
      ${open !== null && html`<span>${open === 0 ? t.task.nothingOpen : t.task.stillOpen(format.number(open), open)}</span>`}
    </p>
  `;
}
