// The visitor's session with the server, and every request made in its name.

import type { Store } from "./store"

/** A request may take this long, in ms; the stream has a watchdog of its own. */
const patience = 30_000

/** An answer of the server that is not a yes. It is what the functions here throw. */
export interface Refusal {
  status: number
  /** How long the server asks to stay away, in ms; 0 where it does not say. */
  wait: number
}

/**
 * lock runs work while no other tab runs work of the same name. Where there are no Web Locks (Safari 15.3, pages
 * without https), two tabs that send the same do no harm: the server knows a message by its id.
 */
export const lock = (name: string, work: () => Promise<void>): Promise<void> =>
  navigator.locks ? navigator.locks.request(name, work) : work()

export interface Call {
  /** What to POST: JSON is made of it, unless it is a Blob, which goes as it is. Without it, GET. */
  body?: object
  /** Makes a session, if there is none (any more). */
  make?: boolean
  /** The event to go on from. */
  last?: string
  signal?: AbortSignal
}

export interface Session {
  /** The prefix of everything kept for this visitor. */
  key: string
  token(): string | undefined
  /**
   * Asks the server, in the visitor's name. A session that the server no longer knows is dropped, `lost` is called,
   * and the refusal says to try again soon: with `make`, that is in a new session.
   */
  call(path: string, options?: Call): Promise<Response>
}

/** who returns whom a site's token is for. The server checks it; here it only keeps two people's data apart. */
export function who(identity = ""): string {
  try {
    return JSON.parse(atob(identity.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"))).sub
  } catch {
    return ""
  }
}

/** session is the visitor's at the server whose routes begin with base. */
export function session(base: string, storage: Store, identity: string | undefined, lost: () => void): Session {
  const key = `ferry ${base} ${who(identity)} `
  const token = () => storage[key]

  async function request(path: string, { body, last, signal }: Call): Promise<Response> {
    const kind = (body as Blob)?.type
    const response = await fetch(base + "/web/" + path, {
      method: body && "POST",
      body: kind ? body : JSON.stringify(body),
      headers: {
        "Content-Type": kind || "application/json",
        ...(token() && { Authorization: "Bearer " + token() }),
        ...(last && { "Last-Event-ID": last }),
      },
      credentials: "omit",
      cache: "no-store",
      // Chrome has time-outs since 103, Safari since 16; before, the browser's own patience has to do.
      signal: signal || AbortSignal.timeout?.(patience),
    } as RequestInit)
    if (response.ok) return response
    throw { status: response.status, wait: +response.headers.get("Retry-After")! * 1000 }
  }

  return {
    key,
    token,
    async call(path, options = {}) {
      if (!token() && options.make)
        await lock(key, async () => {
          // Another tab may have made it while we waited.
          if (!token()) storage[key] = (await (await request("session", { body: { identity } })).json()).token
        })
      const used = token()
      try {
        return await request(path, options)
      } catch (error) {
        if ((error as Refusal).status != 401) throw error
        if (token() == used) {
          delete storage[key]
          lost()
        }
        throw { wait: 500 }
      }
    },
  }
}
