/** The first screen: a file, whose it is, what to do with duplicates. */
import { urls } from "../api.js";
import { useWords } from "../i18n.js";
import { cutUpload, forgetCutUpload, outbox, startUpload } from "../outbox.js";
import { Download } from "../parts/download.js";
import { DropZone } from "../parts/dropzone.js";
import { DuplicateRule } from "../parts/duplicates.js";
import { Notice } from "../parts/notice.js";
import { Title, useDocumentTitle } from "../parts/title.js";
import { knownProviders } from "../remembered.js";
import { go, taskLink } from "../router.js";
import { useStore } from "../store.js";
import { html, useRef, useState } from "../ui.js";
import { Sending } from "./sending.js";

const PROVIDER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function NewUpload() {
  const { t } = useWords();
  const sending = useStore(outbox);
  useDocumentTitle(t.new.title);
  return html`
    <${Title}>${t.new.title}<//>
    ${sending ? html`<${Sending} upload=${sending} />` : html`<p class="lead">${t.new.lead}</p><${Form} />`}
    ${!sending && html`<${Templates} />`}
  `;
}

function Form() {
  const { t } = useWords();
  const [cut, setCut] = useState(cutUpload);
  const [provider, setProvider] = useState(cut?.provider ?? knownProviders()[0] ?? "");
  const [replace, setReplace] = useState(cut?.replace ?? false);
  const [file, setFile] = useState(null);
  const [faults, setFaults] = useState({});
  const form = useRef(null);

  function send(dryRun) {
    const found = faultsOf(provider.trim(), file);
    setFaults(found);
    if (found.file || found.provider) {
      form.current.querySelector(found.file ? "#file" : "#provider").focus();
      return;
    }
    startUpload({ file, provider: provider.trim(), replace, dryRun }, (id) => go(taskLink(id)));
  }

  return html`
    <form ref=${form} class="card stack" noValidate onSubmit=${(event) => (event.preventDefault(), send(true))}>
      ${cut && html`<${Cut} cut=${cut} onForget=${() => (forgetCutUpload(), setCut(null))} />`}
      <div class="field">
        <span class="label" id="file-label">${t.new.file}</span>
        <${DropZone} name="file" label=${t.drop.label} file=${file} onFile=${setFile} />
        ${faults.file && !file && html`<p class="fault" role="alert">${t.new.noFile}</p>`}
      </div>
      <${ProviderField} value=${provider} fault=${faults.provider} onChange=${setProvider} />
      <${DuplicateRule} replace=${replace} onChange=${setReplace} />
      <div class="actions">
        <button type="submit" class="primary">${t.new.review}</button>
        <button type="button" class="plain" onClick=${() => send(false)}>${t.new.sendNow}</button>
      </div>
      <p class="faint">${t.new.reviewHelp}</p>
    </form>
  `;
}

function faultsOf(provider, file) {
  return { file: !file, provider: provider === "" ? "missing" : PROVIDER.test(provider) ? null : "form" };
}

function ProviderField({ value, fault, onChange }) {
  const { t } = useWords();
  return html`
    <div class="field">
      <label for="provider">${t.new.provider}</label>
      <input
        id="provider"
        name="provider"
        type="text"
        list="providers"
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        maxlength="64"
        value=${value}
        aria-describedby="provider-help"
        aria-invalid=${fault ? "true" : "false"}
        onInput=${(event) => onChange(event.target.value)}
      />
      <datalist id="providers">${knownProviders().map((known) => html`<option value=${known} />`)}</datalist>
      <p id="provider-help" class=${fault ? "fault" : "faint"}>
        ${fault ? t.new.providerFaults[fault] : t.new.providerHelp}
      </p>
    </div>
  `;
}

function Cut({ cut, onForget }) {
  const { t } = useWords();
  return html`
    <${Notice} kind="warn" title=${t.cut.title(cut.name)}>
      <p>${t.cut.text}</p>
      <button type="button" class="link" onClick=${onForget}>${t.cut.forget}</button>
    <//>
  `;
}

function Templates() {
  const { t } = useWords();
  const link = (format, examples, text) => html`
    <li><${Download} url=${urls.template(format, examples)} filename="plantilla_productos.${format}">${text}<//></li>
  `;
  return html`
    <section class="aside" aria-labelledby="templates">
      <h2 id="templates">${t.templates.title}</h2>
      <p>${t.templates.text}</p>
      <ul class="links">
        ${link("xlsx", false, t.templates.xlsx)} ${link("xlsx", true, t.templates.examples)}
        ${link("csv", false, t.templates.csv)}
      </ul>
    </section>
  `;
}
