package checkout

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
)

// The types of tenders, in the order in which they pay.
var payingOrder = []TenderType{order.Points, order.GiftCard, order.StoreCredit, order.Card}

const (
	maxTextBytes = 1024
	maxStreets   = 4
	maxTenders   = 20
)

func refused(field string, err error, format string, args ...any) error {
	return &flywheel.FieldError{Field: field, Err: fmt.Errorf(format+": %w", append(args, err)...)}
}

// check reports the first field that is wrong.
func (b *Buyer) check() error {
	if b.Email != "" {
		before, after, at := strings.Cut(b.Email, "@")
		if !at || before == "" || after == "" || strings.ContainsAny(b.Email, " \t\r\n<>,;") || strings.Contains(after, "@") {
			return refused("email", flywheel.ErrInvalid, "%.40q is no address", b.Email)
		}
		if len(b.Email) > 254 { // RFC 5321, section 4.5.3.1.3
			return refused("email", flywheel.ErrLimit, "%d bytes, at most 254", len(b.Email))
		}
	}
	for _, f := range []struct{ name, text string }{{"name", b.Name}, {"phone", b.Phone}} {
		if len(f.text) > maxTextBytes {
			return refused(f.name, flywheel.ErrLimit, "%d bytes, at most %d", len(f.text), maxTextBytes)
		}
	}
	return nil
}

// checkAddress reports the first field that is wrong.
func checkAddress(a *order.Address, name string) error {
	capital := func(c byte) bool { return 'A' <= c && c <= 'Z' }
	if len(a.Country) != 2 || !capital(a.Country[0]) || !capital(a.Country[1]) {
		return refused(name+".country", flywheel.ErrInvalid, "%.10q is not two capital letters", a.Country)
	}
	if len(a.Street) > maxStreets {
		return refused(name+".street", flywheel.ErrLimit, "%d lines, at most %d", len(a.Street), maxStreets)
	}
	texts := []struct{ name, text string }{
		{"name", a.Name}, {"postcode", a.Postcode}, {"city", a.City}, {"region", a.Region},
	}
	for i, street := range a.Street {
		texts = append(texts, struct{ name, text string }{fmt.Sprintf("street[%d]", i), street})
	}
	for _, f := range texts {
		if len(f.text) > flywheel.MaxIDBytes {
			return refused(name+"."+f.name, flywheel.ErrLimit, "%d bytes, at most %d", len(f.text), flywheel.MaxIDBytes)
		}
	}
	for _, f := range []struct{ name, text string }{{"postcode", a.Postcode}, {"region", a.Region}} {
		if f.text != "" {
			if err := flywheel.CheckID(f.text); err != nil {
				return &flywheel.FieldError{Field: name + "." + f.name, Err: err}
			}
		}
	}
	return nil
}

// checkTenders refuses unknown types, negative amounts and what is named twice.
func (s *Sessions) checkTenders(tenders []TenderChoice) error {
	if len(tenders) > maxTenders {
		return refused("tenders", flywheel.ErrLimit, "%d, at most %d", len(tenders), maxTenders)
	}
	seen := map[string]bool{}
	for i := range tenders {
		t := &tenders[i]
		field := func(name string) string { return fmt.Sprintf("tenders[%d].%s", i, name) }
		known := false
		for _, typ := range payingOrder {
			known = known || t.Type == typ
		}
		if !known {
			return refused(field("type"), flywheel.ErrInvalid, "unknown %.40q", t.Type)
		}
		if t.Type == order.GiftCard {
			if len(t.ID) > flywheel.MaxIDBytes {
				return refused(field("id"), flywheel.ErrLimit, "%d bytes, at most %d", len(t.ID), flywheel.MaxIDBytes)
			}
			t.ID = strings.TrimSpace(t.ID)
			if t.ID == "" {
				return refused(field("id"), flywheel.ErrInvalid, "missing")
			}
		} else if t.ID != "" {
			return refused(field("id"), flywheel.ErrInvalid, "%s has none", t.Type)
		}
		if t.Token != "" {
			if err := flywheel.CheckID(t.Token); err != nil {
				return &flywheel.FieldError{Field: field("token"), Err: err}
			}
		}
		if t.Amount.Sign() < 0 {
			return refused(field("amount"), flywheel.ErrInvalid, "%s is negative", t.Amount)
		}
		if seen[t.name()] {
			return refused(field("type"), flywheel.ErrInvalid, "%s is named twice", t.name())
		}
		seen[t.name()] = true
	}
	return nil
}
