package texts

// A Key names one thing that Ferry says. Behind each stand the arguments that its text can use; the
// files have the texts.
type Key string

// What people hear when they come, and what they can ask Ferry itself.
const (
	Start         Key = "start"          // Assistant
	StartNamed    Key = "start_named"    // Assistant, Name: as Name cleaned it, not empty
	Help          Key = "help"           // the list of commands
	HelpWords     Key = "help_words"     // the commands as words, where they are said without a slash
	HelpSupport   Key = "help_support"   // URL
	NewDone       Key = "new_done"       // a fresh conversation was started
	LangSet       Key = "lang_set"       // Language: its Name
	LangList      Key = "lang_list"      // Example: a code; List: codes and names, a line each
	Privacy       Key = "privacy"        // Days: an int
	PrivacyLink   Key = "privacy_link"   // URL
	ExportLink    Key = "export_link"    // URL; Minutes: how long it is good
	ExportNone    Key = "export_none"    // there is no page that could give the file
	ForgetAsk     Key = "forget_ask"     // asks for the yes or no that Answer reads
	ForgetDone    Key = "forget_done"    // everything was deleted
	ForgetKept    Key = "forget_kept"    // nothing was deleted
	StopNothing   Key = "stop_nothing"   // no answer is being written
	RetryNothing  Key = "retry_nothing"  // no question has been asked
	GroupPrivate  Key = "group_private"  // not where several people write
	GroupCode     Key = "group_code"     // nor a code
	AskWhat       Key = "ask_what"       // /ask without a question
	EditAsk       Key = "edit_ask"       // a message was changed; asks for yes or no
	Barred        Key = "barred"         // this person may not talk to the assistant any more
	Access        Key = "access"         // not open to this person
	AccessSupport Key = "access_support" // URL
)

// What people hear about their messages and the answers.
const (
	StopMark      Key = "stop_mark"      // stands under what was written when its reader stopped it
	StopEmpty     Key = "stop_empty"     // stands for a stopped answer of which nothing was written
	CutMark       Key = "cut_mark"       // stands under an answer that ended at its greatest length
	MoreAsk       Key = "more_ask"       // stands under a page of an answer that has another one
	MoreLink      Key = "more_link"      // URL; the same where it can be read there as well
	Attachment    Key = "attachment"     // what came cannot be read
	ModelWaiting  Key = "model_waiting"  // the model is away; the message waits
	ModelFailed   Key = "model_failed"   // the model was away for too long
	Abandoned     Key = "abandoned"      // the message killed whoever worked on it
	ModelRefused  Key = "model_refused"  // the model will not answer this
	ModelBroken   Key = "model_broken"   // the model is set up wrongly
	TooLong       Key = "too_long"       // the message does not fit the model
	SlowDown      Key = "slow_down"      // too many messages are waiting
	LimitPerson   Key = "limit_person"   // When: from Texts.When
	LimitEveryone Key = "limit_everyone" // When: from Texts.When
	GoOnWeb       Key = "go_on_web"      // URL; stands under a limit that is not one there
)

// What people hear about conversations that are joined and parted.
const (
	LinkAlready   Key = "link_already"   // the code leads to where they are
	LinkCode      Key = "link_code"      // Code; Minutes: how long it is good
	LinkPlaces    Key = "link_places"    // List: commands that shut a place out, a line each
	JoinAsk       Key = "join_ask"       // Whom: masked; asks for yes or no
	JoinBoth      Key = "join_both"      // Whom: masked; asks for yes or no, where there are two histories
	JoinKept      Key = "join_kept"      // the answer was no
	JoinWaiting   Key = "join_waiting"   // somebody else is asked
	JoinRefused   Key = "join_refused"   // they said no
	JoinBusy      Key = "join_busy"      // something else is asked there
	AdmitAsk      Key = "admit_ask"      // Whom: masked; asks for yes or no
	AdmitRefused  Key = "admit_refused"  // the answer was no
	ProofAsk      Key = "proof_ask"      // Digits: to be said on WhatsApp
	DigitsAsk     Key = "digits_ask"     // What: what was written; Digits: to be said back, where anybody can write in another one's name
	DigitsWrong   Key = "digits_wrong"   // they were others
	DigitsWait    Key = "digits_wait"    // When: from Texts.When
	DigitsKnown   Key = "digits_known"   // Digits: to be said back by who was on WhatsApp with the same number
	CodeUnknown   Key = "code_unknown"   // no such code, or not any more
	CodeUsed      Key = "code_used"      // by another
	CodeWait      Key = "code_wait"      // When: from Texts.When
	NumberAsk     Key = "number_ask"     // on the button that shows one's telephone number
	NumberUnknown Key = "number_unknown" // nobody with this number was on WhatsApp
	Welcome       Key = "welcome"        // Date: from Texts.Date; Topic: what they said last
	WelcomeEmpty  Key = "welcome_empty"  // where nothing was said before
	UnlinkUnknown Key = "unlink_unknown" // there is no such place
	UnlinkAlone   Key = "unlink_alone"   // there is no other place
	UnlinkDone    Key = "unlink_done"    // said at the place that has left
	UnlinkOther   Key = "unlink_other"   // Whom: masked; said where it was asked for
	ClaimUndone   Key = "claim_undone"   // said at the place that was sent away
	Visitor       Key = "visitor"        // Date: from Texts.Date; somebody of whom nothing else is known
	Yes           Key = "yes"            // on a button
	No            Key = "no"             // on a button
)

