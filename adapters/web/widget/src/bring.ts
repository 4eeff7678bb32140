// What the chat page does with a chat that somebody has exported from WhatsApp: it tells them what the server has
// understood of it, asks, and has it taken in. Nothing of it is read here.

import { el } from "./dom"
import { session, type Refusal } from "./session"
import type { Store } from "./store"

/** The most that the server takes of a chat, in bytes. */
const most = 1 << 20
/** How many of those who write in a chat can be chosen from. */
const offered = 8

interface Party {
  name: string
  messages: number
}

/** What the server has understood of a chat. */
interface Understood {
  messages: number
  first: string
  last: string
  authors: Party[]
  /** Who of them is the assistant, surely or likely. */
  assistant: string
  sure: boolean
  /** Day and month may be the other way round. */
  guessed: boolean
}

/** Names come from a file that anybody may have written; what nobody sees and what turns the direction is left out. */
const clean = (name: string) => name.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "").slice(0, 64)

/** fill puts values where a sentence has their names in braces. */
const fill = (sentence: string, values: Record<string, string>) => sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]!)

/**
 * read returns what is sent of a file. It is in memory: a phone may take away what a person has picked. A text that is
 * too long is sent from its end, as the oldest of a history go first anyway; nothing where there is too much.
 */
async function read(file: File): Promise<Blob | undefined> {
  const zip = (await file.slice(0, 2).text()) == "PK"
  if (zip && file.size > most) return
  return new Blob([await file.slice(-most).arrayBuffer()], { type: zip ? "application/zip" : "text/plain" })
}

/**
 * bring returns a function that takes a file and asks its person about it in a dialog, whose data attributes are the
 * sentences. `done` is called when a chat was taken in.
 */
export function bring(dialog: HTMLDialogElement, base: string, storage: Store, done: () => void): (file: File) => Promise<void> {
  const visitor = session(base, storage, undefined, () => {})
  const language = document.documentElement.lang
  const say = dialog.dataset as Record<string, string>
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const text = el("p", { tabindex: -1 })
  const choices = el("p")
  /** What is asked about; nothing while the dialog is closed. */
  let current: object | undefined

  dialog.append(text, choices)
  dialog.addEventListener("close", () => (current = undefined))

  const button = (label: string, click: () => void) => el("button", { type: "button", dir: "auto", click }, label)
  const leave = (label: string) => button(label, () => dialog.close())
  const count = (n: number) => n.toLocaleString(language)
  // The day as the phone's clock had it, wherever this browser is.
  const day = (at: string) => new Date(at.slice(0, 10)).toLocaleDateString(language, { dateStyle: "long", timeZone: "UTC" })

  function fault({ status, wait }: Refusal): string {
    if (status != 429) return say[{ 400: "none", 409: "forgotten", 413: "large" }[status] || "failed"]!
    const minutes = Math.ceil(wait / 60_000)
    return fill(say.wait!, { when: new Intl.RelativeTimeFormat(language).format(minutes, "minute") })
  }

  return async (file) => {
    const mine = (current = {})
    if (!dialog.open) dialog.showModal()

    function tell(sentence: string, ...buttons: HTMLElement[]) {
      if (mine != current) return
      text.textContent = sentence
      choices.replaceChildren(...buttons)
      // So that it is read aloud, and that Yes does not come under an Enter that was meant for something else.
      text.focus()
    }
    const end = (sentence: string) => tell(sentence, leave(say.close!))
    const reading = () => end(say.reading!)

    function ask(it: Understood, { name, messages }: Party) {
      const question = fill(say.ask!, {
        name: clean(name), mine: count(messages), yours: count(it.messages - messages), first: day(it.first), last: day(it.last),
      })
      tell(it.guessed ? question + "\n" + say.guessed : question, button(say.yes!, () => take(name)), leave(say.no!))
    }

    async function take(assistant: string) {
      reading()
      try {
        await send({ assistant, confirm: "1" })
        if (mine == current) dialog.close()
        done()
      } catch (error) {
        end(fault(error as Refusal))
      }
    }

    const send = (query: object) =>
      visitor.call("import?" + new URLSearchParams({ name: file.name, ...(zone && { tz: zone }), ...query }), { body: body!, make: true })

    reading()
    let body: Blob | undefined
    try {
      body = await read(file)
    } catch {
      return end(say.unread!) // a folder, or a file that is gone
    }
    if (!body) return end(say.large!)
    try {
      const it: Understood = await (await send({})).json()
      const likely = it.authors.filter(({ name }) => name == it.assistant)
      if (it.sure) return ask(it, likely[0]!)
      const others = it.authors.filter(({ name }) => name != it.assistant && clean(name))
      tell(say.who!, ...[...likely, ...others].slice(0, offered).map((one) => button(clean(one.name), () => ask(it, one))), leave(say.no!))
    } catch (error) {
      end(fault(error as Refusal))
    }
  }
}
