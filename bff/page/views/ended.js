/** An upload that failed or was cancelled: why, what remains of it, and what to do. */
import { urls } from "../api.js";
import { useWords } from "../i18n.js";
import { outbox, startUpload } from "../outbox.js";
import { Download } from "../parts/download.js";
import { DropZone } from "../parts/dropzone.js";
import { Notice } from "../parts/notice.js";
import { go, taskLink } from "../router.js";
import { useStore } from "../store.js";
import { isReview, replaces } from "../tasks.js";
import { html, useState } from "../ui.js";
import { Warnings } from "./reading.js";

/** Causes that no change of the file would mend. */
const OURS = new Set([
  "internal_error",
  "stalled",
  "task_timeout",
  "too_many_attempts",
  "unknown_kind",
  "upload_missing",
]);
const WANTS_TEMPLATE = new Set(["missing_columns", "repeated_columns", "no_header", "no_rows"]);

export function Ended({ task }) {
  const { t, format } = useWords();
  const failed = task.status === "failed";
  const { successful, failed: rejected } = task.progress;
  return html`
    <${Notice} kind=${failed ? "bad" : "info"} title=${failed ? t.ended.failed : t.ended.cancelled}>
      ${failed && html`<p>${task.error}</p>`}
      <p>${remains(task, t, format, successful, rejected)}</p>
    <//>
    <section class="card stack" aria-labelledby="again">
      <h2 id="again">${failed && !OURS.has(task.error_code) ? t.ended.nextFailed : t.ended.nextAgain}</h2>
      ${WANTS_TEMPLATE.has(task.error_code) &&
      html`<p>
        ${t.ended.template}${" "}
        <${Download} url=${urls.template("xlsx", true)} filename="plantilla_productos.xlsx">${t.templates.examples}<//>
      </p>`}
      <${SendAgain} task=${task} />
    </section>
    <${Warnings} notices=${task.advertencias} />
  `;
}

function remains(task, t, format, successful, rejected) {
  if (isReview(task) || successful === 0) return t.ended.nothing;
  return t.ended.kept(format.number(successful), format.number(rejected));
}

function SendAgain({ task }) {
  const { t } = useWords();
  const [file, setFile] = useState(null);
  const busy = useStore(outbox) !== null;

  function send(dryRun) {
    const order = { file, provider: task.proveedor_id, replace: replaces(task), dryRun };
    startUpload(order, (id) => go(taskLink(id)));
  }

  return html`
    <${DropZone} name="again" label=${t.ended.drop} file=${file} onFile=${setFile} />
    ${file &&
    html`<div class="actions">
      <button type="button" class="primary" disabled=${busy} onClick=${() => send(true)}>${t.new.review}</button>
      <button type="button" class="plain" disabled=${busy} onClick=${() => send(false)}>${t.new.sendNow}</button>
    </div>`}
  `;
}
