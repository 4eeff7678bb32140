// Keeps a stream of events open for as long as it is wanted, whatever happens to the connection.

import { parser } from "./sse"

/** Longest wait between two tries. */
const longestWait = 30_000
/** The server says something every 15 s; a connection silent for this long is dead. */
const silence = 40_000

export interface Source {
  /** Reads the conversation anew and returns the event to go on from. */
  history(signal: AbortSignal): Promise<string>
  /** Opens the stream after the event `last`. It throws for anything but a stream; `wait` of the error is how long to stay away, in ms. */
  events(last: string, signal: AbortSignal): Promise<Response>
  event(name: string, data: unknown): void
  /** Tells whether the stream is open. */
  up(open: boolean): void
}

export interface Stream {
  start(): void
  stop(): void
  /** Ends a wait. With `force`, a connection that looks alive is opened anew, too. */
  wake(force?: boolean): void
}

/** backoff returns how long to wait before the try after `failures` failed ones, in ms. */
export function backoff(failures: number): number {
  return Math.min(longestWait, 500 * 2 ** failures) * (0.5 + Math.random() / 2)
}

export function stream(source: Source): Stream {
  let run: object | undefined // what start() began; nothing while stopped
  let last: string | undefined
  let failures = 0
  let abort: AbortController | undefined
  let awake = () => {}

  async function connect(mine: object): Promise<number> {
    const control = (abort = new AbortController())
    const cut = () => control.abort()
    let timer: ReturnType<typeof setTimeout> | undefined
    const alive = () => {
      clearTimeout(timer)
      timer = setTimeout(cut, silence)
    }
    alive()
    try {
      last ??= await source.history(control.signal)
      const response = await source.events(last, control.signal)
      const reader = response.body!.getReader()
      const decoder = new TextDecoder()
      const feed = parser(({ id, name, data }) => {
        // After a stop or a resync, what is left of the piece belongs to a conversation that is gone.
        if (mine != run || control.signal.aborted) return
        if (id) last = id
        if (name == "resync") {
          last = undefined
          cut()
          return
        }
        let value: unknown
        try {
          value = JSON.parse(data)
        } catch {
          return
        }
        source.event(name, value)
      })
      if (mine == run) source.up(true)
      for (;;) {
        const { done, value } = await reader.read()
        if (done || mine != run) break
        failures = 0
        alive()
        feed(decoder.decode(value, { stream: true }))
      }
    } catch (error) {
      const wait = (error as { wait?: number }).wait
      if (wait) return wait
    } finally {
      clearTimeout(timer)
      cut()
      if (mine == run) source.up(false)
    }
    return backoff(failures++)
  }

  return {
    async start() {
      if (run) return
      const mine = (run = {})
      failures = 0
      while (mine == run) {
        const wait = await connect(mine)
        if (mine != run) return
        await new Promise<void>((done) => {
          awake = done
          setTimeout(done, wait)
        })
      }
    },
    stop() {
      run = last = undefined
      abort?.abort()
      awake()
    },
    wake(force) {
      failures = 0
      if (force) abort?.abort()
      awake()
    },
  }
}
