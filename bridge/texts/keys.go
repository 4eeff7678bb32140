package texts

// A Key names one thing that Ferry says. Behind each stand the arguments that its text can use; the
// files have the texts.
type Key string

// What people hear when they come, and what they can ask Ferry itself.
const (
	Start         Key = "start"          // Assistant
	StartNamed    Key = "start_named"    // Assistant, Name: as Name cleaned it, not empty
	Help          Key = "help"           // the list of commands
	HelpSupport   Key = "help_support"   // URL
	NewDone       Key = "new_done"       // a fresh conversation was started
	LangSet       Key = "lang_set"       // Language: its Name
	LangList      Key = "lang_list"      // Example: a code; List: codes and names, a line each
	Privacy       Key = "privacy"        // Days: an int
	PrivacyLink   Key = "privacy_link"   // URL
	ForgetAsk     Key = "forget_ask"     // asks for the yes or no that Answer reads
	ForgetDone    Key = "forget_done"    // everything was deleted
	ForgetKept    Key = "forget_kept"    // nothing was deleted
	StopNothing   Key = "stop_nothing"   // no answer is being written
	RetryNothing  Key = "retry_nothing"  // no question has been asked
	Access        Key = "access"         // not open to this person
	AccessSupport Key = "access_support" // URL
)

// What people hear about their messages and the answers.
const (
	StopMark      Key = "stop_mark"      // stands under what was written when its reader stopped it
	StopEmpty     Key = "stop_empty"     // stands for a stopped answer of which nothing was written
	CutMark       Key = "cut_mark"       // stands under an answer that ended at its greatest length
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
)

// How long something takes, as part of a sentence; Texts.When chooses between them.
const (
	WhenHours   Key = "when_hours"   // Count: an int
	WhenMinutes Key = "when_minutes" // Count: an int
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
