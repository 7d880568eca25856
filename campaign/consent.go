package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Purposes that have a meaning of their own; any other name may be used as well.
const (
	// PurposeMarketing is the purpose of messages that name none.
	PurposeMarketing = "marketing"
	// PurposeTransactional is that of transactional messages that name none. A wish
	// without purpose does not cover it.
	PurposeTransactional = "transactional"
)

// Wish is what a person said about being written to: a grant or a withdrawal. A
// message is sent unless the newest wish that covers it is a withdrawal.
type Wish struct {
	// Purpose covers messages of this purpose; empty covers every purpose but
	// [PurposeTransactional].
	Purpose string `json:"purpose,omitempty"`
	// Channel covers messages of this channel; empty covers every one.
	Channel string `json:"channel,omitempty"`
	Granted bool   `json:"granted,omitempty"`
	// At is when it was said, Position where the log has it.
	At       time.Time         `json:"at"`
	Position flywheel.Position `json:"position"`
}

// maxWishes bounds the kinds of consent of one person.
const maxWishes = 100

func (w Wish) covers(purpose, channel string) bool {
	return (w.Channel == "" || w.Channel == channel) &&
		(w.Purpose == purpose || w.Purpose == "" && purpose != PurposeTransactional)
}

// newer orders wishes by when they were said, then by the log.
func (w Wish) newer(v Wish) bool {
	if c := w.At.Compare(v.At); c != 0 {
		return c > 0
	}
	return w.Position > v.Position
}

// Wants reports whether the contact takes messages of a purpose and channel.
func (c *Contact) Wants(purpose, channel string) bool {
	newest, found := Wish{}, false
	for _, w := range c.Wishes {
		if w.covers(purpose, channel) && (!found || w.newer(newest)) {
			newest, found = w, true
		}
	}
	return !found || newest.Granted
}

// note remembers a wish in place of the older one of the same purpose and channel.
func (c *Contact) note(w Wish) error {
	i, found := slices.BinarySearchFunc(c.Wishes, w, func(a, b Wish) int {
		return cmp.Or(cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Channel, b.Channel))
	})
	switch {
	case found && w.newer(c.Wishes[i]):
		c.Wishes[i] = w
	case !found && len(c.Wishes) == maxWishes:
		return fmt.Errorf("campaign: contact %q: more than %d kinds of consent: %w", string(c.ID), maxWishes, flywheel.ErrLimit)
	case !found:
		c.Wishes = slices.Insert(c.Wishes, i, w)
	}
	return nil
}
