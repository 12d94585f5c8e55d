/** Sending a file: the one request of which the progress is seen, which only XMLHttpRequest tells. */
import { readProblem, Unreachable, urls } from "./api.js";

/** Send `order.file`. Resolves to the body of the 202.
 *
 *  Rejects with `Refused`, `Unreachable`, or an `AbortError` when `signal` says so. The order's `key` makes a
 *  second try safe: the server takes it for the same upload. */
export function sendFile(order, { language, onProgress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", urls.upload(parameters(order)));
    request.setRequestHeader("Accept-Language", language);
    request.setRequestHeader("Idempotency-Key", order.key);
    request.upload.onprogress = (event) => onProgress(event.loaded, event.total);
    request.onload = () => settle(request, resolve, reject);
    request.onerror = request.ontimeout = () => reject(new Unreachable());
    request.onabort = () => reject(new DOMException("", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    const form = new FormData();
    form.append("file", order.file, order.file.name);
    request.send(form);
  });
}

/** Whether the file can still be read as it was chosen: one that was saved since cannot. */
export async function isReadable(file) {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

function parameters({ provider, replace, dryRun }) {
  return { proveedor_id: provider, reemplazar_duplicados: replace, validar: dryRun };
}

function settle(request, resolve, reject) {
  if (request.status === 202) {
    resolve(JSON.parse(request.responseText));
    return;
  }
  const retryAfter = Number(request.getResponseHeader("Retry-After")) || 0;
  reject(readProblem(request.status, request.responseText, retryAfter));
}
