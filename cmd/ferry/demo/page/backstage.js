// Behind the scenes: what happens, the one history, and the requests as they went.

import { channelName, clock, day, el, find, say, today } from "./dom.js"

const most = 400
const time = (at) => el("time", { datetime: at }, new Date(at).toISOString().slice(11, 21))

function append(box, node) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60
  box.append(node)
  while (box.childElementCount > most) box.firstElementChild.remove()
  if (atEnd) box.scrollTop = box.scrollHeight
}

const notes = find(".notes")
const http = find(".http")

export function note({ at, kind, process, channel, detail, n }) {
  const words = say("note_" + kind, { channel: channel && channelName(channel), detail, n })
  append(notes, el("li", {}, time(at), process ? el("span.process", {}, process) : "", el("span." + kind, {}, words)))
}

export function exchange(x) {
  const wrong = x.status < 200 || x.status > 299
  const to = x.incoming ? channelName(x.platform) + " →" : (x.process ?? "") + " → " + channelName(x.platform)
  const path = x.url.replace(/^https?:\/\/[^/]+/, "")
  append(
    http,
    el(
      "li" + (wrong ? ".wrong" : ""),
      {},
      el(
        "details",
        {},
        el("summary", {}, time(x.at), to + " ", x.method + " " + path + " ", el("span.status", {}, String(x.status || "✗")), ` ${x.millis} ms`),
        el("pre", {}, [x.method + " " + x.url, ...x.header, "", x.body].join("\n")),
        el("pre", {}, x.status + "\n\n" + x.answer),
      ),
    ),
  )
}

export function clear() {
  notes.replaceChildren()
  http.replaceChildren()
}

export function history({ conversations, tally }) {
  const box = find(".history")
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60
  box.replaceChildren(
    ...conversations.flatMap(({ addresses, entries }) => [
      el("h3", {}, addresses.map((one) => channelName(one.split(":")[0])).join(" + ") + (conversations.length > 1 ? " — " + say("alone") : "")),
      el(
        "ul",
        {},
        ...entries.map((e) =>
          el(
            "li." + e.role + (e.aside ? ".aside" : ""),
            {},
            el("span.badge", {}, channelName(e.channel)),
            el("span.badge", {}, (today(e.at) ? "" : day(e.at) + " ") + clock(e.at)),
            e.imported ? el("span.badge", {}, say("imported")) : "",
            el("bdi", {}, (e.role == "user" ? "" : e.role == "assistant" ? "🤖 " : "ⓘ ") + (e.text.length > 240 ? e.text.slice(0, 240) + "…" : e.text)),
          ),
        ),
      ),
    ]),
  )
  if (atEnd) box.scrollTop = box.scrollHeight
  find(".tally").textContent = say("tally", tally)
}

export function processes(list, away) {
  find(".processes").replaceChildren(
    ...list.map((one) => el(one.up ? "span" : "span.down", {}, say("process", { name: one.name }))),
    away ? el("span.down", {}, say("model")) : el("span", {}, say("model")),
  )
}
