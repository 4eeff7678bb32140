import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import { parseHTML } from "linkedom"
import type { Chat, Entry } from "../src/chat"
import { languages, table } from "../src/table"
import { load, texts } from "../src/texts"

const { document } = parseHTML("<html><body></body></html>")
Object.assign(globalThis, { document, matchMedia: () => ({ matches: false }), visualViewport: { offsetTop: 0, height: 0 } })
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true })

load(languages)
const config = { name: "Luzia", languages: [], language: "en", channels: [], support: "", privacy: "", link: false }

/** A view without a server, and what its parts show. */
async function shown(language = "en") {
  // What it asks of the window, it asks at once.
  const { view } = await import("../src/view")
  const host = document.createElement("div") as unknown as HTMLElement
  document.body.append(host as never)
  const sent: string[] = []
  const chat = { connect() {}, send: (text: string) => sent.push(text), known: () => true } as unknown as Chat
  const screen = view(host, config, texts(language), language, () => chat, () => {})
  const root = host.shadowRoot!
  const parts = (name: string) => [...root.querySelectorAll("." + name)] as HTMLElement[]
  return { screen, sent, parts, says: (name: string) => parts(name).map((one) => one.textContent) }
}

const entry = (more: Partial<Entry>): Entry => ({ id: "1", role: "assistant", text: "so", at: "2026-05-03T10:00:00Z", channel: "web", ...more })

beforeEach(() => mock.timers.enable({ apis: ["setTimeout"] }))
afterEach(() => mock.timers.reset())

test("an answer says that it was stopped, or cut off, in every language", async () => {
  for (const [column, language] of languages.entries())
    for (const mark of ["stopped", "cut"] as const) {
      const { screen, says } = await shown(language)
      screen.turn("t", "s")
      assert.deepEqual(says("mark"), [], "while it is written")
      screen.entry(entry({ [mark]: true, turn: "t" }), true, "t")
      assert.deepEqual(says("mark"), [table[mark][column]])
      screen.entry(entry({}))
      assert.deepEqual(says("mark"), [], "when it is told anew")
    }
})

test("what came with a message is shown, with its name or without", async () => {
  const { screen, says, parts } = await shown()
  const kinds = ["image", "voice", "audio", "video", "document", "sticker", "location", "contact", "other"]
  screen.entry(entry({ role: "user", text: "", channel: "telegram", attachments: kinds.map((kind) => ({ kind })) }))
  const signs = says("file")
  assert.equal(new Set(signs).size, kinds.length)
  for (const [i, sign] of signs.entries()) assert.match(sign!, /^\p{Emoji}$/u, kinds[i])
  screen.entry(entry({ id: "2", role: "user", text: "look", attachments: [{ kind: "document", name: "<b>list.pdf" }] }))
  assert.equal(parts("text").at(-1)!.textContent, "look📄 <b>list.pdf")
  screen.entry(entry({ id: "2", role: "user", text: "look", attachments: [{ kind: "document", name: "<b>list.pdf" }] }))
  assert.equal(says("file").length, kinds.length + 1, "told anew, it is shown once")
  screen.entry(entry({ id: "3", text: "**here**", attachments: [{ kind: "image", name: "cat.png" }] }))
  assert.equal(parts("text").at(-1)!.textContent, "here📷 cat.png")
})

test("what a person says is shown, commands too, whoever typed them", async () => {
  const { screen, says, sent, parts } = await shown()
  for (const text of ["/new", "/forget", "/retry", "hello"]) screen.entry(entry({ id: text, role: "user", text }))
  assert.deepEqual(says("text").slice(1), ["/new", "/forget", "/retry", "hello"])
  parts("menu-button")[0]!.click()
  assert.equal(parts("item").length, 2)
  parts("item")[0]!.click()
  assert.deepEqual(sent, ["/new"])
  assert.equal(parts("menu")[0]!.hidden, true)
})

test("what the page brings is below the greeting, and in the menu while that is open", async () => {
  const { screen, parts } = await shown()
  const places = () => [...parts("root")[0]!.querySelectorAll("slot[name=page]")].map((one) => one.parentElement!.className)
  assert.deepEqual(places(), ["entry text"])
  parts("menu-button")[0]!.click()
  assert.deepEqual(places(), ["menu", "entry text"])
  parts("menu-button")[0]!.click()
  screen.entry(entry({}))
  assert.equal(parts("entry.text")[0]!.hidden, true)
  assert.deepEqual(places(), ["entry text"])
})
