package page

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order/paper"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// letterhead is what the papers of the store say of it, in the language of the page.
func letterhead(language string) *paper.Shop {
	p := data.Letterhead(language)
	p.Format = func(a money.Amount) string { return amount(language, a) }
	return p
}

// document is an invoice or a credit note to print, by its place among those of the order.
func (s *Shop) document(r *web.Request) (web.Answer, error) {
	o, err := s.mine(r)
	if err != nil {
		return web.Answer{}, err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(o.Documents) {
		return web.Answer{}, fmt.Errorf("store: paper %q: %w", r.PathValue("n"), flywheel.ErrNotFound)
	}
	var b bytes.Buffer
	if err := paper.Document(&b, letterhead(r.Language), &o, &o.Documents[n]); err != nil {
		return web.Answer{}, err
	}
	return web.Printed(b.Bytes())
}

// slip is what lies in a parcel.
func (s *Shop) slip(r *web.Request) (web.Answer, error) {
	o, err := s.mine(r)
	if err != nil {
		return web.Answer{}, err
	}
	var b bytes.Buffer
	if err := paper.PackingSlip(&b, letterhead(r.Language), &o, r.PathValue("parcel")); err != nil {
		return web.Answer{}, err
	}
	return web.Printed(b.Bytes())
}
