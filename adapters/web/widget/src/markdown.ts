// Markdown as language models write it, into DOM nodes, while it is being written.
//
// It is the Markdown of CommonMark and GitHub with these differences, each on purpose: raw HTML is text but for <br>
// (tables have no other break), pictures are links, every line break stays one (the same answer is read on Telegram),
// there are no indented code blocks, setext headings, reference links or lazy quotes, and lists nest from two spaces on.
//
// Whatever comes in, the time is linear in its length: nothing is scanned again but up to a fixed number of times.

import { el } from "./dom"
import { inline } from "./inline"

/** Blocks in blocks, at most. */
const deepest = 8
/** With more nodes in it than this, what has grown is replaced all the same: a call can have only so many arguments. */
const mostKept = 9999

/** Dresses a block of code; language is "" where the answer names none. */
export type Dress = (code: HTMLElement, language: string) => HTMLElement

/**
 * markdown returns a function that shows text in root. `open` says that more will come: what is begun at the end is
 * then shown as if it were finished, and only the last block is rendered anew with the next call.
 */
export function markdown(root: HTMLElement, dress: Dress): (text: string, open?: boolean) => void {
  let shown = ""
  let from = 0 // where the last block begins in shown
  let keep = 0 // nodes that are final

  return (text, open) => {
    // Embeddings, overrides and isolates go: what they do to the text of a link or a program is to lie about it.
    text = text.replace(/[\u202a-\u202e\u2066-\u2069]/g, "").replace(/\r\n?/g, "\n")
    if (!text.startsWith(shown)) from = keep = 0
    shown = text
    const lines = text.slice(from).split("\n")
    // A line of marks alone can still become anything: a rule, a fence, a list.
    if (open && /^([-*+>#|`~_:\s]*|\s*\d{1,9}[.)]?)$/.test(lines[lines.length - 1]!)) lines.pop()
    while (root.childNodes[keep + 1]) root.lastChild!.remove()
    let was = root.childNodes[keep]
    let last = 0
    blocks(lines, 0, open, dress, (node, line) => {
      if (was) renew(was, node)
      else root.append(node)
      was = undefined
      last = line
    })
    was?.remove()
    keep = Math.max(0, root.childNodes.length - 1)
    while (last) from += lines[--last]!.length + 1
  }
}

/**
 * renew puts fresh in the place of old. What has only grown stays where it is and grows, for somebody may have scrolled
 * it, or selected something in it.
 */
function renew(old: ChildNode, fresh: ChildNode) {
  const kids = [...old.childNodes]
  const rest = [...fresh.childNodes]
  const last = kids.pop()
  const said = (old as Text).data
  const says = (fresh as Text).data
  if (said && says?.startsWith(said)) (old as Text).appendData(says.slice(said.length))
  else if (last && rest[kids.length] && !rest[mostKept] && old.cloneNode().isEqualNode(fresh.cloneNode()) && kids.every((kid) => kid.isEqualNode(rest.shift()!))) {
    renew(last, rest.shift()!)
    ;(old as HTMLElement).append(...rest)
  } else old.replaceWith(fresh)
}

const lead = (line: string) => /^\s*/.exec(line)![0].replace(/\t/g, "    ")
/** How far a line is indented; a tab counts four. */
const indent = (line: string) => lead(line).length
const outdent = (line: string, columns: number) => (columns ? lead(line).slice(columns) + line.trimStart() : line)

const fence = (text: string) => /^(```+|~~~+)([^`]*)$/.exec(text)
const heading = (text: string) => /^(#{1,6})( |$)/.exec(text)
const rule = (text: string) => /^([-*_])\1\1+$/.test(text.replace(/\s/g, ""))
const marker = (text: string) => /^([-*+]|(\d{1,9})[.)])(\s|$)/.exec(text)

/** The cells of a table's row. */
const cells = (line = "") =>
  line
    .trim()
    .replace(/\\\|/g, "\0")
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim().replace(/\0/g, "|"))

/** To which side the cells go below a mark. What an attribute says is no inline style to a page's policy. */
const sides: Record<string, string> = { ":-": "left", "-:": "right", ":-:": "center" }

/** Whether lines[i] and the one below begin a table. A head whose rest is still to come counts. */
function table(lines: string[], i: number, open?: boolean): boolean {
  const head = lines[i]!.trim()
  const below = lines[i + 1] || ""
  if (!head.includes("|") || /[^|:\-\s]/.test(below)) return false
  if (open && i > lines.length - 3 && /^\|.*[^|:\s-]/.test(head)) return true
  const marks = cells(below)
  return marks.length == cells(head).length && marks.every((mark) => /^:?-+:?$/.test(mark))
}

/** Whether lines[i] begins a block, even right below a paragraph. */
function begins(lines: string[], i: number, open?: boolean): boolean {
  const text = lines[i]!.trim()
  return /^([-*+]|1[.)])(\s|$)|^>/.test(text) || !!(fence(text) || heading(text)) || rule(text) || table(lines, i, open)
}

