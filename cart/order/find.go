package order

import (
	"iter"
	"slices"
	"strings"
	"unicode"
)

// maxWord is the longest word that is kept for searching, in bytes.
const maxWord = 64

// The beginnings of search terms, see [Order.Terms].
const (
	termEmail = "email:"
	termSKU   = "sku:"
	termWord  = "word:"
)

// Terms returns what an order with a mode is found by, sorted and each once: its
// e-mail address, its SKUs, and the words of number, name, addresses and titles. It
// is for authors of stores.
func (o *Order) Terms() []string {
	if o.Mode == "" {
		return nil
	}
	terms := make([]string, 0, 8+3*len(o.Lines))
	o.eachTerm(func(kind, text string) { terms = append(terms, kind+text) })
	slices.Sort(terms)
	return slices.Compact(terms)
}

// eachTerm yields the terms of an order with a mode in two parts, some more than once.
func (o *Order) eachTerm(yield func(kind, text string)) {
	word := func(texts ...string) {
		for _, text := range texts {
			for w := range words(text) {
				yield(termWord, w)
			}
		}
	}
	if o.Contact.Email != "" {
		yield(termEmail, foldEmail(o.Contact.Email))
	}
	word(o.Number, o.Contact.Name, o.Contact.Email, string(o.ID))
	for _, a := range [...]*Address{o.Shipping, o.Billing} {
		if a != nil {
			word(a.Name, a.City, a.Postcode)
		}
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		yield(termSKU, string(l.SKU))
		if word(string(l.SKU)); l.Title != string(l.SKU) {
			word(l.Title)
		}
	}
}

// foundAs reports whether what the terms of two versions of an order are made of is
// the same.
func (o *Order) foundAs(other *Order) bool {
	return o.ID == other.ID && o.Number == other.Number && o.Contact == other.Contact &&
		o.Shipping.foundAs(other.Shipping) && o.Billing.foundAs(other.Billing) &&
		slices.EqualFunc(o.Lines, other.Lines, func(a, b Line) bool { return a.SKU == b.SKU && a.Title == b.Title })
}

func (a *Address) foundAs(b *Address) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name && a.City == b.City && a.Postcode == b.Postcode
}

func foldEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// words yields the words of a text in lower case: letters and digits.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for w := range strings.FieldsFuncSeq(strings.ToLower(text), separates) {
			if len(w) > maxWord {
				w = strings.ToValidUTF8(w[:maxWord], "")
			}
			if !yield(w) {
				return
			}
		}
	}
}

// separates reports whether r is no part of a word.
func separates(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// Wanted returns the terms that an order must have to match, and the beginnings of
// terms of which it must have one each, see [Order.Terms]. It is for authors of
// stores.
func (f *Filter) Wanted() (terms, beginnings []string) {
	if f.Email != "" {
		terms = append(terms, termEmail+foldEmail(f.Email))
	}
	if f.SKU != "" {
		terms = append(terms, termSKU+string(f.SKU))
	}
	for w := range words(f.Text) {
		beginnings = append(beginnings, termWord+w)
	}
	return terms, beginnings
}

// found reports whether the order has what the filter wants it to be found by.
func (f *Filter) found(o *Order) bool {
	terms, beginnings := f.Wanted()
	if len(terms)+len(beginnings) == 0 {
		return strings.TrimSpace(f.Text) == ""
	}
	has := o.Terms()
	for _, t := range terms {
		if _, ok := slices.BinarySearch(has, t); !ok {
			return false
		}
	}
	for _, b := range beginnings {
		at, _ := slices.BinarySearch(has, b)
		if at == len(has) || !strings.HasPrefix(has[at], b) {
			return false
		}
	}
	return true
}

// ToShip reports whether a parcel of the order may be sent: it has not left, and its
// money does not stand in the way.
func (o *Order) ToShip() bool {
	if o.Mode == "" || o.Mode == OnPlace && !o.paid() {
		return false
	}
	return slices.ContainsFunc(o.Parcels, func(p Parcel) bool { return p.Status == ParcelOpen })
}
