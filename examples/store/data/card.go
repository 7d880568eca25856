package data

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Card is what the store may know of a card: the token that stands for it, and what a buyer
// knows it by.
type Card struct{ Token, Last, Expiry string }

// String is the card as a buyer knows it.
func (c Card) String() string {
	if c.Expiry == "" {
		return c.Last
	}
	return "•••• " + c.Last + ", " + c.Expiry
}

// Tokenize plays the form that a payment provider puts into the page of a shop: the number
// goes to the provider, a token comes back, and the shop never keeps the number. What is typed
// wrong is a *Mistake, or two that are joined. Blanks and hyphens in the number are passed over; an expiry is written
// as on the card, "07/28" or "07/2028".
func Tokenize(number, expiry string, now time.Time) (Card, error) {
	digits := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(number)
	until, late := month(expiry, now)
	var wrong error
	switch {
	case strings.Trim(digits, "0123456789") != "":
		wrong = &Mistake{"number", "A card number has digits only.", ""}
	case len(digits) < 12 || len(digits) > 19:
		wrong = &Mistake{"number", "This number has %s digits; a card has 12 to 19.", fmt.Sprint(len(digits))}
	case !checked(digits):
		wrong = &Mistake{"number", "One digit of this number is wrong, or two changed places.", ""}
	}
	if err := errors.Join(wrong, late); err != nil {
		return Card{}, err
	}
	last := digits[len(digits)-4:]
	return Card{"card-" + last, last, until.Format("01/06")}, nil
}

// month reads an expiry, which must not be over.
func month(expiry string, now time.Time) (time.Time, error) {
	for _, form := range []string{"01/06", "01/2006"} {
		at, err := time.Parse(form, expiry)
		switch {
		case err != nil:
		case !at.AddDate(0, 1, 0).After(now):
			return at, &Mistake{"expiry", "This card ended in %s.", expiry}
		default:
			return at, nil
		}
	}
	return time.Time{}, &Mistake{"expiry", "“%s” is no month and year as on the card, such as 07/28.", expiry}
}

// checked reports whether the last digit fits the others: ISO/IEC 7812-1, annex B.
func checked(digits string) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
