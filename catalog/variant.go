package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Fields are keys and values of the JSON form of a product or a variant; nil takes a
// value away.
type Fields map[string]any

// PutVariant creates the variant of an SKU, or changes the stored one of the
// product: keys that are not given keep their values. Only the variant's row, its
// index entries and the product's counter of edits are written. Paths of errors are
// those of a variant. It returns the variant as stored.
func (s *Service) PutVariant(ctx context.Context, product ID, sku flywheel.SKU, set Fields, conditions ...Condition) (Variant, error) {
	var out Variant
	err := s.change(ctx, func(ctx context.Context) error {
		w, err := s.write(ctx)
		if err != nil {
			return err
		}
		row, err := w.putVariant(ctx, product, sku, set, conditions)
		if err != nil {
			return err
		}
		out = row.Variant.Clone()
		return w.commit(ctx)
	})
	return out, err
}

func (w *write) putVariant(ctx context.Context, product ID, sku flywheel.SKU, set Fields, conditions []Condition) (*VariantRow, error) {
	heads, err := w.s.store.Heads(ctx, product)
	if err != nil {
		return nil, err
	}
	p := newProblems()
	if len(heads) == 0 {
		p.notFound("product", "product", string(product))
		return nil, p.err()
	}
	sku = flywheel.SKU(normalText(string(sku)))
	rows, err := w.s.store.Variants(ctx, VariantQuery{SKUs: []flywheel.SKU{sku}})
	if err != nil {
		return nil, err
	}
	var before *VariantRow
	if len(rows) > 0 {
		before = rows[0]
	}
	foreign := before != nil && before.Product != product
	checkVersion(p, conditions, before != nil && !foreign, func() int64 { return before.Variant.Version })
	v := Variant{SKU: sku}
	if foreign {
		p.conflict("sku", "%q belongs to product %q", sku, before.Product)
	} else if before != nil {
		v = before.Variant.Clone()
	}
	if err := v.set(set, p); err != nil {
		return nil, err
	}
	head := heads[0]
	c := checker{schema: w.schema, p: p}
	c.variant(&head.Product, &v, p)
	if err := w.checkReferences(ctx, c.refs, map[ID]int{product: 0}, p); err != nil {
		return nil, err
	}
	if before == nil || foreign {
		return w.addVariant(ctx, &c, product, v)
	}
	if len(v.Options) > 0 && !slices.Equal(v.Options, before.Variant.Options) {
		if err := w.checkCombination(ctx, product, &v, p); err != nil {
			return nil, err
		}
	}
	w.completeIn(&c, &head.Product, &v)
	if err := p.err(); err != nil {
		return nil, err
	}
	diff := compareVariants(&before.Variant, &v)
	if !diff.differ() {
		return before, nil
	}
	v.Version, v.UpdatedAt = before.Variant.Version+1, w.now
	row := &VariantRow{Product: product, Place: before.Place, Variant: v}
	w.batch.Variants = append(w.batch.Variants, row)
	w.batch.differ(w.schema.variantEntries(nil, &head.Product, &before.Variant), w.schema.variantEntries(nil, &head.Product, &v))
	next := *head
	next.Edits++
	w.batch.Heads = append(w.batch.Heads, HeadChange{Head: &next, Before: head.Edits, Touched: true})
	w.tell(next.Edits, []Change{{Event: EventVariantUpdated, Product: product, SKU: sku, Old: diff.old, New: diff.new, Version: v.Version}})
	return row, nil
}

// checkCombination reports that another variant of the product has the combination.
func (w *write) checkCombination(ctx context.Context, product ID, v *Variant, p problems) error {
	rows, err := w.s.store.Variants(ctx, VariantQuery{Product: product, Combination: combination(v.Options)})
	for _, row := range rows {
		if row.Variant.SKU != v.SKU {
			p.invalid("options", "variant %q has the combination", row.Variant.SKU)
			break
		}
	}
	return err
}

