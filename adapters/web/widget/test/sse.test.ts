import assert from "node:assert/strict"
import { test } from "node:test"
import { parser, type ServerEvent } from "../src/sse"

function parse(...pieces: string[]): ServerEvent[] {
  const events: ServerEvent[] = []
  const feed = parser((event) => events.push(event))
  pieces.forEach(feed)
  return events
}

const cases: [name: string, stream: string, want: ServerEvent[]][] = [
  ["an event", 'id: 7\nevent: delta\ndata: {"a":1}\n\n', [{ id: "7", name: "delta", data: '{"a":1}\n' }]],
  ["lines of data", "data: a\ndata: b\n\n", [{ id: "", name: "", data: "a\nb\n" }]],
  ["no space after the colon", "event:x\ndata:y\n\n", [{ id: "", name: "x", data: "y\n" }]],
  ["only one space is taken", "data:  y\n\n", [{ id: "", name: "", data: " y\n" }]],
  ["comments", ": 15 s\n\n: again\ndata: a\n\n", [{ id: "", name: "", data: "a\n" }]],
  ["an id stays", "id: 1\ndata: a\n\ndata: b\n\n", [{ id: "1", name: "", data: "a\n" }, { id: "1", name: "", data: "b\n" }]],
  ["a name does not stay", "event: x\ndata: a\n\ndata: b\n\n", [{ id: "", name: "x", data: "a\n" }, { id: "", name: "", data: "b\n" }]],
  ["nothing without data", "event: x\n\n\n\n", []],
  ["unknown fields", "retry: 1\nfoo: bar\ndata: a\n\n", [{ id: "", name: "", data: "a\n" }]],
  ["an unfinished event is none", "data: a\n", []],
  ["empty data", "data:\n\n", [{ id: "", name: "", data: "\n" }]],
]

for (const [name, stream, want] of cases)
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = stream.replaceAll("\n", end)
    test(`${name}, lines ended by ${JSON.stringify(end)}, cut anywhere`, () => {
      assert.deepEqual(parse(text), want)
      assert.deepEqual(parse(...text), want, "in single characters")
      for (let i = 0; i <= text.length; i++) assert.deepEqual(parse(text.slice(0, i), "", text.slice(i)), want, `cut at ${i}`)
    })
  }
