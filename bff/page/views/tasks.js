/** All uploads, newest first. */
import { useWords } from "../i18n.js";
import { Badge } from "../parts/badge.js";
import { Problem } from "../parts/notice.js";
import { Title, useDocumentTitle } from "../parts/title.js";
import { knownProviders } from "../remembered.js";
import { newUploadLink, rememberQuery, taskLink, tasksLink } from "../router.js";
import { isReview } from "../tasks.js";
import { html, useEffect, useState } from "../ui.js";
import { useSettled } from "../use_settled.js";
import { useTasks } from "../use_tasks.js";

const STATUSES = ["pending", "processing", "completed", "failed", "cancelled"];

export function Tasks({ query }) {
  const { t } = useWords();
  const [filters, setFilters] = useState({
    q: query.get("q") ?? "",
    proveedor_id: query.get("proveedor_id") ?? "",
    status: query.get("status") ?? "",
  });
  const settled = { ...filters, q: useSettled(filters.q.trim()), proveedor_id: useSettled(filters.proveedor_id.trim()) };
  const asked = JSON.stringify(settled);
  const list = useTasks(asked);
  useDocumentTitle(t.tasks.title);
  useEffect(() => {
    rememberQuery(tasksLink, Object.entries(settled).filter(([, value]) => value !== ""));
  }, [asked]);
  const filtered = Object.values(settled).some(Boolean);
  return html`
    <${Title}>${t.tasks.title}<//>
    <${Filters} filters=${filters} onChange=${(change) => setFilters({ ...filters, ...change })} />
    ${list.error && html`<${Problem} error=${list.error} title=${t.tasks.failed} />`}
    <p class="visually-hidden" role="status">${list.tasks && t.tasks.shown(list.tasks.length)}</p>
    ${list.tasks?.length === 0 && html`<${Empty} filtered=${filtered} />`}
    ${!list.tasks && !list.error && html`<p>${t.loading}</p>`}
    <ul class="tasks" aria-label=${t.tasks.title}>
      ${list.tasks?.map((task) => html`<${Entry} key=${task.task_id} task=${task} />`)}
    </ul>
    ${list.more &&
    html`<div class="actions"><button type="button" class="plain" onClick=${list.more}>${t.tasks.more}</button></div>`}
  `;
}

function Filters({ filters, onChange }) {
  const { t } = useWords();
  return html`
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label class="grow">
        <span class="label">${t.tasks.search}</span>
        <input type="search" name="q" value=${filters.q} onInput=${(event) => onChange({ q: event.target.value })} />
      </label>
      <label>
        <span class="label">${t.tasks.provider}</span>
        <input type="search" name="proveedor_id" list="providers" autocomplete="off" value=${filters.proveedor_id}
          onInput=${(event) => onChange({ proveedor_id: event.target.value })} />
      </label>
      <datalist id="providers">${knownProviders().map((known) => html`<option value=${known} />`)}</datalist>
      <label>
        <span class="label">${t.tasks.status}</span>
        <select name="status" value=${filters.status} onChange=${(event) => onChange({ status: event.target.value })}>
          <option value="">${t.tasks.anyStatus}</option>
          ${STATUSES.map((status) => html`<option value=${status}>${t.status[status]}</option>`)}
        </select>
      </label>
    </form>
  `;
}

function Entry({ task }) {
  const { t, format } = useWords();
  const { processed, total } = task.progress;
  return html`
    <li>
      <a class="task" href=${taskLink(task.task_id)}>
        <span class="task-name">${task.filename}</span>
        <span class="task-status">
          ${isReview(task) && html`<span class="badge quiet">${t.task.dryRun}</span>`} <${Badge} task=${task} />
        </span>
        <span class="task-meta faint">
          ${t.task.provider(task.proveedor_id)} · <time datetime=${task.created_at}>${format.dateTime(task.created_at)}</time>
        </span>
        <span class="task-rows faint">${rowsOf(task, t, format)}</span>
        ${task.status === "processing" &&
        html`<progress max=${total || 1} value=${total ? processed : undefined} aria-label=${t.running.label}></progress>`}
      </a>
    </li>
  `;
}

function rowsOf(task, t, format) {
  const { processed, total, successful, failed } = task.progress;
  if (task.status === "pending" || total === 0) return "";
  if (task.status === "processing") return t.running.rows(format.number(processed), format.number(total));
  if (task.correcciones?.abiertas > 0) return t.tasks.openRows(format.number(task.correcciones.abiertas));
  const words = isReview(task) ? t.tasks.reviewed : t.tasks.rows;
  return words(format.number(successful), failed > 0 && format.number(failed));
}

function Empty({ filtered }) {
  const { t } = useWords();
  return html`
    <div class="empty">
      <p>${filtered ? t.tasks.noMatch : t.tasks.none}</p>
      ${!filtered && html`<p><a class="button primary" href=${newUploadLink}>${t.task.toNew}</a></p>`}
    </div>
  `;
}
