package inventory

import (
	"context"
	"errors"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// ProposeCount records what was counted of some SKUs at the service's location, where
// each was counted as often as it is there in lines; 0 units are allowed. The variance of
// each is what was counted less what is on hand now. If none is greater than tolerance, in
// either direction, they are applied at once; else the count waits for
// [Service.ApproveCount] or [Service.RejectCount]. Ref names the count: the same again
// changes nothing.
func (s *Service) ProposeCount(ctx context.Context, ref, reason string, lines []flywheel.Line, tolerance int64) (Paper, error) {
	if err := checkID("reason", reason); err != nil {
		return Paper{}, err
	}
	if tolerance < 0 {
		return Paper{}, refused(flywheel.ErrOutOfRange, "tolerance of %d", tolerance)
	}
	counted := make([]flywheel.Line, len(lines))
	for i, l := range lines {
		if l.Quantity < 0 || l.Quantity >= MaxQuantity {
			return Paper{}, refused(flywheel.ErrOutOfRange, "count of %d of %s is not between 0 and %d", l.Quantity, l.SKU, MaxQuantity-1)
		}
		counted[i] = flywheel.Line{SKU: l.SKU, Quantity: l.Quantity + 1} // merged takes no 0
	}
	p, err := s.newPaper(ref, counted)
	if err != nil {
		return Paper{}, err
	}
	if len(p.Lines) != len(lines) {
		return Paper{}, refused(flywheel.ErrInvalid, "count %q names a SKU twice", ref)
	}
	for i := range p.Lines {
		p.Lines[i].Quantity--
	}
	p.Kind, p.To, p.Reason = PaperCount, s.location, reason
	var kept Paper
	err = s.tx.InTx(ctx, func(ctx context.Context) (err error) {
		if kept, err = s.papers.Paper(ctx, PaperCount, ref); err == nil {
			_, err = s.begin(ctx, p)
			return err
		}
		if !errors.Is(err, flywheel.ErrNotFound) {
			return err
		}
		proposed := p
		proposed.Lines, proposed.Open = slices.Clone(p.Lines), false
		for i := range proposed.Lines {
			l := &proposed.Lines[i]
			level, err := s.Level(ctx, l.SKU)
			if err != nil {
				return err
			}
			l.Variance = l.Quantity - level.OnHand
			if l.Variance > tolerance || l.Variance < -tolerance {
				proposed.Open = true
			}
		}
		if !proposed.Open {
			if err := s.applyCount(ctx, &proposed); err != nil {
				return err
			}
		}
		kept, err = s.papers.SavePaper(ctx, proposed)
		return err
	})
	return kept, err
}

// applyCount posts the variances of a count.
func (s *Service) applyCount(ctx context.Context, p *Paper) error {
	at := s.now()
	for _, l := range p.Lines {
		if l.Variance == 0 {
			continue
		}
		ms := []Movement{{SKU: l.SKU, Location: p.To, Kind: KindVariance, Ref: p.Ref, OnHand: l.Variance, Reason: p.Reason, At: at}}
		if err := s.post(ctx, ms); err != nil {
			return err
		}
		if err := s.track(ctx, ms, nil); err != nil {
			return err
		}
		if err := s.tellCorrected(ctx, ms[0]); err != nil {
			return err
		}
	}
	return nil
}

// ApproveCount applies the variances of a count that waits, as they were when it was
// made: what moved since counts as moved. By names who decided. Approving again changes
// nothing; a rejected count matches flywheel.ErrConflict.
func (s *Service) ApproveCount(ctx context.Context, ref, by string) error {
	return s.decideCount(ctx, ref, by, true)
}

// RejectCount closes a count that waits without a change. Rejecting again changes
// nothing; an applied count matches flywheel.ErrConflict.
func (s *Service) RejectCount(ctx context.Context, ref, by string) error {
	return s.decideCount(ctx, ref, by, false)
}

func (s *Service) decideCount(ctx context.Context, ref, by string, approve bool) error {
	if err := checkID("by", by); err != nil {
		return err
	}
	return s.change(ctx, PaperCount, ref, func(ctx context.Context, p *Paper) error {
		if !p.Open {
			if p.rejected() == approve {
				return refused(flywheel.ErrConflict, "count %q was decided otherwise by %q", ref, p.By)
			}
			return nil
		}
		p.Open, p.By = false, by
		if approve {
			return s.applyCount(ctx, p)
		}
		for i := range p.Lines {
			p.Lines[i].Variance = 0
		}
		return nil
	})
}

// rejected reports whether a closed count was: somebody decided, and nothing varies.
func (p *Paper) rejected() bool {
	for _, l := range p.Lines {
		if l.Variance != 0 {
			return false
		}
	}
	return p.By != ""
}
