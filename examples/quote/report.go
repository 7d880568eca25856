package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/flywheel-go/flywheel/pricing"
)

// report writes an answer for people. Its error is the first of the writer.
func report(w io.Writer, a answer) error {
	p := &printer{w: w}
	q := &a.Quote
	for i := range q.Lines {
		p.line(&q.Lines[i])
	}
	for i := range q.Shipping {
		p.line(&q.Shipping[i])
	}
	p.printf("\n")
	p.sum("subtotal", q.Subtotal)
	p.sum("discount", q.Discount)
	p.sum("net", q.Net)
	for _, t := range q.Taxes {
		p.sum("tax at "+t.Rate.String()+" on "+t.Net.String(), t.Tax)
	}
	p.sum("total", q.Total)
	for _, payment := range a.Payments {
		p.sum("paid by "+payment.Tender, payment.Amount)
	}
	if len(a.Payments) > 0 {
		p.sum("due", a.Due)
	}
	if len(q.Applied) > 0 {
		p.printf("\napplied\n")
	}
	for _, applied := range q.Applied {
		p.printf("  %-18s %12s off %s on %d lines\n", applied.Promotion, applied.Discount, applied.Base, applied.Lines)
	}
	if !q.Gap.IsZero() {
		p.printf("  the best combination takes off at most %s more\n", q.Gap)
	}
	if len(q.Refused) > 0 {
		p.printf("\nrefused\n")
	}
	for _, r := range q.Refused {
		p.refusal(&r)
	}
	return p.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) sum(name string, amount fmt.Stringer) { p.printf("%-40s %14s\n", name, amount) }

// line writes a line and how its total comes about.
func (p *printer) line(l *pricing.QuoteLine) {
	name := string(l.SKU)
	if name == "" {
		name = l.ID
	}
	p.printf("%-40s %14s\n", fmt.Sprintf("%d × %s", l.Quantity, name), l.Total)
	for _, s := range l.Trace {
		of := s.Base.String()
		if s.Quantity > 1 {
			of = fmt.Sprintf("%d × %s", s.Quantity, of)
		}
		if !s.Rate.IsZero() {
			of = s.Rate.String() + " of " + of
		}
		p.printf("  %-12s %-18s %-26s %12s\n", s.Kind, s.Source, of, s.Amount)
	}
}

// refusal writes why a promotion did not apply and what is missing.
func (p *printer) refusal(r *pricing.Refusal) {
	name := r.Promotion
	if name == "" {
		name = "code " + r.Coupon
	}
	var missing []string
	if !r.Missing.IsZero() {
		missing = append(missing, "spend "+r.Missing.String()+" more")
	}
	if r.MissingQuantity > 0 {
		of := "units"
		if len(r.SKUs) > 0 {
			of = strings.Trim(fmt.Sprint(r.SKUs), "[]")
		}
		missing = append(missing, fmt.Sprintf("add %d %s", r.MissingQuantity, of))
	}
	p.printf("  %-18s %-14s %s\n", name, r.Reason, strings.Join(missing, ", "))
}
