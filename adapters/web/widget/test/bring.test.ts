import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import { parseHTML } from "linkedom"
import { bring } from "../src/bring"
import type { Store } from "../src/store"

const { document } = parseHTML(`<html lang="en"><body></body></html>`)
Object.assign(globalThis, { document })
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true })

const settle = async () => {
  for (let i = 0; i < 30; i++) await new Promise((done) => setImmediate(done))
}

const sentences = {
  reading: "Reading", close: "Close", ask: "{name} said {mine}, you {yours}, from {first} to {last}?", guessed: "Guessed.", who: "Who?",
  done: "Done.", none: "None.", large: "Large.", unread: "Unread.", failed: "Failed.", forgotten: "Forgotten.", wait: "Wait {when}.", yes: "Yes", no: "No",
}
const beach = {
  messages: 3, first: "2023-12-30T23:15:00+08:00", last: "2023-12-31T00:30:00+08:00",
  authors: [{ name: "Ayu", messages: 2 }, { name: "Luzia", messages: 1 }], assistant: "Luzia", sure: true, guessed: false,
}

interface Asked { path: string; query: Record<string, string>; kind: string; token: string; bytes: Uint8Array }

let kept: Store
let asked: Asked[]
/** What the server says of a chat, and what it answers after that; a number is a status. */
let answers: (object | number)[]
let headers: Record<string, string>
let done: number

/** A dialog as a page has it, and what it shows. */
function page() {
  const dialog = document.createElement("dialog") as unknown as HTMLDialogElement
  Object.assign(dialog, { open: false, showModal: () => void (dialog.open = true) })
  dialog.close = () => {
    dialog.open = false
    dialog.dispatchEvent(new (document.defaultView as never as typeof globalThis).Event("close"))
  }
  for (const [name, said] of Object.entries(sentences)) dialog.setAttribute("data-" + name, said)
  const take = bring(dialog, "https://chat.example", kept, () => done++)
  const buttons = () => [...dialog.querySelectorAll("button")]
  return {
    dialog,
    take: async (content: BlobPart, name = "chat.txt") => (void take(new File([content], name)), settle()),
    bring: take,
    press: async (label: string) => (buttons().find((one) => one.textContent == label)!.click(), settle()),
    shows: () => [dialog.querySelector("p")!.textContent, ...buttons().map((one) => one.textContent)].join("|"),
  }
}

beforeEach(() => {
  kept = {}
  asked = []
  answers = []
  headers = {}
  done = 0
  mock.method(globalThis, "fetch", async (input: string, init: RequestInit) => {
    const { pathname, searchParams } = new URL(input)
    const sent = init.headers as Record<string, string>
    assert.equal(init.method, "POST")
    if (pathname == "/web/session") return Response.json({ token: "T1" })
    const bytes = new Uint8Array(await (init.body as Blob).arrayBuffer())
    asked.push({ path: pathname, query: Object.fromEntries(searchParams), kind: sent["Content-Type"]!, token: sent.Authorization!, bytes })
    const answer = answers.shift() ?? 500
    return typeof answer == "number" ? new Response("{}", { status: answer, headers }) : Response.json(answer)
  })
})
afterEach(() => mock.restoreAll())

test("a chat is understood, asked about and taken in", async () => {
  const it = page()
  answers = [beach, { added: 3 }]
  await it.take("30/12/23, 23:15 - Ayu: hi", "WhatsApp Chat with Luzia.txt")
  assert.equal(it.shows(), "Luzia said 1, you 2, from December 30, 2023 to December 31, 2023?|Yes|No")
  assert.deepEqual([it.dialog.open, done, asked.length, kept], [true, 0, 1, { "ferry https://chat.example  ": "T1" }])
  await it.press("Yes")
  assert.deepEqual([it.dialog.open, done], [false, 1])
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const name = "WhatsApp Chat with Luzia.txt"
  assert.deepEqual(asked.map(({ query }) => query), [{ name, tz: zone }, { name, tz: zone, assistant: "Luzia", confirm: "1" }])
  for (const { path, kind, token, bytes } of asked)
    assert.deepEqual([path, kind, token, new TextDecoder().decode(bytes)], ["/web/import", "text/plain", "Bearer T1", "30/12/23, 23:15 - Ayu: hi"])
})

