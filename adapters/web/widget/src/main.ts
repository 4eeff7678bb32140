// The loader: defines <ferry-chat>, puts one on the page, and offers window.Ferry.

import { chat, type Chat } from "./chat"
import { config } from "./config"
import { store } from "./store"
import { add, load, pick, texts, type Texts } from "./texts"
import { view, type View } from "./view"

const script = document.currentScript as HTMLScriptElement | null

/** How long the page is left to itself before we ask what is new, in ms. */
const idle = 1000

load(config.languages)

const base = new URL(".", script?.src || location.href).href.slice(0, -1)
const storage = store(() => localStorage)

// Whoever wants to hear of it listens here.
const events = new EventTarget()
const emit = (event: string, detail?: unknown) => events.dispatchEvent(new CustomEvent(event, { detail }))

// A page has one.
let host: HTMLElement | undefined
let shown: View | undefined
let talk: Chat | undefined

/** Takes down what there is, and builds it anew as the attributes want it. */
function build() {
  const before = shown
  talk?.close()
  before?.destroy()
  shown = talk = undefined
  if (!host) return
  const { language: wanted, identity, page } = host.dataset
  const language = pick([wanted, document.documentElement.lang, ...navigator.languages, config.language])
  shown = view(host, config, texts(language), language, () => talk, emit)
  talk = chat(base, storage, identity, shown)
  if (before) shown.input.value = before.input.value
  if (before?.isOpen()) shown.show(true)
  if (page != null) talk.connect()
  // Nobody waits for what came since an earlier visit before the page is there. An identity alone makes no session.
  else if (!identity) setTimeout(talk.connect, idle)
  const [address, code] = location.href.split("#code=")
  if (page != null && code) {
    // At once: a code must stay neither in the address nor in the history.
    history.replaceState(null, "", address)
    shown.offer(code)
  }
}

/** Builds anew, once for all that changes together. */
const changes = new MutationObserver((all) => all.some(({ attributeName }) => /^data-/.test(attributeName!)) && build())

class FerryChat extends HTMLElement {
  connectedCallback() {
    host = this
    changes.observe(this, { attributes: true })
    build()
  }
  disconnectedCallback() {
    if (host != this) return
    host = undefined
    build()
  }
}

const api = {
  open: () => shown!.show(true),
  close: () => shown!.show(false),
  toggle: () => shown!.show(),
  send: (text: string) => talk!.send(text),
  on: (event: string, listener: EventListener) => events.addEventListener(event, listener),
  off: (event: string, listener: EventListener) => events.removeEventListener(event, listener),
  texts(language: string, table: Texts) {
    add(language, table)
    build()
  },
  /** Tells who the visitor is; without a token: nobody any more, and what is kept of them here goes. */
  identify(token?: string) {
    if (!token) talk!.close(true)
    host!.setAttribute("data-identity", token || "")
  },
}

declare global {
  interface Window {
    Ferry?: typeof api & { q?: [keyof typeof api, unknown[]][] }
  }
}

function start() {
  if (!host) {
    const element = document.createElement("ferry-chat")
    Object.assign(element.dataset, script?.dataset)
    document.body.append(element)
  }
  const early = window.Ferry?.q || []
  window.Ferry = api
  for (const [name, args] of early) (api[name] as (...args: unknown[]) => void)(...args)
  emit("ready")
}

if (!customElements.get("ferry-chat")) {
  customElements.define("ferry-chat", FerryChat)
  const arrange = () => shown?.arrange()
  visualViewport!.addEventListener("resize", arrange)
  visualViewport!.addEventListener("scroll", arrange)
  addEventListener("storage", () => talk?.changed())
  addEventListener("online", () => talk?.wake(true))
  document.addEventListener("visibilitychange", () => talk?.wake())
  // Not before the page is whole: it may have an element of its own further down.
  if (document.readyState == "loading") addEventListener("DOMContentLoaded", start)
  else start()
}
