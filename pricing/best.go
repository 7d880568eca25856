package pricing

// choice says what the search for the best combination decided on a promotion.
type choice uint8

const (
	notCandidate choice = iota
	passedOver
	chosen
)

type tree struct{}

func (e *Engine) search(q *Quote, b *Basket, w *work) error { return nil }
