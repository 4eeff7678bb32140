// What build.mjs makes of files that are no TypeScript, or are packed on the way.

declare module "*.css" {
  const text: string
  export default text
}

declare module "*table.ts?packed" {
  /** For each language: its code, its sentences parted by "|", and the first of the characters that were moved, if any were. */
  export const rows: [language: string, sentences: string, from?: number][]
}
