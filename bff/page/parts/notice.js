import { useWords } from "../i18n.js";
import { html } from "../ui.js";

/** Something to know. `kind`: info, good, warn, bad. What is bad is read out at once. */
export function Notice({ kind = "info", title, children }) {
  return html`
    <div class="notice ${kind}" role=${kind === "bad" ? "alert" : "note"}>
      ${title && html`<p class="notice-title">${title}</p>`} ${children}
    </div>
  `;
}

/** Why the server did not do what was asked, in its own sentence. */
export function Problem({ error, title, children }) {
  const { t } = useWords();
  const refused = Boolean(error.status);
  return html`
    <${Notice} kind="bad" title=${title}>
      <p>${refused ? error.message : t.problem.unreachable}</p>
      ${children}
      ${error.correlationId && html`<p class="faint">${t.problem.reference} <code>${error.correlationId}</code></p>`}
    <//>
  `;
}
