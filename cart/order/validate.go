package order

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Validate reports the first thing wrong with an order that is to be placed.
// The rules: identifiers are identifiers, there is at least one line and no two
// share an ID, quantities are positive, amounts are not negative and of
// the order's currency, Net + Tax = Total on every line, the sums are the sums,
// and nothing is returned yet.
func (o *Order) Validate() error {
	fail := func(field string, err error) error { return &FieldError{Order: o.ID, Field: field, Err: err} }
	for _, f := range [...]struct {
		name, value string
		optional    bool
	}{
		{"id", string(o.ID), false}, {"key", o.Key, false}, {"cart", o.Cart, true},
		{"customer", string(o.Customer), true}, {"visitor", string(o.Visitor), true}, {"session", o.Session, true},
		{"reservation", o.Reservation, true}, {"payment.authorization", o.Payment.Authorization, true},
		{"payment.method", o.Payment.Method, true},
	} {
		if f.optional && f.value == "" {
			continue
		}
		if err := flywheel.CheckID(f.value); err != nil {
			return fail(f.name, err)
		}
	}
	for i, code := range o.Coupons {
		if err := flywheel.CheckID(code); err != nil {
			return fail(fmt.Sprintf("coupons[%d]", i), err)
		}
	}
	switch {
	case o.Customer == "" && o.Visitor == "":
		return fail("customer", fmt.Errorf("neither customer nor visitor: %w", flywheel.ErrInvalid))
	case o.Currency.IsZero():
		return fail("currency", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	case len(o.Lines) == 0:
		return fail("lines", fmt.Errorf("none: %w", flywheel.ErrInvalid))
	case o.PlacedAt.IsZero():
		return fail("placed_at", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	case o.Status != Placed:
		return fail("status", fmt.Errorf("%q is not %q: %w", o.Status, Placed, flywheel.ErrInvalid))
	case len(o.Returns) > 0:
		return fail("returns", fmt.Errorf("already there: %w", flywheel.ErrInvalid))
	}
	for i := range o.Uses {
		if err := flywheel.CheckID(o.Uses[i].Code); err != nil {
			return fail(fmt.Sprintf("uses[%d].code", i), err)
		}
	}
	switch o.Mode {
	case "":
		if o.Delivery != nil || len(o.Deliveries) > 0 || len(o.Parcels) > 0 || len(o.Tenders) > 0 {
			return fail("mode", fmt.Errorf("missing beside delivery, parcels or tenders: %w", flywheel.ErrInvalid))
		}
	case OnPlace, OnShipment:
		if err := o.Policy.check(o.Currency); err != nil {
			return fail("policy", err)
		}
		if err := flywheel.CheckID(o.Number); err != nil {
			return fail("number", err)
		}
		if field, err := o.checkTexts(); err != nil {
			return fail(field, err)
		}
	default:
		return fail("mode", fmt.Errorf("%q: %w", o.Mode, flywheel.ErrInvalid))
	}
	var sums [5]int64
	if field, err := o.checkDeliveries(&sums); err != nil {
		return fail(field, err)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if field, err := l.check(o.Currency, &sums); err != nil {
			return fail(fmt.Sprintf("lines[%d].%s", i, field), err)
		}
	}
	if i := repeatedLine(o.Lines); i >= 0 {
		return fail(fmt.Sprintf("lines[%d].id", i), fmt.Errorf("%q twice: %w", o.Lines[i].ID, flywheel.ErrInvalid))
	}
	for i, f := range [...]struct {
		name   string
		amount money.Amount
	}{{"subtotal", o.Subtotal}, {"discount", o.Discount}, {"net", o.Net}, {"tax", o.Tax}, {"total", o.Total}} {
		if want := money.New(sums[i], o.Currency); f.amount != want {
			return fail(f.name, fmt.Errorf("%v, the lines sum to %v: %w", f.amount, want, flywheel.ErrInvalid))
		}
	}
	if err := errors.Join(o.checkParcels(), o.checkTenders()); err != nil {
		return err
	}
	if o.Payment.Authorization != "" && o.Payment.Authorized != o.Total {
		return fail("payment.authorized", fmt.Errorf("%v of %v: %w", o.Payment.Authorized, o.Total, flywheel.ErrInvalid))
	}
	return nil
}

// check validates one line and adds its amounts to sums: subtotal, discount,
// net, tax, total.
func (l *Line) check(c money.Currency, sums *[5]int64) (field string, err error) {
	if err := flywheel.CheckID(l.ID); err != nil {
		return "id", err
	}
	if err := flywheel.CheckID(string(l.SKU)); err != nil {
		return "sku", err
	}
	if l.Quantity <= 0 {
		return "quantity", fmt.Errorf("%d is not positive: %w", l.Quantity, flywheel.ErrOutOfRange)
	}
	if l.Returned != 0 {
		return "returned", fmt.Errorf("%d at the time of order: %w", l.Returned, flywheel.ErrInvalid)
	}
	amounts := [5]money.Amount{l.Subtotal, l.Discount, l.Net, l.Tax, l.Total}
	names := [5]string{"subtotal", "discount", "net", "tax", "total"}
	for i, a := range amounts {
		if a.Currency() != c {
			return names[i], fmt.Errorf("%v is not in %v: %w", a, c, flywheel.ErrInvalid)
		}
		if a.Minor() < 0 {
			return names[i], fmt.Errorf("%v is negative: %w", a, flywheel.ErrOutOfRange)
		}
		if sums[i] += a.Minor(); sums[i] < 0 {
			return names[i], fmt.Errorf("sum overflows: %w", flywheel.ErrOutOfRange)
		}
	}
	if l.Net.Minor() > l.Total.Minor() || l.Total.Minor()-l.Net.Minor() != l.Tax.Minor() {
		return "total", fmt.Errorf("%v + %v is not %v: %w", l.Net, l.Tax, l.Total, flywheel.ErrInvalid)
	}
	return "", nil
}

// repeatedLine returns the index of the first line whose ID an earlier line
// has, or -1. Short orders need no map.
func repeatedLine(lines []Line) int {
	if len(lines) <= 64 {
		for i := range lines {
			for j := range lines[:i] {
				if lines[j].ID == lines[i].ID {
					return i
				}
			}
		}
		return -1
	}
	seen := make(map[string]struct{}, len(lines))
	for i := range lines {
		if _, ok := seen[lines[i].ID]; ok {
			return i
		}
		seen[lines[i].ID] = struct{}{}
	}
	return -1
}

// The most that an order keeps of what a buyer writes.
const (
	maxText     = 500 // bytes of a text
	maxStreet   = 8   // lines
	maxMetadata = 50  // entries
)

// checkTexts refuses texts of a buyer that are too long or no text.
func (o *Order) checkTexts() (field string, err error) {
	check := func(name, text string) bool {
		switch {
		case len(text) > maxText:
			field, err = name, fmt.Errorf("%d bytes, at most %d: %w", len(text), maxText, flywheel.ErrLimit)
		case !utf8.ValidString(text):
			field, err = name, fmt.Errorf("not UTF-8: %w", flywheel.ErrInvalid)
		default:
			return true
		}
		return false
	}
	if !check("contact.email", o.Contact.Email) || !check("contact.name", o.Contact.Name) || !check("contact.phone", o.Contact.Phone) {
		return field, err
	}
	for i, a := range [...]*Address{o.Shipping, o.Billing} {
		name := [...]string{"shipping", "billing"}[i]
		if a == nil {
			continue
		}
		if len(a.Street) > maxStreet {
			return name + ".street", fmt.Errorf("%d lines, at most %d: %w", len(a.Street), maxStreet, flywheel.ErrLimit)
		}
		for _, text := range append([]string{a.Name, a.Postcode, a.City, a.Region, a.Country}, a.Street...) {
			if !check(name, text) {
				return field, err
			}
		}
	}
	if len(o.Metadata) > maxMetadata {
		return "metadata", fmt.Errorf("%d entries, at most %d: %w", len(o.Metadata), maxMetadata, flywheel.ErrLimit)
	}
	for key, value := range o.Metadata {
		if !check("metadata", key) || !check("metadata", value) {
			return field, err
		}
	}
	return "", nil
}
