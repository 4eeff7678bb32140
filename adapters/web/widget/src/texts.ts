// The widget's sentences, in the language that the page and its reader call for.

import type { Texts } from "./table"
import { rows } from "./table.ts?packed"

export type { Texts }

const known: Record<string, Texts> = {}

/** add gives the widget a language, or other words in one it has; what is missing is English. */
export function add(language: string, texts: Texts) {
  known[language] = Object.assign([], known.en, known[language], texts)
}

/** load makes English, which the others fall back on, and the languages that are offered known. */
export function load(offered: readonly string[]) {
  for (const [language, sentences, from] of rows)
    if (language == "en" || offered.includes(language))
      // See the packing: 46 is the dot, and 46 + 33 + 75 two times 77.
      add(language, sentences.replace(/[.-z]/g, (c) => (from ? String.fromCharCode(((c.charCodeAt(0) + 75) % 77) + from) : c)).split("|"))
}

/** texts returns the sentences of a language that pick has returned. */
export const texts = (language: string) => known[language]!

/** pick returns the first of the wanted languages that is known, in whatever region it is spoken. */
export const pick = (wanted: readonly (string | undefined)[]) =>
  wanted.map((language) => language?.slice(0, 2).toLowerCase()).find((language) => known[language!]) || "en"

export const rightToLeft = (language: string) => /^(ar|fa|he|ur)/.test(language)
