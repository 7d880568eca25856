package loyalty

import "time"

// Book is one side of an [Entry]: an account in the sense of double entry.
type Book string

// Books. Points come from BookProgram and end there when they are taken back.
const (
	BookProgram   Book = "program"
	BookPending   Book = "pending"
	BookAvailable Book = "available"
	BookHeld      Book = "held"
	BookRedeemed  Book = "redeemed"
	BookExpired   Book = "expired"
	BookDebt      Book = "debt"
)

// Entry books points from one book of a member to another, so that all books
// together always sum to zero.
type Entry struct {
	// Key is that of the operation, hold or change of an order; empty for what
	// time alone causes.
	Key    string    `json:"key,omitempty"`
	At     time.Time `json:"at"`
	Lot    string    `json:"lot,omitempty"`
	From   Book      `json:"from"`
	To     Book      `json:"to"`
	Points int64     `json:"points"`
}

// TrialBalance sums entries by book; books at zero are left out. It is what an
// auditor asks for: the sum over all books is zero.
func TrialBalance(entries ...Entry) map[Book]int64 {
	balance := map[Book]int64{}
	for _, e := range entries {
		balance[e.From] -= e.Points
		balance[e.To] += e.Points
	}
	for book, points := range balance {
		if points == 0 {
			delete(balance, book)
		}
	}
	return balance
}
