import { fetchFile } from "../api.js";
import { useWords } from "../i18n.js";
import { html, useState } from "../ui.js";
import { Problem } from "./notice.js";

const TRIES = 5;

/** A link to a file that the server makes: in the language of the page, with a word while it is being made. */
export function Download({ url, filename, className = "", children }) {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);

  async function download(event) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const { blob, filename: given } = await fetchPatiently(url);
      save(blob, given || filename);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  }

  return html`
    <a href=${url} download=${filename} class=${className} aria-busy=${busy ? "true" : "false"} onClick=${download}>
      ${busy ? t.download.busy : children}
    </a>
    ${error && html`<${Problem} error=${error} title=${t.download.failed} />`}
  `;
}

/** A large report may take longer than one request: the server then says when to ask again. */
async function fetchPatiently(url) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchFile(url);
    } catch (error) {
      if (error.code !== "report_in_preparation" || attempt === TRIES) throw error;
      await new Promise((resolve) => window.setTimeout(resolve, (error.retryAfter || 2) * 1000));
    }
  }
}

function save(blob, filename) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = filename;
  link.click();
  // not before the browser has begun to save it
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
