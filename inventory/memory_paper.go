package inventory

import (
	"cmp"
	"context"
	"slices"

	"github.com/flywheel-go/flywheel"
)

var _ PaperStore = (*MemoryStore)(nil)

type paperKey struct {
	kind PaperKind
	ref  string
}

// Paper implements [PaperStore].
func (s *MemoryStore) Paper(ctx context.Context, kind PaperKind, ref string) (p Paper, err error) {
	err = s.db.View(ctx, func() error {
		stored, ok := s.papers[paperKey{kind, ref}]
		if !ok {
			return refused(flywheel.ErrNotFound, "%s %q", kind, ref)
		}
		p = stored.clone()
		return nil
	})
	return p, err
}

func (p Paper) clone() Paper {
	p.Lines = slices.Clone(p.Lines)
	return p
}

// SavePaper implements [PaperStore].
func (s *MemoryStore) SavePaper(ctx context.Context, p Paper) (Paper, error) {
	key := paperKey{p.Kind, p.Ref}
	err := s.db.Update(ctx, func(undo func(func())) error {
		before, ok := s.papers[key]
		if before.Version != p.Version {
			return refused(ErrStale, "%s %q is not at version %d", p.Kind, p.Ref, p.Version)
		}
		undo(func() {
			if s.papers[key] = before; !ok {
				delete(s.papers, key)
			}
			s.incoming.take(&p)
			s.incoming.put(&before)
		})
		s.incoming.take(&before)
		p.Version++
		p = p.clone()
		s.incoming.put(&p)
		s.papers[key] = p
		return nil
	})
	return p.clone(), err
}

// incomingBySKU finds what is expected.
type incomingBySKU map[flywheel.SKU][]expected

// expected is what a paper of a kind expects.
type expected struct {
	Incoming
	kind PaperKind
}

func compareIncoming(a, b expected) int {
	return cmp.Or(compareExpiry(a.Due, b.Due), cmp.Compare(a.Location, b.Location), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Line, b.Line), cmp.Compare(a.kind, b.kind))
}

func (s incomingBySKU) put(p *Paper) {
	for _, in := range p.IncomingOf() {
		list := s[in.SKU]
		at, _ := slices.BinarySearchFunc(list, expected{in, p.Kind}, compareIncoming)
		s[in.SKU] = slices.Insert(slices.Clone(list), at, expected{in, p.Kind})
	}
}

func (s incomingBySKU) take(p *Paper) {
	for _, in := range p.IncomingOf() {
		s[in.SKU] = slices.DeleteFunc(slices.Clone(s[in.SKU]), func(i expected) bool { return i.Ref == in.Ref && i.kind == p.Kind })
	}
}

// OpenPapers implements [PaperStore]. It looks at all papers.
func (s *MemoryStore) OpenPapers(ctx context.Context, kind PaperKind, after string, limit int) (papers []Paper, err error) {
	err = s.db.View(ctx, func() error {
		for key, p := range s.papers {
			if key.kind == kind && key.ref > after && p.Open {
				papers = append(papers, p.clone())
			}
		}
		slices.SortFunc(papers, func(a, b Paper) int { return cmp.Compare(a.Ref, b.Ref) })
		papers = papers[:min(limit, len(papers))]
		return nil
	})
	return papers, err
}

// Incoming implements [PaperStore].
func (s *MemoryStore) Incoming(ctx context.Context, skus []flywheel.SKU) (list []Incoming, err error) {
	err = s.db.View(ctx, func() error {
		for _, sku := range once(skus) {
			for _, in := range s.incoming[sku] {
				list = append(list, in.Incoming)
			}
		}
		return nil
	})
	return list, err
}
