// Makes nodes. Nothing here, or anywhere in the widget, makes markup from a string: what an answer
// says stays text, and a page with Trusted Types has nothing to object to.

/** What can be in an element; what is not true is nothing. */
type Child = Node | string | false | undefined
type Value = string | number | undefined | ((event: never) => void)

/**
 * el makes an element. It is named by its tag and its parts: "button.send", ".entry user" (a div). The parts are
 * classes, too, for our own sheet; to the outside, the part attributes are what stays the same. Functions listen;
 * undefined is no attribute. Children may come in a list.
 */
export function el<T extends HTMLElement = HTMLElement>(name: string, props: Record<string, Value> = {}, ...children: (Child | Child[])[]): T {
  const [tag, part] = name.split(".")
  const element = document.createElement(tag || "div")
  // One at a time: a hostile answer has more of them than a call may have arguments. And before the attributes, as with
  // dir="auto" Chrome looks through all the children again for each that is added.
  for (const child of children.flat()) if (child) element.append(child)
  for (const [name, value] of Object.entries<Value>({ part, class: part, ...props })) {
    if (typeof value == "function") element.addEventListener(name, value as EventListener)
    else if (value != null) element.setAttribute(name, value as string)
  }
  return element as T
}

/** svg draws one path in a square whose corner is at `from`. */
export function svg(path: string, from: number, size: number): Element {
  const [drawing, line] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag)) as unknown as [Element, Element]
  drawing.setAttribute("viewBox", `${from} ${from} ${size} ${size}`)
  line.setAttribute("d", path)
  drawing.append(line)
  return drawing
}
