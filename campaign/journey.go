package campaign

import (
	"time"

	"github.com/flywheel-go/flywheel/segment/rule"
)

// ID names a journey.
type ID string

// Journey is what happens to a contact after an event: a list of steps with
// waits between them. It is a plain value; [Engine.Launch] checks it and puts it
// to work.
type Journey struct {
	ID ID `json:"id"`
	// Version tells two forms of a journey apart, from 1; 0 means 1. A contact
	// stays on the version it entered.
	Version int     `json:"version,omitempty"`
	Trigger Trigger `json:"trigger"`
	Reentry Reentry `json:"reentry,omitzero"`
	// ExitOn ends a run early.
	ExitOn []ExitOn `json:"exit_on,omitempty"`
	// Late holds for messages that say nothing themselves; see [Policy].
	Late  *Late  `json:"late,omitempty"`
	Steps []Step `json:"steps"`
}

// Trigger is the event that lets a contact enter.
type Trigger struct {
	Event string `json:"event"`
	// When must hold of the contact and the event; nil always does. See
	// [Step] for the attributes.
	When *rule.Rule `json:"when,omitempty"`
}

// Reentry says who may enter again.
type Reentry struct {
	Policy ReentryPolicy `json:"policy,omitempty"`
	// Key is an attribute of the event; the rule then holds for each of its
	// values apart: one run a cart. See [ExitOn.Match] for its names.
	Key string `json:"key,omitempty"`
	// Cooldown is the least time between two entries, on the contact's calendar.
	Cooldown Duration `json:"cooldown,omitzero"`
}

// ReentryPolicy says who may enter again.
type ReentryPolicy string

// The rules of re-entry.
const (
	WhenNotActive ReentryPolicy = "when_not_active" // not while a run is active; the default
	Once          ReentryPolicy = "once"            // never again
	Restart       ReentryPolicy = "restart"         // the active run ends and a new one begins
	Parallel      ReentryPolicy = "parallel"        // always
)

// ExitOn is an event that ends a run when it arrives.
type ExitOn struct {
	Event string `json:"event"`
	// Match are attributes that must be equal in this event and in the one the
	// run began with: names of Properties, or ref, session or visitor for the
	// fields of [flywheel.Event].
	Match []string `json:"match,omitempty"`
	// When must hold of the contact and the event; nil always does.
	When *rule.Rule `json:"when,omitempty"`
	// Outcome is told of the run, "exited" where it is empty. Use "goal" for what
	// the journey is for.
	Outcome string `json:"outcome,omitempty"`
}

// Step is one thing to do. Exactly one of Wait, WaitEvent, Condition, Send and
// Exit is set. Steps run in order; those that do not wait take no time.
//
// Conditions, like all rules of a journey, are asked about one object: the
// contact's attributes (see [Options].Attributes), with "event" for the event at
// hand and "entry" for the one the run began with. Of an event there are name,
// ref, session, visitor, value in minor units, currency, skus, quantity, and
// its Properties: {"event.value": {"$gte": 5000}, "country": "AT"}. In a
// Condition step the event at hand is the entry.
type Step struct {
	ID        string     `json:"id"`
	Wait      *Wait      `json:"wait,omitempty"`
	WaitEvent *WaitEvent `json:"wait_event,omitempty"`
	Condition *Condition `json:"condition,omitempty"`
	Send      *Send      `json:"send,omitempty"`
	// Exit ends the run with this outcome.
	Exit string `json:"exit,omitempty"`
	// Next is the step that follows, by default the next of the list. Behind the
	// last one the run is completed.
	Next string `json:"next,omitempty"`
}

// Wait waits for a span, then until a time of day, in the contact's zone.
type Wait struct {
	Duration Duration  `json:"duration,omitzero"`
	Until    TimeOfDay `json:"until,omitzero"`
	// Weekdays are the ISO days, 1 for Monday, on which Until may be; none means
	// any.
	Weekdays []int `json:"weekdays,omitempty"`
}

// WaitEvent waits for an event, up to a deadline that belongs to the wait.
type WaitEvent struct {
	Event   string     `json:"event"`
	Match   []string   `json:"match,omitempty"` // as in ExitOn
	When    *rule.Rule `json:"when,omitempty"`
	Timeout Duration   `json:"timeout"`
	// Subject are attributes that say what the wait is about: it is then answered by
	// an event of anybody, or of nobody, that has them equal to those of the
	// entry. An item is back in stock, a price has fallen. However many wait, they are
	// answered in the order of their entries, before anything that follows in the log,
	// in transactions of 256 runs each: see [Engine.Consume].
	Subject []string `json:"subject,omitempty"`
	// Limit names the property of the answering event that says how many runs it
	// answers at most: those that entered first; the others go on waiting. An event
	// without it answers all.
	Limit string `json:"limit,omitempty"`
	// OnEvent and OnTimeout are the steps that follow, by default as Step.Next.
	OnEvent   string `json:"on_event,omitempty"`
	OnTimeout string `json:"on_timeout,omitempty"`
}

// Condition branches.
type Condition struct {
	If *rule.Rule `json:"if"`
	// Then and Else are the steps that follow, by default as Step.Next.
	Then string `json:"then,omitempty"`
	Else string `json:"else,omitempty"`
}

// Send sends one message. The run stays at the step until the message is
// accepted or skipped. What is asked before each attempt is told in the package
// documentation.
type Send struct {
	Channel string `json:"channel"`
	// Template is by default the ID of the step.
	Template string `json:"template,omitempty"`
	// Purpose is what consent is asked for, by default [PurposeMarketing], or
	// [PurposeTransactional] for transactional messages.
	Purpose string `json:"purpose,omitempty"`
	// Transactional messages are neither capped, nor counted, nor held back.
	Transactional bool `json:"transactional,omitempty"`
	// OnCap overrides the policy's for this message.
	OnCap OnCap `json:"on_cap,omitempty"`
	// Late overrides the journey's and the policy's for this message.
	Late *Late `json:"late,omitempty"`
	// NotAfter is the last instant at which the message is worth sending, zero for
	// none.
	NotAfter time.Time `json:"not_after,omitzero"`
}

// purpose is what consent is asked for.
func (s *Send) purpose() string {
	switch {
	case s.Purpose != "":
		return s.Purpose
	case s.Transactional:
		return PurposeTransactional
	}
	return PurposeMarketing
}
