package catalog

import (
	"context"
	"fmt"
	"strconv"

	"github.com/flywheel-go/flywheel"
)

// lookUp reads slugs that were not read yet.
func (w *write) lookUp(ctx context.Context, keys ...SlugKey) error {
	var missing []SlugKey
	for _, k := range keys {
		if !w.asked[k] {
			w.asked[k] = true
			missing = append(missing, k)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	rows, err := w.s.store.Slugs(ctx, missing...)
	for _, row := range rows {
		if _, decided := w.slugs[row.SlugKey]; !decided {
			w.slugs[row.SlugKey] = &row
		}
	}
	return err
}

// baseSlug is the slug that a product gets where it asks for none and none is taken.
func (w *write) baseSlug(p *Product, ch *channel, l Locale) string {
	title := textTitle(p.Text, w.schema.chain(ch, l))
	if title == "" {
		title = textTitle(p.Text, sortedKeys(p.Text))
	}
	if s := Slugify(title, l, ch.Slugs, string(p.ID)); s != "" {
		return s
	}
	return "product"
}

// prefetchSlugs reads at once what most products of a call will ask for.
func (w *write) prefetchSlugs(ctx context.Context, list []Product) error {
	var keys []SlugKey
	for i := range list {
		head := w.work[list[i].ID].head
		for code, l := range list[i].Listings {
			ch := w.schema.channels[code]
			if ch == nil {
				continue
			}
			for _, locale := range ch.Locales {
				slug := l.Slugs[locale]
				if slug == "" && head.slug(code, locale) == "" {
					slug = w.baseSlug(&list[i], ch, locale)
				}
				if slug != "" && slug != head.slug(code, locale) {
					keys = append(keys, SlugKey{code, locale, slug})
				}
			}
		}
	}
	return w.lookUp(ctx, keys...)
}

// slug returns the present slug of a head, which may be nil.
func (h *Head) slug(ch Channel, l Locale) string {
	if h == nil || h.Product.Listings[ch] == nil {
		return ""
	}
	return h.Product.Listings[ch].Slugs[l]
}

// assignSlugs gives each listing of p a slug in each locale of its channel: the one
// that is asked for, else the stored one, else one made of the title. Those that it
// had lead to the new ones.
func (w *write) assignSlugs(ctx context.Context, head *Head, p *Product, at problems) error {
	for _, code := range sortedKeys(p.Listings) {
		l, ch := p.Listings[code], w.schema.channels[code]
		if l == nil || ch == nil {
			continue
		}
		slugs := make(map[Locale]string, len(ch.Locales))
		for _, locale := range ch.Locales {
			slug, current := l.Slugs[locale], head.slug(code, locale)
			var err error
			switch {
			case slug == "" && current != "":
				slug = current
			case slug == "":
				slug, err = w.freeSlug(ctx, p, ch, locale)
			case slug != current:
				err = w.lookUp(ctx, SlugKey{code, locale, slug})
				if row := w.slugs[SlugKey{code, locale, slug}]; err == nil && row != nil && row.Product != p.ID && !row.Redirect {
					at.conflict(fmt.Sprintf("listings.%s.slugs.%s", code, locale), "%q belongs to product %q", slug, row.Product)
					continue
				}
			}
			if err != nil {
				return err
			}
			slugs[locale] = slug
			if slug != current {
				w.setSlug(SlugRow{SlugKey: SlugKey{code, locale, slug}, Product: p.ID})
			}
		}
		l.Slugs = slugs
	}
	if head == nil {
		return nil
	}
	for _, code := range sortedKeys(head.Product.Listings) {
		for _, locale := range sortedKeys(head.Product.Listings[code].Slugs) {
			current, now := head.slug(code, locale), ""
			if l := p.Listings[code]; l != nil {
				now = l.Slugs[locale]
			}
			if now != current {
				w.setSlug(SlugRow{SlugKey: SlugKey{code, locale, current}, Product: p.ID, Redirect: true})
			}
		}
	}
	return nil
}

// setSlug decides whose a slug will be.
func (w *write) setSlug(row SlugRow) {
	if old := w.slugs[row.SlugKey]; old != nil && old.Product != row.Product {
		w.batch.Freed = append(w.batch.Freed, row.SlugKey)
	}
	w.asked[row.SlugKey] = true
	w.slugs[row.SlugKey] = &row
	w.batch.Slugs = append(w.batch.Slugs, row)
}

// lastSlugs returns of the rows of each slug the last.
func lastSlugs(rows []SlugRow) []SlugRow {
	seen := make(map[SlugKey]bool, len(rows))
	out := rows[:0:0]
	for i := len(rows) - 1; i >= 0; i-- {
		if !seen[rows[i].SlugKey] {
			seen[rows[i].SlugKey] = true
			out = append(out, rows[i])
		}
	}
	return out
}

// freeSlug returns the first of base, base-2, base-3 … that is neither reserved nor
// taken nor leads to another product.
func (w *write) freeSlug(ctx context.Context, p *Product, ch *channel, l Locale) (string, error) {
	base := w.baseSlug(p, ch, l)
	free := func(slug string) bool {
		row := w.slugs[SlugKey{ch.Code, l, slug}]
		return !ch.reserved[slug] && (row == nil || row.Product == p.ID)
	}
	key := SlugKey{ch.Code, l, base}
	if err := w.lookUp(ctx, key); err != nil {
		return "", err
	}
	if free(base) {
		return base, nil
	}
	// Look at more of them at a time, the more there are.
	for from, n := 2, 8; ; from, n = from+n, min(2*n, 1024) {
		keys := make([]SlugKey, n)
		for i := range keys {
			keys[i] = SlugKey{ch.Code, l, numberedSlug(base, "-"+strconv.Itoa(from+i))}
		}
		if err := w.lookUp(ctx, keys...); err != nil {
			return "", err
		}
		for _, k := range keys {
			if free(k.Slug) {
				return k.Slug, nil
			}
		}
	}
}

// Resolved is where a slug leads: to a product, or to another slug, or nowhere where
// both are empty.
type Resolved struct {
	Product  ID     `json:"product,omitempty"`
	Redirect string `json:"redirect,omitempty"`
}

// Resolve returns where a slug of a channel leads, in the first locale of the chain
// of l that the channel has. What is not live leads nowhere.
func (s *Service) Resolve(ctx context.Context, code Channel, l Locale, slug string) (Resolved, error) {
	sc, ch, err := s.channel(ctx, code)
	if err != nil {
		return Resolved{}, err
	}
	asked := ch.locale(sc, l.canonical())
	rows, err := s.store.Slugs(ctx, SlugKey{code, asked, slug})
	if err != nil || len(rows) == 0 {
		return Resolved{}, err
	}
	head, err := s.head(ctx, rows[0].Product)
	if err != nil {
		return Resolved{}, err
	}
	live, err := s.live(ctx, head, code)
	switch {
	case err != nil || !live:
		return Resolved{}, err
	case !rows[0].Redirect:
		return Resolved{Product: rows[0].Product}, nil
	}
	return Resolved{Redirect: head.slug(code, asked)}, nil
}

// live reports whether a product is live in a channel now.
func (s *Service) live(ctx context.Context, head *Head, code Channel) (bool, error) {
	l := head.Product.Listings[code]
	if l == nil || head.Product.state(code, true, s.instant()) != StateLive {
		return false, nil
	}
	if l.Variants == nil {
		return head.Variants > 0, nil
	}
	rows, err := s.store.Variants(ctx, VariantQuery{Products: []ID{head.Product.ID}})
	return l.visible(rows), err
}

// Redirect lets a slug lead to the product of another slug of the channel and
// locale, be that a redirect itself.
func (s *Service) Redirect(ctx context.Context, code Channel, l Locale, from, to string) error {
	return s.change(ctx, func(ctx context.Context) error {
		w, err := s.write(ctx)
		if err != nil {
			return err
		}
		p := newProblems()
		ch := w.schema.channels[code]
		if ch == nil {
			p.notFound("channel", "channel", string(code))
			return p.err()
		}
		locale := l.canonical()
		if l == "" {
			locale = ch.DefaultLocale
		}
		if !containsLocale(ch.Locales, locale) {
			p.invalid("locale", "%q is none of the channel's", l)
			return p.err()
		}
		if from == "" || slugify(from, locale, ch.Slugs) != from {
			p.invalid("from", "%q is not in normal form", firstRunes(from, 40))
		}
		if from == to {
			p.invalid("to", "the same")
			return p.err()
		}
		source, target := SlugKey{code, locale, from}, SlugKey{code, locale, to}
		if err := w.lookUp(ctx, source, target); err != nil {
			return err
		}
		if row := w.slugs[source]; row != nil && !row.Redirect {
			p.conflict("from", "%q belongs to product %q", from, row.Product)
		}
		row := w.slugs[target]
		if row == nil {
			p.notFound("to", "slug", to)
		}
		if p.any() {
			return p.err()
		}
		w.setSlug(SlugRow{SlugKey: source, Product: row.Product, Redirect: true})
		return w.commit(ctx)
	})
}

// canonical returns the canonical form of a locale, or the locale as it is where it
// has none.
func (l Locale) canonical() Locale {
	if normal, err := ParseLocale(string(l)); err == nil {
		return normal
	}
	return l
}

// channel returns the definitions and one channel.
func (s *Service) channel(ctx context.Context, code Channel) (*schema, *channel, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, nil, err
	}
	ch := sc.channels[code]
	if ch == nil {
		return nil, nil, fieldError("channel", flywheel.ErrNotFound, "channel %q", code)
	}
	return sc, ch, nil
}

// head returns a stored head.
func (s *Service) head(ctx context.Context, id ID) (*Head, error) {
	heads, err := s.store.Heads(ctx, id)
	if err != nil {
		return nil, err
	}
	if len(heads) == 0 {
		return nil, fieldError("product", flywheel.ErrNotFound, "product %q", id)
	}
	return heads[0], nil
}
