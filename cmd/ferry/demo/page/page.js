// The page: it hears what happens, and passes it on to those who show it.

import * as backstage from "./backstage.js"
import { ask, find, say, settings } from "./dom.js"
import { renew, screens } from "./phones.js"
import { story } from "./story.js"

/** now is what the page knows. The story waits for things to be seen in it. */
export const now = { state: null, screens: {}, history: null }

const events = new EventSource("/demo/events?token=" + settings.token)
const on = (event, take) => events.addEventListener(event, ({ data }) => take(JSON.parse(data)))

on("state", (state) => {
  const another = now.state?.run != state.run
  now.state = state
  backstage.processes(state.processes, state.away)
  if (!another) return
  backstage.clear()
  renew()
})
for (const [name, show] of Object.entries(screens)) {
  on(name, (screen) => {
    now.screens[name] = screen
    show(screen)
  })
}
on("history", (history) => {
  now.history = history
  backstage.history(history)
})
on("note", backstage.note)
on("http", backstage.exchange)
events.onerror = () => (find("#break-what").textContent = say("lost"))

/** enter has somebody new take the phones, who speaks the page's language. */
export async function enter() {
  const { run } = now.state
  await ask("reset", { language: settings.language })
  while (now.state.run == run) await new Promise((done) => setTimeout(done, 20))
}
// Whoever opens the page in another language than the phones have begins anew.
on("up", async () => {
  if (now.state.language != settings.language && !now.entering) {
    now.entering = true
    await enter()
  }
  document.body.dataset.ready = now.state.language
})

const { play, stop } = story(now, enter)
find("#play").addEventListener("click", play)
find("#stop").addEventListener("click", stop)
find("#again").addEventListener("click", () => {
  stop()
  enter()
})

for (const button of document.querySelectorAll("[data-break]")) {
  button.addEventListener("click", async () => {
    const { break: what } = button.dataset
    stop()
    find("#behind").open = true
    const told = find("#break-what")
    try {
      await ask("break", { what })
      told.textContent = say("break_" + what + "_what")
    } catch (error) {
      told.textContent = error.message
    }
  })
}
