package flywheel

// SKU identifies one stock-keeping unit: what is priced, counted and sold.
type SKU string

// CustomerID identifies a known customer.
type CustomerID string

// VisitorID identifies a device or browser whose customer may be unknown.
type VisitorID string

// Page is one page of a listing.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the following page, opaque to the caller and empty
	// on the last one.
	Next string `json:"next,omitempty"`
}
