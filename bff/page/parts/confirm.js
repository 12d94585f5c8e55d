import { useWords } from "../i18n.js";
import { html, useEffect, useRef } from "../ui.js";

/** A question before something that cannot be taken back. Escape and the first button leave all as it is. */
export function Confirm({ title, text, action, onConfirm, onClose }) {
  const { t } = useWords();
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  return html`
    <dialog ref=${dialog} aria-labelledby="confirm-title" onClose=${onClose}>
      <h2 id="confirm-title">${title}</h2>
      <p>${text}</p>
      <div class="actions">
        <button type="button" class="plain" onClick=${() => dialog.current.close()}>${t.confirm.back}</button>
        <button type="button" class="danger" onClick=${() => (onConfirm(), dialog.current.close())}>${action}</button>
      </div>
    </dialog>
  `;
}
