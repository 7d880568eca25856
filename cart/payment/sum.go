package payment

import (
	"fmt"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Sum makes of a report one row for each authorization, kind, currency and payout, for
// books that know sums, as an order knows what it captured and refunded in all: the id
// and the time are those of the first row, amounts and fees are added, references are
// left out. A payout, and a row whose id was there before, stay as they are, so that
// [Reconcile] names them. It takes O(n). A sum that overflows is an error matching
// flywheel.ErrOutOfRange.
func Sum(report []Posting) ([]Posting, error) {
	type key struct {
		kind                  MoveKind
		authorization, payout string
		currency              money.Currency
	}
	var rows []Posting
	first, ids := map[key]int{}, map[string]bool{}
	for _, p := range report {
		if p.Kind == MovePayout || p.ID != "" && ids[p.ID] {
			rows = append(rows, p)
			continue
		}
		ids[p.ID] = true
		p.Reference, p.Fee = "", p.fee()
		k := key{p.Kind, p.Authorization, p.Payout, p.Amount.Currency()}
		i, known := first[k]
		if !known {
			first[k] = len(rows)
			rows = append(rows, p)
			continue
		}
		var err error
		if rows[i].Amount, err = rows[i].Amount.Add(p.Amount); err == nil {
			rows[i].Fee, err = rows[i].Fee.Add(p.Fee)
		}
		if err != nil {
			return nil, fmt.Errorf("payment: sum: row %q: %w", p.ID, err)
		}
	}
	return rows, nil
}
