package order

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// PayBack gives money back without goods, at most what was paid and not paid back.
// Its tax is that of the goods that are left, see [pricing.WithoutGoods].
type PayBack struct {
	Key    string       `json:"key"`
	Amount money.Amount `json:"amount"`
	Reason string       `json:"reason,omitempty"`
	// To is [StoreCredit] where the buyer takes credit in place of money.
	To TenderType `json:"to,omitempty"`
}

// Kind implements [Command].
func (c *PayBack) Kind() Kind { return KindPayBack }

func (c *PayBack) key() string { return c.Key }

func (c *PayBack) buyers() bool { return false }

func (c *PayBack) check() error {
	if err := checkKey("key", c.Key); err != nil {
		return err
	}
	if c.Amount.Minor() < 1 {
		return refuse("amount", flywheel.ErrOutOfRange, "%v is not positive", c.Amount)
	}
	return checkText("reason", c.Reason)
}

func (c *PayBack) decide(d *decision) error {
	doc, err := d.withoutGoods(c.Amount)
	if err != nil {
		return err
	}
	d.write(CreditNote, doc)
	return d.giveBack(doc.sum, c.To, nil)
}

// withoutGoods returns the credit note of money without goods.
func (d *decision) withoutGoods(amount money.Amount) (*document, error) {
	over, err := amount.Cmp(d.o.refundable())
	if err != nil {
		return nil, refuse("amount", flywheel.ErrInvalid, "%v", err)
	}
	if over > 0 {
		return nil, &AmountError{What: "refund", Want: amount, Have: d.o.refundable()}
	}
	rates, err := d.o.ratesLeft()
	if err != nil {
		return nil, err
	}
	sum, parts, err := pricing.WithoutGoods(amount, rates)
	if err != nil {
		return nil, err
	}
	doc := d.paper()
	if len(parts) == 0 {
		return doc, doc.add(DocumentLine{Kind: PriceLine}, sum)
	}
	for _, p := range parts {
		if p.Total.IsZero() {
			continue
		}
		err := doc.add(DocumentLine{Kind: PriceLine, Rate: p.Rate}, pricing.Refund{Net: p.Net, Tax: p.Tax, Total: p.Total})
		if err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// DisputeLost notes that the bank took an amount of what a card paid, once for each
// key: that of the message that said so.
type DisputeLost struct {
	Key    string       `json:"key"`
	Amount money.Amount `json:"amount"`
}

// Kind implements [Command].
func (c *DisputeLost) Kind() Kind { return KindDispute }

func (c *DisputeLost) key() string { return c.Key }

func (c *DisputeLost) buyers() bool { return false }

func (c *DisputeLost) check() error {
	if err := checkKey("key", c.Key); err != nil {
		return err
	}
	if c.Amount.Minor() < 1 {
		return refuse("amount", flywheel.ErrOutOfRange, "%v is not positive", c.Amount)
	}
	return nil
}

func (c *DisputeLost) decide(d *decision) error {
	doc, err := d.withoutGoods(c.Amount)
	if err != nil {
		return err
	}
	left := c.Amount.Minor()
	refund := &Refunded{Net: doc.sum.Net, Tax: doc.sum.Tax, Total: doc.sum.Total}
	for i := len(d.o.Tenders) - 1; i >= 0; i-- {
		t := &d.o.Tenders[i]
		n := min(left, t.Captured().Minor()-t.back())
		if t.Type != Card || n <= 0 {
			continue
		}
		t.Disputed = d.o.amount(t.Disputed.Minor() + n)
		left -= n
		refund.To = append(refund.To, Back{Tender: t.Name(), Type: Card, Account: t.Account, Amount: d.o.amount(n)})
	}
	if left > 0 {
		return &AmountError{What: "refund", Want: c.Amount, Have: d.o.amount(c.Amount.Minor() - left)}
	}
	d.write(CreditNote, doc)
	d.answer.Refund = refund
	d.refundEvent(refund, nil)
	return nil
}
