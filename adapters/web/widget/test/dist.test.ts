import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { test } from "node:test"
import { gzipSync } from "node:zlib"

// The tests run in the widget's folder.
const built = readFileSync("dist/widget.js")

for (const [name, most] of Object.entries({ "widget.js": 12_000, "page.js": 3000 }))
  test(`${name} is at most ${most} bytes, compressed`, () => {
    const size = gzipSync(readFileSync("dist/" + name), { level: 9 }).length
    assert.ok(size <= most, `${size} bytes`)
  })

test("the built files are what the source makes", () => {
  execFileSync(process.execPath, ["build.mjs"], { env: { ...process.env, OUT: "node_modules/.test" } })
  for (const name of readdirSync("dist"))
    assert.ok(readFileSync("node_modules/.test/" + name).equals(readFileSync("dist/" + name)), name + ": run npm run build")
})

test("the server finds its place once", () => {
  assert.equal(built.toString().split('"@ferry-config@"').length, 2)
})

test("nothing makes markup or code of a string", () => {
  const sources = readdirSync("src").map((name) => "src/" + name)
  for (const file of [...sources, "dist/widget.js", "dist/page.js"])
    assert.doesNotMatch(readFileSync(file, "utf8"), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|srcdoc/, file)
})
