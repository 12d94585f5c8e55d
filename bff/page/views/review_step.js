/** After a review: send the file for real, the one that was reviewed or a better one. */
import { useWords } from "../i18n.js";
import { outbox, reviewedFile, startUpload } from "../outbox.js";
import { DropZone } from "../parts/dropzone.js";
import { go, taskLink } from "../router.js";
import { useStore } from "../store.js";
import { replaces } from "../tasks.js";
import { html, useState } from "../ui.js";

export function ReviewStep({ task }) {
  const { t, format } = useWords();
  const [file, setFile] = useState(() => reviewedFile(task.task_id));
  const busy = useStore(outbox) !== null;
  const { exitosos, rechazados } = task.result.resumen;

  function send(dryRun) {
    const order = { file, provider: task.proveedor_id, replace: replaces(task), dryRun };
    startUpload(order, (id) => go(taskLink(id)));
  }

  return html`
    <section class="card stack" aria-labelledby="next">
      <h2 id="next">${t.review.title}</h2>
      <p>${rechazados === 0 ? t.review.clean : t.review.faulty(exitosos, rechazados, format)}</p>
      ${!file && html`<p class="faint">${t.review.chooseAgain}</p>`}
      <${DropZone} name="reviewed" label=${t.drop.label} file=${file} onFile=${setFile} />
      ${file &&
      html`<div class="actions">
        <button type="button" class="primary" disabled=${busy} onClick=${() => send(false)}>${t.review.send}</button>
        ${file !== reviewedFile(task.task_id) &&
        html`<button type="button" class="plain" disabled=${busy} onClick=${() => send(true)}>${t.new.review}</button>`}
      </div>`}
    </section>
  `;
}
