// What a person sees and touches, inside the shadow root.

import { longest, type Chat, type Entry, type Screen } from "./chat"
import type { Config } from "./config"
import { el, svg } from "./dom"
import { markdown } from "./markdown"
import { menu, nameOf } from "./menu"
import { style } from "./style"
import { rightToLeft, type Texts } from "./texts"
import { T } from "./table"

const icons = {
  chat: "M4 20l2-3A8 8 0 1 1 13 20z",
  close: "M6 6l12 12M18 6L6 18",
  menu: "M4 7h16M4 12h16M4 17h16",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h11v11H9zM15 4H4v11",
  retry: "M20 11a8 8 0 1 0-2 6M20 5v6h-6",
}

/** What stands for an attachment, behind its kind. */
const signs = "image📷voice🎤audio🎵video🎬document📄sticker🙂location📍contact👤other📎"
/** Nearer to the end than this, in px, the log follows what comes. */
const nearEnd = 80

const phone = matchMedia("(max-width:480px),(max-height:480px)")

export interface View extends Screen {
  /** Opens it, or closes it; without a word, whichever it is not. A page stays open. */
  show(open?: boolean): void
  isOpen(): boolean
  /** Offers to bring the conversation of a code here. */
  offer(code: string): void
  /** Where the person types. */
  input: HTMLTextAreaElement
  /** Fits it to the window, once more. */
  arrange(): void
  destroy(): void
}

/** A message on the screen. */
interface Item {
  node: HTMLElement
  text: HTMLElement
  render: (text: string, open?: boolean) => void
}

