/** A completed upload, or review: what it came to, and what to do next. */
import { urls } from "../api.js";
import { useWords } from "../i18n.js";
import { Download } from "../parts/download.js";
import { newUploadLink } from "../router.js";
import { isReview } from "../tasks.js";
import { html } from "../ui.js";
import { Corrections } from "./corrections.js";
import { Mending } from "./mending.js";
import { Reading, Warnings } from "./reading.js";
import { Rejected } from "./rejected.js";
import { ReviewStep } from "./review_step.js";
import { openRows, sentenceOf } from "./sentence.js";

export function Outcome({ task }) {
  const { t } = useWords();
  const dryRun = isReview(task);
  const failed = task.result.resumen.rechazados;
  const open = openRows(task);
  return html`
    <${Summary} task=${task} />
    ${task.correcciones && html`<${Corrections} corrections=${task.correcciones} />`}
    ${dryRun && html`<${ReviewStep} task=${task} />`}
    ${!dryRun && open > 0 && html`<${Mending} task=${task} open=${open} />`}
    <${Warnings} notices=${task.advertencias} />
    ${dryRun && html`<${Reading} result=${task.result} open />`}
    ${failed > 0 && html`<${Rejected} task=${task} dryRun=${dryRun} />`}
    ${!dryRun && html`<${Reading} result=${task.result} />`}
    ${!dryRun &&
    html`<section class="aside">
      <h2>${t.receipt.title}</h2>
      <p>${t.receipt.text}</p>
      <ul class="links">
        <li>
          <${Download} url=${urls.receipt(task.task_id)} filename="recibo-${task.task_id}.json">${t.receipt.link}<//>
        </li>
        <li><a href=${newUploadLink}>${t.task.toNew}</a></li>
      </ul>
    </section>`}
  `;
}

function Summary({ task }) {
  const { t, format } = useWords();
  const { kind, text } = sentenceOf(task, t, format);
  return html`
    <section class="card stack summary ${kind}" aria-labelledby="outcome">
      <h2 id="outcome">${text}</h2>
      <${Tiles} summary=${task.result.resumen} words=${isReview(task) ? t.outcome.review : t.outcome} open=${openRows(task)} />
    </section>
  `;
}

/** Four counts and what they add up to. */
function Tiles({ summary, words, open }) {
  const { t, format } = useWords();
  const counts = [
    ["created", summary.productos_creados],
    ["updated", summary.productos_actualizados],
    ["unchanged", summary.sin_cambios ?? 0],
    ["rejected", summary.rechazados],
  ];
  return html`
    <dl class="tiles">
      ${counts.map(
        ([name, count]) => html`
          <div class=${name === "rejected" && open > 0 ? "bad" : ""}>
            <dt>${words.counts[name]}</dt>
            <dd data-figure=${name}>${format.number(count)}</dd>
          </div>
        `,
      )}
    </dl>
    <p class="faint" data-figure="sum">
      ${t.outcome.sum(counts.map(([, count]) => format.number(count)).join(" + "), format.number(summary.total))}
      ${summary.superados > 0 && html` ${t.outcome.superseded(summary.superados, format)}`}
    </p>
  `;
}
