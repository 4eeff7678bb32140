// What the other scripts share: the page's settings, elements, and asking the server.

export const settings = JSON.parse(document.getElementById("settings").textContent)
export const say = (key, values = {}) =>
  (settings.say[key] ?? key).replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all))

export const find = (selector, within = document) => within.querySelector(selector)

/** el makes an element "name.class" with attributes, listeners (functions), and children. */
export function el(spec, attributes = {}, ...children) {
  const [name, ...classes] = spec.split(".")
  const node = document.createElement(name)
  node.classList.add(...classes)
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value == "function") node.addEventListener(key, value)
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value)
  }
  node.append(...children.filter((child) => child !== undefined && child !== ""))
  return node
}

/** draw makes an SVG of one path. */
export function draw(path, size, label) {
  const space = "http://www.w3.org/2000/svg"
  const svg = document.createElementNS(space, "svg")
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`)
  svg.setAttribute("role", "img")
  svg.setAttribute("aria-label", label)
  svg.setAttribute("class", "qr")
  const line = document.createElementNS(space, "path")
  line.setAttribute("d", path)
  line.setAttribute("fill", "#000")
  svg.append(line)
  return svg
}

/** ask has the server do something, and returns what it answers. What it refuses is thrown in its words. */
export async function ask(what, body = {}) {
  const response = await fetch("/demo/" + what, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Demo-Token": settings.token },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error((await response.text()).trim())
  return response.json()
}

export const clock = (at) => new Date(at).toLocaleTimeString(settings.language, { hour: "2-digit", minute: "2-digit" })
export const day = (at) => new Date(at).toLocaleDateString(settings.language, { dateStyle: "medium" })
export const today = (at) => new Date(at).toDateString() == new Date().toDateString()

export const channelName = (name) => ({ whatsapp: "WhatsApp", telegram: "Telegram", sms: "SMS", web: say("web") })[name] ?? name
