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
  const { exitosos, rechazados } = task.result.resumen;
  const words =
    rechazados === 0
      ? t.review.clean
      : exitosos === 0
        ? t.review.hopeless
        : t.review.faulty(exitosos, rechazados, format);
  return html`
    <section class="card stack" aria-labelledby="next">
      <h2 id="next">${exitosos === 0 ? t.review.mendTitle : t.review.title}</h2>
      <p>${words}</p>
      ${!file && html`<p class="faint">${t.review.chooseAgain}</p>`}
      <${DropZone} name="reviewed" label=${t.drop.label} file=${file} onFile=${setFile} />
      <${Actions} task=${task} file=${file} hopeless=${exitosos === 0} />
    </section>
  `;
}

/** What was reviewed is loaded; what is new is reviewed first. */
function Actions({ task, file, hopeless }) {
  const { t } = useWords();
  const busy = useStore(outbox) !== null;
  const reviewed = reviewedFile(task.task_id);
  const same = file !== null && (reviewed ? file === reviewed : file.name === task.filename);
  if (file === null || (same && reviewed && hopeless)) return null;

  function send(dryRun) {
    const order = { file, provider: task.proveedor_id, replace: replaces(task), dryRun };
    startUpload(order, (id) => go(taskLink(id)));
  }

  const button = (kind, text, dryRun) =>
    html`<button type="button" class=${kind} disabled=${busy} onClick=${() => send(dryRun)}>${text}</button>`;
  return html`
    <div class="actions">
      ${same ? button("primary", t.review.send, false) : button("primary", t.new.review, true)}
      ${!same && button("plain", t.new.sendNow, false)} ${same && !reviewed && button("plain", t.new.review, true)}
    </div>
  `;
}
