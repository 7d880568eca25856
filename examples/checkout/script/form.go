package script

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Setup is the setup of a shop.
type Setup struct {
	Currency         string
	Gross            bool
	Now              time.Time
	Home             formPlace
	Capture          string
	SessionMinutes   *int `json:"session_minutes"`
	HoldMinutes      *int `json:"hold_minutes"`
	Calendar         formCalendar
	Locations        map[string]formLocation
	Taxes            map[string]map[string]string
	TaxPrices        string `json:"tax_prices"`
	Items            map[string]formItem
	Delivery         []formOption
	Promotions       []formPromotion
	Coupons          map[string]formCoupon
	GiftCards        map[string]formGiftCard `json:"gift_cards"`
	StoreCredit      map[string]int64        `json:"store_credit"`
	Points           map[string]int64
	PointValue       string `json:"point_value"`
	PointsMaxPercent string `json:"points_max_percent"`
	Returns          formPolicy
	Numbers          map[string]int64
	SLA              map[string]formSLA
	Gateway          []formAnswer
	Faults           []formFault
}

type (
	formPlace struct{ Country, Region, Postcode string }

	formCalendar struct {
		Zone         string
		Days         []string
		CarrierDays  []string `json:"carrier_days"`
		Holidays     []string
		CutOff       string `json:"cut_off"`
		HandlingDays int    `json:"handling_days"`
		Hours        [][2]string
	}

	formLocation struct {
		Priority     int
		Country      string
		CutOff       string `json:"cut_off"`
		HandlingDays *int   `json:"handling_days"`
	}

	formLater struct {
		Limit int64
		Date  string
	}

	formItem struct {
		Price      int64
		Tax        string
		Weight     int64
		Categories []string
		Stock      map[string]int64
		Parts      map[string]int64
		Backorder  *formLater
		Preorder   *formLater
		Ships      *bool
		FinalSale  bool `json:"final_sale"`
		Age        int
	}

	formRate struct {
		To    *int64
		Price int64
	}

	formOption struct {
		ID, Type, Location string
		Zones              []string
		By                 string
		Rates              []formRate
		FreeFrom           *int64 `json:"free_from"`
		Days               [2]int
		Tax                string
		NotFor             []string `json:"not_for"`
	}

	formPromotion struct {
		ID        string
		Code      bool
		Kind      string
		Value     json.Number
		Category  string
		Minimum   int64
		Exclusive bool
	}

	formCoupon struct {
		Promotion   string
		From, Until time.Time
		Customer    string
		Limit       int64
		PerCustomer int64 `json:"per_customer"`
		Used        int64
		UsedBy      map[string]int64 `json:"used_by"`
	}

	formGiftCard struct {
		Balance  int64
		Until    time.Time
		Currency string
	}

	formPolicy struct {
		WindowDays     int `json:"window_days"`
		ClaimDays      int `json:"claim_days"`
		Restocking     map[string]string
		Label          int64
		DeliveryRefund string `json:"delivery_refund"`
	}

	formSLA struct{ First, Resolve int64 }

	formAnswer struct {
		Call, Answer string
		Effect       bool
	}

	formFault struct{ At string }
)

// UnmarshalJSON takes a value that is a number or a decimal string.
func (p *formPromotion) UnmarshalJSON(data []byte) error {
	type plain formPromotion
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode((*plain)(p)) // json.Number takes both
}

// Step is one step; what a kind of step does not use must not be there.
type Step struct {
	Do     string
	Expect map[string]json.RawMessage

	Cart, Session, Order, Ticket, Return string
	Customer                             string
	SKU                                  string
	Quantity                             int64
	Line                                 string
	Email                                string
	VATExempt                            bool `json:"vat_exempt"`
	Address                              *formPlace
	Option                               string
	Options                              bool
	Codes                                []string
	Tenders                              []formTender
	OK                                   bool
	Key                                  string
	Seen                                 *int64
	Result                               string
	ID, Type, Signature                  string
	Amount                               int64
	Parcel                               string
	Lines                                json.RawMessage // by kind: units, or what was received
	Add                                  []formAdded
	Remove                               map[string]int64
	Reason                               string
	To                                   string
	For                                  []formAdded
	Remedy, Kind                         string
	Wait                                 bool
	Priority                             string
	Price                                int64
	Location                             string
	Change                               int64
}

type (
	formTender struct {
		Type, ID, Token string
		Amount          *int64
	}

	formAdded struct {
		SKU      string
		Quantity int64
		Agreed   *int64
	}
)

// formHandler makes the call of a step and returns what it answers.
type formHandler func(ctx context.Context, s *Shop, step *Step) (map[string]any, error)

// handlers are the kinds of steps.
var handlers = func() map[string]formHandler {
	all := map[string]formHandler{}
	for _, some := range []map[string]formHandler{formSessionSteps, formOrderSteps, formTicketSteps} {
		maps.Copy(all, some)
	}
	return all
}()

// formLook returns a part of what is compared at the end; want is what is expected of
// it, for the names of things.
type formLook func(ctx context.Context, s *Shop, want json.RawMessage) (any, error)

var looks = func() map[string]formLook {
	all := map[string]formLook{}
	for _, some := range []map[string]formLook{formSessionLooks, formOrderLooks, formTicketLooks} {
		maps.Copy(all, some)
	}
	return all
}()

// Kind is the kind of an error.
func Kind(err error) string {
	if err == nil {
		return ""
	}
	for _, kind := range []struct {
		err  error
		name string
	}{
		{flywheel.ErrUnknownOutcome, "unknown_outcome"}, {flywheel.ErrInvalid, "invalid"}, {flywheel.ErrOutOfRange, "out_of_range"},
		{flywheel.ErrLimit, "limit"}, {flywheel.ErrNotFound, "not_found"}, {flywheel.ErrConflict, "conflict"},
		{flywheel.ErrForbidden, "forbidden"}, {flywheel.ErrExpired, "expired"},
	} {
		if errors.Is(err, kind.err) {
			return kind.name
		}
	}
	return "another: " + err.Error()
}

// Do makes one step. It returns what the step tells, with an error also what a refusal
// shows.
func (s *Shop) Do(ctx context.Context, step *Step) (map[string]any, error) {
	do, known := handlers[step.Do]
	if !known {
		return nil, fmt.Errorf("script: step %q: %w", step.Do, ErrUnknown)
	}
	for _, name := range []struct {
		of   *string
		name string
	}{{&step.Cart, "c"}, {&step.Session, "s"}, {&step.Order, "o"}, {&step.Ticket, "t"}, {&step.Return, "r1"}} {
		if *name.of == "" {
			*name.of = name.name
		}
	}
	return do(ctx, s, step)
}

// ErrUnknown reports a kind of step, or a part of the end, that the form does not have.
var ErrUnknown = errors.New("unknown")

// Look returns a part of what is compared at the end; want is what is expected of it,
// for the names of things.
func (s *Shop) Look(ctx context.Context, part string, want json.RawMessage) (any, error) {
	look, known := looks[part]
	if !known {
		return nil, fmt.Errorf("script: %s: %w", part, ErrUnknown)
	}
	return look(ctx, s, want)
}
