package page

import (
	"strings"

	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
)

// payOf are the fields of a card; of another gateway the token that its own form would give.
func payOf(e *entries, scripted bool) []entry {
	if !scripted {
		return e.with(entry{Name: "number", Label: "Payment method", Auto: "off", Optional: true})
	}
	return e.with(
		entry{Name: "number", Label: "Card number", Auto: "cc-number", Mode: "numeric", Form: `[\d \-]{12,25}`, Say: "“%s” is no card number: it has 12 to 19 digits.", Group: true, Optional: true},
		entry{Name: "expiry", Label: "Valid until (MM/YY)", Auto: "cc-exp", Mode: "numeric", Form: `\d\d/\d\d(\d\d)?`, Say: "“%s” is no month and year as on the card, such as 07/28.", Optional: true},
	)
}

// cardOf is the token of the card that was typed, of the one that is kept, or of none. The
// number goes to the provider's form, which the store plays, and no further.
func (s *Shop) cardOf(f map[string]string, session *checkout.Session) (data.Card, error) {
	if f["number"] == "" && f["keep"] == "yes" {
		for _, t := range session.Tenders {
			if t.Type == order.Card {
				return data.Card{Token: t.Token}, nil
			}
		}
	}
	if f["number"] == "" {
		return data.Card{}, nil
	}
	if s.Scripted == nil {
		if !strings.HasPrefix(f["number"], "pm_") {
			return data.Card{}, &data.Mistake{Field: "number", Say: "This is no payment method of Stripe; never type a card number here.", Value: ""}
		}
		return data.Card{Token: f["number"], Last: f["number"]}, nil
	}
	return data.Tokenize(f["number"], f["expiry"], s.Now())
}
