// The chat page's own script: a chat from WhatsApp can be dropped anywhere on the page, or picked.

import { bring } from "./bring"
import { store } from "./store"

const find = <T extends HTMLElement>(selector: string) => document.querySelector<T>(selector)!
const script = document.currentScript as HTMLScriptElement
const host = find("ferry-chat")
const opener = find("button")
const field = find<HTMLInputElement>("input")
const dialog = find<HTMLDialogElement>("dialog")
const status = find("[role=status]")
const storage = store(() => localStorage)

function done() {
  // A change of an attribute has the widget begin anew, in the conversation that is kept now.
  host.dataset.brought = ""
  status.textContent = dialog.dataset.done!
  // Not where one writes: on a phone, the keyboard would hide what came. The log is built anew in a microtask of its own.
  setTimeout(() => host.shadowRoot!.querySelector<HTMLElement>("[part=log]")!.focus())
}

// Where there is nothing to keep a token in, the widget has one that nobody else can know.
if (storage instanceof Storage && "showModal" in dialog) {
  // The widget's own, as the address of its script without the last part is one above ours.
  const take = bring(dialog, new URL("..", script.src).href.slice(0, -1), storage, done)
  const carries = (event: DragEvent) => event.dataTransfer!.types.includes("Files")
  const mark = (on: boolean) => document.body.classList.toggle("over", on)

  opener.hidden = false
  opener.addEventListener("click", () => field.click())
  field.addEventListener("change", () => {
    const [file] = field.files!
    if (file) take(file)
    field.value = "" // or the same file could not be picked again
  })
  addEventListener("dragover", (event) => {
    if (!carries(event)) return
    event.preventDefault()
    mark(true)
  })
  addEventListener("dragleave", (event) => event.relatedTarget || mark(false))
  addEventListener("drop", (event) => {
    mark(false)
    if (!carries(event)) return
    // Else the browser would leave the page and show the file.
    event.preventDefault()
    const [file] = event.dataTransfer!.files
    if (file) take(file)
  })
}
