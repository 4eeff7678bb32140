// What build.mjs makes of files that are no TypeScript, or are packed on the way.

declare module "*.css" {
  const text: string
  export default text
}

declare module "*table.ts?packed" {
  /** For each language: its code, its sentences parted by "|", and how far its letters were moved. */
  export const rows: [language: string, sentences: string, moved: number][]
}
