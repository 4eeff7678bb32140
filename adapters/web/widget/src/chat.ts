// The conversation as one tab knows it: what was said, what is being written, what still waits to be sent.
// It knows no DOM; a Screen shows it.

import { queue } from "./queue"
import { lock, session, type Refusal } from "./session"
import { keys, type Store } from "./store"
import { backoff, stream } from "./stream"

export interface Entry {
  id: string
  role: "user" | "assistant" | "notice"
  text: string
  at: string
  channel?: string
  /** The turn that wrote it. */
  turn?: string
  /** Its reader has stopped it, or it was longer than an answer may be. */
  stopped?: boolean
  cut?: boolean
  attachments?: Attachment[]
  /** What became of it, where it is our own and the server has not told of it yet. */
  state?: State
}

/** What came with a message besides its words; it is not kept here. */
export interface Attachment {
  kind: string
  name?: string
}

/** What became of a message of our own; nothing, once the server has it. */
export type State = "sending" | "waiting" | "failed" | ""

export interface Screen {
  clear(): void
  /**
   * Shows an entry, or shows it anew. `live`: it came just now. `turn`: it takes the place of that turn's partial
   * text.
   */
  entry(entry: Entry, live?: boolean, turn?: string): void
  /** Shows what has been written of an answer so far; without text, takes it away. */
  turn(turn: string, text?: string): void
  /** Whether events come. */
  up: (open: boolean) => void
  /** The server no longer knows the conversation. */
  gone(): void
  error: (error: unknown) => void
}

export interface Link {
  channel: string
  url: string
  /** The path data of an SVG, `size` modules wide. */
  qr?: string
  size?: number
}

/** The most characters in one message; the server's limit. */
export const longest = 8000
/** An answer of which nothing came for this long is not shown as being written, in ms. */
const stale = 180_000
export interface Chat {
  /** Whether there is a conversation on the server, or a way to know whose it is. */
  known(): boolean
  /** Reads the history and follows the events, if there is a conversation. */
  connect(): void
  send(text: string): void
  /** Tries again to send what the server refused. */
  again(id: string): void
  stop(turn: string): void
  link(): Promise<{ code: string; links: Link[] }>
  /** Redeems a code; returns the contract's state. */
  claim(code: string): Promise<string>
  /** Back after an absence (force: with a new network). */
  wake(force?: boolean): void
  /** Another tab changed something that is kept. */
  changed(): void
  /** Ends it; with `forget`, the session and what waits are dropped, too. */
  close(forget?: boolean): void
}

/** hopeless reports whether the server would say the same again. */
const hopeless = ({ status }: Refusal) => /^4(?!08|29)/.test("" + status)

