// Gives a shadow root its style, on pages that forbid styles, too.

import { el } from "./dom"
import css from "./style.css"

/**
 * A constructed sheet is no inline style, so a page's `style-src 'none'` does not concern it. Safari has them since
 * 16.4; before, there is a <style> element, which such a page does not let work.
 */
export function style(root: ShadowRoot) {
  try {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
  } catch {
    root.prepend(el("style", {}, css))
  }
}
