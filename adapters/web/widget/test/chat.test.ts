import assert from "node:assert/strict"
import { afterEach, beforeEach, mock, test } from "node:test"
import { chat, type Entry, type Screen } from "../src/chat"
import { queue, uuid } from "../src/queue"
import { who } from "../src/session"
import { store, type Store } from "../src/store"

const settle = async () => {
  for (let i = 0; i < 30; i++) await new Promise((done) => setImmediate(done))
}
const pass = async (ms: number) => {
  mock.timers.tick(ms)
  await settle()
}

/** A server that keeps one conversation a token. */
class Server {
  sessions = new Map<string, { entries: Entry[]; ids: string[]; pipes: ReadableStreamDefaultController<Uint8Array>[] }>()
  asked: string[] = []
  /** Statuses to answer next, by path. */
  next: Record<string, number[]> = {}
  down = false
  headers: Record<string, string> = {}
  #events = 0

  fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const path = String(input).replace("https://chat.example/web/", "")
    const headers = init.headers as Record<string, string>
    const body = init.body ? JSON.parse(init.body as string) : undefined
    this.asked.push(path)
    assert.equal(init.credentials, "omit")
    assert.equal(init.cache, "no-store")
    if (this.down) throw new TypeError("network")
    const status = this.next[path]?.shift()
    if (status) return new Response("{}", { status, headers: this.headers })
    if (path == "session") {
      const token = "T" + (this.sessions.size + 1) + (body.identity ?? "")
      this.sessions.set(token, { entries: [], ids: [], pipes: [] })
      return Response.json({ token })
    }
    const session = this.sessions.get(headers.Authorization?.slice(7) ?? "")
    if (!session) return new Response("{}", { status: 401 })
    if (path == "history") return Response.json({ entries: session.entries, cursor: "c0" })
    if (path == "messages") {
      const duplicate = session.ids.includes(body.id)
      if (!duplicate) session.ids.push(body.id)
      return Response.json({ id: body.id, duplicate }, { status: 202 })
    }
    if (path == "claim") return Response.json({ state: "linked" })
    if (path == "events")
      return new Response(
        new ReadableStream({
          start: (control) => {
            session.pipes.push(control)
            init.signal!.addEventListener("abort", () => {
              session.pipes.splice(session.pipes.indexOf(control), 1)
              control.error(new Error("aborted"))
            })
          },
        }),
      )
    return Response.json({})
  }

  async say(name: string, data: unknown, token = [...this.sessions.keys()].at(-1)!) {
    for (const pipe of this.sessions.get(token)!.pipes)
      pipe.enqueue(new TextEncoder().encode(`id: e${++this.#events}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`))
    await settle()
  }
}

/** A screen that remembers what it shows. */
class Paper implements Screen {
  shown: string[] = []
  #lines = new Map<string, string>()
  errors: unknown[] = []
  lost = 0
  news = 0
  connected = false
  clear() {
    this.#lines.clear()
  }
  entry({ id, role, text, state }: Entry, live?: boolean, turn?: string) {
    if (live) this.news++
    const line = `${role}: ${text}` + (state ? ` (${state})` : "")
    if (turn && this.#lines.has("turn " + turn) && !this.#lines.has(id)) {
      this.#lines = new Map([...this.#lines].map(([key, old]) => (key == "turn " + turn ? [id, line] : [key, old])))
    } else this.#lines.set(id, line)
  }
  turn(turn: string, text?: string) {
    if (text == null) this.#lines.delete("turn " + turn)
    else this.#lines.set("turn " + turn, "writing: " + text)
  }
  up = (open: boolean) => {
    this.connected = open
  }
  gone() {
    this.lost++
  }
  error = (error: unknown) => {
    this.errors.push(error)
  }
  get lines() {
    return [...this.#lines.values()]
  }
}

/** Gives the browser these Web Locks, or none. */
const locks = (request?: (name: string, work: () => Promise<void>) => Promise<unknown>) =>
  Object.defineProperty(globalThis, "navigator", { value: { locks: request && { request } }, configurable: true })

let server: Server
let kept: Store
let open: { close(): void }[]

function tab(identity?: string) {
  const paper = new Paper()
  const it = chat("https://chat.example", kept, identity, paper)
  open.push(it)
  return { paper, chat: it }
}

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-05-03T10:00:00Z") })
  mock.method(Math, "random", () => 1)
  server = new Server()
  mock.method(globalThis, "fetch", server.fetch)
  const last = new Map<string, Promise<unknown>>()
  locks((name, work) => {
    const mine = Promise.resolve(last.get(name)).then(work)
    last.set(name, mine.catch(() => {}))
    return mine
  })
  kept = {}
  open = []
})
afterEach(() => {
  for (const it of open) it.close()
  mock.timers.reset()
  mock.restoreAll()
})

