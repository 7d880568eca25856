package data

import "github.com/flywheel-go/flywheel/inventory/replenish"

// How the store orders: suppliers deliver within a week, the desk looks every week, 98 of
// 100 pieces that are wanted are to be there, and goods come in boxes of six.
const (
	LeadDays   = 7
	ReviewDays = 7
	FillRate   = 0.98
)

// Lots are the quantities in which goods can be ordered.
var Lots = replenish.Lot{Pack: 6}
