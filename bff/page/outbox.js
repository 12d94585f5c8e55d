/** The upload that is on its way, whatever screen is shown: tried again while that is safe and may help. */
import { language } from "./i18n.js";
import { ofThisTab } from "./memory.js";
import { rememberProvider, rememberTask } from "./remembered.js";
import { createStore } from "./store.js";
import { isReadable, sendFile } from "./upload.js";

const CUT = "upload";
const TRIES = 4;

/** null, or `{ order, phase, sent, total, error }`; `phase`: sending, waiting (to try again), failed, changed. */
export const outbox = createStore(null);

/** Files that were reviewed, by the task that did: to be sent for real without choosing them again. */
const reviewed = new Map();

let abort = null;

export const reviewedFile = (taskId) => reviewed.get(taskId) ?? null;

/** What a reload of this tab cut off: `{ name, size, modified, provider, replace, dryRun, key }`, or null. */
export const cutUpload = () => ofThisTab.get(CUT, null);
export const forgetCutUpload = () => ofThisTab.remove(CUT);

/** Send `file`, and call `onTaken` with the task's id once the server has it. */
export function startUpload(wish, onTaken) {
  const order = { ...wish, key: keyFor(wish) };
  ofThisTab.set(CUT, sketch(order));
  return deliver(order, onTaken);
}

/** Try again what failed. */
export function resumeUpload(onTaken) {
  return deliver(outbox.get().order, onTaken);
}

export function giveUpUpload() {
  abort?.abort();
  forgetCutUpload();
  outbox.set(null);
}

async function deliver(order, onTaken) {
  abort = new AbortController();
  const { signal } = abort;
  try {
    const taken = await deliverPatiently(order, signal);
    if (order.dryRun) reviewed.set(taken.task_id, order.file);
    rememberProvider(order.provider);
    rememberTask(taken);
    forgetCutUpload();
    outbox.set(null);
    onTaken(taken.task_id);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!error.mayPass && error.status) forgetCutUpload();
    show(order, error.changed ? "changed" : "failed", { error });
  }
}

async function deliverPatiently(order, signal) {
  for (let attempt = 1; ; attempt += 1) {
    if (!(await isReadable(order.file))) throw Object.assign(new Error(), { changed: true });
    show(order, "sending", { sent: 0, total: order.file.size });
    try {
      const onProgress = (sent, total) => show(order, "sending", { sent, total });
      return await sendFile(order, { language: language.get(), onProgress, signal });
    } catch (error) {
      const hopeless = error.name === "AbortError" || (error.status && !error.mayPass);
      if (hopeless || attempt === TRIES) throw error;
      show(order, "waiting", { error });
      await pause(error.retryAfter || 2 ** attempt, signal);
    }
  }
}

function show(order, phase, details) {
  outbox.set({ order, phase, sent: 0, total: order.file.size, error: null, ...details });
}

/** Wait for so many seconds; with no network, for the network. */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const done = () => {
      window.removeEventListener("online", done);
      window.clearTimeout(timer);
      resolve();
    };
    const timer = window.setTimeout(() => navigator.onLine && done(), seconds * 1000);
    window.addEventListener("online", done);
    signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")), { once: true });
  });
}

/** A new key, but that of the upload that was cut off if this is the same: it may have arrived after all. */
function keyFor(wish) {
  const cut = cutUpload();
  const same = cut && JSON.stringify({ ...sketch(wish), key: cut.key }) === JSON.stringify(cut);
  return same ? cut.key : newKey();
}

export function newKey() {
  // randomUUID would want a secure context, which a page on an intranet may not be
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sketch({ file, provider, replace, dryRun, key }) {
  return { name: file.name, size: file.size, modified: file.lastModified, provider, replace, dryRun, key };
}
