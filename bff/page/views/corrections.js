/** How far the rejected rows of an upload have been mended, and by which uploads. */
import { useWords } from "../i18n.js";
import { taskLink } from "../router.js";
import { html } from "../ui.js";

export function Corrections({ corrections: { abiertas, resueltas, cargas } }) {
  const { t, format } = useWords();
  return html`
    <section class="card stack" aria-labelledby="corrections">
      <h2 id="corrections">${t.corrections.title}</h2>
      <progress max=${abiertas + resueltas} value=${resueltas} aria-label=${t.corrections.title}></progress>
      <p data-figure="corrections">
        ${abiertas === 0
          ? t.corrections.done(format.number(resueltas))
          : t.corrections.some(format.number(resueltas), format.number(abiertas))}
      </p>
      <ol class="links">
        ${cargas.map((id, index) => html`<li><a href=${taskLink(id)}>${t.corrections.upload(index + 1)}</a></li>`)}
      </ol>
    </section>
  `;
}
