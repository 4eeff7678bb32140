// Texts as phones show them.

import { el } from "./dom.js"

const address = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)]/g

/** linked is a text with its addresses made links; go is called with one that is tapped. */
export function linked(text, go) {
  const parts = []
  let at = 0
  for (const match of text.matchAll(address)) {
    parts.push(text.slice(at, match.index), link(match[0], match[0], go))
    at = match.index + match[0].length
  }
  return [...parts, text.slice(at)]
}

const link = (href, text, go) =>
  el("a", { href, rel: "noreferrer", click: (event) => (event.preventDefault(), go(href)) }, text)

const tags = {
  bold: "b", italic: "i", underline: "u", strikethrough: "s", spoiler: "span", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
}

/** marked is a text with Telegram's entities, whose offsets are those of JavaScript's strings. */
export function marked(text, entities, go) {
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length)
  const build = (from, to, inner) => {
    const out = []
    let at = from
    while (inner.length) {
      const one = inner.shift()
      if (one.offset < at) continue
      const end = Math.min(one.offset + one.length, to)
      const within = []
      while (inner.length && inner[0].offset < end) within.push(inner.shift())
      const block = one.type == "pre" || one.type.endsWith("blockquote")
      // A block begins and ends a line of itself.
      out.push(...linked(block ? text.slice(at, one.offset).replace(/\n$/, "") : text.slice(at, one.offset), go))
      const children = build(one.offset, end, within)
      if (one.type == "text_link") out.push(el("a", { href: one.url, rel: "noreferrer", click: (event) => (event.preventDefault(), go(one.url)) }, ...children))
      else out.push(tags[one.type] ? el(tags[one.type], {}, ...children) : el("span", {}, ...children))
      at = block && text[end] == "\n" ? end + 1 : end
    }
    return [...out, ...linked(text.slice(at, to), go)]
  }
  return build(0, text.length, sorted)
}
