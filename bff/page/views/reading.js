/** How the file was understood: what to know of it, which column was taken for which, and its first rows. */
import { useWords } from "../i18n.js";
import { Notice } from "../parts/notice.js";
import { html } from "../ui.js";

/** First rows that are shown, each as a column beside what it was taken for. */
const ROWS = 3;

export function Warnings({ notices }) {
  const { t } = useWords();
  if (notices.length === 0) return null;
  return html`
    <${Notice} kind="warn" title=${t.reading.warnings(notices.length)}>
      <ul>
        ${notices.map(({ advertencia }) => html`<li>${advertencia}</li>`)}
      </ul>
    <//>
  `;
}

export function Reading({ result, open }) {
  const { t, format } = useWords();
  const columns = result.columnas;
  const sample = result.muestra.slice(0, ROWS);
  if (columns.length === 0) return null;
  return html`
    <details class="card" open=${open}>
      <summary><h2>${t.reading.title}</h2></summary>
      <div class="scroll" role="region" aria-label=${t.reading.title} tabindex="0">
        <table>
          <thead>
            <tr>
              <th scope="col">${t.reading.place}</th>
              <th scope="col">${t.reading.header}</th>
              <th scope="col">${t.reading.column}</th>
              ${sample.map(({ fila }) => html`<th scope="col">${t.reading.row(format.number(fila))}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${columns.map(
              (column) => html`
                <tr>
                  <td>${letters(column.posicion)}</td>
                  <td>${breakable(column.encabezado)}</td>
                  <td>${understood(column, t)}</td>
                  ${sample.map(({ celdas }) => html`<td class="cell">${celdas[column.posicion - 1]}</td>`)}
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    </details>
  `;
}

function understood({ columna, como }, t) {
  if (como === "report") return html`<span class="faint">${t.reading.report}</span>`;
  if (columna === null) return html`<span class="badge warn">${t.reading.ignored}</span>`;
  if (como === "exact") return html`<span class="faint">${t.reading.exact}</span>`;
  return html`<code>${breakable(columna)}</code> <span class="faint">${t.reading.synonym}</span>`;
}

/** A name that may be broken behind its underscores. */
function breakable(name) {
  return name.split(/(?<=_)/).map((part) => html`${part}<wbr />`);
}

/** A column's letters, as spreadsheets have them: 1 is A, 27 is AA. */
function letters(place) {
  let name = "";
  for (let rest = place; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}
