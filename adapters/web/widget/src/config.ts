// What the server tells the widget: it replaces the text below, once, by a JSON object of this shape.

export interface Config {
  /** The assistant's name. */
  name: string
  /** The languages that people may be spoken to in, and the one where nothing else is known. */
  languages: string[]
  language: string
  /** The channels that can invite. */
  channels: string[]
  /** Where help is, and what is kept about people; "" for nowhere. */
  support: string
  privacy: string
  /** Whether codes can be made and redeemed. */
  link: boolean
}

/** Without a server behind it the text stays a text, and nothing here is known. */
export const config: Config = Object.assign({}, "@ferry-config@" as never)