// What people hear about a chat that they have exported from WhatsApp and bring along.
const (
	BringAsk       Key = "bring_ask"       // Name: the assistant's in it; Yours, Mine: how many messages; First, Last: from Texts.Date; asks for yes or no
	BringGuessed   Key = "bring_guessed"   // under bring_ask, where day and month may be the other way round
	BringWho       Key = "bring_who"       // List: names, a line each; asks for the assistant's, or no
	BringDone      Key = "bring_done"      // it was taken in
	BringKept      Key = "bring_kept"      // the answer was no
	BringNone      Key = "bring_none"      // the file is something else
	BringLarge     Key = "bring_large"     // the file is too large, or takes too long
	BringUnread    Key = "bring_unread"    // the file is damaged, locked, or in an unknown calendar
	BringFailed    Key = "bring_failed"    // the file cannot be fetched
	BringForgotten Key = "bring_forgotten" // who was forgotten stays so
	BringWait      Key = "bring_wait"      // When: from Texts.When; too many files were sent
)

// What people are told on WhatsApp, where no assistant may speak. Meta's limits are the API's: 1024 characters
// in the body, 60 in the footer, 20 on the button
// (https://developers.facebook.com/docs/whatsapp/cloud-api/messages/interactive-cta-url-messages).
const (
	RedirectBody   Key = "redirect_body"   // Assistant; names no other messenger
	RedirectFull   Key = "redirect_full"   // Assistant; Channels: their names
	RedirectGone   Key = "redirect_gone"   // Assistant; Where: masked; NO undoes it
	RedirectFooter Key = "redirect_footer" // how to hear no more
	RedirectButton Key = "redirect_button" // on the button with the person's own link
)

// A day, as it is written; Texts.Date fills it in.
const (
	Date   Key = "date"   // Day, Month, Year
	Months Key = "months" // the names of the months, from January on, commas between them
)

// How long something takes, as part of a sentence; Texts.When chooses between them.
const (
	WhenHours   Key = "when_hours"   // Count: an int
	WhenMinutes Key = "when_minutes" // Count: an int
)

// What the page behind a redirect link says.
const (
	LandingLead        Key = "landing_lead"         // Assistant: who this is and what happens
	LandingFor         Key = "landing_for"          // Whom: a masked number or name
	LandingForYou      Key = "landing_for_you"      // as landing_for, where nothing is known of them
	LandingThere       Key = "landing_there"        // before the places where the conversation can be read already
	LandingThereAsk    Key = "landing_there_ask"    // that somebody has to say yes there
	LandingGo          Key = "landing_go"           // Channel: on a button
	LandingGoWeb       Key = "landing_go_web"       // on the button of the web
	LandingWeb         Key = "landing_web"          // what the web is called among channels
	LandingNone        Key = "landing_none"         // Channel: an app that is perhaps not installed
	LandingNoneHint    Key = "landing_none_hint"    // how a code helps then
	LandingDevice      Key = "landing_device"       // a heading
	LandingDeviceHint  Key = "landing_device_hint"  // how a code helps there
	LandingCode        Key = "landing_code"         // on the button that shows a code
	LandingShut        Key = "landing_shut"         // there is no channel to go on with
	LandingCodeTitle   Key = "landing_code_title"   // a heading
	LandingCodeLife    Key = "landing_code_life"    // what a code is good for
	LandingNext        Key = "landing_next"         // a heading, before steps
	LandingStepInstall Key = "landing_step_install" // Channel
	LandingStepGo      Key = "landing_step_go"      // before buttons
	LandingStepSend    Key = "landing_step_send"    // what is left to do
	LandingQR          Key = "landing_qr"           // what the QR code of the page is good for
	LandingQRName      Key = "landing_qr_name"      // said to those who do not see it
	LandingByHand      Key = "landing_by_hand"      // before addresses of channels
	LandingSend        Key = "landing_send"         // Number
	LandingWrite       Key = "landing_write"        // on the link that prepares the message
	LandingSendQR      Key = "landing_send_qr"      // what the QR code of the message is good for
	LandingGoneTitle   Key = "landing_gone_title"   // a heading
	LandingGone        Key = "landing_gone"         // the link is none, or none any more
	LandingClosedTitle Key = "landing_closed_title" // a heading
	LandingClosed      Key = "landing_closed"       // that channel brings nobody to it now
	LandingAgainTitle  Key = "landing_again_title"  // a heading
	LandingAgain       Key = "landing_again"        // somebody came to a step without a tap
	LandingAwayTitle   Key = "landing_away_title"   // a heading
	LandingAway        Key = "landing_away"         // the store is away
	LandingWait        Key = "landing_wait"         // When: from Texts.When; too many codes were made
	LandingRetry       Key = "landing_retry"        // on a link
	LandingBack        Key = "landing_back"         // on a link
	LandingExport      Key = "landing_export"       // what the file has
	LandingExportGet   Key = "landing_export_get"   // on the button that fetches it
	LandingExportGone  Key = "landing_export_gone"  // the link is none, or none any more
	LandingHelp        Key = "landing_help"         // on the link to a human
	LandingLanguages   Key = "landing_languages"    // said of the choice of languages
)

// counted returns the argument that decides which plural form of a text is said, "" where there is none.
func (k Key) counted() string {
	switch k {
	case Privacy:
		return "Days"
	case WhenHours, WhenMinutes:
		return "Count"
	}
	return ""
}

// longest returns how many characters a text can have, 0 where nothing limits it. The limits of bodies leave
// room for what their fields stand for.
func (k Key) longest() int {
	switch k {
	case RedirectBody, RedirectFull, RedirectGone:
		return 1024 - 2*longestName
	case RedirectFooter:
		return 60
	case RedirectButton:
		return 20
	}
	return 0
}
