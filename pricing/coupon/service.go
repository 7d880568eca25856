package coupon

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Options configure a [Service]; the zero value has the defaults.
type Options struct {
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Customers limits the failures of one customer or visitor: when it is full even
	// a right code is refused without looking. Campaigns limits those of one campaign
	// that a [Request] names, and, together, those of all requests that name none, such
	// as those of checkout sessions: there only codes that do not exist count, since
	// whoever types a code that is used up does not guess. When it is full only those
	// are refused who have failed within the span, or whom Known does not know. So no
	// more codes fail within a span than its number and one for each customer who is
	// known, and those who type well are served while others guess. Default: 10 and
	// 1,000 an hour.
	Customers, Campaigns *Limiter
	// Known reports whether a customer has an order. Without it the services that take
	// a coupon service and keep orders say so with [Service.Recognize], as order.New
	// does; where nobody says it nobody is known.
	Known func(ctx context.Context, customer flywheel.CustomerID) (bool, error)
	// Failures keeps the failures of both limiters where processes share them. By
	// default that is the store where it can, such as couponsql's, at one small write
	// for each code that fails; else, and with [InProcess], each process counts its own.
	Failures Failures
	// Source is the source of chance of codes. Default: crypto/rand.
	Source io.Reader
}

// Service issues codes and redeems them. It is safe for concurrent use.
type Service struct {
	store     Store
	opts      Options
	recognize atomic.Pointer[func(ctx context.Context, customer flywheel.CustomerID) (bool, error)]
}

// Recognize sets what [Options.Known] is where that was not given. order.New calls
// it for the coupon service that it is given, so that whoever has an order goes on
// being served while others guess codes of a campaign.
func (s *Service) Recognize(known func(ctx context.Context, customer flywheel.CustomerID) (bool, error)) {
	if s.opts.Known == nil {
		s.recognize.Store(&known)
	}
}