/** view shows a conversation in host; emit tells the page what happens. */
export function view(
  host: HTMLElement,
  config: Config,
  t: Texts,
  language: string,
  chat: () => Chat | undefined,
  emit: (event: string, detail?: unknown) => void,
): View {
  const root = host.shadowRoot || host.attachShadow({ mode: "open" })
  const { title = config.name, greeting = t[T.greeting]!, page, position = "end", color, theme = "" } = host.dataset
  const dir = (!host.dataset.language && document.dir) || (rightToLeft(language) ? "rtl" : "ltr")
  const touch = matchMedia("(pointer:coarse)").matches
  const items = new Map<string, Item>()
  const writing = () => [...items.keys()].filter((key) => key[0] == " ")
  /** Full screen on a phone, the rest of the page cannot be reached. */
  const modal = () => opened && page == null && phone.matches
  let opened = false
  let unread = 0
  let atEnd = true
  let day = ""
  let offline: ReturnType<typeof setTimeout>

  const button = (name: keyof typeof icons, label: T, click: () => void, part: string = name) =>
    el<HTMLButtonElement>("button." + part, { click }, svg(icons[name], 0, 24), el("span.who", {}, t[label]))

  const menuButton = button("menu", T.menu, () => more.toggle(), "menu-button")
  const more = menu(config, t, chat, menuButton, tell)
  const badge = el("span.badge")
  const launcher = button("chat", T.chat, () => show(), "button")
  launcher.append(badge)

  // What our page puts into its <ferry-chat> is shown in the menu while that is open, being the first place for it; else
  // here, while nothing was said.
  const hello = el(".entry text", {}, greeting, el("slot", { name: "page" }))
  const ended = el(".notice", { hidden: "" }, t[T.gone])
  const list = el(".list")
  const log = el(".log", { role: "log", "aria-live": "off", "aria-label": title, tabindex: 0, scroll: scrolled }, ended, hello, list)
  const pill = el("button.pill", { hidden: "", click: toEnd }, t[T.news])
  const status = el(".status", { id: "status" })
  const live = el(".live", { role: "status", focus: () => panel.focus() })
  const input = el<HTMLTextAreaElement>("textarea.input", { rows: 1, "aria-label": t[T.write]!, placeholder: t[T.write]!, "aria-describedby": "status", dir: "auto", input: typed })
  const stop = button("stop", T.stop, () => writing().forEach((key) => chat()!.stop(key.slice(1))))
  const send = button("send", T.send, submit)
  const header = el(".header", {}, el("h2.title", {}, title), menuButton)
  const panel = el(
    ".panel",
    { role: page == null ? "dialog" : "main", "aria-label": title, tabindex: -1, hidden: "", focusout },
    header, more.box, log, el(".foot", {}, pill, status, el(".composer", {}, input, stop, send)),
  )
  const frame = el(".root", { lang: language, dir, keydown }, panel, live)
  if (page == null) {
    frame.append(launcher)
    header.append(button("close", T.close, () => show(false)))
  }
  if (color) frame.style.setProperty("--ferry-color", color)
  frame.style.colorScheme = theme

  /** Says something aloud, once. */
  function announce(text: string) {
    // The same words again would not be read.
    live.textContent = ""
    setTimeout(() => (live.textContent = text), 99)
  }
  const note = (text: string) => (status.textContent = text)
  function tell(text: string) {
    announce(note(text))
  }

  function scrolled() {
    atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < nearEnd
    pill.hidden ||= atEnd
  }
  function toEnd() {
    log.scrollTop = log.scrollHeight
    scrolled()
  }
  /** What follows every change of the log: it stays at its end if the reader is there. */
  function settle(news?: boolean) {
    hello.hidden = !!list.firstChild
    stop.hidden = !writing()[0]
    if (atEnd) toEnd()
    else if (news) pill.hidden = false
  }

  const when = (at: string, style: Intl.DateTimeFormatOptions) => new Date(at).toLocaleString(language, style)

  function copier(read: () => string) {
    const it = button("copy", T.copy, async () => {
      await navigator.clipboard.writeText(read())
      announce((it.textContent = "✓"))
    })
    // Pages without https have no clipboard.
    it.hidden = !navigator.clipboard
    return it
  }

  /** Puts a message at the end. */
  function add(role: Entry["role"], at: string): Item {
    const date = when(at, { dateStyle: "full" })
    if (date != day) list.append(el(".day", {}, (day = date)))
    const text = el(".text")
    const node = el(".entry " + role, {}, el("span.who", {}, role == "user" ? t[T.you] : role == "assistant" && title), text)
    list.append(node)
    const dress = (code: HTMLElement, name: string) =>
      el(".code", {}, el(".bar", {}, name || " ", copier(() => code.textContent!)), el("pre", { tabindex: 0 }, code))
    return { node, text, render: role == "user" ? (words) => (text.textContent = words) : markdown(text, dress) }
  }

  /** Shows an entry, and what has become of it. */
  function put({ id, role, text, at, channel = "web", stopped, cut, attachments = [], state = "" }: Entry, key: string) {
    const it = items.get(id) || items.get(key) || add(role, at)
    const { node } = it
    items.delete(key)
    items.set(id, it)
    it.render(text)
    for (const { kind, name } of attachments) it.text.append(el("bdi.file", {}, signs.split(kind)[1]?.slice(0, 2), name && " " + name))
    node.dataset.id = id
    node.dataset.state = state
    node.querySelector(".meta")?.remove()
    if (role != "notice")
      node.append(
        el(".meta", {},
          role != "user" && [copier(() => text), button("retry", T.retry, () => chat()!.send("/retry"))],
          channel != "web" && el("span.channel", {}, nameOf(channel)),
          state == "waiting" && t[T.offline],
          state == "failed" && [t[T.error], button("retry", T.send, () => chat()!.again(id), "again")],
          el("time.time", { datetime: at }, when(at, { timeStyle: "short" })),
          (stopped || cut) && el("span.mark", {}, t[stopped ? T.stopped : T.cut]),
        ),
      )
    return it
  }

  function submit() {
    if (send.disabled) return
    const text = input.value.trim()
    chat()!.send(text)
    emit("message", { text })
    input.value = ""
    typed()
    toEnd()
    if (!touch) input.focus()
  }

  function typed() {
    const count = [...input.value.trim()].length
    const long = count > longest
    send.disabled = !count || long
    input.ariaInvalid = "" + long
    note(long ? count + "/" + longest : "")
    arrange()
  }

  function arrange() {
    const full = page != null || phone.matches
    frame.className = [
      "root",
      full ? "full" : "box",
      page != null && "page",
      (position == "left" || position == (dir == "rtl" ? "end" : "start")) && "left",
    ].join(" ")
    launcher.hidden = modal()
    if (page == null) panel.ariaModal = "" + modal()
    live.tabIndex = modal() ? 0 : -1
    input.style.height = "0"
    input.style.height = input.scrollHeight + "px"
    // On phones the keyboard takes its place from what is seen, and from nothing else.
    panel.style.cssText = full ? `top:${visualViewport!.offsetTop}px;height:${visualViewport!.height}px` : ""
    if (atEnd) toEnd()
  }

  function keydown(event: KeyboardEvent) {
    if (event.key == "Escape") {
      if (more.box.hidden) show(false)
      else more.toggle()
    }
    // An Enter that ends a composition has another code, in every browser; its key and isComposing are not to be trusted.
    if (event.keyCode == 13 && event.target == input && !event.shiftKey && !touch) {
      event.preventDefault()
      submit()
    }
  }
  function focusout({ relatedTarget }: FocusEvent) {
    if (modal() && relatedTarget && !panel.contains(relatedTarget as Node)) panel.focus()
  }
  function show(open = !opened) {
    if (opened == open || (opened && page != null)) return
    opened = open
    panel.hidden = !open
    launcher.ariaExpanded = "" + open
    badge.textContent = ""
    unread = 0
    arrange()
    if (open) {
      chat()?.connect()
      toEnd()
    }
    if (page == null) (open ? (touch ? panel : input) : launcher).focus()
    emit(open ? "open" : "close")
  }

  const self: View = {
    input,
    arrange,
    isOpen: () => opened,
    offer: more.offer,
    show,
    destroy: () => frame.remove(),

    clear() {
      items.clear()
      list.textContent = day = ""
      settle()
    },
    entry(entry, isLive, turn) {
      const { id, role, text } = entry
      const it = put(entry, " " + turn)
      settle(isLive)
      if (!isLive || role == "user") return
      if (opened) announce(it.text.innerText)
      else badge.textContent = "" + ++unread
      emit("answer", { id, text })
    },
    turn(turn, text) {
      const key = " " + turn
      if (text == null) {
        items.get(key)?.node.remove()
        items.delete(key)
      } else {
        const it = items.get(key) || add("assistant", new Date().toJSON())
        items.set(key, it)
        it.node.dataset.turn = turn
        it.render(text, true)
      }
      settle(!!text)
    },
    up(open) {
      clearTimeout(offline)
      offline = setTimeout(note, open ? 0 : 3000, open ? "" : t[T.offline]!)
    },
    gone() {
      ended.hidden = false
      announce(t[T.gone]!)
    },
    error(error) {
      tell(t[T.error]!)
      emit("error", error)
    },
  }

  style(root)
  root.append(frame)
  typed()
  settle()
  if (page != null) show(true)
  return self
}