const user = (id: string, text: string): Entry => ({ id, role: "user", text, at: "2026-05-03T10:00:00Z", channel: "web" })
const assistant = (id: string, text: string, turn?: string): Entry => ({ id, role: "assistant", text, at: "2026-05-03T10:00:01Z", channel: "web", ...(turn && { turn }) })

test("nothing is asked of the server before the first message", async () => {
  const { chat } = tab()
  chat.connect()
  await settle()
  assert.deepEqual(server.asked, [])
  chat.send("hello")
  await settle()
  assert.deepEqual(server.asked, ["session", "messages", "history", "events"])
})

test("a kept session reads the history and follows it", async () => {
  kept["ferry https://chat.example  "] = "T1"
  server.sessions.set("T1", { entries: [user("u", "hi"), assistant("a", "hello")], ids: [], pipes: [] })
  const { paper, chat } = tab()
  chat.connect()
  await settle()
  assert.deepEqual(paper.lines, ["user: hi", "assistant: hello"])
  assert.ok(paper.connected)
  await server.say("entry", assistant("a", "hello"))
  assert.equal(paper.news, 0, "what is known is no news")
  await server.say("entry", { ...user("u2", "from my phone"), channel: "telegram" })
  assert.deepEqual(paper.lines, ["user: hi", "assistant: hello", "user: from my phone"])
})

test("an answer is written piece by piece, and its entry takes the place", async () => {
  const { paper, chat } = tab()
  chat.send("q")
  await settle()
  const { id } = { id: server.sessions.get("T1")!.ids[0]! }
  await server.say("entry", user(id, "q"))
  await server.say("typing", { turn: id })
  assert.deepEqual(paper.lines, ["user: q", "writing: "])
  await server.say("delta", { turn: id, text: "par" })
  await server.say("delta", { turn: id, text: "tial" })
  assert.deepEqual(paper.lines.at(-1), "writing: partial")
  await server.say("reset", { turn: id })
  await server.say("delta", { turn: id, text: "new" })
  assert.deepEqual(paper.lines.at(-1), "writing: new")
  await server.say("entry", assistant("a", "new one", id))
  await server.say("typing", { turn: id })
  await server.say("delta", { turn: id, text: "late" })
  assert.deepEqual(paper.lines, ["user: q", "assistant: new one"])
})

test("an entry without a turn ends the latest open one", async () => {
  const { paper, chat } = tab()
  chat.send("q")
  await settle()
  await server.say("delta", { turn: "t1", text: "one" })
  await server.say("delta", { turn: "t2", text: "two" })
  await server.say("entry", assistant("a", "second"))
  assert.deepEqual(paper.lines, ["user: q", "writing: one", "assistant: second"])
})

test("an answer of which nothing comes for three minutes is not shown as being written", async () => {
  const { paper, chat } = tab()
  chat.send("q")
  await settle()
  await server.say("typing", { turn: "t" })
  for (let i = 0; i < 17; i++) await pass(10_000), await server.say("noop", {})
  assert.equal(paper.lines.length, 2)
  await pass(10_000)
  assert.deepEqual(paper.lines, ["user: q"])
})

