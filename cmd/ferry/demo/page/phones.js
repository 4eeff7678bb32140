// The four phones.

import { ask, clock, day, draw, el, find, say, settings, today } from "./dom.js"
import { linked, marked } from "./text.js"

export const phones = Object.fromEntries(["whatsapp", "telegram", "sms", "web"].map((name) => [name, document.getElementById(name)]))
const log = (name) => find(".log", phones[name])
const sub = (name, text) => (find(".sub", phones[name]).textContent = text)
const page = find(".browser iframe", phones.whatsapp)
const chat = find("iframe", phones.web)

const toast = (error) => (find("#break-what").textContent = error.message)

/** go follows a link on the phone where what it leads to is. */
export function go(href) {
  const url = new URL(href, location.href)
  if (url.host == "t.me") return browse("/demo/open" + url.search, "telegram")
  if (url.protocol == "sms:") {
    const field = find("input", phones.sms)
    field.value = new URLSearchParams(url.search).get("body") ?? ""
    return look("sms"), field.focus({ preventScroll: true })
  }
  if (url.origin != location.origin) return open(href, "_blank", "noreferrer")
  if (url.pathname == "/chat") return openChat(url.hash)
  browse(url.pathname + url.search, "whatsapp")
}

/** openChat has the phone with the web open the chat page, with a code behind it or without. */
export function openChat(hash = "") {
  look("web")
  // An address that differs in what is behind # alone would not be loaded anew.
  chat.src = "/chat?" + Date.now() + hash
}

/** look brings a phone into view. */
export function look(name) {
  for (const phone of Object.values(phones)) phone.classList.remove("now")
  phones[name].classList.add("now")
  const { top, bottom } = phones[name].getBoundingClientRect()
  if (top < 0 || bottom > innerHeight - find("#caption").offsetHeight) phones[name].scrollIntoView({ block: "nearest", behavior: "smooth" })
}

/** browse opens a page of ours in the phone with WhatsApp; what leads to Telegram is shown there. */
function browse(path, then) {
  if (then == "telegram" && find(".browser", phones.whatsapp).hidden) {
    // Without a page that it would take the place of.
    return fetch(path).then(() => look("telegram"))
  }
  find(".browser", phones.whatsapp).hidden = false
  page.src = path
}

page.addEventListener("load", () => {
  const at = page.contentWindow.location
  if (at.href == "about:blank") return
  find(".address", phones.whatsapp).textContent = at.host + at.pathname.replace(/(\/m\/.{4}).*?(\/|$)/, "$1…$2")
  watch(page)
  if (at.pathname == "/demo/open") look("telegram")
  // The button that goes on in the browser leads to the chat page, which is on the phone beside.
  if (at.pathname == "/chat") {
    const { hash } = at
    close()
    openChat(hash)
  }
})
chat.addEventListener("load", () => watch(chat))

/** watch follows links out of a page in a phone to where they lead. */
function watch(frame) {
  frame.contentDocument?.addEventListener(
    "click",
    (event) => {
      const a = event.composedPath().find((node) => node.localName == "a" && node.href)
      if (!a || (a.origin == location.origin && a.pathname != "/chat" && a.host != "t.me")) return
      event.preventDefault()
      go(a.href)
    },
    true,
  )
}

export function close() {
  find(".browser", phones.whatsapp).hidden = true
  page.src = "about:blank"
}
find(".close", phones.whatsapp).addEventListener("click", close)

for (const name of ["whatsapp", "telegram", "sms"]) {
  find("form", phones[name]).addEventListener("submit", (event) => {
    event.preventDefault()
    const field = find("input", phones[name])
    const text = field.value.trim()
    if (!text) return
    field.value = ""
    ask("say", { phone: name, text }).catch((error) => {
      field.value ||= text
      toast(error)
    })
  })
}

/** shown are the messages that a phone shows, by their keys: what they were made of, and their nodes. */
const shown = new Map()

/** list has a phone show these messages, and leaves as they are those that have not changed. */
function list(name, messages, make) {
  const box = log(name)
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 120
  const seen = new Set()
  let last = ""
  let at = box.firstChild
  const place = (key, what, build) => {
    seen.add(key)
    const made = JSON.stringify(what)
    const known = shown.get(key)
    let node = known?.node
    if (known?.made != made) {
      node = build()
      if (known) {
        if (at == known.node) at = node
        known.node.replaceWith(node)
      }
      shown.set(key, { made, node })
    }
    if (node == at) at = at.nextSibling
    else box.insertBefore(node, at)
  }
  for (const one of messages) {
    const date = one.at ? new Date(one.at).toDateString() : last
    if (date != last) place(name + " day " + date, date, () => el("p.note", {}, today(one.at) ? say("today") : day(one.at)))
    last = date
    place(name + " " + one.id, one, () => make(one))
  }
  for (const key of shown.keys()) {
    if (!key.startsWith(name + " ") || seen.has(key)) continue
    shown.get(key).node.remove()
    shown.delete(key)
  }
  if (atEnd) box.scrollTop = box.scrollHeight
}

