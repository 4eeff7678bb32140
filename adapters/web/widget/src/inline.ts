// What stands inside a line of Markdown: emphasis, code, links.

import { el } from "./dom"

/** Emphasis, links and the like that are open at once, at most. */
const mostOpen = 24
/** A link's text that is longer than this always shows where it leads. */
const longText = 300

export type Out = (Node | string)[]

// Escapes, breaks, runs of marks, brackets, and addresses: in <>, and bare ones, which end before the
// sentence's own punctuation and before a bracket that was opened outside.
const tokens =
  /\\([!-/:-@[-`{-~])|\\?\n|`+|([*_])\2{0,2}|~~|!?\[|\]|<br ?\/?>|<((?:https?|mailto|tel):[^\s<>]+)>|https?:\/\/(?:\([^\s<()]*\)|[^\s<()\]])*(?:\([^\s<()]*\)|[^\s<().,;:!?'"*_~\]])/gi
const target = /\(\s*((?:\([^\s()]*\)|[^\s()])*)(?:\s+"[^"]*")?\s*\)/y
const tags: Record<string, string> = { "~~": "del", "*": "em", _: "em", "**": "strong", __: "strong" }

/** inline returns the nodes of a text; open as in markdown. */
export function inline(text: string, open?: boolean): Out {
  if (open) {
    // The last marks may be half of something, and an address that is still being written is not shown.
    let length = text.length
    while (/[*_~`[!<\\]/.test(text[length - 1]!)) length--
    text = text.slice(0, length).replace(/\]\([^\s)]{0,500}$/, "]()")
  }

  // What is open, outermost first: its mark, and what came since.
  const stack: [mark: string, out: Out][] = [["", []]]
  const lastLink = text.lastIndexOf("](")
  let past = 0

  const put = (piece: Node | string) => {
    const [, out] = stack[stack.length - 1]!
    // Pieces of text grow together: a hostile answer makes few nodes.
    if (typeof piece == "string" && typeof out[out.length - 1] == "string") out[out.length - 1] += piece
    else if (piece) out.push(piece)
  }
  const push = (mark: string) => (stack.length < mostOpen ? stack.push([mark, []]) : put(mark))
  /** Closes what is open above height: as text, or, where more may come, as if it were finished. */
  const collapse = (height: number, finish?: boolean) => {
    while (stack.length > height) {
      const [mark, out] = stack.pop()!
      if (finish && tags[mark]) put(el(tags[mark]!, {}, out))
      else [mark, ...out].forEach(put)
    }
  }
  /** The topmost that mark can end, or 0; emphasis does not reach out of a bracket. */
  const find = (mark: string) => {
    for (let k = stack.length; --k; ) {
      const [its] = stack[k]!
      if (its.endsWith(mark)) return k
      if (its.endsWith("[")) break
    }
    return 0
  }

  for (let match; (tokens.lastIndex = past), (match = tokens.exec(text)); ) {
    let [token, escaped, c, address] = match as unknown as [string, string?, string?, string?]
    const before = text[match.index - 1] || " "
    put(text.slice(past, match.index))
    past = match.index + token.length
    const after = text[past] || " "
    let k

    if (escaped) put(escaped)
    else if (token.endsWith("\n") || token[1] == "b") put(el("br"))
    else if (token[0] == "`") {
      // A run that does not come again is looked for once: the hostile case is one run of every length.
      const runs = /`+/g
      let run
      runs.lastIndex = past
      while ((run = runs.exec(text)) && run[0] != token);
      const end = run ? run.index : open && text.length
      if (end) {
        put(el("code", {}, text.slice(past, end)))
        past = end + token.length
      } else put(token)
    } else if (c || token == "~~") {
      const inWord = (side: string) => c == "_" && /[\p{L}\p{N}_]/u.test(side)
      if (before.trim() && !inWord(after))
        while (token && (k = find(token[0]!))) {
          collapse(k + 1)
          const [mark, out] = stack.pop()!
          const used = Math.min(2, token.length, mark.length)
          put(mark.slice(used))
          put(el(tags[mark.slice(-used)]!, {}, out))
          token = token.slice(used)
        }
      if (token && after.trim() && !inWord(before)) {
        if (token[2]) push(token.slice(1))
        push(token[2] || token)
      } else put(token)
    } else if (token.endsWith("[")) {
      if (match.index < lastLink) push(token)
      else put(token)
    } else if (token == "]") {
      k = find("[")
      target.lastIndex = past
      const to = k && target.exec(text)
      if (to) {
        collapse(k + 1)
        put(link(to[1]!, stack.pop()![1]))
        past = target.lastIndex
      } else {
        if (k) collapse(k)
        put(token)
      }
    } else put(link(address || token, [address || token]))
  }
  put(text.slice(past))
  collapse(1, open)
  return stack[0]![1]
}

const bare = (host: string) => host.toLowerCase().replace(/^www\./, "")

/** A link, if it leads anywhere that a chat may lead to; else its text. */
function link(href: string, out: Out): HTMLElement {
  const node = el("a", {}, out)
  for (const inner of node.querySelectorAll("a")) inner.replaceWith(inner.textContent!)
  if (/^(https?:\/\/.|mailto:|tel:)/i.test(href))
    try {
      const url = new URL(href)
      const said = node.textContent!
      const host = url.host || url.pathname.replace(/.*@/, "")
      // The first thing in the text that looks like a host.
      const looks = /[\p{L}\p{N}.-]+[.。．｡․]\p{L}{2,}/u.exec(said.slice(0, longText))
      Object.assign(node, { href, target: "_blank", rel: "noopener noreferrer nofollow" })
      if (!said.trim()) node.append(href)
      else if (said.length > longText || (looks && bare(looks[0]) != bare(host))) node.append(el("span.host", { dir: "ltr" }, ` (${host})`))
    } catch {}
  return node
}
