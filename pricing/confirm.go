package pricing

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ErrChanged reports a basket that no longer costs what the buyer has seen.
var ErrChanged = fmt.Errorf("pricing: the price has changed: %w", flywheel.ErrConflict)

// ChangedError tells what has changed.
type ChangedError struct {
	Field     string // such as "lines[0].total"
	Seen, Now money.Amount
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%v: %s: %s seen, %s now", ErrChanged, e.Field, e.Seen, e.Now)
}

// Unwrap returns [ErrChanged].
func (e *ChangedError) Unwrap() error { return ErrChanged }

// Confirm prices b again and reports a [*ChangedError] unless it is what the
// buyer has seen: the same lines at the same totals. Check out with it, so that
// neither a new price nor a line added in the meantime goes unseen.
func (e *Engine) Confirm(b Basket, seen *Quote) (Quote, error) {
	q, err := e.Quote(b)
	if err != nil {
		return Quote{}, err
	}
	if err := q.Priced(); err != nil {
		return Quote{}, err
	}
	changed := func(field string, seen, now money.Amount) (Quote, error) {
		return Quote{}, &ChangedError{field, seen, now}
	}
	for _, part := range []struct {
		name      string
		seen, now []QuoteLine
	}{{"lines", seen.Lines, q.Lines}, {"shipping", seen.Shipping, q.Shipping}} {
		if len(part.seen) != len(part.now) {
			return changed(part.name, seen.Total, q.Total)
		}
		for i := range part.now {
			was, is := &part.seen[i], &part.now[i]
			if was.ID != is.ID || was.SKU != is.SKU || was.Quantity != is.Quantity || was.Total != is.Total {
				return changed(fmt.Sprintf("%s[%d].total", part.name, i), was.Total, is.Total)
			}
		}
	}
	if seen.Total != q.Total {
		return changed("total", seen.Total, q.Total)
	}
	return q, nil
}
