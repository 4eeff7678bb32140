// What a person wrote and the server does not have yet. Each message is a key of its own: two tabs
// that add and remove at once cannot undo each other's work, as they would with one list.

import { keys, type Store } from "./store"

export interface Message {
  id: string
  text: string
  /** When it was written. */
  at: string
}

export interface Queue {
  /** What waits, oldest first. */
  all(): Message[]
  add(text: string): void
  remove(id: string): void
}

/**
 * uuid returns a random UUID (version 4). It is the end of an object URL (https://w3c.github.io/FileAPI/#unicodeBlobURL):
 * crypto.randomUUID is missing before Chrome 92, Safari 15.4 and on pages without https.
 */
export const uuid = () => URL.createObjectURL(new Blob()).slice(-36)

export function queue(storage: Store, prefix: string): Queue {
  let latest = 0
  return {
    // A key is the prefix, the milliseconds, a space and the id.
    all: () =>
      keys(storage, prefix).map((key) => ({
        id: key.slice(-36),
        text: storage[key]!,
        at: new Date(parseInt(key.slice(prefix.length))).toJSON(),
      })),
    add(text) {
      latest = Math.max(Date.now(), latest + 1)
      storage[prefix + latest + " " + uuid()] = text
    },
    remove: (id) => keys(storage, prefix).forEach((key) => key.endsWith(id) && delete storage[key]),
  }
}
