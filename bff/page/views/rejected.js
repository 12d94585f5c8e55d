/** The rejected rows: by cause, searched, page by page. */
import { useWords } from "../i18n.js";
import { Problem } from "../parts/notice.js";
import { taskLink } from "../router.js";
import { html, useState } from "../ui.js";
import { useRejected } from "../use_rejected.js";

/** Causes that are shown at first. */
const GROUPS = 6;

export function Rejected({ task, dryRun }) {
  const { t } = useWords();
  const [group, setGroup] = useState(null);
  const [search, setSearch] = useState("");
  const [openOnly, setOpenOnly] = useState(task.correcciones?.abiertas > 0);
  const rows = useRejected(task.task_id, { group, search, openOnly });
  return html`
    <section class="card stack" aria-labelledby="rejected">
      <h2 id="rejected">${dryRun ? t.rejected.reviewTitle : t.rejected.title}</h2>
      <${Groups} groups=${task.result.grupos_errores} chosen=${group} onChoose=${setGroup} />
      <div class="filters">
        <label class="grow">
          <span class="label">${t.rejected.search}</span>
          <input type="search" value=${search} placeholder=${t.rejected.example}
            onInput=${(event) => setSearch(event.target.value)} />
        </label>
        ${task.correcciones &&
        html`<label class="check">
          <input type="checkbox" checked=${openOnly} onChange=${(event) => setOpenOnly(event.target.checked)} />
          ${t.rejected.openOnly}
        </label>`}
      </div>
      ${rows.error && html`<${Problem} error=${rows.error} title=${t.rejected.failed} />`}
      <${Table} rows=${rows} />
      <${Pager} rows=${rows} />
    </section>
  `;
}

/** The causes, that of the most rows first; pressed, one of them filters the table. */
function Groups({ groups, chosen, onChoose }) {
  const { t, format } = useWords();
  const [all, setAll] = useState(false);
  // one more takes no more room than the button that would show it
  const most = all || groups.length <= GROUPS + 1 ? groups.length : GROUPS;
  return html`
    <ul class="groups" aria-label=${t.rejected.groups}>
      ${groups.slice(0, most).map((group) => {
        const pressed = chosen?.codigo === group.codigo && chosen?.columna === group.columna;
        return html`
          <li>
            <button type="button" aria-pressed=${pressed ? "true" : "false"} onClick=${() => onChoose(pressed ? null : group)}>
              <strong>${format.number(group.filas)}</strong> <span>${causeOf(group)}</span>
            </button>
          </li>
        `;
      })}
      ${most < groups.length &&
      html`<li>
        <button type="button" class="link" onClick=${() => setAll(true)}>
          ${t.rejected.moreGroups(groups.length - most)}
        </button>
      </li>`}
    </ul>
  `;
}

/** The sentence of a group ends with its number of rows, which stands before it here. */
function causeOf({ error }) {
  return error.replace(/, [\d.,\s]+ (filas?|rows?)$/, "");
}

function Pager({ rows: { entries, previous, next } }) {
  const { t, format } = useWords();
  const button = (turn, text) =>
    html`<button type="button" class="plain" disabled=${!turn} onClick=${turn}>${text}</button>`;
  const turns = Boolean(previous || next);
  return html`
    <div class="pager">
      ${turns && button(previous, t.pager.previous)}
      <p class="faint" role="status">${entries && t.rejected.shown(entries, format)}</p>
      ${turns && button(next, t.pager.next)}
    </div>
  `;
}

function Table({ rows: { entries, busy } }) {
  const { t, format } = useWords();
  if (entries === null) return html`<p>${t.loading}</p>`;
  if (entries.length === 0) return html`<p class="empty">${t.rejected.none}</p>`;
  return html`
    <table aria-busy=${busy ? "true" : "false"}>
      <thead>
        <tr>
          <th scope="col" class="narrow">${t.rejected.row}</th>
          <th scope="col">${t.rejected.reason}</th>
        </tr>
      </thead>
      <tbody>
        ${entries.map(
          (row) => html`
            <tr key=${row.fila}>
              <td class="narrow number">${format.number(row.fila)}</td>
              <td>
                ${row.error}
                ${row.resuelta_por &&
                html` <a class="badge good" href=${taskLink(row.resuelta_por)}>${t.rejected.resolved}</a>`}
              </td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}
