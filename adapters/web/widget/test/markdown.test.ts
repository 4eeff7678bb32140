import assert from "node:assert/strict"
import { test } from "node:test"
import { parseHTML } from "linkedom"
import { markdown } from "../src/markdown"

const { document } = parseHTML("<html><body></body></html>")
Object.assign(globalThis, { document })

/** A place to write in, and what is there, without what is the same everywhere. */
function place() {
  const root = document.createElement("div") as unknown as HTMLElement
  const show = markdown(root, (code, language) => {
    const pre = document.createElement("pre") as unknown as HTMLElement
    if (language) pre.setAttribute("lang", language)
    pre.append(code)
    return pre
  })
  const html = () =>
    root.innerHTML
      .replace(/ (class|dir|tabindex|target|rel|role|aria-level)="[^"]*"/g, "")
      .replace(/<(br|hr)>/g, "<$1>")
  return { root, show, html }
}

function once(text: string, open = false): string {
  const it = place()
  it.show(text, open)
  return it.html()
}

const link = (href: string, text = href) => `<a href="${href}">${text}</a>`
const table = (...rows: string[]) => `<div part="table"><table>${rows.map((row) => `<tr>${row}</tr>`).join("")}</table></div>`

const cases: [markdown: string, html: string][] = [
  // Paragraphs and breaks.
  ["", ""],
  ["a", "<p>a</p>"],
  ["a\n\nb\n\n\n\nc", "<p>a</p><p>b</p><p>c</p>"],
  ["a\nb", "<p>a<br>b</p>"],
  ["a  \nb\\\nc\r\nd", "<p>a<br>b<br>c<br>d</p>"],
  ["<b>a</b> & <script>alert(1)</script>", "<p>&lt;b&gt;a&lt;/b&gt; &amp; &lt;script&gt;alert(1)&lt;/script&gt;</p>"],
  ['<img src=x onerror="alert(1)">', '<p>&lt;img src=x onerror="alert(1)"&gt;</p>'],
  // Headings and rules.
  ["# a", '<h3 part="heading">a</h3>'],
  ["###### a *b*\nc", '<h3 part="heading">a <em>b</em></h3><p>c</p>'],
  ["####### a", "<p>####### a</p>"],
  ["#a", "<p>#a</p>"],
  ["a\n# b", '<p>a</p><h3 part="heading">b</h3>'],
  ["---", "<hr>"],
  ["a\n***\nb", "<p>a</p><hr><p>b</p>"],
  ["* * *", "<hr>"],
  ["--", "<p>--</p>"],
  // Emphasis.
  ["**a** __b__", "<p><strong>a</strong> <strong>b</strong></p>"],
  ["*a* _b_", "<p><em>a</em> <em>b</em></p>"],
  ["***a***", "<p><strong><em>a</em></strong></p>"],
  ["**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"],
  ["**a*", "<p>*<em>a</em></p>"],
  ["~~a~~ ~b~", "<p><del>a</del> ~b~</p>"],
  ["2 * 3 * 4", "<p>2 * 3 * 4</p>"],
  ["snake_case_name and __init__.py", "<p>snake_case_name and <strong>init</strong>.py</p>"],
  ["**「a」**b", "<p><strong>「a」</strong>b</p>"],
  ["**open", "<p>**open</p>"],
  ["a **b\nc** d", "<p>a <strong>b<br>c</strong> d</p>"],
  ["**[0, 1)** and a[1]", "<p><strong>[0, 1)</strong> and a[1]</p>"],
  ["\\*a\\* \\\\ \\q", "<p>*a* \\ \\q</p>"],
  // Code.
  ["`a*b*c`", "<p><code>a*b*c</code></p>"],
  ["``a`b``", "<p><code>a`b</code></p>"],
  ["`a", "<p>`a</p>"],
  ["**`a`**", "<p><strong><code>a</code></strong></p>"],
  ["`<b>`", "<p><code>&lt;b&gt;</code></p>"],
  ["```\na\n\n  b\n```\nc", "<pre><code>a\n\n  b</code></pre><p>c</p>"],
  ["```go\n```", '<pre lang="go"><code></code></pre>'],
  ["~~~\n```\n~~~", "<pre><code>```</code></pre>"],
  ["````\n```\n````", "<pre><code>```</code></pre>"],
  ["```\n\tmake", "<pre><code>\tmake</code></pre>"],
  ["```\n<script>\n[a](b)\n```", "<pre><code>&lt;script&gt;\n[a](b)</code></pre>"],
  // Quotes.
  ["> a\n> b\n>\n> c", "<blockquote><p>a<br>b</p><p>c</p></blockquote>"],
  ["> > a\n> b", "<blockquote><blockquote><p>a</p></blockquote><p>b</p></blockquote>"],
  ["> - a\n> - b", "<blockquote><ul><li>a</li><li>b</li></ul></blockquote>"],
  // Lists.
  ["- a\n- b", "<ul><li>a</li><li>b</li></ul>"],
  ["* a\n+ b", "<ul><li>a</li><li>b</li></ul>"],
  ["1. a\n2. b", '<ol start="1"><li>a</li><li>b</li></ol>'],
  ["3) a", '<ol start="3"><li>a</li></ol>'],
  ["- a\n  - b\n    - c\n- d", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>"],
  ["1. a\n   - b\n2. c", '<ol start="1"><li>a<ul><li>b</li></ul></li><li>c</li></ol>'],
  ["1. a\n  - b", '<ol start="1"><li>a<ul><li>b</li></ul></li></ol>'],
  ["- a\n\n- b\n\n  c", "<ul><li>a</li><li>b<p>c</p></li></ul>"],
  ["- a\n\nb", "<ul><li>a</li></ul><p>b</p>"],
  ["- a\nb", "<ul><li>a<br>b</li></ul>"],
  ["a\n- b", "<p>a</p><ul><li>b</li></ul>"],
  ["In\n2024. It", "<p>In<br>2024. It</p>"],
  ["- a\n\n      deep", "<ul><li>a<p>deep</p></li></ul>"],
  ["1. a\n   ```sh\n   b\n     c\n   ```\n2. d", '<ol start="1"><li>a<pre lang="sh"><code>b\n  c</code></pre></li><li>d</li></ol>'],
  ["- [ ] a\n- [x] b\n- [y] c", '<ul><li part="task">☐ a</li><li part="task">☑ b</li><li>[y] c</li></ul>'],
  ["-a", "<p>-a</p>"],
  ["- ", "<ul><li></li></ul>"],
  // Tables.
  ["| a | b |\n|---|---|\n| c | **d** |", table("<th>a</th><th>b</th>", "<td>c</td><td><strong>d</strong></td>")],
  ["a | b\n:-- | --:\nc | d\n\ne", table('<th align="left">a</th><th align="right">b</th>', '<td align="left">c</td><td align="right">d</td>') + "<p>e</p>"],
  ["|a|b|c|\n|:---:|---|--:|\n|d|e", table('<th align="center">a</th><th>b</th><th align="right">c</th>', '<td align="center">d</td><td>e</td>')],
  ["| a |\n|---|\n| b \\| c |\n| d<br>e |", table("<th>a</th>", "<td>b | c</td>", "<td>d<br>e</td>")],
  ["| a | b |\n|---|---|\n| c |\n| d | e | f |\ng\n# h", table("<th>a</th><th>b</th>", "<td>c</td>", "<td>d</td><td>e</td>", "<td>g</td>") + '<h3 part="heading">h</h3>'],
  ["| a | b |\n|---|", "<p>| a | b |<br>|---|</p>"],
  ["x\n| a |\n|---|", "<p>x</p>" + table("<th>a</th>")],
  // Links.
  ["[a](https://x.example/y)", `<p>${link("https://x.example/y", "a")}</p>`],
  ['[**a** b](https://x.example "title")', `<p>${link("https://x.example", "<strong>a</strong> b")}</p>`],
  ["[a](https://x.example/a_(b)) c", `<p>${link("https://x.example/a_(b)", "a")} c</p>`],
  ["[a](mailto:a@b.example) [b](tel:+123)", `<p>${link("mailto:a@b.example", "a")} ${link("tel:+123", "b")}</p>`],
  ["[](https://x.example)", `<p>${link("https://x.example")}</p>`],
  ["[a][b] [c]", "<p>[a][b] [c]</p>"],
  ["[a](b", "<p>[a](b</p>"],
  ["[a [b](https://x.example) c](https://y.example)", `<p>${link("https://y.example", "a b c")}</p>`],
  ["<https://x.example/*a*> <mailto:a@b.example>", `<p>${link("https://x.example/*a*")} ${link("mailto:a@b.example")}</p>`],
  ["See https://x.example/a?b=c#d.", `<p>See ${link("https://x.example/a?b=c#d")}.</p>`],
  ["(https://x.example/a_(b)), **https://y.example**", `<p>(${link("https://x.example/a_(b)")}), <strong>${link("https://y.example")}</strong></p>`],
  ["xhttps://", "<p>xhttps://</p>"],
  // Pictures are links, and never anything that is loaded.
  ["![a cat](https://x.example/cat.png)", `<p>${link("https://x.example/cat.png", "a cat")}</p>`],
  ["![](https://x.example/cat.png)", `<p>${link("https://x.example/cat.png")}</p>`],
  ["[![a](https://x.example/i.png)](https://y.example)", `<p>${link("https://y.example", "a")}</p>`],
  ["![a](data:image/png;base64,AAAA)", "<p><a>a</a></p>"],
  // Where no link may lead.
  ["[a](javascript:alert(1))", "<p><a>a</a></p>"],
  ["[a](JaVaScRiPt:alert`1`)", "<p><a>a</a></p>"],
  ["[a](java\tscript:alert(1))", "<p>[a](java\tscript:alert(1))</p>"],
  ["[a](data:text/html,x) [b](vbscript:x) [c](file:///etc/passwd) [d](/relative) [e](//x.example)", "<p><a>a</a> <a>b</a> <a>c</a> <a>d</a> <a>e</a></p>"],
  ["<javascript:alert(1)>", "<p>&lt;javascript:alert(1)&gt;</p>"],
  // A text that looks like another host shows the real one.
  ["[bank.example](https://evil.example/x)", `<p>${link("https://evil.example/x", 'bank.example<span part="host"> (evil.example)</span>')}</p>`],
  ["[https://bank.example/login](https://evil.example)", `<p>${link("https://evil.example", 'https://bank.example/login<span part="host"> (evil.example)</span>')}</p>`],
  ["[bank。example](https://evil.example)", `<p>${link("https://evil.example", 'bank。example<span part="host"> (evil.example)</span>')}</p>`],
  ["[help@bank.example](mailto:x@evil.example)", `<p>${link("mailto:x@evil.example", 'help@bank.example<span part="host"> (evil.example)</span>')}</p>`],
  ["https://bank.example@evil.example", `<p>${link("https://bank.example@evil.example", 'https://bank.example@evil.example<span part="host"> (evil.example)</span>')}</p>`],
  ["[www.x.example](https://x.example) [X.example/index.html](https://x.example/)", `<p>${link("https://x.example", "www.x.example")} ${link("https://x.example/", "X.example/index.html")}</p>`],
  // Marks that turn text around are not kept.
  ["[\u202emoc.knab\u202c](https://evil.example) \u2066a\u2069", `<p>${link("https://evil.example", 'moc.knab<span part="host"> (evil.example)</span>')} a</p>`],
]

for (const [text, want] of cases)
  test(JSON.stringify(text), () => {
    assert.equal(once(text), want)
    // However it is cut, what stands there in the end is the same.
    const it = place()
    for (let i = 1; i <= text.length; i++) it.show(text.slice(0, i), true)
    it.show(text)
    assert.equal(it.html(), want, "written letter by letter")
  })

test("links open apart, and tell nobody where from", () => {
  const { root, show } = place()
  show("https://x.example")
  const a = root.querySelector("a")!
  assert.equal(a.getAttribute("target"), "_blank")
  assert.equal(a.getAttribute("rel"), "noopener noreferrer nofollow")
})

test("a long text shows where its link leads, whatever it says", () => {
  assert.match(once(`[${"word ".repeat(80)}](https://evil.example)`), /\(evil\.example\)/)
})

test("each block finds its own direction", () => {
  const { root, show } = place()
  show("مرحبا\n\nhello\n\n- a\n\n> b\n\n# c\n\n| d |\n|---|")
  for (const block of root.querySelectorAll("p,ul,blockquote,[part=table],[part=heading]")) assert.equal(block.getAttribute("dir"), "auto", block.outerHTML)
})

test("an answer that only grows is not written anew but for what is at its end", () => {
  const { root, show, html } = place()
  show("a\n\n- b\n\nc *d", true)
  const [a, list, c] = root.childNodes
  const [, d] = c!.childNodes
  show("a\n\n- b\n\nc *d and* more", true)
  assert.equal(root.childNodes[0], a)
  assert.equal(root.childNodes[1], list)
  assert.equal(root.childNodes[2], c)
  assert.equal(c!.childNodes[1], d)
  assert.equal(html(), "<p>a</p><ul><li>b</li></ul><p>c <em>d and</em> more</p>")
  show("a\n\n- b\n\n# c", true)
  assert.notEqual(root.childNodes[2], c)
  show("another")
  assert.equal(root.childNodes.length, 1)
  show("")
  assert.equal(root.childNodes.length, 0)
})

// What is replaced loses where it was scrolled to, and what was selected in it.
for (const [what, begun, more, part] of [
  ["a block of code", "```go\nfirst", "\nsecond\n```\n\nend", "pre code"],
  ["code in a list", "1. do\n   ```sh\n   ls", "\n   cd\n   ```\n2. then", "pre code"],
  ["a table", "| a |\n|---|\n| b |\n| c", " |\n| d |\n\nend", "table"],
] as const)
  test(`${what} that grows stays the same`, () => {
    const { root, show, html } = place()
    show(begun, true)
    const before = root.querySelector(part)!
    const text = before.firstChild
    for (let i = 1; i <= more.length; i++) show(begun + more.slice(0, i), true)
    show(begun + more)
    assert.equal(root.querySelector(part), before)
    assert.equal(before.firstChild, text)
    assert.equal(html(), once(begun + more))
  })

// While it is written, an answer must not show the marks that will be gone a moment later.
const flicker: [markdown: string, never: RegExp][] = [
  ["some **bold** text", /\*/],
  ["some *slanted* and ***both***", /\*/],
  ["some `code` here", /`/],
  ["~~gone~~", /~/],
  ["a [link](https://x.example/path) here", /\(|example/],
  ["a\n\n```js\nb\n```\n\nc", /`/],
  ["a\n\n---\n\nb", /-/],
  ["- a\n- b", /-/],
  ["1. a\n2. b", /[12]/],
  ["a\n\n1. b\n\n2. c", /[12]/],
  ["# a\n\n## b", /#/],
  ["> a\n> b", />/],
  ["| a | b |\n|---|---|\n| c | d |", /[|-]/],
]
for (const [text, never] of flicker)
  test(`nothing flickers in ${JSON.stringify(text)}`, () => {
    const { root, show } = place()
    for (let i = 1; i <= text.length; i++) {
      show(text.slice(0, i), true)
      assert.doesNotMatch(root.textContent!, never, `after ${JSON.stringify(text.slice(0, i))}`)
    }
  })

test("what is written in pieces is what is written at once", () => {
  const all = cases.map(([text]) => text).join("\n\n")
  let seed = 1
  const chance = (n: number) => (seed = (seed * 48271) % 2147483647) % n
  for (let round = 0; round < 20; round++) {
    const { show, html } = place()
    for (let i = 0; i < all.length; i += 1 + chance(80)) show(all.slice(0, i), true)
    show(all)
    assert.equal(html(), once(all))
  }
})

const hostile: Record<string, string> = {
  brackets: "[".repeat(1e5),
  "closed brackets": "[".repeat(5e4) + "]".repeat(5e4),
  "half links": "[a](".repeat(25e3),
  "links in links": "[".repeat(2e4) + "a" + "](https://x.example)".repeat(4e3),
  parentheses: "[a](" + "(".repeat(1e5),
  "open titles": '[a](b "'.repeat(14e3),
  stars: "*".repeat(1e5),
  "open stars": "*a ".repeat(33e3),
  "closing stars": "a* ".repeat(33e3),
  "mixed marks": "*a _b ~~c **d __e ".repeat(6e3),
  "marks that find no end": "*a ".repeat(3e4) + "b_ ".repeat(3e4),
  underscores: "_a".repeat(5e4),
  quotes: ">".repeat(1e5),
  "lines of quotes": ">>>>>>>>>>>> a\n".repeat(7e3),
  "quotes of lists": "> - ".repeat(25e3),
  lists: "- ".repeat(5e4),
  "deep lists": Array.from({ length: 400 }, (_, i) => " ".repeat(2 * i) + "- a").join("\n"),
  items: "1. a\n".repeat(2e4),
  "blank lines in a list": "- a\n" + "\n".repeat(1e5) + "  b",
  backticks: "`".repeat(1e5),
  "every run of backticks": Array.from({ length: 440 }, (_, i) => "`".repeat(i + 1)).join(" "),
  "spans of code": "`a` ".repeat(25e3),
  fences: "~~~\n".repeat(25e3),
  pipes: "|".repeat(1e5) + "\n" + "|-".repeat(5e4),
  "a wide table": "|a".repeat(15e3) + "\n" + "|-".repeat(15e3) + "\n" + "|\n".repeat(2e4),
  spaces: " ".repeat(1e5) + "x",
  "marks and spaces": "- ".repeat(5e4) + "x",
  hashes: "# " + " #".repeat(5e4),
  addresses: "https://".repeat(12e3),
  "dots after an address": "https://x.example/" + ".".repeat(1e5) + " x",
  "an address of brackets": "https://x.example/" + "(".repeat(1e5),
  angles: "<".repeat(1e5),
  "open angles": "<https://a".repeat(1e4),
  breaks: "a\n".repeat(5e4),
  backslashes: "\\".repeat(1e5),
}
for (const [name, text] of Object.entries(hostile))
  test(`100 kB of ${name} take no time to speak of`, () => {
    // Generous, for a very busy machine and a slow DOM: what is not linear takes minutes.
    for (const open of [false, true]) {
      const { show } = place()
      const began = performance.now()
      show(text, open)
      const took = performance.now() - began
      assert.ok(took < 30_000, `${Math.round(took)} ms`)
    }
  })

test("nesting ends somewhere, and what is deeper is text", () => {
  const { root, show } = place()
  show(">".repeat(50) + " a")
  assert.equal(root.querySelectorAll("blockquote").length, 8)
  assert.match(root.textContent!, /> a$/)
})