// completeIn reports what a variant of an active product lacks in the channels that
// show it.
func (w *write) completeIn(c *checker, p *Product, v *Variant) {
	if p.Status != Active {
		return
	}
	for _, code := range sortedKeys(p.Listings) {
		if ch := w.schema.channels[code]; ch != nil && p.Listings[code].shows(v.SKU) {
			c.completeVariant(p, v, ch, c.p)
		}
	}
}

// addVariant enters a new variant at the end of a product.
func (w *write) addVariant(ctx context.Context, c *checker, product ID, v Variant) (*VariantRow, error) {
	if err := w.load(ctx, product); err != nil {
		return nil, err
	}
	k := w.work[product]
	head := &k.head.Product
	w.fits(k, &v, c.p)
	w.completeIn(c, head, &v)
	if err := w.checkBundled(ctx, k, &v, c.p); err != nil {
		return nil, err
	}
	if err := c.p.err(); err != nil {
		return nil, err
	}
	row := k.append(v)
	row.Variant.Version, row.Variant.UpdatedAt = 1, w.now
	w.batch.Variants = append(w.batch.Variants, row)
	rows := append(slices.Clone(k.rows), row)
	w.finish(k, head, rows, []Change{{Event: EventVariantCreated, Product: product, SKU: v.SKU, Version: 1}}, true)
	return row, nil
}

// append returns the row of a variant behind those of the product.
func (k *work) append(v Variant) *VariantRow {
	place := 0
	if n := len(k.rows); n > 0 {
		place = k.rows[n-1].Place + 1
	}
	return &VariantRow{Product: k.head.Product.ID, Place: place, Variant: v}
}

// fits reports what stands against one more variant of a product.
func (w *write) fits(k *work, v *Variant, p problems) {
	if len(k.rows) >= MaxVariants {
		p.add("variants", flywheel.ErrLimit, "%d are there", len(k.rows))
		return
	}
	if len(k.head.Product.Options) == 0 && len(k.rows) > 0 {
		p.invalid("variants", "more than one without options")
		return
	}
	for _, row := range k.rows {
		if len(v.Options) == len(k.head.Product.Options) && len(v.Options) > 0 && slices.Equal(row.Variant.Options, v.Options) {
			p.invalid("options", "variant %q has the combination", row.Variant.SKU)
			return
		}
	}
}

// set changes the keys that are given.
func (v *Variant) set(set Fields, p problems) error {
	for _, key := range sortedKeys(set) {
		value := set[key]
		var target any
		var clear func()
		switch key {
		case "sku":
			if text, ok := value.(string); ok && normalText(text) == string(v.SKU) {
				continue
			}
			p.invalid("sku", "an SKU is not changed")
			continue
		case "options":
			target, clear = &v.Options, func() { v.Options = nil }
		case "attributes":
			v.Attributes = Attributes{}
			if m, ok := asMap(value); ok || value == nil {
				v.Attributes = NewAttributes(m).clone()
				continue
			}
			p.invalid(key, "not an object")
			continue
		case "barcode":
			target, clear = &v.Barcode, func() { v.Barcode = "" }
		case "weight_grams":
			target, clear = &v.WeightGrams, func() { v.WeightGrams = nil }
		case "requires_shipping":
			target, clear = &v.RequiresShipping, func() { v.RequiresShipping = nil }
		case "taxable":
			target, clear = &v.Taxable, func() { v.Taxable = nil }
		case "media":
			target, clear = &v.Media, func() { v.Media = nil }
		default:
			p.invalid(key, "unknown")
			continue
		}
		clear()
		if value == nil {
			continue
		}
		data, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("catalog: %s: %w", key, err)
		}
		if err := json.Unmarshal(data, target); err != nil {
			p.invalid(key, "%v", err)
		}
	}
	return nil
}

