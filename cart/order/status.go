package order

// Status is where an order stands.
//
//	            capture            some units             the last unit
//	Placed ───────────────▶ Paid ───────────▶ PartlyReturned ───────────▶ Returned
//	   │                     │                      │
//	   └──── cancel ─────────┴─────── cancel ───────┘
//	                         ▼
//	                     Canceled
//
// Returned and Canceled are final. A cancellation of an order that is not
// captured lets the authorization go; of a captured one it refunds what is left.
// A refund of money without goods leaves the status as it is.
type Status string

// The states of an order.
const (
	// Placed means that the order stands and the money is set aside but not
	// taken yet. A later call of Resume takes it.
	Placed Status = "placed"
	// Paid means that the money is taken. An order that costs nothing is Paid
	// without a gateway.
	Paid Status = "paid"
	// PartlyReturned means that some units came back.
	PartlyReturned Status = "partly_returned"
	// Returned means that every unit came back.
	Returned Status = "returned"
	// Canceled means that the order was called off as a whole.
	Canceled Status = "cancelled"
)

// Final reports whether no further change of status can follow.
func (s Status) Final() bool { return s == Returned || s == Canceled }
