// Reads server-sent events as they come over a fetch. EventSource cannot be used: it sends no
// Authorization header, and a token has no place in a URL.

export interface ServerEvent {
  id: string
  name: string
  data: string
}

/**
 * parser returns a function that takes the stream piece by piece, cut anywhere, and calls emit for each event.
 * The rules are those of the HTML standard, "Interpreting an event stream"; `retry` is ignored, as the waits
 * are our own, and so are fields without a colon, which mean nothing here.
 */
export function parser(emit: (event: ServerEvent) => void): (piece: string) => void {
  let rest = ""
  let afterCR = false
  let id = ""
  let name = ""
  let data = ""

  return (piece) => {
    if (!piece) return
    // The LF of a CRLF that was cut in two.
    if (afterCR) piece = piece.replace(/^\n/, "")
    afterCR = piece.endsWith("\r")
    const lines = (rest + piece).split(/\r\n?|\n/)
    rest = lines.pop()!
    for (const line of lines) {
      const [, field, value] = /^(\w+): ?(.*)/.exec(line) || []
      if (field == "id") id = value!
      else if (field == "event") name = value!
      else if (field == "data") data += value + "\n"
      else if (!line) {
        if (data) emit({ id, name, data })
        name = data = ""
      }
    }
  }
}
