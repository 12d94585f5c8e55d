/** An upload that waits or is being worked on. */
import { cancelTask } from "../api.js";
import { useWords } from "../i18n.js";
import { Confirm } from "../parts/confirm.js";
import { Problem } from "../parts/notice.js";
import { isReview } from "../tasks.js";
import { html, useState } from "../ui.js";

export function Running({ task, pace, onCancelled }) {
  const { t } = useWords();
  const { total, processed } = task.progress;
  const waiting = task.status === "pending";
  const opening = !waiting && total === 0;
  return html`
    <section class="card stack" aria-labelledby="running">
      <h2 id="running">${waiting ? t.running.waiting : opening ? t.running.opening : t.running.title(isReview(task))}</h2>
      <progress max=${total || 1} value=${total ? processed : undefined} aria-label=${t.running.label}></progress>
      ${total > 0 && html`<${Figures} task=${task} pace=${pace} />`}
      <p class="faint">${t.running.closable}</p>
      <div class="actions"><${Cancel} task=${task} onCancelled=${onCancelled} /></div>
    </section>
  `;
}

function Figures({ task: { progress, conteos }, pace }) {
  const { t, format } = useWords();
  const { total, processed, failed } = progress;
  const counts = [
    ["created", conteos.productos_creados],
    ["updated", conteos.productos_actualizados],
    ["unchanged", conteos.sin_cambios],
    ["rejected", failed],
  ];
  return html`
    <p class="headline">
      <strong>${format.percent(processed, total)}</strong>
      <span>${t.running.rows(format.number(processed), format.number(total))}</span>
      ${pace &&
      html`<span class="faint">
        ${t.running.pace(format.number(Math.round(pace)), format.duration((total - processed) / pace))}
      </span>`}
    </p>
    <dl class="tiles">
      ${counts.map(
        ([name, count = 0]) => html`
          <div class=${name === "rejected" && count > 0 ? "bad" : ""}>
            <dt>${t.outcome.counts[name]}</dt>
            <dd data-figure=${name}>${format.number(count)}</dd>
          </div>
        `,
      )}
    </dl>
  `;
}

function Cancel({ task, onCancelled }) {
  const { t } = useWords();
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState(null);

  async function cancel() {
    setError(null);
    try {
      await cancelTask(task.task_id);
    } catch (problem) {
      // it ended meanwhile: the news of that are on their way
      if (problem.status !== 409) setError(problem);
    }
    onCancelled();
  }

  return html`
    <button type="button" class="plain" onClick=${() => setAsking(true)}>${t.cancel.button}</button>
    ${asking &&
    html`<${Confirm}
      title=${t.cancel.title}
      text=${t.cancel.text}
      action=${t.cancel.confirm}
      onConfirm=${cancel}
      onClose=${() => setAsking(false)}
    />`}
    ${error && html`<${Problem} error=${error} title=${t.cancel.failed} />`}
  `;
}