function blocks(lines: string[], depth: number, open: boolean | undefined, dress: Dress, emit: (node: HTMLElement, line: number) => void) {
  for (let i = 0; i < lines.length; ) {
    const at = i
    const line = lines[i++]!
    const text = line.trim()
    const inner: string[] = []
    const children: Node[] = []
    let mark: RegExpExecArray | null
    let node: HTMLElement
    /** Whether what ends here may still go on. */
    const more = () => open && i >= lines.length

    if (!text) continue
    if ((mark = fence(text))) {
      const [, ticks, info] = mark as unknown as [string, string, string]
      for (; i < lines.length; ) {
        const next = lines[i++]!
        if (next.trim().startsWith(ticks) && !/[^`~]/.test(next.trim())) break
        inner.push(outdent(next, indent(line)))
      }
      node = dress(el("code", {}, inner.join("\n")), info.trim())
    } else if ((mark = heading(text))) {
      // One level for all: an answer's headings belong under the page's own, and may come in any order.
      node = el("h3.heading", { dir: "auto" }, inline(text.slice(mark[0].length), more()))
    } else if (rule(text)) {
      node = el("hr")
    } else if (text[0] == ">" && depth < deepest) {
      for (i--; i < lines.length && lines[i]!.trim()[0] == ">"; i++) inner.push(lines[i]!.trim().replace(/^> ?/, ""))
      blocks(inner, depth + 1, more(), dress, (child) => children.push(child))
      node = el("blockquote", { dir: "auto" }, children)
    } else if ((mark = marker(text)) && depth < deepest) {
      const number = mark[2]
      const base = indent(line) + 2
      for (i--; i < lines.length && (mark = marker(lines[i]!.trim())) && !mark[2] == !number && indent(lines[i]!) < base && !rule(lines[i]!); ) {
        const width = indent(lines[i]!) + mark[0].length
        const inner = [lines[i++]!.trim().slice(mark[0].length)]
        let blanks = 0
        for (; i < lines.length; i++) {
          const next = lines[i]!
          if (!next.trim()) blanks++
          else {
            if (indent(next) < base && (blanks || marker(next.trim()) || begins(lines, i))) break
            for (; blanks; blanks--) inner.push("")
            inner.push(outdent(next, width))
          }
        }
        children.push(item(inner, depth, more(), dress))
      }
      node = el(number ? "ol" : "ul", { dir: "auto", start: number }, children)
    } else if (table(lines, i - 1, open)) {
      const head = cells(line)
      const marks = cells(lines[i++])
      const row = (tag: string, all: string[], open?: boolean) =>
        // Cells that are not there are not made up: a wide head over many short rows would be a bomb.
        el("tr", {}, all.slice(0, head.length).map((cell, k) => el(tag, { align: sides[marks[k]?.replace(/-+/, "-")!] }, inline(cell, open))))
      children.push(row("th", head))
      while (i < lines.length && lines[i]!.trim() && !begins(lines, i)) children.push(row("td", cells(lines[i++]), more()))
      node = el(".table", { tabindex: 0, dir: "auto" }, el("table", {}, children))
    } else {
      inner.push(text)
      while (i < lines.length && lines[i]!.trim() && !begins(lines, i, open)) inner.push(lines[i++]!.trim())
      node = el("p", { dir: "auto" }, inline(inner.join("\n"), more()))
    }
    emit(node, at)
  }
}

function item(lines: string[], depth: number, open: boolean | undefined, dress: Dress): HTMLElement {
  const task = /^\[([ xX])\]\s/.exec(lines[0]!)
  const node = el(task ? "li.task" : "li")
  if (task) {
    lines[0] = lines[0]!.slice(4)
    node.append(task[1] == " " ? "☐ " : "☑ ")
  }
  blocks(lines, depth + 1, open, dress, (child, line) => {
    // The item's own line needs no paragraph around it.
    if (line || child.tagName != "P") node.append(child)
    else while (child.firstChild) node.append(child.firstChild)
  })
  return node
}
