package pricing

import (
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/strictjson"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// MaxLines is the most lines of a [Request], goods and coupon codes each.
const MaxLines = 1000

// Request is what a shopper may ask for: which items, and how many of each. Prices,
// groups, taxes and shipping come from the shop.
type Request struct {
	Currency money.Currency `json:"currency"`
	Lines    []RequestLine  `json:"lines"`
	Coupons  []string       `json:"coupons,omitempty"`
}

// RequestLine is one line of a [Request]. Without an ID its SKU is its ID.
type RequestLine struct {
	ID       string       `json:"id,omitempty"`
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
}

// ReadRequest reads the JSON of a request from outside: at most 1 MiB and 1,000 lines,
// and no unknown fields. The error names the path.
func ReadRequest(data []byte) (Request, error) {
	var r Request
	if err := decode(data, &r, &strictjson.Limits{Members: MaxLines}); err != nil {
		return Request{}, err
	}
	return r, nil
}

// Basket returns the request as a basket, to be completed and priced.
func (r Request) Basket() Basket {
	b := Basket{Currency: r.Currency, Coupons: r.Coupons, Lines: make([]Line, len(r.Lines))}
	for i, l := range r.Lines {
		if l.ID == "" {
			l.ID = string(l.SKU)
		}
		b.Lines[i] = Line{ID: l.ID, SKU: l.SKU, Quantity: l.Quantity}
	}
	return b
}

// ReadBasket reads the JSON of a basket that trusted code wrote, with prices and
// all, as strictly as [ReadRequest].
func ReadBasket(data []byte) (Basket, error) {
	var b Basket
	if err := decode(data, &b, &strictjson.Limits{Members: MaxLines}); err != nil {
		return Basket{}, err
	}
	return b, nil
}

// ReadPromotion reads the JSON of one promotion, strictly, and checks it but for
// its conditions and what it names, which [Compile] does.
func ReadPromotion(data []byte) (Promotion, error) {
	var p Promotion
	if err := decode(data, &p, nil); err != nil {
		return Promotion{}, err
	}
	if err := p.Validate(); err != nil {
		return Promotion{}, err
	}
	return p, nil
}

// maxConfigBytes bounds the JSON of a configuration.
const maxConfigBytes = 64 << 20

// ReadConfig reads the JSON of a configuration, strictly, up to 64 MiB. [Compile]
// checks it.
func ReadConfig(data []byte) (Config, error) {
	var c Config
	if err := decode(data, &c, &strictjson.Limits{Bytes: maxConfigBytes}); err != nil {
		return Config{}, err
	}
	return c, nil
}

// decode reads strictly. An error is a [*FieldError] with the path.
func decode(data []byte, v any, limits *strictjson.Limits) error {
	err := strictjson.Decode(data, v, limits)
	if wrong, ok := errors.AsType[*strictjson.Error](err); ok {
		return &FieldError{Field: wrong.Path, Err: wrong.Err}
	}
	return err
}
