/** Addresses of the page: what stands behind the `#`, so that each can be kept and sent to others. */
import { createStore } from "./store.js";

export const route = createStore(parse(window.location.hash));

window.addEventListener("hashchange", () => route.set(parse(window.location.hash)));

export const newUploadLink = "#/";
export const tasksLink = "#/tareas";

export function taskLink(taskId) {
  return `#/tareas/${taskId}`;
}

export function go(link) {
  window.location.hash = link;
}

/** Write the filters of a list into the address, without a step in the browser's history. */
export function rememberQuery(link, query) {
  const search = new URLSearchParams(query).toString();
  const address = search ? `${link}?${search}` : link;
  window.history.replaceState(null, "", address);
  route.set(parse(address));
}

/** `{ name, key, id?, query }`; another `key` is another screen. */
function parse(hash) {
  const [path, search = ""] = hash.replace(/^#/, "").split("?");
  const query = new URLSearchParams(search);
  const parts = path.split("/").filter(Boolean);
  if (parts.length === 0) return { name: "new", key: "new", query };
  if (parts[0] === "tareas" && parts.length === 1) return { name: "tasks", key: "tasks", query };
  if (parts[0] === "tareas" && parts.length === 2) {
    return { name: "task", key: `task/${parts[1]}`, id: parts[1], query };
  }
  return { name: "unknown", key: "unknown", query };
}
