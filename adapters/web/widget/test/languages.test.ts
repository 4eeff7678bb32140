import assert from "node:assert/strict"
import { test } from "node:test"
import { load, pick } from "../src/texts"

// A file of its own, as what is known is the page's and stays.
test("what the operator does not offer is not spoken, but for English", () => {
  load(["it"])
  assert.equal(pick(["fr", "it"]), "it")
  assert.equal(pick(["fr"]), "en")
})
