// Package bridge is what Ferry is: it says what a conversation is, and answers people wherever they
// write. It knows no platform, no store, no model and no metrics; it says what it needs of each in an
// interface of a few methods, and cmd/ferry puts the pieces together.
//
// # The story of one message
//
// Ayu writes "What was the name of that beach?" to the bot on Telegram.
//
//  1. Telegram tells adapters/telegram, by webhook or by poll. The adapter proves that it was Telegram,
//     makes an [Inbound] of the update, from the [Address] telegram:42, and hands it to
//     [Engine.Receive].
//
//  2. Receive puts it into the lane of the session that the address belongs to ([Inbox.Record]). That is
//     one atomic step with the check whether it has been there before, for platforms deliver
//     a message again whenever they are in doubt. Only now is Telegram told that all is well: what it has
//     been told of is never lost, whatever dies next.
//
//  3. A worker takes the lane: a [Lease], for fifteen seconds, renewed every five. While it is held, no
//     other worker, in no other process, works on this person. That is what keeps answers in order.
//     The process that recorded the message takes the lane in the same step if it has a free place.
//
//  4. What is taken is a turn: all plain messages from one address that wait at the head of the lane
//     are answered together, and a command is a turn of its own. The turn's id is that of its first
//     message, on this attempt and on any other. The worker reads the history, asks the [Model], and
//     shows that it is writing.
//
//  5. The answer is recorded ([Turns.Finish]): in one atomic step, which is refused if someone else has
//     taken the lane meanwhile, the messages leave the lane, they and the answer enter the
//     history, and what is to be sent enters the session's out list, already cut into the parts that
//     the channel can send. An answer that was paid for is not thrown away for one failed call: the
//     worker insists until the store has it or the lease turns out to be lost.
//
//  6. What is in the out list goes on to the lane of the address, a lane of the same kind: in the very
//     step that records the answer where the store can do both in one, as on a single Redis; else the
//     worker relays it afterwards. A worker of the outbox takes it from there, keeps the platform's
//     limits, sends part after part, and notes how far it came. Ayu reads: "Pantai Tanjung Aan, you said
//     in May."
//
// If a process dies on any line of this, the message is still at the head of its lane, or the answer
// still in the out list or in the lane of the address; the lease runs out and somebody else goes on.
// A process that only seemed dead finds its token outdated, and whatever it does then is refused. What
// can happen twice is the sending of one part that was cut off in the middle, because no platform can
// tell us afterwards; such a part is counted as doubled.
//
// # Who looks on
//
// On the web nothing is sent: a window shows the conversation itself ([Viewer]). While somebody may be
// looking on, every step that changes a session also adds to its events, in the same script, and all
// processes overhear them ([Live]); while nobody does, this costs nothing. A window that comes back, to any
// process, goes on after the last event it has seen, or is told to read the history again ([Following]).
// What the model writes is shown every 50 milliseconds under the turn's lease ([Live].Show), so that a
// worker that has lost its lease shows nothing, and one that begins again takes back what was shown.
//
// A channel that sends can show the answer too while it is written ([Drafter]): in its own way and pace, under the
// same limits, of which one place is always kept for the answer itself. What it leaves behind, such as a message
// that was edited, becomes the answer's first part, whoever finishes it.
//
// # Where several people write
//
// A group is an address like any other, with one conversation. Whoever speaks is told to the model; what belongs to
// one person (links, codes, exports, forgetting) is refused there, and a code that everybody has seen is used up.
//
// # How a person crosses
//
// On WhatsApp no assistant may speak. Its channel is a [Redirect], which can do nothing but send one of
// Ferry's fixed notices, and what comes in there is a [Knock] ([Engine.Knock]): which of a few words it was
// is kept until its turn, and nothing else. The notice has the person's own link, a token that follows from the
// session and SECRET_KEY, of which the store has the hash. The page behind it ([Crossings]) makes a code
// when somebody taps, and with the code a session joins another one: all that is known of the two
// becomes one, under the lease of the one that is no more ([Turns].Merge).
//
// Who joins whom, who is asked, and who leaves again is decided by one state machine, linking.go: a session
// decides in a turn of its own about what it knows itself, and writes a letter to another one where that
// has to decide. Nobody reads a history that somebody reads already without a yes there; no newcomer's
// words are shown to anybody without theirs; and a yes counts only for those who were shown when it was asked
// for. linking_test.go lets an attacker loose on it.
//
// Whoever has exported their chat from WhatsApp can bring it along as a file ([Fetcher], [Views].Bring): it is
// read, they are asked, and it becomes part of the history, marked as imported, as something that the model may
// know and that proves nothing. It leaves with the address that brought it.
//
// # Where sending costs money
//
// An SMS is paid for by the segment, its sender can be forged, and there is little room in it. A channel says
// so of itself: a [Meter] counts what is sent towards the day's budgets, a [Pager] sends an answer a page at a
// time, and [Manners] tell that commands are words and that what takes something away needs digits that were sent
// to the number. Who has the same number on WhatsApp is the same person (samenumber.go), unless somebody reads
// their conversation already. Whoever tells their carrier that they want to hear nothing more (a [Wish], or what a
// send has told) is silent on that address until they say otherwise.
//
// # What goes wrong
//
// A model that is away puts the turn off ([Lanes.Later]): others go on, the person is told once, and
// after fifteen minutes gets an apology. A model that refuses, or does not know us, makes an apology at
// once. A channel answers a failed send with a [SendError], in five words that the outbox understands;
// no platform's number or sentence leaves its adapter. A worker killed by what it works on, five
// times over, gives it up to the dead letters. A store that is away stops everything, and nothing is
// lost: platforms are told to deliver again.
//
// # Where to read on
//
//	message.go   what is said: addresses, messages, attachments, entries
//	channel.go   what a channel can do, and what can go wrong with it
//	model.go     what a model is asked
//	store.go     what a store keeps: lanes, turns, histories, limits
//	engine.go    receiving, and the processes' life
//	turn.go      one turn, from the lane to what it leaves behind; ask.go asking the model,
//	             prompt.go what it gets to see, limit.go who may not ask now
//	command.go   what people can say to Ferry itself; support.go what an operator can
//	redirect.go  where no assistant may speak; knock.go what happens there
//	linking.go   who joins whose conversation, linkproof.go what they have to prove first; linkturn.go
//	             doing it, redeem.go what people say for it,
//	             code.go and redirectlink.go codes and links, crossing.go and invite.go the page behind
//	             a link, people.go what the store does for it
//	bring.go     a chat that people exported and bring along; chat.go reading it, with chatexport/
//	deliver.go   the outbox; cost.go what may be sent where that costs money, more.go page by page
//	manners.go   words as commands and carriers' words; digits.go proving who writes, samenumber.go
//	             who has the same number
//	group.go     where several people write; edit.go what they change afterwards
//	crew.go      workers and places; keeper.go their leases; giveback.go how they end
//	live.go      what is shown to those who look on; follow.go following it, preview.go showing what
//	             is being written
//	port.go      channels as the engine sees them: who polls, who is refused
//	trace.go     what can be watched from outside
//	texts/       every sentence Ferry itself says
//	bridgetest/  fakes, and the suites that every store and every channel passes
//
// # What differs from the plan, and why
//
// The plan has answers relayed from a session's out list to the lane of the address in steps of their
// own, because the two may be on different servers of a Cluster. Where they are not, recording an answer
// passes it on ([Outcome].Pass), which halves the number of round trips of a turn.
//
// A lease's token is a random nonce of the call that took it, rather than a counter with a random part:
// scripts only ever ask whether a token is the latest, never which of two is later, and the same nonce
// makes a repeated Take return the lease that the first one made.
//
// Workers do not wait for a limit by asking again and again: [Pacer.Reserve] gives each its place in the
// queue at once. Libraries for Redis that keep rates only say yes or no, and hundreds of waiting
// deliveries would poll it.
package bridge
