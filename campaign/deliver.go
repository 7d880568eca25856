package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// deliver sends what is in a saved contact's outbox and then takes it out. After
// a crash in between it is sent again, under the same IDs.
func (e *Engine) deliver(ctx context.Context, c Contact) error {
	if len(c.Outbox) == 0 {
		return nil
	}
	delivered := make(map[string]bool, len(c.Outbox)) // by message, whether it was sent
	for _, m := range c.Outbox {
		sent := true
		if e.sender != nil {
			err := e.sender.Send(ctx, m)
			sent = !errors.Is(err, flywheel.ErrInvalid) && !errors.Is(err, flywheel.ErrNotFound) && !errors.Is(err, flywheel.ErrForbidden)
			if sent && err != nil {
				return fmt.Errorf("campaign: message %s to %q: %w", m.ID, string(m.Contact), err)
			}
		}
		if sent {
			if err := e.sink.Publish(ctx, m.event()); err != nil {
				return err
			}
		}
		delivered[m.ID] = sent
	}
	for attempt := 1; ; attempt++ {
		c.settle(delivered)
		_, err := e.store.Save(ctx, c)
		if !errors.Is(err, flywheel.ErrConflict) || attempt == attempts {
			return err
		}
		if c, err = e.store.Get(ctx, c.ID); err != nil {
			return err
		}
	}
}

// settle takes delivered messages out of the outbox. One that was refused does
// not count for caps.
func (c *Contact) settle(delivered map[string]bool) {
	c.Outbox = slices.DeleteFunc(c.Outbox, func(m Message) bool {
		sent, done := delivered[m.ID]
		if done && !sent {
			tally := c.tally(m.Journey)
			tally.Sends--
			tally.Refused++
			c.Sent = slices.DeleteFunc(c.Sent, func(s Sent) bool { return s.ID == m.ID })
		}
		return done
	})
}

// event announces a message.
func (m *Message) event() flywheel.Event {
	properties := map[string]any{"journey": string(m.Journey), "step": m.Step, "channel": m.Channel}
	if m.Template != "" {
		properties["template"] = m.Template
	}
	return flywheel.Event{ID: "message:" + m.ID, Name: flywheel.EventMessageSent, Time: m.At, Customer: m.Contact, Ref: m.Run, Properties: properties}
}