// RemoveVariant takes a variant out of its product, and its SKU becomes free. An
// active product keeps one.
func (s *Service) RemoveVariant(ctx context.Context, sku flywheel.SKU) error {
	return s.change(ctx, func(ctx context.Context) error {
		w, k, row, err := s.loadVariant(ctx, sku)
		if err != nil {
			return err
		}
		if k.head.Product.Status == Active && len(k.rows) == 1 {
			return fieldError("variants", flywheel.ErrInvalid, "an active product needs one")
		}
		w.batch.Removed = append(w.batch.Removed, sku)
		rows := slices.DeleteFunc(slices.Clone(k.rows), func(r *VariantRow) bool { return r == row })
		head := k.head.Product
		_, head.Steps = stepsOf(head.Steps, sku)
		w.finish(k, &head, rows, []Change{{Event: EventVariantRemoved, Product: row.Product, SKU: sku, Version: row.Variant.Version}}, true)
		return w.commit(ctx)
	})
}

// loadVariant reads the product of an SKU.
func (s *Service) loadVariant(ctx context.Context, sku flywheel.SKU) (*write, *work, *VariantRow, error) {
	w, err := s.write(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	rows, err := s.store.Variants(ctx, VariantQuery{SKUs: []flywheel.SKU{sku}})
	if err != nil {
		return nil, nil, nil, err
	}
	if len(rows) == 0 {
		return nil, nil, nil, fieldError("sku", flywheel.ErrNotFound, "variant %q", sku)
	}
	if err := w.load(ctx, rows[0].Product); err != nil {
		return nil, nil, nil, err
	}
	k := w.work[rows[0].Product]
	for _, row := range k.rows {
		if row.Variant.SKU == sku && k.head != nil {
			return w, k, row, nil
		}
	}
	return nil, nil, nil, StaleHead(rows[0].Product)
}

// MoveVariant moves a variant to another product, with its content, and with other
// option values where options is not nil.
func (s *Service) MoveVariant(ctx context.Context, sku flywheel.SKU, to ID, options []string) error {
	return s.change(ctx, func(ctx context.Context) error {
		p := newProblems()
		w, source, row, err := s.loadVariant(ctx, sku)
		if refused, ok := asErrors(err); ok {
			*p.list = refused
		} else if err != nil {
			return err
		}
		if w == nil {
			if w, err = s.write(ctx); err != nil {
				return err
			}
		}
		if err := w.load(ctx, to); err != nil {
			return err
		}
		target := w.work[to]
		switch {
		case target.head == nil:
			p.notFound("to", "product", string(to))
		case row != nil && row.Product == to:
			p.invalid("to", "the variant is there")
		}
		if p.any() {
			return p.err()
		}
		v := row.Variant.Clone()
		if options != nil {
			v.Options = slices.Clone(options)
		}
		c := checker{schema: w.schema, p: p}
		c.variant(&target.head.Product, &v, p)
		if err := w.checkReferences(ctx, c.refs, nil, p); err != nil {
			return err
		}
		w.fits(target, &v, p)
		w.completeIn(&c, &target.head.Product, &v)
		if err := w.checkBundled(ctx, target, &v, p); err != nil {
			return err
		}
		if source.head.Product.Status == Active && len(source.rows) == 1 {
			p.conflict("sku", "active product %q would be left without a variant", row.Product)
		}
		from, into := source.head.Product, target.head.Product
		if planned, kept := stepsOf(from.Steps, sku); len(planned) > 0 && !p.any() {
			from.Steps = kept
			into = assemble(target.head, target.rows)
			into.Steps = append(into.Steps, cloneSteps(planned)...)
			into.Variants = append(into.Variants, v.Clone())
			c.steps(&into)
			into.Variants = nil
		}
		if err := p.err(); err != nil {
			return err
		}
		diff := compareVariants(&row.Variant, &v)
		diff.slot("product", string(row.Product), string(to))
		v.Version, v.UpdatedAt = row.Variant.Version+1, w.now
		moved := target.append(v)
		w.batch.Variants = append(w.batch.Variants, moved)
		rest := slices.DeleteFunc(slices.Clone(source.rows), func(r *VariantRow) bool { return r == row })
		w.finish(source, &from, rest, nil, true)
		w.finish(target, &into, append(slices.Clone(target.rows), moved),
			[]Change{{Event: EventVariantMoved, Product: to, SKU: sku, Old: diff.old, New: diff.new, Version: v.Version}}, true)
		return w.commit(ctx)
	})
}
