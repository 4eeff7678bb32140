// Builds dist/widget.js and dist/page.js. `--test` builds the tests instead, into node_modules/.test; `--size` only measures.

import { build, transform } from "esbuild"
import { readdir, readFile, rm, writeFile } from "node:fs/promises"
import { gzipSync } from "node:zlib"
import { minify } from "terser"

const target = ["chrome90", "safari15"]
const folder = process.env.OUT ?? "dist"

/**
 * What is built: of which source, how many bytes it may have, compressed, and which properties are our own objects' alone,
 * so that their names can be shortened: no part of the DOM, of JSON, of a dataset or of window.Ferry is called like one of these.
 */
const files = {
  "widget.js": {
    source: "src/main.ts",
    most: 12_000,
    ours: "again all arrange call changed claim connect destroy entry error event events gone isOpen known last make node offer render show used wait wake",
  },
  "page.js": { source: "src/page.ts", most: 3000, ours: "call make" },
}

/** The style goes in as a text, without what only people read. */
async function css({ path }) {
  const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target, charset: "utf8" })
  return { contents: code.trim().replace(/(--\w+): /g, "$1:").replace(/, /g, ","), loader: "text" }
}

/**
 * The sentences go in as one text a language. The 77 characters of Hindi and Arabic from the ones below on are moved to
 * where ASCII has its letters: they take one byte there, not three or two, and compress like English. They are turned,
 * too, so that frequent ones come to stand where frequent ones do.
 */
async function sentences({ path }) {
  const first = { hi: 0x901, ar: 0x60d }
  const turn = 33
  const { code } = await transform(await readFile(path.replace("?packed", ""), "utf8"), { loader: "ts", format: "esm" })
  const { table, languages } = await import("data:text/javascript," + encodeURIComponent(code))
  const rows = languages.map((language, column) => {
    const from = first[language]
    const text = Object.values(table).map((row) => row[column]).join("|")
    if (!from) return [language, text]
    if (/[.-z]/.test(text)) throw new Error(`${language}: a sentence has a letter, digit or mark that packing needs`)
    const packed = [...text].map((c) => {
      const at = c.codePointAt(0) - from
      return at >= 0 && at < 77 ? String.fromCharCode(46 + ((at + turn) % 77)) : c
    })
    return [language, packed.join(""), from]
  })
  return { contents: `export const rows = ${JSON.stringify(rows)}`, loader: "js" }
}

const common = {
  bundle: true,
  charset: "utf8",
  logLevel: "warning",
  absWorkingDir: import.meta.dirname,
  plugins: [
    {
      name: "packing",
      setup({ onLoad, onResolve }) {
        onLoad({ filter: /\.css$/ }, css)
        onResolve({ filter: /\?packed$/ }, ({ path, resolveDir }) => ({ path: resolveDir + path.slice(1), namespace: "packed" }))
        onLoad({ filter: /./, namespace: "packed" }, sentences)
      },
    },
  ],
}

async function script(name, { source, ours }) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [source],
    format: "iife",
    target,
    // Chrome has it since 80; what esbuild rules it out for before 91 are spread arguments, which are not used with it.
    supported: { "optional-chain": true },
    minify: true,
    tsconfigRaw: { compilerOptions: { alwaysStrict: false } }, // nothing here depends on it
    legalComments: "none",
    write: false,
  })
  // A second opinion on names and order is worth 400 bytes after compression.
  const { code } = await minify(outputFiles[0].text, {
    ecma: 2020,
    mangle: { properties: { regex: new RegExp(`^(${ours.replaceAll(" ", "|")})$`) } },
    compress: { passes: 4, toplevel: true, hoist_props: true, hoist_funs: true, keep_fargs: false, unsafe_arrows: true, lhs_constants: false },
    format: { quote_style: 2 },
  })
  await writeFile(`${folder}/${name}`, code + "\n")
}

async function tests() {
  const out = "node_modules/.test"
  await rm(out, { recursive: true, force: true })
  const names = (await readdir("test")).filter((name) => name.endsWith(".test.ts"))
  await build({
    ...common,
    entryPoints: names.map((name) => "test/" + name),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
  })
}

const [mode] = process.argv.slice(2)
if (mode == "--test") await tests()
else
  for (const [name, one] of Object.entries(files)) {
    if (mode != "--size") await script(name, one)
    const bytes = await readFile(`${folder}/${name}`)
    const size = gzipSync(bytes, { level: 9 }).length
    console.log(`${folder}/${name}: ${bytes.length} bytes, ${size} compressed (at most ${one.most})`)
    if (size > one.most) process.exitCode = 1
  }