test("what is written offline goes out in order, once, when the network is back", async () => {
  const { paper, chat } = tab()
  server.down = true
  for (const text of ["one", "two", "three"]) chat.send(text)
  await settle()
  assert.deepEqual(paper.lines, ["user: one (waiting)", "user: two (waiting)", "user: three (waiting)"])
  server.down = false
  chat.wake(true)
  await settle()
  const texts = mock.method(globalThis, "fetch").mock
  assert.equal(texts.callCount(), 0)
  assert.deepEqual(paper.lines, ["user: one", "user: two", "user: three"])
  assert.equal(server.sessions.get("T1")!.ids.length, 3)
  assert.deepEqual(Object.keys(kept), ["ferry https://chat.example  "])
})

test("what was written survives the tab, and is sent under the same id", async () => {
  const first = tab()
  first.chat.send("hello")
  await settle()
  const [id] = server.sessions.get("T1")!.ids
  kept[`ferry https://chat.example  out 1777802400000 ${id}`] = "hello" // as if the 202 had been lost
  first.chat.close()
  const { paper } = tab()
  await settle()
  assert.deepEqual(server.sessions.get("T1")!.ids, [id])
  assert.deepEqual(paper.lines, ["user: hello"])
  assert.equal(Object.keys(kept).length, 1)
})

test("without Web Locks, in order and once, too", async () => {
  locks()
  const a = tab()
  const b = tab()
  for (const text of ["one", "two", "three"]) a.chat.send(text), b.chat.send(text + "!")
  await settle()
  await pass(1)
  const [session] = [...server.sessions.values()].slice(-1)
  assert.equal(session!.ids.length, 6)
  assert.equal(Object.keys(kept).length, 1)
})

test("two tabs that write their first words at once are one conversation", async () => {
  const a = tab()
  const b = tab()
  a.chat.send("from a")
  b.chat.send("from b")
  void b.chat.link()
  await settle()
  assert.equal(server.sessions.size, 1)
  assert.equal(server.sessions.get("T1")!.ids.length, 2)
})

test("two tabs show each other's waiting messages, and none is sent twice", async () => {
  const a = tab()
  const b = tab()
  server.down = true
  a.chat.send("from a")
  await settle()
  b.chat.changed()
  assert.deepEqual(b.paper.lines, ["user: from a (sending)"])
  b.chat.send("from b")
  await settle()
  server.down = false
  b.chat.wake(true)
  await settle()
  a.chat.changed()
  await settle()
  assert.equal(new Set(server.sessions.get("T1")!.ids).size, 2)
  assert.equal(server.sessions.size, 1)
  assert.deepEqual(a.paper.lines, ["user: from a", "user: from b"].slice(0, a.paper.lines.length))
  assert.deepEqual(b.paper.lines, ["user: from a", "user: from b"])
})

test("429 waits as long as it is told, however much is written meanwhile", async () => {
  const { paper, chat } = tab()
  server.next.messages = [429]
  server.headers = { "Retry-After": "9" }
  chat.send("one")
  await settle()
  assert.deepEqual(paper.lines, ["user: one (waiting)"])
  chat.send("two")
  chat.wake()
  await pass(8999)
  assert.equal(server.asked.filter((path) => path == "messages").length, 1)
  await pass(1)
  assert.deepEqual(paper.lines, ["user: one", "user: two"])
})

for (const status of [400, 404, 409, 413])
  test(`a message refused with ${status} fails alone, and can be tried again`, async () => {
    const { paper, chat } = tab()
    server.next.messages = [status]
    chat.send("bad")
    chat.send("good")
    await settle()
    assert.deepEqual(paper.lines, ["user: bad (failed)", "user: good"])
    assert.equal(paper.errors.length, 1)
    chat.wake()
    await settle()
    assert.equal(server.sessions.get("T1")!.ids.length, 1, "not tried by itself")
    const [key] = Object.keys(kept).filter((key) => key.includes("out"))
    chat.again(key!.slice(-36))
    await settle()
    assert.deepEqual(paper.lines, ["user: bad", "user: good"])
  })

