// Package e2e tries the program as its operator runs it: the real binary in any number of processes,
// on a real Redis, against emulators of Telegram and of a model server.
//
//	go test ./cmd/ferry/e2e                                      a minute of chaos, and the stories
//	FERRY_TEST_CHAOS=10m go test -run TestChaos -timeout 20m -v ./cmd/ferry/e2e     chaos for longer
//	FERRY_TEST_SEED=7 go test -run TestChaos -v ./cmd/ferry/e2e  chaos that rolls the same dice
//
// A stage is what one test plays on; people there write on Telegram and read what the bot sends. All
// that the processes print is searched in the end: for secrets, for what people wrote, for data races
// and for panics.
//
// The tests named browser_… open the chat page and the widget in Chromium, with one profile for each
// test; a page that logs an error, breaks its policy or asks another host fails them. axe, which judges
// whether everybody can use a page, is installed by "npm ci" in testdata/axe.
// FERRY_TEST_SCREENSHOTS=DIR keeps a picture of each state that axe has judged, FERRY_TEST_PICTURES=DIR those of the
// demo that the README shows.
//
// Without redis-server, Chromium or axe the tests that need it are skipped, or fail if FERRY_TEST_STRICT
// is 1.
package e2e
