// Package script runs the counter of a shop by a script in JSON: steps such as
// "cart.add", "session.deliver", "place", "order.ship" or "return.receive" against a
// shop whose setup is JSON as well. It translates steps into calls of the library and
// answers into JSON, and computes nothing. The tests of package checkout run their
// reference cases through it.
package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/flywheel-go/flywheel"
)

// ParseSetup reads a setup: that of the shop that it names, with each other key of its
// own in place of the shop's, and items merged. Without "shop" it stands by itself.
// What the form does not have is refused.
func ParseSetup(shops map[string]map[string]json.RawMessage, setup map[string]json.RawMessage) (*Setup, error) {
	joined := map[string]json.RawMessage{}
	if raw, named := setup["shop"]; named {
		var name string
		if err := json.Unmarshal(raw, &name); err != nil {
			return nil, &flywheel.FieldError{Field: "setup.shop", Err: fmt.Errorf("%v: %w", err, flywheel.ErrInvalid)}
		}
		shop, known := shops[name]
		if !known {
			return nil, &flywheel.FieldError{Field: "setup.shop", Err: fmt.Errorf("%q: %w", name, flywheel.ErrNotFound)}
		}
		joined = maps.Clone(shop)
	}
	for key, value := range setup {
		switch key {
		case "shop":
		case "items":
			items, more := map[string]json.RawMessage{}, map[string]json.RawMessage{}
			for data, into := range map[*json.RawMessage]*map[string]json.RawMessage{ptr(joined[key]): &items, &value: &more} {
				if len(*data) == 0 {
					continue
				}
				if err := json.Unmarshal(*data, into); err != nil {
					return nil, &flywheel.FieldError{Field: "setup.items", Err: fmt.Errorf("%v: %w", err, flywheel.ErrInvalid)}
				}
			}
			maps.Copy(items, more)
			data, err := json.Marshal(items)
			if err != nil {
				return nil, err
			}
			joined[key] = data
		default:
			joined[key] = value
		}
	}
	data, err := json.Marshal(joined)
	if err != nil {
		return nil, err
	}
	var s Setup
	if err := decode(data, &s); err != nil {
		return nil, fmt.Errorf("script: setup: %w", err)
	}
	return &s, nil
}

func ptr(m json.RawMessage) *json.RawMessage { return &m }

// ParseStep reads a step; what the form does not have is refused.
func ParseStep(data []byte) (*Step, error) {
	var s Step
	if err := decode(data, &s); err != nil {
		return nil, fmt.Errorf("script: step: %w", err)
	}
	return &s, nil
}

// decode reads JSON and refuses fields that the form does not have.
func decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%v: %w", err, flywheel.ErrInvalid)
	}
	return nil
}
