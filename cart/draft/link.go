package draft

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// Shown is what a buyer sees of a draft.
type Shown struct {
	ID         ID        `json:"id"`
	Status     Status    `json:"status"`
	Lines      []Line    `json:"lines"`
	Note       string    `json:"note,omitempty"`
	ValidUntil time.Time `json:"valid_until"`
	// View is the session behind it: totals, what is missing, what it became.
	View checkout.View `json:"view"`
}

// Link is how a buyer reaches a draft: by the token of [Service.Send]. Its calls match
// flywheel.ErrUnauthenticated with a token that was not made for the draft, or for an
// earlier sending of it; flywheel.ErrExpired after its time; and flywheel.ErrConflict
// while staff changes the draft and after it was withdrawn. Who calls does not count.
type Link struct {
	s     *Service
	id    ID
	token string
}

// Link returns the link of a token.
func (s *Service) Link(id ID, token string) Link { return Link{s, id, token} }

// open checks the token and returns the draft, which is sent or ordered, and a context
// of the shop.
func (l Link) open(ctx context.Context) (context.Context, Draft, error) {
	ctx = flywheel.WithoutActor(ctx)
	d, err := l.s.store.Get(ctx, l.id)
	if errors.Is(err, flywheel.ErrNotFound) {
		return ctx, Draft{}, order.ErrLink
	}
	if err != nil {
		return ctx, Draft{}, err
	}
	if err := l.s.opts.Links.Check(linkID(&d), l.token, l.s.now()); err != nil {
		return ctx, Draft{}, err
	}
	if d, err = l.s.settle(ctx, d); err != nil {
		return ctx, Draft{}, err
	}
	if d.Status != Sent && d.Status != Ordered {
		return ctx, Draft{}, &StatusError{Draft: d.ID, Status: d.Status}
	}
	return ctx, d, nil
}

// See shows the draft, priced now: stock and delivery are those of the moment, prices
// those that were agreed.
func (l Link) See(ctx context.Context) (Shown, error) {
	ctx, d, err := l.open(ctx)
	if err != nil {
		return Shown{}, err
	}
	v, err := l.s.session(ctx, &d)
	return Shown{ID: d.ID, Status: d.Status, Lines: d.Lines, Note: d.Note, ValidUntil: d.ValidUntil, View: v}, err
}

// session returns the session of a draft that is sent or ordered; a new one has what
// staff said.
func (s *Service) session(ctx context.Context, d *Draft) (checkout.View, error) {
	if d.Status == Ordered {
		return s.opts.Sessions.Get(ctx, d.Session)
	}
	v, err := s.opts.Sessions.Open(ctx, d.Cart, "")
	if err != nil {
		return v, err
	}
	of, err := s.opts.Sessions.Session(ctx, v.Session)
	if err != nil || of.Metadata[Metadata] == string(d.ID) {
		return v, err
	}
	if v, err = s.opts.Sessions.SetBuyer(ctx, v.Session, d.Buyer); err != nil {
		return v, err
	}
	id := v.Session
	if d.Address != nil {
		if v, err = s.opts.Sessions.SetAddress(ctx, id, *d.Address, d.Billing); err != nil {
			return v, err
		}
	}
	if len(d.Deliveries) > 0 {
		// What is not offered today is for the buyer to choose.
		if _, err = s.opts.Sessions.ChooseFor(ctx, id, d.Deliveries...); err != nil && !errors.Is(err, flywheel.ErrConflict) {
			return v, err
		}
	}
	return s.opts.Sessions.SetMetadata(ctx, id, map[string]string{Metadata: string(d.ID)})
}

// change does something with the session of a draft that is sent.
func (l Link) change(ctx context.Context, fn func(ctx context.Context, d *Draft, v checkout.View) (checkout.View, error)) (checkout.View, error) {
	ctx, d, err := l.open(ctx)
	if err != nil {
		return checkout.View{}, err
	}
	if d.Status != Sent {
		return checkout.View{}, &StatusError{Draft: d.ID, Status: d.Status}
	}
	v, err := l.s.session(ctx, &d)
	if err != nil {
		return v, err
	}
	return fn(ctx, &d, v)
}

