/** One upload, from the queue to its result. */
import { useWords } from "../i18n.js";
import { outbox } from "../outbox.js";
import { Badge } from "../parts/badge.js";
import { Notice, Problem } from "../parts/notice.js";
import { Title, useDocumentTitle } from "../parts/title.js";
import { newUploadLink, tasksLink } from "../router.js";
import { useStore } from "../store.js";
import { isReview } from "../tasks.js";
import { html } from "../ui.js";
import { useTask } from "../use_task.js";
import { Announcer } from "./announcer.js";
import { Ended } from "./ended.js";
import { Outcome } from "./outcome.js";
import { Parent } from "./parent.js";
import { Running } from "./running.js";
import { Sending } from "./sending.js";

export function Task({ id }) {
  const { t, format } = useWords();
  const { task, pace, inContact, refused, reload } = useTask(id);
  const sending = useStore(outbox);
  useDocumentTitle(documentTitle(task, t, format));
  return html`
    <nav class="back" aria-label=${t.task.backLabel}><a href=${tasksLink}>${t.task.back}</a></nav>
    <${Title}>${task ? task.filename : t.task.title}<//>
    ${task && html`<${Meta} task=${task} />`}
    <${Announcer} task=${task} inContact=${inContact} />
    ${!inContact && html`<${Notice} kind="warn" title=${t.contact.lost}><p>${t.contact.lostText}</p><//>`}
    ${refused && html`<${Unknown} error=${refused} />`} ${!task && !refused && html`<p>${t.loading}</p>`}
    ${sending && html`<${Sending} upload=${sending} />`}
    ${task && html`<${Body} key=${task.task_id} task=${task} pace=${pace} reload=${reload} />`}
  `;
}

function Body({ task, pace, reload }) {
  if (task.status === "completed") return html`<${Outcome} task=${task} />`;
  if (task.status === "failed" || task.status === "cancelled") return html`<${Ended} task=${task} />`;
  return html`<${Running} task=${task} pace=${pace} onCancelled=${reload} />`;
}

function Meta({ task }) {
  const { t, format } = useWords();
  return html`
    <p class="meta">
      ${isReview(task) && html`<span class="badge quiet">${t.task.dryRun}</span>`} <${Badge} task=${task} />
      <span>${t.task.provider(task.proveedor_id)}</span>
      <span><time datetime=${task.created_at}>${format.dateTime(task.created_at)}</time></span>
    </p>
    ${task.origen && html`<${Parent} task=${task} />`}
  `;
}

function Unknown({ error }) {
  const { t } = useWords();
  if (error.status !== 404 && error.status !== 422) return html`<${Problem} error=${error} />`;
  return html`
    <${Notice} kind="warn" title=${t.task.unknown}>
      <p>${t.task.unknownText}</p>
      <p><a href=${tasksLink}>${t.task.toTasks}</a> · <a href=${newUploadLink}>${t.task.toNew}</a></p>
    <//>
  `;
}

function documentTitle(task, t, format) {
  if (!task) return t.task.title;
  const { processed, total } = task.progress;
  return task.status === "processing" && total > 0
    ? `${format.percent(processed, total)} ${task.filename}`
    : task.filename;
}
