import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import { backoff, stream, type Source } from "../src/stream"

/** Lets everything happen that needs no time. */
export const settle = async () => {
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done))
}

/** A server at the other end, that tells what it was asked. */
function server() {
  const asked: string[] = []
  const told: unknown[] = []
  let refusal: unknown
  let pipe: ReadableStreamDefaultController<Uint8Array> | undefined
  const source: Source = {
    async history() {
      asked.push("history")
      if (refusal) throw refusal
      return "h1"
    },
    async events(last, signal) {
      asked.push("events " + last)
      if (refusal) throw refusal
      return new Response(
        new ReadableStream({
          start(control) {
            pipe = control
            signal.addEventListener("abort", () => control.error(new Error("aborted")))
          },
        }),
      )
    },
    event: (name, data) => told.push([name, data]),
    up: (open) => told.push(open),
  }
  const say = async (text: string) => {
    pipe!.enqueue(new TextEncoder().encode(text))
    await settle()
  }
  return {
    asked,
    told,
    say,
    source,
    refuse: (with_: unknown) => (refusal = with_),
    cut: async () => {
      pipe!.close()
      await settle()
    },
    send: (id: string, name: string, data: unknown) => say(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
  }
}

const pass = async (ms: number) => {
  mock.timers.tick(ms)
  await settle()
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] })
  mock.method(Math, "random", () => 1)
})
afterEach(() => {
  mock.timers.reset()
  mock.restoreAll()
})

test("the stream goes on from the history, and after a cut from the last event", async () => {
  const s = server()
  const it = stream(s.source)
  it.start()
  await settle()
  assert.deepEqual(s.asked, ["history", "events h1"])
  await s.send("7", "entry", { id: "a" })
  assert.deepEqual(s.told, [true, ["entry", { id: "a" }]])
  await s.cut()
  assert.equal(s.told.at(-1), false)
  await pass(500)
  assert.deepEqual(s.asked.slice(2), ["events 7"])
  it.stop()
})

test("a resync reads the history again", async () => {
  const s = server()
  const it = stream(s.source)
  it.start()
  await settle()
  await s.say("id: 9\nevent: resync\ndata: {}\n\nid: 10\nevent: entry\ndata: {}\n\n")
  await pass(500)
  assert.deepEqual(s.asked.slice(2), ["history", "events h1"])
  assert.deepEqual(s.told.filter(Array.isArray), [], "what came behind the resync")
  it.stop()
})

test("the waits grow up to 30 s, and start anew when something comes", async () => {
  const s = server()
  const it = stream(s.source)
  s.refuse(new Error("no network"))
  it.start()
  await settle()
  for (const wait of [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]) {
    const before = s.asked.length
    await pass(wait - 1)
    assert.equal(s.asked.length, before, `asked before ${wait} ms`)
    await pass(1)
    assert.equal(s.asked.length, before + 1, `asked after ${wait} ms`)
  }
  s.refuse(undefined)
  await pass(30000)
  await s.say(": hello\n\n")
  await s.cut()
  const before = s.asked.length
  await pass(500)
  assert.equal(s.asked.length, before + 1)
  it.stop()
})

test("half of each wait is chance", () => {
  mock.restoreAll()
  const waits = Array.from({ length: 1000 }, () => backoff(3))
  assert.ok(Math.min(...waits) >= 2000 && Math.max(...waits) <= 4000 && new Set(waits).size > 900)
})

test("a wait that the server asks for is kept", async () => {
  const s = server()
  const it = stream(s.source)
  s.refuse({ status: 429, wait: 7000 })
  it.start()
  await settle()
  await pass(6999)
  assert.equal(s.asked.length, 1)
  await pass(1)
  assert.equal(s.asked.length, 2)
  it.stop()
})

test("a wait ends at once when the browser is back", async () => {
  const s = server()
  const it = stream(s.source)
  s.refuse(new Error("no network"))
  it.start()
  await settle()
  s.refuse(undefined)
  it.wake()
  await settle()
  assert.deepEqual(s.asked, ["history", "history", "events h1"])
  it.wake()
  await settle()
  assert.equal(s.asked.length, 3, "what works is left alone")
  it.wake(true)
  await settle()
  await pass(500)
  assert.equal(s.asked.length, 4, "on a new network it is opened anew")
  it.stop()
})

test("a connection that says nothing for 40 s is given up; comments keep it", async () => {
  const s = server()
  const it = stream(s.source)
  it.start()
  await settle()
  await pass(39000)
  await s.say(": still here\n\n")
  await pass(39000)
  await pass(999)
  assert.equal(s.asked.length, 2)
  await pass(1)
  await pass(500)
  assert.deepEqual(s.asked.slice(2), ["events h1"])
  it.stop()
})

test("a stopped stream asks for nothing and tells nothing", async () => {
  const s = server()
  const it = stream(s.source)
  it.start()
  await settle()
  it.stop()
  const told = s.told.length
  await pass(100000)
  assert.equal(s.asked.length, 2)
  assert.equal(s.told.length, told)
  it.start()
  it.start()
  await settle()
  assert.deepEqual(s.asked.slice(2), ["history", "events h1"], "started again, once")
  it.stop()
})

test("what is no JSON is passed over, letters may be cut in two", async () => {
  const s = server()
  const it = stream(s.source)
  it.start()
  await settle()
  await s.say("event: delta\ndata: {oops\n\n")
  const bytes = new TextEncoder().encode('event: delta\ndata: {"text":"é😀"}\n\n')
  const seen: unknown[] = []
  s.source.event = (_, data) => seen.push(data)
  const response = new Response(new ReadableStream({ start(c) { for (const b of bytes) c.enqueue(new Uint8Array([b])) } }))
  s.source.events = async () => response
  await s.cut()
  await pass(500)
  assert.deepEqual(seen, [{ text: "é😀" }])
  it.stop()
})
