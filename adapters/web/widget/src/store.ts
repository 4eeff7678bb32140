// What a visitor's browser keeps for us.

/** Texts by key, as localStorage is. */
export type Store = Record<string, string>

/** store returns localStorage, or memory where that is shut or full (private windows, blocked site data). */
export function store(open: () => Store): Store {
  try {
    const storage = open()
    storage.ferry = " ".repeat(9999) // room for a message
    delete storage.ferry
    return storage
  } catch {
    return {}
  }
}

/** keys returns the keys that begin with prefix, in order. */
export const keys = (storage: Store, prefix: string) =>
  Object.keys(storage)
    .filter((key) => key.startsWith(prefix))
    .sort()