// SetBuyer says who buys. Whether tax is levied stays as staff said, and so does what
// the buyer consented to with the shop's staff; he may consent to more.
func (l Link) SetBuyer(ctx context.Context, b checkout.Buyer) (checkout.View, error) {
	return l.change(ctx, func(ctx context.Context, d *Draft, v checkout.View) (checkout.View, error) {
		b.VATExempt = d.Buyer.VATExempt
		given := slices.Clone(d.Buyer.Consent)
		for _, c := range b.Consent {
			if !slices.Contains(given, c) {
				given = append(given, c)
			}
		}
		b.Consent = given
		return l.s.opts.Sessions.SetBuyer(ctx, v.Session, b)
	})
}

// SetAddress says where the goods and the invoice go.
func (l Link) SetAddress(ctx context.Context, to order.Address, billing *order.Address) (checkout.View, error) {
	return l.change(ctx, func(ctx context.Context, _ *Draft, v checkout.View) (checkout.View, error) {
		return l.s.opts.Sessions.SetAddress(ctx, v.Session, to, billing)
	})
}

// ChooseFor chooses the delivery where staff left that open, or chose one that is no
// longer offered; else it matches flywheel.ErrForbidden.
func (l Link) ChooseFor(ctx context.Context, choices ...checkout.DeliveryChoice) (checkout.View, error) {
	return l.change(ctx, func(ctx context.Context, d *Draft, v checkout.View) (checkout.View, error) {
		missing := false
		for _, m := range v.Messages {
			missing = missing || m.Code == checkout.CodeMissing && strings.HasSuffix(m.Path, ".selected_option_id")
		}
		if len(d.Deliveries) > 0 && !missing {
			return v, refuse("choices", flywheel.ErrForbidden, "the delivery is agreed")
		}
		return l.s.opts.Sessions.ChooseFor(ctx, v.Session, choices...)
	})
}

// SetTenders replaces the means of payment. Store credit and points of the customer are
// only for him: the calls must be made for him, see flywheel.WithActor. Payment outside
// of the gateway is for staff.
func (l Link) SetTenders(ctx context.Context, tenders ...checkout.TenderChoice) (checkout.View, error) {
	actor, known := flywheel.ActorOf(ctx)
	return l.change(ctx, func(ctx context.Context, d *Draft, v checkout.View) (checkout.View, error) {
		for i := range tenders {
			t := &tenders[i]
			own := known && d.Customer != "" && actor.Customer == d.Customer
			if payment.IsOffline(t.Token) || (t.Type == order.StoreCredit || t.Type == order.Points) && !own {
				return v, refuse(fmt.Sprintf("tenders[%d].type", i), flywheel.ErrForbidden, "%s is not for whoever has the link", t.Type)
			}
		}
		return l.s.opts.Sessions.SetTenders(ctx, v.Session, tenders...)
	})
}

// Review confirms what the session asked to review, or takes that back.
func (l Link) Review(ctx context.Context, ok bool) (checkout.View, error) {
	return l.change(ctx, func(ctx context.Context, _ *Draft, v checkout.View) (checkout.View, error) {
		return l.s.opts.Sessions.Review(ctx, v.Session, ok)
	})
}

// Place makes the order, as checkout.Sessions.Place does: seen is the version that the
// buyer confirms, and whoever presses the button again gets the one order.
func (l Link) Place(ctx context.Context, key string, seen int64) (checkout.View, error) {
	ctx, d, err := l.open(ctx)
	if err != nil {
		return checkout.View{}, err
	}
	return l.s.place(ctx, d, checkout.PlaceRequest{Key: key, Seen: seen}, nil)
}

