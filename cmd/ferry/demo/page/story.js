// The story: somebody crosses from WhatsApp, and goes on wherever they like. It writes and taps as a person would, on the
// same phones, so that it can be taken over anywhere.

import { find, say } from "./dom.js"
import { frames, go, look, phones } from "./phones.js"

/** pace makes everything so many times as fast. */
const pace = +new URLSearchParams(location.search).get("pace") || 1

class TakenOver extends Error {}

export function story(now, enter) {
  let playing = null
  const caption = find("#caption")

  function show(step, of, text) {
    caption.hidden = false
    find("#stop").textContent = say("take_over")
    find(".count", caption).textContent = `${step}/${of}`
    find(".said", caption).textContent = text
  }

  function stop() {
    playing?.abort()
    playing = null
    caption.hidden = true
    find("#play").disabled = false
    for (const phone of Object.values(phones)) phone.classList.remove("now")
    if (document.body.dataset.story == "playing") document.body.dataset.story = "stopped"
  }

  async function play() {
    if (playing) return
    const mine = (playing = new AbortController())
    find("#play").disabled = true
    document.body.dataset.story = "playing"
    try {
      document.body.dataset.seen = 0
      await enter()
      await tell(mine.signal)
      document.body.dataset.story = "done"
    } catch (error) {
      if (!(error instanceof TakenOver)) throw error
      return
    }
    find("#play").disabled = false
    playing = null
    find("#stop").textContent = say("back")
  }

  async function tell(signal) {
    const check = () => {
      if (signal.aborted) throw new TakenOver()
    }
    const wait = async (ms) => {
      await new Promise((done) => setTimeout(done, ms / pace))
      check()
    }
    /** until waits for what the expression returns to be there, and returns it. */
    const until = async (what) => {
      for (;;) {
        check()
        const found = what()
        if (found) return found
        await new Promise((done) => setTimeout(done, 60))
      }
    }
    const tap = async (node) => {
      node.scrollIntoView({ block: "nearest" })
      node.classList.add("tapped")
      await wait(700)
      node.classList.remove("tapped")
      node.click()
    }
    const type = async (field, text) => {
      for (const piece of text.match(/[\s\S]{1,2}/gu)) {
        field.value += piece
        field.dispatchEvent(new Event("input", { bubbles: true }))
        await wait(38)
      }
      await wait(350)
    }
    const write = async (name, text) => {
      look(name)
      const before = now.screens[name].messages.length
      const field = find("input", phones[name])
      field.value = ""
      await type(field, text)
      find("form button", phones[name]).click()
      await until(() => now.screens[name].messages.length > before)
      return before + 1
    }
    /** told waits for the message after so many, from the other side. */
    const told = (name, before, is = () => true) =>
      until(() => now.screens[name].messages.slice(before).find((one) => !one.mine && is(one)))
    const page = (selector) => until(() => frames.page.contentDocument?.readyState == "complete" && frames.page.contentDocument.querySelector(selector))
    const parts = (name) => [...(frames.chat.contentDocument?.querySelector("ferry-chat")?.shadowRoot?.querySelectorAll(`[part~="${name}"]`) ?? [])]
    const part = (name) => until(() => parts(name).find((one) => one.checkVisibility()))
    const onWeb = async (text, is) => {
      const field = await part("input")
      const before = parts("assistant").length + parts("notice").length
      await type(field, text)
      ;(await part("send")).click()
      await until(() => parts("assistant").length + parts("notice").length > before && is())
    }

    const steps = [
      // The history, and the ban.
      async () => {
        look("whatsapp")
        await wait(5200)
      },
      // A message on WhatsApp, and the notice.
      async () => {
        const n = await write("whatsapp", say("line_whatsapp"))
        await told("whatsapp", n, (one) => one.button)
        await wait(4200)
      },
      // The page behind the link.
      async () => {
        await tap(find(`[data-id="${CSS.escape(now.screens.whatsapp.messages.findLast((one) => one.button).id)}"] .go`, phones.whatsapp))
        await page("form[action*='/telegram']")
        await wait(4500)
      },
      // On to Telegram.
      async () => {
        await tap((await page("form[action*='/telegram'] button")))
        await until(() => now.screens.telegram.start)
        look("telegram")
        await wait(2500)
      },
      async () => {
        const before = now.screens.telegram.messages.length
        await tap(await until(() => find(".keys:not([hidden]) button", phones.telegram)))
        await told("telegram", before)
        await wait(4800)
      },
      // The assistant remembers.
      async () => {
        const n = await write("telegram", say("line_telegram"))
        await told("telegram", n)
        await wait(4500)
      },
      // On to the web: a code, and a yes.
      async () => {
        const n = await write("telegram", "/link")
        const { text } = await told("telegram", n, (one) => one.text.includes("#code="))
        await wait(2200)
        go(text.match(/https?:\S*#code=[A-Z0-9-]+/)[0])
        const yes = await part("go")
        await wait(1800)
        yes.click()
        await until(() => parts("notice").length)
        await wait(1500)
      },
      async () => {
        await onWeb(say("yes"), () => parts("user").length > 2)
        await wait(2200)
        await onWeb(say("line_web"), () => parts("assistant").at(-1)?.dataset.id)
        await wait(3600)
      },
      // By SMS from the same number: it has to be shown that the number is theirs.
      async () => {
        const n = await write("sms", say("line_sms_1"))
        const { text } = await told("sms", n, (one) => /\d{4}\D*$/.test(one.text))
        await wait(3200)
        const m = await write("sms", text.match(/(\d{4})\D*$/)[1])
        await told("sms", m)
        await wait(2400)
      },
      // And a yes on Telegram, where the conversation is open.
      async () => {
        const n = now.screens.telegram.messages.length
        const m = await write("sms", say("yes"))
        await told("telegram", n, (one) => one.buttons)
        look("telegram")
        await wait(2600)
        await tap(await until(() => find(".rows:last-child button", phones.telegram) ?? [...phones.telegram.querySelectorAll(".rows button")].at(-2)))
        look("sms")
        await until(() => now.screens.sms.messages.slice(m).filter((one) => !one.mine).length > 1)
        await wait(1800)
      },
      async () => {
        const n = await write("sms", say("line_sms_2"))
        await told("sms", n)
        await wait(3600)
      },
      // One history.
      async () => {
        find("#behind").open = true
        for (const phone of Object.values(phones)) phone.classList.remove("now")
        find("#behind").scrollIntoView({ block: "center", behavior: "smooth" })
        find(".history").scrollTop = 1e9
        await wait(2500)
      },
    ]
    for (const [i, step] of steps.entries()) {
      document.body.dataset.step = i + 1
      show(i + 1, steps.length, say("step_" + (i + 1)))
      await wait(900)
      await step()
      document.body.dataset.seen = i + 1
      await wait(600)
    }
  }

  return { play, stop }
}
