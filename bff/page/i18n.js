/** The language of the page: Spanish unless the person chose English. */
import { makeFormat } from "./format.js";
import { lasting } from "./memory.js";
import { createStore, useStore } from "./store.js";
import en from "./texts/en.js";
import es from "./texts/es.js";

const WORDS = { es: { texts: es, format: makeFormat("es") }, en: { texts: en, format: makeFormat("en") } };

const remembered = lasting.get("language", "es");

export const language = createStore(remembered in WORDS ? remembered : "es");

export function setLanguage(chosen) {
  lasting.set("language", chosen);
  language.set(chosen);
}

/** `{ t, format, lang }`: the texts, the ways to write numbers and dates, and the language's name. */
export function useWords() {
  const lang = useStore(language);
  const { texts, format } = WORDS[lang];
  return { t: texts, format, lang };
}