// FinishAction goes on after the buyer has done what the bank asked.
func (l Link) FinishAction(ctx context.Context) (checkout.View, error) {
	ctx, d, err := l.open(ctx)
	if err != nil {
		return checkout.View{}, err
	}
	v, err := l.s.opts.Sessions.FinishAction(ctx, d.Session)
	return v, l.s.placed(ctx, d, err)
}

// Placing is how staff places a draft.
type Placing struct {
	// Key makes it idempotent.
	Key string
	// Seen is the version that was confirmed; 0 is that of now.
	Seen int64
	// Order names the order; empty has one made.
	Order order.ID
	// Tenders replace the means of payment; nil leaves those that the buyer chose. With
	// a token such as "offline:invoice" it is paid outside of the gateway, see
	// payment.Offline.
	Tenders []checkout.TenderChoice
}

// Place makes the order on behalf of the buyer. An open draft is sent first.
func (s *Service) Place(ctx context.Context, id ID, p Placing) (checkout.View, error) {
	if err := staff(ctx); err != nil {
		return checkout.View{}, err
	}
	d, err := s.store.Get(ctx, id)
	if err == nil {
		d, err = s.settle(ctx, d)
	}
	if err == nil && d.Status == Open {
		d, _, err = s.Send(ctx, id)
	}
	if err != nil {
		return checkout.View{}, err
	}
	if d.Status != Sent && d.Status != Ordered {
		return checkout.View{}, &StatusError{Draft: id, Status: d.Status}
	}
	return s.place(ctx, d, checkout.PlaceRequest{Key: p.Key, Seen: p.Seen, Order: p.Order}, p.Tenders)
}

// place places a draft that is sent or ordered. Another tab, or staff, may be at it too:
// then it begins again with what they made of this sending.
func (s *Service) place(ctx context.Context, d Draft, r checkout.PlaceRequest, tenders []checkout.TenderChoice) (checkout.View, error) {
	sending := d.Sends
	for range attempts {
		if d.Status == Ordered {
			r.Session = d.Session
			return s.opts.Sessions.Place(ctx, r)
		}
		if d.Status != Sent || d.Sends != sending {
			return checkout.View{}, &StatusError{Draft: d.ID, Status: d.Status}
		}
		v, err := s.prepare(ctx, &d, &r, tenders)
		if err == nil {
			v, err = s.opts.Sessions.Place(ctx, r)
			return v, s.placed(ctx, d, err)
		}
		if !errors.Is(err, ErrStale) && !errors.Is(err, cart.ErrClosed) {
			return v, err
		}
		if d, err = s.store.Get(ctx, d.ID); err == nil {
			d, err = s.settle(ctx, d)
		}
		if err != nil {
			return checkout.View{}, err
		}
	}
	return checkout.View{}, ErrStale
}

// prepare opens the session of a draft, and notes which it is and that somebody looks
// whether it was ordered, before it can be.
func (s *Service) prepare(ctx context.Context, d *Draft, r *checkout.PlaceRequest, tenders []checkout.TenderChoice) (checkout.View, error) {
	v, err := s.session(ctx, d)
	if err != nil {
		return v, err
	}
	r.Session = v.Session
	if tenders != nil && v.Status != checkout.Completing && v.Action == nil {
		if v, err = s.opts.Sessions.SetTenders(ctx, v.Session, tenders...); err != nil {
			return v, err
		}
	}
	next := *d
	next.Session, next.Due = r.Session, normal(s.now().Add(pause))
	if next, err = s.note(ctx, next, ""); err != nil {
		return checkout.View{}, err
	}
	*d = next
	return v, nil
}

// placed notes that a draft was ordered, if it was. What cannot be noted now is noted
// by whoever looks next.
func (s *Service) placed(ctx context.Context, d Draft, err error) error {
	_, _ = s.settle(ctx, d)
	return err
}
