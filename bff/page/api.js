/** What the page asks of the server. Sentences come back in the language of the page. */
import { language } from "./i18n.js";

const API = "/api/catalog";

/** The server refused; `message` is its sentence for the person. */
export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = problem.code ?? null;
    this.correlationId = problem.correlation_id ?? null;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may well succeed in a while. */
  get mayPass() {
    return [408, 429, 502, 503, 504].includes(this.status);
  }
}

/** Nobody answered: no network, or no server. */
export class Unreachable extends Error {}

export const urls = {
  upload: (query) => `${API}/items/bulk-upload?${new URLSearchParams(query)}`,
  template: (format, examples) => `${API}/items/bulk-upload/plantilla.${format}${examples ? "?ejemplos=true" : ""}`,
  events: (taskId) => `${API}/bulk-upload/status/${encodeURIComponent(taskId)}/events`,
  receipt: (taskId) => `${API}/bulk-upload/${encodeURIComponent(taskId)}/recibo.json`,
};

/** `{ task, etag, pause }` or, where nothing has changed since `etag`, `{ task: null, … }`.
 *  `wait`: for how many seconds the server may hold the question until there is news. */
export async function getStatus(taskId, { etag, wait, signal } = {}) {
  const query = wait ? `?wait=${wait}` : "";
  const headers = etag ? { "If-None-Match": etag } : {};
  const path = `${API}/bulk-upload/status/${encodeURIComponent(taskId)}${query}`;
  const answer = await ask(path, { headers, signal, cache: "no-store" });
  return {
    task: answer.status === 304 ? null : await read(answer.json()),
    etag: answer.headers.get("ETag"),
    pause: Number(answer.headers.get("Retry-After")) || 0,
  };
}

export function cancelTask(taskId) {
  return askForJson(`${API}/bulk-upload/${encodeURIComponent(taskId)}/cancel`, { method: "POST" });
}

/** Upload again what an upload rejected; the same `key` is the same retry. */
export function retryRejected(taskId, key) {
  const path = `${API}/bulk-upload/${encodeURIComponent(taskId)}/reintentar`;
  return askForJson(path, { method: "POST", headers: { "Idempotency-Key": key } });
}

export function listTasks(query, signal) {
  return askForJson(`${API}/bulk-upload/tasks?${query}`, { signal });
}

export function listRejected(taskId, query, signal) {
  return getPage(`${API}/bulk-upload/${encodeURIComponent(taskId)}/errores?${query}`, signal);
}

/** A page of a list, at the address that the page before it gave as `next`. */
export function getPage(url, signal) {
  return askForJson(url, { signal });
}

/** `{ blob, filename }` of a file that the server makes; it may take a while. */
export async function fetchFile(url, signal) {
  const answer = await ask(url, { signal });
  return { blob: await read(answer.blob()), filename: filenameOf(answer) };
}

export function readProblem(status, text, retryAfter) {
  try {
    return new Refused(status, JSON.parse(text), retryAfter);
  } catch {
    return new Refused(status, {}, retryAfter);
  }
}

async function askForJson(url, options) {
  return read((await ask(url, options)).json());
}

async function ask(url, options) {
  const headers = { ...options.headers, "Accept-Language": language.get() };
  const answer = await read(fetch(url, { ...options, headers }));
  if (answer.ok || answer.status === 304) return answer;
  throw readProblem(answer.status, await read(answer.text()), Number(answer.headers.get("Retry-After")) || 0);
}

/** Wait for an answer or for the rest of one; either may break off. */
async function read(coming) {
  try {
    return await coming;
  } catch (error) {
    throw error.name === "AbortError" ? error : new Unreachable();
  }
}

function filenameOf(answer) {
  const disposition = answer.headers.get("Content-Disposition") ?? "";
  const extended = /filename\*=UTF-8''([^;]+)/i.exec(disposition);
  if (extended) return decodeURIComponent(extended[1]);
  return /filename="([^"]*)"/i.exec(disposition)?.[1] ?? "";
}
