/** What to do about rejected rows: download them, mend them, drop the same file here; or try them again. */
import { retryRejected } from "../api.js";
import { useWords } from "../i18n.js";
import { newKey, outbox, startUpload } from "../outbox.js";
import { Download } from "../parts/download.js";
import { DropZone } from "../parts/dropzone.js";
import { Problem } from "../parts/notice.js";
import { rememberTask } from "../remembered.js";
import { go, taskLink } from "../router.js";
import { useStore } from "../store.js";
import { replaces } from "../tasks.js";
import { html, useState } from "../ui.js";

export function Mending({ task, open }) {
  const { t, format } = useWords();
  const stem = task.filename.replace(/\.[^.]*$/, "").replace(/( - errores)+$/, "");
  const links = task.result.enlaces;
  return html`
    <section class="card stack" aria-labelledby="mending">
      <h2 id="mending">${t.mending.title(format.number(open), open)}</h2>
      <ol class="steps">
        <li>
          <h3>${t.mending.download}</h3>
          <p>${t.mending.downloadText}</p>
          <div class="actions">
            <${Download} url=${links.errores_xlsx} filename="${stem} - errores.xlsx" className="button primary">
              ${t.mending.xlsx}
            <//>
            <${Download} url=${links.errores_csv} filename="${stem} - errores.csv" className="button plain">
              ${t.mending.csv}
            <//>
          </div>
        </li>
        <li>
          <h3>${t.mending.mend}</h3>
          <p>${t.mending.mendText}</p>
        </li>
        <li>
          <h3>${t.mending.send}</h3>
          <${SendMended} task=${task} />
        </li>
      </ol>
      <${RetryAsTheyAre} task=${task} />
    </section>
  `;
}

function SendMended({ task }) {
  const { t } = useWords();
  const [file, setFile] = useState(null);
  const busy = useStore(outbox) !== null;

  function send() {
    const order = { file, provider: task.proveedor_id, replace: replaces(task), dryRun: false };
    startUpload(order, (id) => go(taskLink(id)));
  }

  return html`
    <${DropZone} name="mended" label=${t.mending.drop} file=${file} onFile=${setFile} />
    ${file &&
    html`<div class="actions">
      <button type="button" class="primary" disabled=${busy} onClick=${send}>${t.mending.sendButton}</button>
    </div>`}
  `;
}

/** For causes that were mended elsewhere: the same rows once more. */
function RetryAsTheyAre({ task }) {
  const { t } = useWords();
  const [state, setState] = useState({ busy: false, error: null });
  // one key for as long as this is shown: pressing twice is one retry
  const [key] = useState(newKey);

  async function retry() {
    setState({ busy: true, error: null });
    try {
      const taken = await retryRejected(task.task_id, key);
      rememberTask(taken);
      go(taskLink(taken.task_id));
    } catch (error) {
      setState({ busy: false, error });
    }
  }

  return html`
    <div class="stack">
      <p class="faint">${t.mending.retryText}</p>
      <div class="actions">
        <button type="button" class="plain" disabled=${state.busy} onClick=${retry}>
          ${state.busy ? t.mending.retrying : t.mending.retry}
        </button>
      </div>
      ${state.error && html`<${Problem} error=${state.error} title=${t.mending.retryFailed} />`}
    </div>
  `;
}
