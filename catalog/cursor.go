package catalog

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// position is the place of a product in an order: its key, then its ID.
type position struct {
	Key string `json:"k"`
	ID  ID     `json:"i"`
}

// cursorForm is what a cursor holds: the end of a page, and a fingerprint of that
// and of the listing, so that one that is damaged or of another listing is noticed.
type cursorForm struct {
	position
	Of string `json:"o"`
}

// fingerprint of the listing and a position.
func (l *listing) fingerprint(p position) string {
	fields := make([][]string, len(l.fields))
	for i, f := range l.fields {
		fields[i] = append([]string{f.name}, f.values...)
	}
	var locale Locale
	if len(l.chain) > 0 {
		locale = l.chain[0]
	}
	data, _ := json.Marshal([]any{l.q.Channel, locale, l.q.Status, l.q.Category, l.q.Collection, l.q.Type, fields, l.q.Sort, p.Key, p.ID}) // texts only
	sum := sha256.Sum256(data)
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

func (l *listing) encode(p position) string {
	data, _ := json.Marshal(cursorForm{p, l.fingerprint(p)}) // texts only
	return base64.RawURLEncoding.EncodeToString(data)
}

// maxCursor bounds the text of a cursor.
const maxCursor = 8192

// cursor returns where the page begins, the zero position at the first.
func (l *listing) cursor() (position, error) {
	if l.q.Cursor == "" {
		return position{}, nil
	}
	var c cursorForm
	if len(l.q.Cursor) <= maxCursor {
		data, err := base64.RawURLEncoding.DecodeString(l.q.Cursor)
		if err == nil && json.Unmarshal(data, &c) == nil && c.Of != "" && c.Of == l.fingerprint(c.position) {
			return c.position, nil
		}
	}
	return position{}, fieldError("cursor", flywheel.ErrInvalid, "damaged, or of another listing")
}

// priceKey orders prices, those without one last.
func priceKey(price money.Amount, descending bool) string {
	if !has(price) {
		return "~"
	}
	n := uint64(price.Minor()) ^ 1<<63
	if descending {
		n = math.MaxUint64 - n
	}
	return fmt.Sprintf("%016x", n)
}