test("nothing is taken in without a yes", async () => {
  const it = page()
  for (const leave of [() => it.press("No"), () => it.dialog.close()]) {
    answers = [beach]
    await it.take("x")
    await leave()
    assert.deepEqual([it.dialog.open, asked.at(-1)!.query.confirm, done], [false, undefined, 0])
  }
})

test("who the assistant was is asked where it is not clear, the likely one first", async () => {
  const it = page()
  const others = ["A", "\u202e", "B", "C", "D", "E", "F", "G", "H"].map((name) => ({ name, messages: 1 }))
  answers = [{ ...beach, authors: [...others, { name: "\u202eLu\nzia", messages: 1 }], assistant: "\u202eLu\nzia", sure: false, guessed: true }, {}]
  await it.take("x")
  assert.equal(it.shows(), "Who?|Luzia|A|B|C|D|E|F|G|No")
  await it.press("Luzia")
  assert.equal(it.shows(), "Luzia said 1, you 2, from December 30, 2023 to December 31, 2023?\nGuessed.|Yes|No")
  await it.press("Yes")
  assert.equal(asked[1]!.query.assistant, "\u202eLu\nzia", "as the chat has it")
  assert.equal(done, 1)
})

test("a name is no place for another value", async () => {
  const it = page()
  answers = [{ ...beach, authors: [{ name: "{last}$&", messages: 1 }], assistant: "{last}$&" }]
  await it.take("x")
  assert.match(it.shows(), /^\{last\}\$& said 1/)
})

for (const [status, said] of Object.entries({ 400: "None.", 413: "Large.", 409: "Forgotten.", 429: "Wait in 6 minutes.", 503: "Failed.", 500: "Failed.", 403: "Failed.", 401: "Failed." }))
  test(`${status} is said in a sentence, whenever it comes`, async () => {
    const it = page()
    headers = { "Retry-After": "301" }
    answers = [+status]
    await it.take("x")
    assert.equal(it.shows(), said + "|Close")
    answers = [beach, +status]
    await it.take("x")
    await it.press("Yes")
    assert.equal(it.shows(), said + "|Close")
    await it.press("Close")
    assert.deepEqual([it.dialog.open, done], [false, 0])
  })

test("a server that cannot be reached, and a file that cannot be read, are said", async () => {
  const it = page()
  mock.method(globalThis, "fetch", async () => { throw new TypeError("network") })
  await it.take("x")
  assert.equal(it.shows(), "Failed.|Close")
  const folder = new File([""], "folder")
  folder.slice = () => { throw new DOMException("", "NotFoundError") }
  await it.bring(folder)
  assert.equal(it.shows(), "Unread.|Close")
})

test("a zip is known by how it begins, and is sent whole or not at all", async () => {
  const it = page()
  await it.take("PK\x03\x04", "chat.txt")
  assert.equal(asked[0]!.kind, "application/zip")
  await it.take("PK" + "x".repeat(1 << 20), "chat.zip")
  assert.equal(it.shows(), "Large.|Close")
  assert.equal(asked.length, 1)
})

test("of a text that is too long the end is sent", async () => {
  const it = page()
  await it.take("old" + "x".repeat(1 << 20))
  assert.deepEqual([asked[0]!.bytes.length, asked[0]!.bytes[0]], [1 << 20, 120])
})

test("what is said of a file comes too late once it was left, or another one was brought", async () => {
  const it = page()
  let answer = (_: Response) => {}
  const slow = () => new Promise<Response>((done) => (answer = done))
  kept["ferry https://chat.example  "] = "T1"
  mock.method(globalThis, "fetch", slow)
  await it.take("x")
  assert.equal(it.shows(), "Reading|Close")
  const first = answer
  await it.take("y")
  const second = answer
  second(Response.json({ ...beach, guessed: true }))
  await settle()
  const question = it.shows()
  assert.match(question, /Guessed/)
  first(Response.json(beach))
  await settle()
  assert.equal(it.shows(), question)
  await it.take("z")
  it.dialog.close()
  answer(Response.json(beach))
  await settle()
  assert.deepEqual([it.dialog.open, it.shows()], [false, "Reading|Close"])
})