const ticks = { sent: "✓", delivered: "✓✓", read: "✓✓" }

const bubble = (one, text, ...meta) =>
  el(one.mine ? "div.bubble.mine" : "div.bubble", { "data-id": one.id }, el("div.text", { dir: "auto" }, ...text), ...meta)

function whatsapp({ messages }) {
  list("whatsapp", [{ id: "hello", note: say("whatsapp_note") }, ...messages], (one) =>
    one.note ? el("p.note", {}, one.note) : bubble(
      one,
      linked(one.text, go),
      one.footer && el("div.foot", {}, one.footer),
      el("div.meta", {}, clock(one.at), one.mine ? el("span.tick." + one.tick, { role: "img", "aria-label": say("tick_" + one.tick) }, ticks[one.tick]) : ""),
      one.button && el("button.go", { click: () => tap(one) }, "↗ " + one.button),
    ),
  )
}

async function tap(one) {
  const { url } = await ask("tap", { message: one.id })
  go(url)
}

let forget

function telegram(screen) {
  if (screen.real) return realBot(screen)
  const { messages, draft, start } = screen
  const all = messages.flatMap((one) => (one.buttons ? [one, { id: one.id + " keys", keys: one.buttons, of: one.id }] : [one]))
  if (draft) all.push({ id: "draft", draft: draft.Text, entities: draft.Entities, stop: draft.CanStop })
  if (!messages.length) all.unshift({ id: "hello", note: say("bot_empty") })
  list("telegram", all, (one) => {
    if (one.note) return el("p.note", {}, one.note)
    if (one.keys) {
      const rows = one.keys.map((row) => el("div", {}, ...row.map((b) => el("button", { click: () => press(one.of, b) }, b.text))))
      return el("div.rows", {}, ...rows)
    }
    if (one.id == "draft") {
      const stop = one.stop && el("button.go", { click: () => ask("stop").catch(toast) }, "⏹ " + say("stop"))
      return el("div.bubble.draft", {}, el("div.text", { dir: "auto" }, ...(one.draft ? marked(one.draft, one.entities, go) : [say("thinking")])), stop)
    }
    return bubble(
      one,
      marked(one.text, one.entities, go),
      el("div.meta", {}, one.edited ? say("edited") + " " : "", clock(one.at), one.mine ? el("span.tick.read", { "aria-hidden": "true" }, "✓✓") : ""),
    )
  })
  clearTimeout(forget)
  sub("telegram", screen.typing ? say("typing") : settings.title)
  // A chat action is seen for five seconds, and a draft for thirty, if nothing follows.
  forget = setTimeout(() => {
    sub("telegram", settings.title)
    if (draft) forget = setTimeout(() => telegram({ ...screen, draft: null, typing: false }), 25000)
  }, 5000)

  const keys = find(".keys", phones.telegram)
  const share = messages.at(-1)?.share
  keys.hidden = !start && !share
  find("form", phones.telegram).hidden = !!start
  if (start) keys.replaceChildren(el("button", { click: () => (close(), ask("say", { phone: "telegram", text: "/start " + start }).catch(toast)) }, say("start")))
  else if (share) keys.replaceChildren(el("button", { click: () => ask("share").catch(toast) }, share))
}

const press = (message, button) =>
  button.url ? go(button.url) : ask("press", { message, label: button.text }).catch(toast)

function realBot({ real }) {
  find("form", phones.telegram).hidden = true
  const box = log("telegram")
  if (!real.url) return box.replaceChildren(el("p.note", {}, say("bot_unknown")))
  box.replaceChildren(
    el("p.note", {}, say("bot_real")),
    draw(real.path, real.size, say("bot_qr")),
    el("p.note", {}, el("a", { href: real.url, target: "_blank", rel: "noreferrer" }, real.url)),
  )
}

function sms({ messages, segments = 0, cents = 0 }) {
  const all = messages.length ? messages : [{ id: "hello", note: say("sms_empty") }]
  list("sms", all, (one) =>
    one.note
      ? el("p.note", {}, one.note)
      : bubble(
          one,
          linked(one.text, go),
          el("div.meta", {}, clock(one.at), one.segments ? " · " + (one.carrier ? say("carrier") : say("segments", { n: one.segments, encoding: one.encoding })) : ""),
        ),
  )
  sub("sms", segments ? say("sms_cost", { n: segments, cost: "$" + (cents / 100).toFixed(2) }) : settings.sms)
}

export const screens = { whatsapp, telegram, sms }
sub("whatsapp", say("whatsapp_sub"))

/** renew gives all phones to somebody who has just come. */
export function renew() {
  close()
  for (const key of Object.keys(localStorage)) if (key.startsWith("ferry ")) localStorage.removeItem(key)
  chat.src = "/chat?" + Date.now()
  find("input", phones.sms).value = ""
}
export const frames = { page, chat }
