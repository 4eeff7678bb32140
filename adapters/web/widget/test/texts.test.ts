import assert from "node:assert/strict"
import { test } from "node:test"
import { languages, T, table } from "../src/table"
import { add, load, pick, rightToLeft, texts } from "../src/texts"

load(languages)

test("every language has every sentence, as written in the table", () => {
  for (const [column, language] of languages.entries())
    for (const [row, [key, sentences]] of Object.entries(table).entries()) {
      assert.ok(sentences[column], `${key} in ${language}`)
      assert.equal(texts(language)[row], sentences[column], `${key} in ${language}, after packing`)
      assert.equal(sentences[column].includes("{}"), sentences[0].includes("{}"), `${key} in ${language} has its place`)
    }
})

test("the numbers are the rows", () => {
  assert.equal(T.chat, 0)
  assert.equal(texts("en")[T.send], "Send")
  assert.equal(Object.keys(table)[T.wrong], "wrong")
  assert.equal(Object.keys(table).length, T.wrong + 1)
})

test("the first language that is wanted and known is taken", () => {
  assert.equal(pick(["pt-BR", "en"]), "pt")
  assert.equal(pick([undefined, "", "xx", "ES-mx"]), "es")
  assert.equal(pick(["xx"]), "en")
})

test("a page brings its own language, and its own words", () => {
  add("de", ["Chat öffnen"])
  assert.equal(pick(["de-AT"]), "de")
  assert.equal(texts("de")[T.chat], "Chat öffnen")
  assert.equal(texts("de")[T.send], "Send", "what is missing is English")
  add("en", ["Talk to us"])
  assert.equal(texts("en")[T.chat], "Talk to us")
  assert.equal(texts("en")[T.send], "Send")
})

test("Arabic is written from the right", () => {
  assert.deepEqual(languages.filter(rightToLeft), ["ar"])
})
