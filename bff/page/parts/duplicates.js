import { useWords } from "../i18n.js";
import { html } from "../ui.js";

/** What becomes of a product that is in the catalogue already. */
export function DuplicateRule({ replace, onChange }) {
  const { t } = useWords();
  const option = (value, { title, help }) => html`
    <label class="option">
      <input type="radio" name="replace" checked=${replace === value} onChange=${() => onChange(value)} />
      <span><strong>${title}</strong><span class="faint">${help}</span></span>
    </label>
  `;
  return html`
    <fieldset class="field">
      <legend>${t.new.duplicates.legend}</legend>
      ${option(false, t.new.duplicates.keep)} ${option(true, t.new.duplicates.replace)}
    </fieldset>
  `;
}
