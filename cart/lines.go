package cart

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// MaxQuantity is the largest quantity of one line.
const MaxQuantity = 1_000_000_000

// add puts lines into the cart, see [Service.Add] for the rule. On an error the
// cart is of no use any more.
func (c *Cart) add(lines []Line, limit int) error {
	find := newFinder(c, len(lines))
	c.Lines = slices.Grow(c.Lines, min(len(lines), limit))
	for i, l := range lines {
		fail := func(err error) error { return &LineError{Cart: c.ID, Index: i, Line: l.ID, Err: err} }
		if err := l.check(c.Currency); err != nil {
			return fail(err)
		}
		at := find.match(c, &l)
		if at < 0 {
			if len(c.Lines) >= limit {
				return fmt.Errorf("cart %q: more than %d lines: %w", c.ID, limit, flywheel.ErrLimit)
			}
			if l.ID == "" {
				l.ID = c.nextLine(&find)
			}
			l.Seen = money.Price{}
			c.Lines = append(c.Lines, l)
			find.added(c)
			continue
		}
		there := &c.Lines[at]
		if keyOf(there) != keyOf(&l) {
			return fail(fmt.Errorf("line %q is there with another SKU, price, tax or personalization: %w", l.ID, flywheel.ErrConflict))
		}
		if there.Quantity > MaxQuantity-l.Quantity {
			return fail(fmt.Errorf("%d and %d more are above %d: %w", there.Quantity, l.Quantity, MaxQuantity, flywheel.ErrOutOfRange))
		}
		there.Quantity += l.Quantity
		there.Seen = money.Price{} // what more of them cost is another question
		if !l.Metadata.IsZero() {
			there.Metadata = l.Metadata
		}
	}
	return nil
}

func (l *Line) check(currency money.Currency) error {
	if l.ID != "" {
		if err := flywheel.CheckID(l.ID); err != nil {
			return fmt.Errorf("id: %w", err)
		}
	}
	if err := flywheel.CheckID(string(l.SKU)); err != nil {
		return fmt.Errorf("sku: %w", err)
	}
	if l.Quantity <= 0 || l.Quantity > MaxQuantity {
		return fmt.Errorf("quantity %d is not from 1 to %d: %w", l.Quantity, MaxQuantity, flywheel.ErrOutOfRange)
	}
	if l.Agreed == (money.Price{}) {
		return nil
	}
	if l.Agreed.Currency() != currency {
		return fmt.Errorf("agreed price %v is not in %v: %w", l.Agreed, currency, flywheel.ErrInvalid)
	}
	if l.Agreed.Sign() < 0 {
		return fmt.Errorf("agreed price %v is negative: %w", l.Agreed, flywheel.ErrOutOfRange)
	}
	return nil
}

// nextLine returns a line ID that is not in use and was not given before.
func (c *Cart) nextLine(find *finder) string {
	for {
		c.LastLine++
		if id := strconv.FormatInt(c.LastLine, 10); find.id(c, id) < 0 {
			return id
		}
	}
}

// finder finds lines of a cart. Short carts are searched, long ones indexed.
type finder struct {
	byID  map[string]int
	bySKU map[skuKey]int // the first line with an SKU on these terms
}

// skuKey is an SKU and the terms on which it is bought.
type skuKey struct {
	sku         flywheel.SKU
	agreed      money.Price
	taxIncluded bool
	taxClass    string
	personal    flywheel.Details
}

const shortCart = 48

func newFinder(c *Cart, more int) finder {
	n := len(c.Lines) + more
	if n <= shortCart {
		return finder{}
	}
	f := finder{byID: make(map[string]int, n), bySKU: make(map[skuKey]int, n)}
	for i := range c.Lines {
		f.index(c, i)
	}
	return f
}

func keyOf(l *Line) skuKey {
	return skuKey{l.SKU, l.Agreed, l.TaxIncluded, l.TaxClass, l.Personalization}
}

func (f *finder) index(c *Cart, i int) {
	l := &c.Lines[i]
	f.byID[l.ID] = i
	if _, ok := f.bySKU[keyOf(l)]; !ok {
		f.bySKU[keyOf(l)] = i
	}
}

// added reports that the last line of c is new.
func (f *finder) added(c *Cart) {
	if f.byID != nil {
		f.index(c, len(c.Lines)-1)
	}
}

// match returns the place of the line that l adds to, or -1: the line with l.ID,
// or when that is empty the first with the same SKU on the same terms.
func (f *finder) match(c *Cart, l *Line) int {
	if l.ID != "" {
		return f.id(c, l.ID)
	}
	if f.bySKU != nil {
		if i, ok := f.bySKU[keyOf(l)]; ok {
			return i
		}
		return -1
	}
	for i := range c.Lines {
		if t := &c.Lines[i]; t.SKU == l.SKU && keyOf(t) == keyOf(l) {
			return i
		}
	}
	return -1
}

func (f *finder) id(c *Cart, id string) int {
	if f.byID != nil {
		if i, ok := f.byID[id]; ok {
			return i
		}
		return -1
	}
	for i := range c.Lines {
		if c.Lines[i].ID == id {
			return i
		}
	}
	return -1
}
