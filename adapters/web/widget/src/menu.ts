// The menu, and what opens in its place: the way to another channel, and a code from one.

import type { Chat } from "./chat"
import type { Config } from "./config"
import { el, svg } from "./dom"
import type { Refusal } from "./session"
import type { Texts } from "./texts"
import { T } from "./table"

const known: Record<string, string> = { telegram: "Telegram", sms: "SMS", whatsapp: "WhatsApp" }

/** nameOf returns what people call a channel. */
export const nameOf = (channel: string) => known[channel] || channel

export interface Menu {
  box: HTMLElement
  /** Opens it, or closes whatever is open in its place. */
  toggle(): void
  /** Offers to bring the conversation of a code here. */
  offer(code: string): void
}

/** menu makes the menu of a button; say tells the person something. */
export function menu(config: Config, t: Texts, chat: () => Chat | undefined, opener: HTMLElement, say: (text: string) => void): Menu {
  const box = el(".menu", { hidden: "" })

  function show(...content: (Element | false | "")[]) {
    box.replaceChildren(...(content.filter(Boolean) as Element[]))
    box.hidden = !box.firstChild
    opener.ariaExpanded = "" + !box.hidden
    ;(box.querySelector<HTMLElement>("button,a,input") || opener).focus()
  }

  const lead = (part: string, label: string, href: string) => el("a." + part, { href, target: "_blank", rel: "noopener" }, label)
  const token = (code: string) => el("p.token", { dir: "ltr" }, code)
  const act = (action: string, label: string, click: () => void) => el("button.item", { "data-action": action, click }, label)
  const command = (action: string, label: string) =>
    act(action, label, () => {
      show()
      if (chat()!.known()) chat()!.send("/" + action)
    })
  const bring = (code: () => string) =>
    el("button.item go", {
      async click() {
        try {
          // A question comes as a message.
          if ((await chat()!.claim(code())) == "waiting") say(t[T.confirm]!)
          show()
        } catch (error) {
          say(/40[049]/.test("" + (error as Refusal).status) ? t[T.wrong]! : t[T.error]!)
        }
      },
    }, t[T.bring]!)

  const move = (channel: string) => {
    const label = t[T.move]!.replace("{}", nameOf(channel))
    return act(channel, label, async () => {
      try {
        const { code, links } = await chat()!.link()
        const { url, qr = "", size = 0 } = links.find((link) => link.channel == channel)!
        show(el(".qr", {}, svg(qr, -4, size + 8)), token(code), lead("item go", label, url))
      } catch {
        say(t[T.error]!)
      }
    })
  }

  return {
    box,
    toggle() {
      if (!box.hidden) return show()
      const { link, channels, privacy, support } = config
      const field = el<HTMLInputElement>("input.field", { "aria-label": t[T.code]!, autocomplete: "off", dir: "ltr" })
      show(
        ...channels.filter(() => link).map(move),
        link && act("code", t[T.code]!, () => show(field, bring(() => field.value))),
        command("new", t[T.fresh]!),
        command("forget", t[T.forget]!),
        privacy && lead("item", t[T.privacy]!, privacy),
        support && lead("item", t[T.support]!, support),
        el("slot", { name: "page" }),
      )
    },
    offer: (code) => config.link && show(token(code), bring(() => code)),
  }
}