for (const status of [500, 503, 408])
  test(`a message refused with ${status} is tried again`, async () => {
    const { paper, chat } = tab()
    server.next.messages = [status, status]
    chat.send("hello")
    await settle()
    assert.deepEqual(paper.lines, ["user: hello (waiting)"])
    await pass(500)
    await pass(1000)
    assert.deepEqual(paper.lines, ["user: hello"])
  })

test("a session that is gone is replaced, and the person is told", async () => {
  const { paper, chat } = tab()
  chat.send("one")
  await settle()
  await server.say("entry", assistant("a", "old answer"))
  server.sessions.delete("T1")
  server.sessions.set("other", { entries: [], ids: [], pipes: [] })
  chat.send("two")
  await settle()
  await pass(500)
  assert.equal(paper.lost, 1)
  assert.deepEqual(paper.lines, ["user: two"])
  assert.equal(server.asked.filter((path) => path == "session").length, 2)
})

test("a session that is gone while nobody writes makes no new one", async () => {
  kept["ferry https://chat.example  "] = "stale"
  const { paper, chat } = tab()
  chat.connect()
  await settle()
  await pass(60_000)
  assert.equal(paper.lost, 1)
  assert.deepEqual(server.asked, ["history"])
  assert.deepEqual(kept, {})
})

test("a visitor the site vouches for has a session at once, apart from everyone else's", async () => {
  const jwt = (sub: string) => `h.${btoa(JSON.stringify({ sub })).replace(/=/g, "")}.s`
  const ann = tab(jwt("ann"))
  ann.chat.connect()
  await settle()
  assert.ok([...server.sessions.keys()][0]!.startsWith("T1h."))
  ann.chat.close()
  const nobody = tab()
  nobody.chat.connect()
  await settle()
  assert.equal(server.sessions.size, 1)
  assert.equal(nobody.chat.known(), false)
  const again = tab(jwt("ann"))
  again.chat.connect()
  await settle()
  assert.equal(server.sessions.size, 1, "the same person, the same session")
  again.chat.close(true)
  assert.deepEqual(kept, {}, "nothing of a person stays after identify()")
})

test("who reads the subject of a token, and of anything else nothing", () => {
  assert.equal(who("a." + btoa('{"sub":"u-1"}') + ".c"), "u-1")
  for (const bad of [undefined, "", "x", "a.b.c", "a." + btoa("[]") + ".c"]) assert.ok(!who(bad))
})

test("a claimed conversation is read anew", async () => {
  const { paper, chat } = tab()
  chat.send("mine")
  await settle()
  server.sessions.get("T1")!.entries = [user("w", "from WhatsApp")]
  assert.equal(await chat.claim("K7Q4P-X2M9D"), "linked")
  await settle()
  assert.equal(paper.lines[0], "user: from WhatsApp")
})

test("ids are UUIDs, and never twice the same", () => {
  const ids = Array.from({ length: 1000 }, uuid)
  assert.equal(new Set(ids).size, 1000)
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test("the queue keeps the order of what is written in one millisecond", () => {
  const mail = queue(kept, "p ")
  const texts = Array.from({ length: 50 }, (_, i) => "message " + i)
  texts.forEach((text) => mail.add(text))
  assert.deepEqual(mail.all().map(({ text }) => text), texts)
  assert.equal(mail.all()[0]!.at, "2026-05-03T10:00:00.000Z")
  mail.remove(mail.all()[0]!.id)
  assert.deepEqual(queue(kept, "p ").all().map(({ text }) => text), texts.slice(1))
})

test("without localStorage, or with a full one, memory has to do", () => {
  for (const open of [
    () => { throw new Error("SecurityError") },
    () => new Proxy({}, { set: () => { throw new Error("QuotaExceededError") } }),
  ]) {
    const kept = store(open)
    kept.a = "1"
    assert.equal(kept.a, "1")
  }
})
