/** An upload on its way: how many bytes, and what to do when it does not get through. */
import { useWords } from "../i18n.js";
import { giveUpUpload, resumeUpload } from "../outbox.js";
import { Notice, Problem } from "../parts/notice.js";
import { go, taskLink } from "../router.js";
import { html, useEffect, useRef } from "../ui.js";

export function Sending({ upload }) {
  const { t } = useWords();
  const place = useRef(null);
  const stopped = upload.phase === "failed" || upload.phase === "changed";
  useEffect(() => {
    // it may have been sent from further down the page
    place.current.scrollIntoView({ block: "nearest" });
  }, [stopped]);
  return html`
    <section ref=${place} class="card stack" aria-labelledby="sending">
      <h2 id="sending">${upload.order.file.name}</h2>
      ${stopped
        ? html`<${Stopped} upload=${upload} />`
        : html`<${OnItsWay} upload=${upload} />`}
      <div class="actions">
        ${upload.phase === "failed" &&
        html`<button type="button" class="primary" onClick=${() => resumeUpload((id) => go(taskLink(id)))}>
          ${t.sending.again}
        </button>`}
        <button type="button" class="plain" onClick=${giveUpUpload}>
          ${upload.phase === "sending" ? t.sending.stop : t.sending.other}
        </button>
      </div>
    </section>
  `;
}

function OnItsWay({ upload: { phase, sent, total } }) {
  const { t, format } = useWords();
  const stored = total > 0 && sent >= total;
  return html`
    <progress max=${total || 1} value=${stored ? undefined : sent} aria-label=${t.sending.label}></progress>
    <p aria-live="polite">
      ${phase === "waiting" ? t.sending.waiting : stored ? t.sending.storing : t.sending.text}
    </p>
    ${phase === "sending" &&
    html`<p class="faint">
      ${t.sending.bytes(format.bytes(Math.min(sent, total)), format.bytes(total), format.percent(sent, total))}
    </p>`}
  `;
}

function Stopped({ upload: { phase, error } }) {
  const { t } = useWords();
  if (phase === "changed") {
    return html`<${Notice} kind="bad" title=${t.sending.changedTitle}><p>${t.sending.changed}</p><//>`;
  }
  return html`<${Problem} error=${error} title=${t.sending.failed} />`;
}
