import { useWords } from "../i18n.js";
import { html, useEffect, useState } from "../ui.js";

const TYPES = ".xlsx,.csv";

/** A place for one file: dropped, or chosen by a button. `onFile(file)` gets what fits; the rest is explained. */
export function DropZone({ onFile, label, file, name }) {
  const { t, format } = useWords();
  const [fault, setFault] = useState(null);
  const over = useDraggedOver();

  function take(files) {
    const found = faultOf(files);
    setFault(found);
    if (!found) onFile(files[0]);
  }

  function choose(event) {
    if (event.target.files.length > 0) take([...event.target.files]);
    // so that choosing the same file again, changed meanwhile, is a choice as well
    event.target.value = "";
  }

  return html`
    <div
      class="dropzone ${over ? "over" : ""} ${file ? "filled" : ""}"
      onDragOver=${(event) => event.preventDefault()}
      onDrop=${(event) => (event.preventDefault(), take(event.dataTransfer.files))}
    >
      <input
        id=${name}
        class="visually-hidden"
        type="file"
        accept=${TYPES}
        aria-describedby="${name}-help"
        aria-invalid=${fault ? "true" : "false"}
        onChange=${choose}
      />
      ${file
        ? html`<p class="chosen"><strong>${file.name}</strong> <span class="faint">${format.bytes(file.size)}</span></p>`
        : html`<p class="drop-label">${label}</p>`}
      <label for=${name} class="button ${file ? "plain" : ""}">
        ${file ? t.drop.change : t.drop.choose}
      </label>
      <p id="${name}-help" class="faint">${t.drop.help}</p>
      ${fault && html`<p class="fault" role="alert">${t.drop.faults[fault]}</p>`}
    </div>
  `;
}

function faultOf(files) {
  if (files.length === 0) return "none";
  if (files.length > 1) return "many";
  if (!/\.(xlsx|csv)$/i.test(files[0].name)) return "type";
  return files[0].size === 0 ? "empty" : null;
}

/** Whether a file is being dragged over the page. One that is dropped beside the zone does not open instead. */
function useDraggedOver() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let depth = 0;
    const enter = () => setOver(++depth > 0);
    const leave = () => setOver(--depth > 0);
    const hold = (event) => event.preventDefault();
    const drop = (event) => (event.preventDefault(), (depth = 0), setOver(false));
    const listeners = { dragenter: enter, dragleave: leave, dragover: hold, drop };
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name, listener);
    };
  }, []);
  return over;
}
