package data

import (
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
// wrong is a *Mistake. Blanks and hyphens in the number are passed over; an expiry is written
// as on the card, "07/28" or "07/2028".
func Tokenize(number, expiry string, now time.Time) (Card, error) {
	digits := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(number)
	if strings.Trim(digits, "0123456789") != "" {
		return Card{}, &Mistake{"number", "A card number has digits only.", ""}
	}
	if len(digits) < 12 || len(digits) > 19 {
		return Card{}, &Mistake{"number", "This number has %s digits; a card has 12 to 19.", fmt.Sprint(len(digits))}
	}
	if !checked(digits) {
		return Card{}, &Mistake{"number", "One digit of this number is wrong, or two changed places.", ""}
	}
	at, err := time.Parse("01/06", expiry)
	if err != nil {
		if at, err = time.Parse("01/2006", expiry); err != nil {
			return Card{}, &Mistake{"expiry", "“%s” is no month and year as on the card, such as 07/28.", expiry}
		}
	}
	if !at.AddDate(0, 1, 0).After(now) {
		return Card{}, &Mistake{"expiry", "This card ended in %s.", expiry}
	}
	last := digits[len(digits)-4:]
	return Card{"card-" + last, last, at.Format("01/06")}, nil
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
