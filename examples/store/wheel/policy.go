package wheel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Policy is how the shop is run: which features all customers and clusters have, and how they are
// set.
type Policy struct {
	Recommendations bool `json:"recommendations"`
	Promotions      bool `json:"promotions"`
	Recovery        bool `json:"recovery"`
	Stock           bool `json:"stock"`
	// Percent is what the segment's promotion takes off, as a fraction below 1.
	Percent string `json:"percent,omitempty"`
	// Service is the probability that a cycle of the better stock passes without a stock-out,
	// between 0.5 and 1.
	Service float64 `json:"service,omitempty"`
	// Points is how many an order earns for each EUR, as a decimal; empty is a shop without
	// points. They can be spent two weeks later, PointValue minor units each.
	Points     string `json:"points,omitempty"`
	PointValue int64  `json:"point_value,omitempty"`
}

// ReadPolicy reads the JSON of a policy. Unknown members, and values out of their range, are errors
// that name the field.
func ReadPolicy(r io.Reader) (p Policy, err error) {
	data, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return p, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return p, fmt.Errorf("policy: %w: %w", err, flywheel.ErrInvalid)
	}
	if d.More() {
		return p, fmt.Errorf("policy: more than one value: %w", flywheel.ErrInvalid)
	}
	return p, p.Validate()
}

// Validate reports the first field that is wrong.
func (p Policy) Validate() error {
	wrong := func(field string, value any) error {
		return &flywheel.FieldError{Field: field, Err: fmt.Errorf("%v: %w", value, flywheel.ErrOutOfRange)}
	}
	p = p.normal()
	one := money.MustRate("1")
	if r, err := money.ParseRate(p.Percent); err != nil || r.Sign() < 0 || r.Cmp(one) >= 0 {
		return wrong("percent", p.Percent)
	}
	if !(p.Service >= 0.5 && p.Service < 1) {
		return wrong("service", p.Service)
	}
	if p.Points != "" {
		if r, err := money.ParseRate(p.Points); err != nil || r.Sign() <= 0 || r.Cmp(money.MustRate("100")) > 0 {
			return wrong("points", p.Points)
		}
	}
	if p.PointValue < 1 || p.PointValue > 100 {
		return wrong("point_value", p.PointValue)
	}
	return nil
}

// normal fills in what is not said.
func (p Policy) normal() Policy {
	if p.Percent == "" {
		p.Percent = "0.05"
	}
	if p.Service == 0 {
		p.Service = 0.97
	}
	if p.PointValue == 0 {
		p.PointValue = 1
	}
	return p
}

// modes has every feature on or off, the twins off.
func (p Policy) modes() (modes [features]Mode) {
	for f, on := range [...]bool{Recommendations: p.Recommendations, Promotions: p.Promotions, Recovery: p.Recovery, Stock: p.Stock, Twins: false} {
		modes[f] = Off
		if on {
			modes[f] = On
		}
	}
	return modes
}

// program is that of the points.
func (p Policy) program() (loyalty.Program, error) {
	rate, err := money.ParseRate(p.Points)
	return loyalty.Program{Earning: loyalty.Earning{PerUnit: rate}, PendingFor: "P14D"}, err
}