// New returns a service on store, a new [MemoryStore] when it is nil. Nil options
// are the defaults.
func New(store Store, opts *Options) (*Service, error) {
	s := &Service{store: store}
	if store == nil {
		s.store = NewMemory(nil)
	}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	var err error
	if s.opts.Customers == nil {
		if s.opts.Customers, err = NewLimiter(10, time.Hour); err != nil {
			return nil, err
		}
	}
	if s.opts.Campaigns == nil {
		if s.opts.Campaigns, err = NewLimiter(1000, time.Hour); err != nil {
			return nil, err
		}
	}
	if s.opts.Failures == nil {
		s.opts.Failures, _ = s.store.(Failures)
	}
	if f := s.opts.Failures; f != nil && f != InProcess {
		s.opts.Customers, s.opts.Campaigns = s.opts.Customers.Shared(f), s.opts.Campaigns.Shared(f)
	}
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Campaign returns the campaign with the id.
func (s *Service) Campaign(ctx context.Context, id string) (Campaign, error) {
	return s.store.Campaign(ctx, id)
}

// SaveCampaign checks and saves a campaign. A changed limit holds for what was
// used before, too: all uses are counted, limited or not, those of a budget from
// when it is there.
func (s *Service) SaveCampaign(ctx context.Context, c Campaign) (Campaign, error) {
	if err := c.Check(); err != nil {
		return Campaign{}, err
	}
	return s.store.SaveCampaign(ctx, c)
}

// Add adds codes that were chosen, such as SAVE10, in normal form.
func (s *Service) Add(ctx context.Context, codes ...Code) error {
	known := map[string]bool{}
	for i := range codes {
		if err := codes[i].check(); err != nil {
			return err
		}
		if id := codes[i].Campaign; !known[id] {
			if _, err := s.store.Campaign(ctx, id); err != nil {
				return err
			}
			known[id] = true
		}
	}
	return s.store.AddCodes(ctx, codes)
}

// Issue generates n codes and adds them to a campaign. They must be as strong as
// their use asks for: [SingleUse] where [Campaign.PerCode] is 1.
func (s *Service) Issue(ctx context.Context, campaign string, p Pattern, n int) ([]string, error) {
	c, err := s.store.Campaign(ctx, campaign)
	if err != nil {
		return nil, err
	}
	use := Shared
	if c.PerCode == 1 {
		use = SingleUse
	}
	return s.issue(ctx, campaign, p, use, n, money.Amount{})
}

func (s *Service) issue(ctx context.Context, campaign string, p Pattern, use Use, n int, value money.Amount) ([]string, error) {
	if err := CheckStrength(use, len(p.alphabet()), p.Length); err != nil {
		return nil, err
	}
	texts, err := p.Generate(n, s.opts.Source)
	if err != nil {
		return nil, err
	}
	codes := make([]Code, n)
	for i := range texts {
		codes[i] = Code{Code: texts[i], Campaign: campaign, Value: value}
	}
	return texts, s.store.AddCodes(ctx, codes)
}

// Codes yields the codes of a campaign in their order. An error is yielded once,
// last.
func (s *Service) Codes(ctx context.Context, campaign string) iter.Seq2[Code, error] {
	return s.store.Codes(ctx, campaign)
}

// Redemptions yields what was redeemed or held of a campaign by time, canceled or
// not. An error is yielded once, last.
func (s *Service) Redemptions(ctx context.Context, campaign string) iter.Seq2[Redemption, error] {
	return s.store.Redemptions(ctx, campaign, false)
}

// Request asks to use a code.
type Request struct {
	Code string // as it was typed
	// Customer is who uses it, Visitor the device of one who is not known. Failures
	// are counted by one of them; those of whom nothing is known together.
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID
	// Campaign is the one that the code must be of, empty for any; see
	// [Options.Campaigns].
	Campaign string
	// Ref is what it is used for, such as an order.
	Ref string
	// Amount is the discount that it gives, or what a card is charged.
	Amount money.Amount
}

// Check reports whether a code could be used now, as [Service.Redeem] would, and
// returns its campaign. What the request's Ref holds itself does not count against
// it. It changes nothing but the limiters: the answer may be another a moment later.
// Call it when a code is entered, and [Service.Look] whenever it is priced again.
func (s *Service) Check(ctx context.Context, q Request) (campaign Campaign, err error) {
	err = s.try(ctx, &q, func(now time.Time) error {
		campaign, err = s.look(ctx, &q, now)
		return err
	})
	if err != nil {
		return Campaign{}, err
	}
	return campaign, nil
}

// Look is Check for a code that was entered before: no limiter counts it, so that a
// cart with an old code may be priced again as often as it likes.
func (s *Service) Look(ctx context.Context, q Request) (Campaign, error) {
	if err := q.check(); err != nil {
		return Campaign{}, err
	}
	return s.look(ctx, &q, s.opts.Now())
}

func (s *Service) look(ctx context.Context, q *Request, now time.Time) (Campaign, error) {
	code, c, err := s.find(ctx, q, now)
	if err != nil {
		return Campaign{}, err
	}
	uses, err := couponUses(&code, &c, q, now)
	if err != nil {
		return Campaign{}, err
	}
	err = s.room(ctx, &c, uses)
	if _, full := errors.AsType[*TallyError](err); full {
		if err = s.without(ctx, q, &code, now, uses); err == nil {
			err = s.room(ctx, &c, uses)
		}
	}
	if err != nil {
		return Campaign{}, refusal(err, &code, &c)
	}
	return c, nil
}

// room reports the first tally that has no room for what is added to it.
func (s *Service) room(ctx context.Context, c *Campaign, uses []Tally) error {
	for i := range uses {
		used, err := s.store.Used(ctx, c.ID, uses[i].Name)
		if err != nil {
			return err
		}
		if _, err := uses[i].After(used); err != nil {
			return err
		}
	}
	return nil
}

// without takes what does not count out of the way: holds that are over, and from
// uses what the request's Ref holds itself.
func (s *Service) without(ctx context.Context, q *Request, code *Code, now time.Time, uses []Tally) error {
	if _, err := s.store.Expire(ctx, code.Campaign, now); err != nil || q.Ref == "" {
		return err
	}
	own, err := s.store.Redemption(ctx, holdKey(q.Ref, code.Code))
	if errors.Is(err, flywheel.ErrNotFound) || err == nil && (own.Held.IsZero() || !own.Canceled.IsZero()) {
		return nil
	}
	if err != nil {
		return err
	}
	for i := range uses {
		for _, t := range own.Uses {
			if t.Name == uses[i].Name && t.Add >= 0 {
				uses[i].Add -= t.Add
			}
		}
	}
	return nil
}

// Redeem uses a code. The key makes it once: the same request again answers as the
// first time, another one with the key is an error matching [ErrOtherBody], and
// one that was canceled [ErrCanceled]. A code that cannot be used is a
// [*RefusedError].
func (s *Service) Redeem(ctx context.Context, key string, q Request) (Redemption, error) {
	return s.redeem(ctx, key, q, time.Time{}, couponUses)
}

// Cancel gives a use back, with what it cost, to the days and months it was taken
// from: once, however often it is called. What a card was charged is given back
// with [Service.Refund].
func (s *Service) Cancel(ctx context.Context, key string) (Redemption, error) {
	r, err := s.store.Redemption(ctx, key)
	if err != nil {
		return Redemption{}, err
	}
	if isCharge(&r) {
		return Redemption{}, &RefusedError{Reason: NotThisKindOfUse, Code: r.Code, Campaign: r.Campaign}
	}
	return s.store.Cancel(ctx, key, s.opts.Now())
}

// Used returns how often a campaign has been used; see [Campaign.Limit].
func (s *Service) Used(ctx context.Context, campaign string) (int64, error) {
	return s.store.Used(ctx, campaign, campaignTally)
}

// usesOf tells what a use of a code counts for.
type usesOf func(code *Code, c *Campaign, q *Request, now time.Time) ([]Tally, error)

// redeem uses a code, for good or, with an end, as a hold.
func (s *Service) redeem(ctx context.Context, key string, q Request, until time.Time, usesOf usesOf) (answer Redemption, err error) {
	if err := flywheel.CheckID(key); err != nil {
		return Redemption{}, field(err, "key")
	}
	r := Redemption{Key: key, Customer: q.Customer, Ref: q.Ref, Amount: q.Amount, Held: until}
	use := func(now time.Time) error {
		code, c, err := s.find(ctx, &q, now)
		if err != nil {
			return err
		}
		r.Code, r.Campaign, r.At = code.Code, c.ID, now
		if r.Uses, err = usesOf(&code, &c, &q, now); err != nil {
			return err
		}
		answer, err = s.store.Redeem(ctx, r)
		if _, full := errors.AsType[*TallyError](err); full {
			// Perhaps with holds that are over.
			over, expired := s.store.Expire(ctx, c.ID, now)
			switch {
			case expired != nil:
				return expired
			case over > 0:
				answer, err = s.store.Redeem(ctx, r)
			}
		}
		return refusal(err, &code, &c)
	}
	if !until.IsZero() { // the code was checked when it was entered
		if err := q.check(); err != nil {
			return Redemption{}, err
		}
		return answer, use(s.opts.Now())
	}
	err = s.try(ctx, &q, use)
	if errors.Is(err, ErrRefused) || errors.Is(err, ErrTooManyFailures) {
		// It may have been redeemed before, when it could be.
		before, missing := s.store.Redemption(ctx, key)
		if missing != nil {
			return Redemption{}, err
		}
		r.Code, _ = normalized(q.Code)
		r.Campaign = before.Campaign
		if !r.Same(&before) {
			return Redemption{}, ErrOtherBody
		}
		answer, err = before, nil
	}
	if err == nil && !answer.Canceled.IsZero() {
		return Redemption{}, ErrCanceled
	}
	return answer, err
}

// try runs fn under both limiters.
func (s *Service) try(ctx context.Context, q *Request, fn func(now time.Time) error) error {
	if err := q.check(); err != nil {
		return err
	}
	now := s.opts.Now()
	who := "visitor/" + string(q.Visitor)
	if q.Customer != "" {
		who = "customer/" + string(q.Customer)
	}
	failed, err := s.opts.Customers.begin(ctx, now, who)
	if err != nil {
		return err
	}
	// Requests that name no campaign share the key of the campaign without a name,
	// which does not exist.
	of, guessed := "campaign/"+q.Campaign, wrong
	if q.Campaign == "" {
		guessed = unknown
	}
	return s.opts.Customers.tried(ctx, now, who, func() (bool, error) {
		switch _, err := s.opts.Campaigns.begin(ctx, now, of); {
		case err == nil:
			err := s.opts.Campaigns.tried(ctx, now, of, func() (bool, error) { return guessed(fn(now)) })
			return wrong(err)
		case !errors.Is(err, ErrTooManyFailures) || failed > 0:
			return false, err
		}
		// Others have filled it: who is known and has not failed may try.
		known, err := s.known(ctx, q.Customer)
		if err != nil {
			return false, err
		}
		if !known {
			return false, ErrTooManyFailures
		}
		err = fn(now)
		wasWrong, _ := wrong(err)
		if wasGuess, _ := guessed(err); wasGuess {
			if lost := s.opts.Campaigns.note(ctx, now, of); lost != nil {
				err = lost
			}
		}
		return wasWrong, err
	})
}

// wrong reports whether a try failed.
func wrong(err error) (bool, error) { return errors.Is(err, ErrRefused), err }

// unknown reports whether a try failed on a code that does not exist.
func unknown(err error) (bool, error) {
	r, ok := errors.AsType[*RefusedError](err)
	return ok && r.Reason == Unknown, err
}

func (s *Service) known(ctx context.Context, c flywheel.CustomerID) (bool, error) {
	known := s.opts.Known
	if set := s.recognize.Load(); known == nil && set != nil {
		known = *set
	}
	if c == "" || known == nil {
		return false, nil
	}
	return known(ctx, c)
}

func (q *Request) check() error {
	for _, f := range [...]struct{ name, id string }{
		{"customer", string(q.Customer)}, {"visitor", string(q.Visitor)}, {"campaign", q.Campaign}, {"ref", q.Ref},
	} {
		if f.id == "" {
			continue
		}
		if err := flywheel.CheckID(f.id); err != nil {
			return field(err, "%s", f.name)
		}
	}
	if err := checkAmount(q.Amount); err != nil {
		return field(err, "amount")
	}
	return nil
}

// find returns the code and its campaign, if both are in force for who asks.
func (s *Service) find(ctx context.Context, q *Request, now time.Time) (Code, Campaign, error) {
	text, err := normalized(q.Code)
	if err != nil {
		return Code{}, Campaign{}, &RefusedError{Reason: Unknown}
	}
	code, err := s.store.Code(ctx, text)
	if errors.Is(err, flywheel.ErrNotFound) {
		return Code{}, Campaign{}, &RefusedError{Reason: Unknown, Code: text}
	}
	if err != nil {
		return Code{}, Campaign{}, err
	}
	c, err := s.store.Campaign(ctx, code.Campaign)
	if err != nil {
		return Code{}, Campaign{}, err
	}
	var why Reason
	switch {
	case q.Campaign != "" && q.Campaign != c.ID:
		why = Unknown
	case c.Disabled:
		why = Disabled
	case now.Before(c.Starts):
		why = NotStarted
	case !c.Ends.IsZero() && !now.Before(c.Ends):
		why = Ended
	case code.Customer != "" && q.Customer == "":
		why = NeedsCustomer
	case code.Customer != "" && code.Customer != q.Customer:
		why = OtherCustomer
	default:
		return code, c, nil
	}
	return Code{}, Campaign{}, refused(why, &code, &c)
}

// The names of tallies.
const (
	campaignTally = "campaign"
	codeTally     = "code/"
	customerTally = "customer/"
	periodTally   = "customer_in/" // with period and instance before the customer
	budgetTally   = "budget/"
	valueTally    = "value/"
	refundTally   = "refund/"
)

// couponUses counts a use for the code, the customer, the campaign and the budgets.
func couponUses(code *Code, c *Campaign, q *Request, now time.Time) ([]Tally, error) {
	if !code.Value.IsZero() {
		return nil, refused(NotThisKindOfUse, code, c)
	}
	limit := func(n int64) int64 {
		if n == 0 {
			return Unlimited
		}
		return n
	}
	uses := []Tally{{campaignTally, 1, limit(c.Limit)}, {codeTally + code.Code, 1, limit(c.PerCode)}}
	zone, err := c.location()
	if err != nil {
		return nil, err
	}
	switch {
	case q.Customer == "" && c.PerCustomer > 0:
		return nil, refused(NeedsCustomer, code, c)
	case q.Customer == "":
	case c.PerCustomerPeriod == "" || c.PerCustomerPeriod == Always:
		uses = append(uses, Tally{customerTally + string(q.Customer), 1, limit(c.PerCustomer)})
	default:
		name, _ := c.PerCustomerPeriod.name(now.In(zone))
		uses = append(uses, Tally{customerTally + string(q.Customer), 1, Unlimited},
			Tally{periodTally + string(c.PerCustomerPeriod) + "/" + name + "/" + string(q.Customer), 1, limit(c.PerCustomer)})
	}
	for _, b := range c.Budgets {
		if q.Amount != (money.Amount{}) && q.Amount.Currency() != b.Amount.Currency() {
			return nil, refused(OtherCurrency, code, c)
		}
		name, _ := b.Period.name(now.In(zone))
		uses = append(uses, Tally{budgetTally + string(b.Period) + "/" + name, q.Amount.Minor(), b.Amount.Minor()})
	}
	return uses, nil
}

// refused is the refusal of a code that is known.
func refused(why Reason, code *Code, c *Campaign) *RefusedError {
	return &RefusedError{Reason: why, Code: code.Code, Campaign: code.Campaign, Series: c.PerCode == 1 || !code.Value.IsZero()}
}

// refusal says in this package's words why a tally could not be added to.
func refusal(err error, code *Code, c *Campaign) error {
	t, ok := errors.AsType[*TallyError](err)
	if !ok {
		return err
	}
	why := NoBalance
	kind, _, _ := strings.Cut(t.Tally.Name, "/")
	switch kind + "/" {
	case campaignTally + "/":
		why = CampaignUsedUp
	case codeTally:
		why = CodeUsedUp
	case customerTally, periodTally:
		why = CustomerUsedUp
	case budgetTally:
		why = BudgetSpent
	case refundTally:
		why = RefundedTooMuch
	}
	r := refused(why, code, c)
	r.Left = t.Tally.Limit - t.Used
	return r
}
