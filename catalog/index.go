package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

const (
	minTime = -1 << 62
	maxTime = 1 << 62
)

// The index has these spaces, the parts joined by the unit separator:
//
//	n status category order          products, by ID or newest first
//	l status channel category order  products listed in a channel, in each order
//	t field value                    products, or variants, with a value
//	d                                products with a planned change, by its time
//	w                                windows of products that begin or end, by time
//
// An empty category holds all products. A product is entered in its own categories,
// not in those above, so that a category moves without its products.
const separator = "\x1f"

// space joins the parts of a name; separators within them are replaced, so that no
// text can be taken for two.
func space(parts ...string) string {
	for i, p := range parts {
		if strings.Contains(p, separator) {
			parts[i] = strings.ReplaceAll(p, separator, "\x1e")
		}
	}
	return strings.Join(parts, separator)
}

// The orders of listings that have an index. That of titles is followed by the
// locale.
const (
	byID       = "i"
	byNewest   = "n"
	byPosition = "p"
	byTitle    = "t"
)

// newestKey orders later times first.
func newestKey(t time.Time) string { return fmt.Sprintf("%016x", uint64(math.MaxInt64-t.UnixMicro())) }

// positionKey orders numbers.
func positionKey(l *Listing) string {
	n := 0
	if l != nil && l.Position != nil {
		n = *l.Position
	}
	return fmt.Sprintf("%016x", uint64(n)^1<<63)
}

// titleLength is how much of a title orders products, in characters.
const titleLength = 500

func titleKey(title string) string {
	return strings.ReplaceAll(firstRunes(foldTitle(title), titleLength), "\x00", "")
}

// visible reports whether a channel shows any variant.
func (l *Listing) visible(rows []*VariantRow) bool {
	if l.Variants == nil {
		return len(rows) > 0
	}
	for _, row := range rows {
		if l.shows(row.Variant.SKU) {
			return true
		}
	}
	return false
}

// listEntries returns the entries by which a product is listed.
func (s *schema) listEntries(p *Product, rows []*VariantRow) []Entry {
	categories := append([]CategoryID{""}, p.Categories...)
	list := make([]Entry, 0, len(categories)*(2+4*len(p.Listings)))
	newest := newestKey(p.CreatedAt)
	for _, c := range categories {
		list = append(list,
			Entry{space("n", string(p.Status), string(c), byID), "", p.ID, minTime, maxTime},
			Entry{space("n", string(p.Status), string(c), byNewest), newest, p.ID, minTime, maxTime})
	}
	for code, l := range p.Listings {
		ch := s.channels[code]
		if ch == nil {
			continue
		}
		from, until := int64(minTime), int64(maxTime)
		start, end := l.window()
		if !start.IsZero() {
			from = start.UnixMicro()
		}
		if !end.IsZero() {
			until = end.UnixMicro()
		}
		if !l.visible(rows) {
			from, until = maxTime, minTime // never
		}
		list = append(list, windowEntries(p.ID, code, start, end)...)
		position := positionKey(l)
		titles := make([]string, len(ch.Locales))
		for i, locale := range ch.Locales {
			titles[i] = titleKey(textTitle(p.Text, s.chain(ch, locale)))
		}
		for _, c := range categories {
			enter := func(order, key string) {
				list = append(list, Entry{space("l", string(p.Status), string(code), string(c), order), key, p.ID, from, until})
			}
			enter(byID, "")
			enter(byNewest, newest)
			enter(byPosition, position)
			for i, locale := range ch.Locales {
				enter(byTitle+string(locale), titles[i])
			}
		}
	}
	return list
}

// termSpace is where products with a value are found. Long values are found by
// their hash; whoever looks compares them again.
func termSpace(field, value string) string {
	if len(value) > 64 {
		sum := sha256.Sum256([]byte(value))
		value = "#" + hex.EncodeToString(sum[:16])
	}
	return space("t", field, value)
}

// termValue is the text of a value in the index.
func termValue(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(v)
}

// termEntries returns the entries by which attributes find a product, or its
// variant of an SKU.
func (s *schema) termEntries(list []Entry, id ID, sku flywheel.SKU, values Attributes) []Entry {
	for code, v := range values.All() {
		field := "attributes." + code
		walk(v, "", func(_ string, v any) {
			all, many := v.([]any)
			if !many {
				all = []any{v}
			}
			for _, v := range all {
				list = append(list, Entry{termSpace(field, termValue(v)), string(sku), id, minTime, maxTime})
			}
		})
	}
	return list
}

// variantEntries returns the entries of one variant.
func (s *schema) variantEntries(list []Entry, p *Product, v *Variant) []Entry {
	for i, value := range v.Options {
		if i < len(p.Options) {
			list = append(list, Entry{termSpace("options."+p.Options[i], value), string(v.SKU), p.ID, minTime, maxTime})
		}
	}
	return s.termEntries(list, p.ID, v.SKU, v.Attributes)
}

// entries returns all entries of a product.
func (s *schema) entries(p *Product, rows []*VariantRow) []Entry {
	if p == nil {
		return nil
	}
	list := s.termEntries(s.listEntries(p, rows), p.ID, "", p.Attributes)
	if i := p.pending(); i >= 0 {
		list = append(list, Entry{dueSpace, dueKey(p.Steps[i].At), p.ID, minTime, maxTime})
	}
	for _, row := range rows {
		list = s.variantEntries(list, p, &row.Variant)
	}
	return list
}

// differ enters in b what makes the entries before those after.
func (b *Batch) differ(before, after []Entry) {
	if len(before) == 0 {
		b.Add = append(b.Add, unrepeated(after)...)
		return
	}
	old := make(map[Entry]bool, len(before))
	for _, e := range before {
		old[e] = true
	}
	kept := make(map[Entry]bool, len(after))
	for _, e := range after {
		if !old[e] && !kept[e] {
			b.Add = append(b.Add, e)
		}
		kept[e] = true
	}
	for _, e := range before {
		if old[e] && !kept[e] {
			b.Drop = append(b.Drop, e)
			old[e] = false
		}
	}
}

// unrepeated returns entries, each once.
func unrepeated(list []Entry) []Entry {
	seen := make(map[Entry]bool, len(list))
	out := list[:0]
	for _, e := range list {
		if !seen[e] {
			seen[e] = true
			out = append(out, e)
		}
	}
	return out
}
