import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { gzipSync } from "node:zlib"

// The tests run in the widget's folder.
const built = readFileSync("dist/widget.js")

test("the built file is at most 12,000 bytes, compressed", () => {
  const size = gzipSync(built, { level: 9 }).length
  assert.ok(size <= 12_000, `${size} bytes`)
})

test("the built file is what the source makes", () => {
  execFileSync(process.execPath, ["build.mjs"], { env: { ...process.env, OUT: "node_modules/.test/widget.js" } })
  assert.ok(readFileSync("node_modules/.test/widget.js").equals(built), "run npm run build")
})

test("the server finds its place once", () => {
  assert.equal(built.toString().split('"@ferry-config@"').length, 2)
})

test("nothing makes markup or code of a string", () => {
  const sources = readdirSync("src").map((name) => "src/" + name)
  for (const file of [...sources, "dist/widget.js"])
    assert.doesNotMatch(readFileSync(file, "utf8"), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|srcdoc/, file)
})
