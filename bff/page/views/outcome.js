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

export function Outcome({ task }) {
  const { t } = useWords();
  const dryRun = isReview(task);
  const failed = task.result.resumen.rechazados;
  const open = task.correcciones ? task.correcciones.abiertas : failed;
  return html`
    <${Summary} task=${task} dryRun=${dryRun} open=${open} />
    ${task.correcciones && html`<${Corrections} corrections=${task.correcciones} />`}
    ${dryRun && html`<${ReviewStep} task=${task} />`}
    ${!dryRun && open > 0 && html`<${Mending} task=${task} open=${open} />`}
    <${Warnings} notices=${task.advertencias} />
    ${failed > 0 && html`<${Rejected} task=${task} dryRun=${dryRun} />`}
    <${Reading} result=${task.result} open=${dryRun} />
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

function Summary({ task, dryRun, open }) {
  const { t, format } = useWords();
  const { total, exitosos, rechazados } = task.result.resumen;
  const kind = rechazados === 0 || open === 0 ? "good" : exitosos === 0 ? "bad" : "warn";
  const words = dryRun ? t.outcome.review : t.outcome;
  const sentence =
    rechazados === 0
      ? words.all(total, format)
      : open === 0
        ? words.mended(total, format)
        : exitosos === 0
          ? words.none(total, format)
          : words.some(exitosos, rechazados, format);
  return html`
    <section class="card stack summary ${kind}" aria-labelledby="outcome">
      <h2 id="outcome" role="status">${sentence}</h2>
      <${Tiles} summary=${task.result.resumen} />
    </section>
  `;
}

/** Four counts and what they add up to. */
function Tiles({ summary }) {
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
          <div class=${name === "rejected" && count > 0 ? "bad" : ""}>
            <dt>${t.outcome.counts[name]}</dt>
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
