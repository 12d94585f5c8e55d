/** What this browser remembers. Storage may be full or forbidden: then the page works, and forgets. */

const PREFIX = "carga.";

export const lasting = memory(() => window.localStorage);
/** Of this tab alone; a reload keeps it. */
export const ofThisTab = memory(() => window.sessionStorage);

function memory(storage) {
  return {
    get(name, otherwise) {
      try {
        const stored = storage().getItem(PREFIX + name);
        return stored === null ? otherwise : JSON.parse(stored);
      } catch {
        return otherwise;
      }
    },
    set(name, value) {
      try {
        storage().setItem(PREFIX + name, JSON.stringify(value));
      } catch {
        // nothing to do: it is a convenience
      }
    },
    remove(name) {
      try {
        storage().removeItem(PREFIX + name);
      } catch {
        // as above
      }
    },
  };
}
