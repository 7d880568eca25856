package campaign

import (
	"time"

	"github.com/flywheel-go/flywheel"
)

// Presets are journeys that most shops begin with. They are plain values: take
// one, change what is different, launch it. Templates are named after journey
// and step.

// Welcome greets a contact at sign-up, and again the next morning and three days
// later at ten, until the first purchase. A contact enters once.
func Welcome(channel string) Journey {
	return Journey{
		ID:      "welcome",
		Trigger: Trigger{Event: flywheel.EventSignUp},
		Reentry: Reentry{Policy: Once},
		ExitOn:  []ExitOn{{Event: flywheel.EventPurchase, Outcome: OutcomeGoal}},
		Steps: []Step{
			sendStep("hello", channel, "welcome/hello"),
			{ID: "next-morning", Wait: &Wait{Duration: Duration{Time: 12 * time.Hour}, Until: At(10, 0)}},
			sendStep("guide", channel, "welcome/guide"),
			{ID: "three-days", Wait: &Wait{Duration: Duration{Days: 3}, Until: At(10, 0)}},
			sendStep("offer", channel, "welcome/offer"),
		},
	}
}

// CartRecovery reminds of a cart an hour after it was last added to, then a day
// and three days later, until a purchase.
func CartRecovery(channel string) Journey {
	return Journey{
		ID:      "cart-recovery",
		Trigger: Trigger{Event: flywheel.EventAddToCart},
		Reentry: Reentry{Policy: Restart},
		ExitOn:  []ExitOn{{Event: flywheel.EventPurchase, Outcome: OutcomeGoal}},
		Steps: []Step{
			{ID: "hour", Wait: &Wait{Duration: Duration{Time: time.Hour}}},
			sendStep("first", channel, "cart-recovery/first"),
			{ID: "day", Wait: &Wait{Duration: Duration{Days: 1}}},
			sendStep("second", channel, "cart-recovery/second"),
			{ID: "three-days", Wait: &Wait{Duration: Duration{Days: 3}}},
			sendStep("last", channel, "cart-recovery/last"),
		},
	}
}

// RepurchaseReminder reminds at ten in the morning when what was bought is about
// to run out; another purchase starts the time anew.
func RepurchaseReminder(channel string, after Duration) Journey {
	return Journey{
		ID:      "repurchase-reminder",
		Trigger: Trigger{Event: flywheel.EventPurchase},
		Reentry: Reentry{Policy: Restart},
		Steps: []Step{
			{ID: "use-up", Wait: &Wait{Duration: after, Until: At(10, 0)}},
			sendStep("refill", channel, "repurchase-reminder/refill"),
		},
	}
}

// WinBack writes to a contact who has bought nothing for a time, and a last time
// two weeks later; a purchase starts the time anew.
func WinBack(channel string, lapsed Duration) Journey {
	return Journey{
		ID:      "win-back",
		Trigger: Trigger{Event: flywheel.EventPurchase},
		Reentry: Reentry{Policy: Restart},
		Steps: []Step{
			{ID: "lapsed", Wait: &Wait{Duration: lapsed, Until: At(10, 0)}},
			sendStep("miss-you", channel, "win-back/miss-you"),
			{ID: "two-weeks", Wait: &Wait{Duration: Duration{Weeks: 2}, Until: At(10, 0)}},
			sendStep("last", channel, "win-back/last"),
		},
	}
}

func sendStep(id, channel, template string) Step {
	return Step{ID: id, Send: &Send{Channel: channel, Template: template}}
}
