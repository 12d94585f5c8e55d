/** The page as a whole: what stands around every screen, and which screen is shown. */
import { setLanguage, useWords } from "./i18n.js";
import { outbox } from "./outbox.js";
import { focusTitle, Title, useDocumentTitle } from "./parts/title.js";
import { newUploadLink, route, tasksLink } from "./router.js";
import { useStore } from "./store.js";
import { html, render, useEffect, useRef } from "./ui.js";
import { NewUpload } from "./views/new.js";
import { Task } from "./views/task.js";
import { Tasks } from "./views/tasks.js";

function App() {
  const { t, lang } = useWords();
  const place = useStore(route);
  const sending = useStore(outbox);
  const shown = useRef(place.key);

  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  useEffect(() => {
    if (shown.current !== place.key) focusTitle();
    shown.current = place.key;
  }, [place.key]);
  useWarningBeforeLeaving(sending !== null);

  return html`
    <a class="skip" href="#main" onClick=${(event) => (event.preventDefault(), focusTitle())}>${t.shell.skip}</a>
    <${Header} place=${place} sending=${sending} />
    <main id="main">${screen(place)}</main>
  `;
}

function screen(place) {
  switch (place.name) {
    case "new":
      return html`<${NewUpload} key=${place.key} />`;
    case "tasks":
      return html`<${Tasks} key=${place.key} query=${place.query} />`;
    case "task":
      return html`<${Task} key=${place.key} id=${place.id} />`;
    default:
      return html`<${Nowhere} />`;
  }
}

function Header({ place, sending }) {
  const { t, lang } = useWords();
  const link = (href, name, text) =>
    html`<a href=${href} aria-current=${place.name === name ? "page" : undefined}>${text}</a>`;
  return html`
    <header class="top">
      <div class="bar">
        <a class="brand" href=${newUploadLink}>Carga</a>
        <nav aria-label=${t.shell.nav}>
          ${link(newUploadLink, "new", t.shell.new)} ${link(tasksLink, "tasks", t.shell.tasks)}
        </nav>
        <button type="button" class="link" lang=${lang === "es" ? "en" : "es"} onClick=${() => setLanguage(lang === "es" ? "en" : "es")}>
          ${lang === "es" ? "English" : "Español"}
        </button>
      </div>
      ${sending && place.name === "tasks" && html`<p class="bar ongoing"><a href=${newUploadLink}>${t.shell.sending(sending.order.file.name)}</a></p>`}
    </header>
  `;
}

function Nowhere() {
  const { t } = useWords();
  useDocumentTitle(t.nowhere.title);
  return html`<${Title}>${t.nowhere.title}<//><p><a href=${newUploadLink}>${t.task.toNew}</a></p>`;
}

/** A reload would cut the upload: the browser asks first. */
function useWarningBeforeLeaving(uploading) {
  useEffect(() => {
    if (!uploading) return undefined;
    const warn = (event) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [uploading]);
}

const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);
