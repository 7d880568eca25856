package replenish

// Rule decides at a review what to order at a position: on hand and on order,
// less what customers wait for.
type Rule func(position int64) int64

// UpTo returns the rule that orders up to a level: (R, S).
func UpTo(level int64) Rule {
	return func(position int64) int64 { return max(level-position, 0) }
}

// AtPoint returns the rule that orders the quantity, as often as it takes, when
// the position is at the point or below: (r, Q).
func AtPoint(point, quantity int64) Rule {
	return func(position int64) int64 {
		if position > point || quantity <= 0 {
			return 0
		}
		return ((point-position)/quantity + 1) * quantity
	}
}

// Between returns the rule that orders up to most when the position is at least
// or below: (s, S).
func Between(least, most int64) Rule {
	return func(position int64) int64 {
		if position > least {
			return 0
		}
		return max(most-position, 0)
	}
}

// InLots returns the rule with its orders rounded as the lot says.
func (r Rule) InLots(lot Lot) Rule {
	return func(position int64) int64 { return lot.round(r(position)) }
}
