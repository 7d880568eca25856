package money

import (
	"database/sql/driver"
	"fmt"
)

// Value returns the text of [Amount.String] for a column of text, NULL for the
// zero value.
func (a Amount) Value() (driver.Value, error) {
	if (a == Amount{}) {
		return nil, nil
	}
	return a.String(), nil
}

// Scan reads what [Amount.Value] writes.
func (a *Amount) Scan(src any) error {
	text, err := column(src)
	if err != nil {
		return err
	}
	if text == nil {
		*a = Amount{}
		return nil
	}
	return a.UnmarshalText(text)
}

// Value returns the text of [Price.String] for a column of text, NULL for the
// zero value.
func (p Price) Value() (driver.Value, error) {
	if (p == Price{}) {
		return nil, nil
	}
	return p.String(), nil
}

// Scan reads what [Price.Value] writes.
func (p *Price) Scan(src any) error {
	text, err := column(src)
	if err != nil {
		return err
	}
	if text == nil {
		*p = Price{}
		return nil
	}
	return p.UnmarshalText(text)
}

// Value returns the plain decimal, for a column of text or NUMERIC.
func (r Rate) Value() (driver.Value, error) { return r.String(), nil }

// Scan reads a plain decimal.
func (r *Rate) Scan(src any) error {
	if n, ok := src.(int64); ok { // SQLite stores 2.00 in a NUMERIC column as an integer
		*r = newRate(n, 0)
		return nil
	}
	text, err := column(src)
	if err != nil {
		return err
	}
	return r.UnmarshalText(text)
}

// Value returns the code, NULL for no currency.
func (c Currency) Value() (driver.Value, error) {
	if c.IsZero() {
		return nil, nil
	}
	return c.String(), nil
}

// Scan reads a code.
func (c *Currency) Scan(src any) error {
	text, err := column(src)
	if err != nil {
		return err
	}
	return c.UnmarshalText(text)
}

// column returns the text of a column, nil for NULL. A float is refused: it has
// lost digits already.
func column(src any) ([]byte, error) {
	switch src := src.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(src), nil
	case []byte:
		if src == nil {
			return nil, nil
		}
		return src, nil
	}
	return nil, fmt.Errorf("%w: cannot scan %T", ErrSyntax, src)
}