export function chat(base: string, storage: Store, identity: string | undefined, screen: Screen): Chat {
  /** Ids of entries, and of finished turns after a space: a turn is called like its first message. */
  const seen = new Set<string>()
  /** Our own messages, until the server tells of them. */
  const own = new Map<string, Entry>()
  /** The answers being written. */
  const turns = new Map<string, string>()
  let quiet: ReturnType<typeof setTimeout>
  let followed: string | undefined
  let failures = 0
  let notBefore = 0
  let timer: ReturnType<typeof setTimeout>
  let closed = false

  const visitor = session(base, storage, identity, () => {
    unfollow()
    forget(true)
    screen.gone()
    waiting()
    if (identity) connect()
  })
  const post = (path: string, body: object) => visitor.call(path, { body, make: true })
  const mail = queue(storage, visitor.key + "out ")

  const events = stream({
    async history(signal) {
      try {
        const { entries, cursor } = await (await visitor.call("history", { signal, make: !!identity })).json()
        followed = visitor.token()
        forget()
        for (const entry of entries) said(entry)
        // What the server took a moment ago may not be in its history yet.
        for (const entry of own.values()) screen.entry(entry)
        waiting()
        return cursor
      } catch (error) {
        if (hopeless(error as Refusal)) screen.error(error)
        throw error
      }
    },
    events: (last, signal) => visitor.call("events", { signal, last }),
    event(name, data) {
      if (name == "entry") said(data as Entry, true)
      else written(name, data as { turn: string; text?: string })
    },
    up: screen.up,
  })

  const unfollow = () => {
    events.stop()
    followed = undefined
  }

  /** Drops what is shown, and with `all` what the server has not told us of. */
  function forget(all?: boolean) {
    if (all) own.clear()
    seen.clear()
    turns.clear()
    screen.clear()
  }

  function said(entry: Entry, live?: boolean) {
    if (seen.has(entry.id)) return
    seen.add(entry.id)
    own.delete(entry.id)
    let turn
    if (entry.role == "assistant") {
      turn = entry.turn || [...turns.keys()].pop()
      if (turn) {
        seen.add(" " + turn)
        turns.delete(turn)
      }
    }
    screen.entry(entry, live, turn)
  }

  function written(name: string, { turn, text = "" }: { turn: string; text?: string }) {
    if (!turn || seen.has(" " + turn)) return
    if (name != "reset") text = (turns.get(turn) || "") + text
    turns.set(turn, text)
    screen.turn(turn, text)
    clearTimeout(quiet)
    quiet = setTimeout(() => {
      for (const turn of turns.keys()) screen.turn(turn)
      turns.clear()
    }, stale)
  }

  function become(id: string, state: State) {
    const it = own.get(id)
    if (!it || it.state == state) return
    it.state = state
    screen.entry(it)
  }

  /** Shows what waits to be sent; what another tab has sent meanwhile waits no more. */
  function waiting() {
    const all = mail.all()
    for (const id of own.keys()) if (!all.some((message) => message.id == id)) become(id, "")
    for (const { id, text, at } of all)
      if (!seen.has(id) && !own.has(id)) {
        own.set(id, { id, role: "user", text, at })
        become(id, "sending")
      }
  }

  const failed = (id: string) => own.get(id)?.state == "failed"

  /** Sends what waits, in order. Sending twice does no harm: the server knows a message by its id. */
  async function flush() {
    clearTimeout(timer)
    waiting()
    let wait = 0
    await lock(visitor.key + "send", async () => {
      wait = Math.max(0, notBefore - Date.now())
      for (let message; !closed && !wait && (message = mail.all().find(({ id }) => !failed(id))); ) {
        const { id, text } = message
        try {
          await post("messages", { id, text })
          failures = 0
          mail.remove(id)
          become(id, "")
          connect()
        } catch (error) {
          // What the server will never take is the person's to decide about, and holds up nothing behind it.
          if (hopeless(error as Refusal)) {
            become(id, "failed")
            screen.error(error)
          } else {
            wait = (error as Refusal).wait
            if (wait) notBefore = Date.now() + wait
            else wait = backoff(failures++)
          }
        }
      }
    })
    if (!wait || closed) return
    for (const { id } of mail.all()) if (!failed(id)) become(id, "waiting")
    clearTimeout(timer)
    timer = setTimeout(flush, wait)
  }

  const known = () => !!(visitor.token() || identity)

  function connect() {
    // Another tab's session, or a new one.
    if (followed && followed != visitor.token()) unfollow()
    if (!closed && known()) events.start()
  }

  flush()

  return {
    known,
    connect,
    send(text) {
      mail.add(text)
      flush()
    },
    again(id) {
      become(id, "sending")
      flush()
    },
    stop: (turn) => void post("stop", { turn }).catch(screen.error),
    link: async () => (await post("link", {})).json(),
    async claim(code) {
      const { state } = await (await post("claim", { code })).json()
      // The conversation is another one now.
      if (state == "linked") unfollow()
      connect()
      return state
    },
    wake(force) {
      events.wake(force)
      failures = 0
      flush()
    },
    changed() {
      if (visitor.token() != followed) {
        forget(true)
        connect()
      }
      waiting()
    },
    close(drop) {
      closed = true
      clearTimeout(timer)
      unfollow()
      if (drop) for (const key of keys(storage, visitor.key)) delete storage[key]
    },
  }
}
