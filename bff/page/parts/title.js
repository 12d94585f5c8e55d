import { html, useEffect } from "../ui.js";

/** The heading of a screen; takes the focus when the screen is a new one, so that it is read out. */
export function Title({ children }) {
  return html`<h1 tabindex="-1" data-title>${children}</h1>`;
}

export function useDocumentTitle(title) {
  useEffect(() => {
    document.title = `${title} · Carga`;
  }, [title]);
}

export function focusTitle() {
  document.querySelector("[data-title]")?.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}
