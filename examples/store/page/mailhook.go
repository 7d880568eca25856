package page

import (
	"context"
	"encoding/json"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// hookEvent is what a webhook says: what happened to which order, and of whom nothing.
type hookEvent struct {
	ID    string          `json:"id"`
	Type  string          `json:"type"`
	At    time.Time       `json:"at"`
	Order string          `json:"order"`
	Value money.Amount    `json:"value,omitzero"`
	Lines []flywheel.Line `json:"lines,omitempty"`
}

// hook posts an event of an order, signed. It is a message of a journey as letters are, so it is
// tried again until it is taken, and shown at the desk when it fails for good.
func (s *Shop) hook(ctx context.Context, m campaign.Message) error {
	e := m.Entry
	body, err := json.Marshal(hookEvent{ID: m.ID, Type: e.Name, At: e.Time, Order: e.Ref, Value: e.Value, Lines: e.Lines})
	if err != nil {
		return err
	}
	return web.CallHook(ctx, s.Hook, m.ID, payment.Sign(s.HookSecret, body, s.Now()), body)
}
