package catalog

import (
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// ProductType gives products attributes: its own and those of all types above it.
type ProductType struct {
	Code       string   `json:"code"`
	Parent     string   `json:"parent,omitempty"`
	Attributes []string `json:"attributes,omitempty"`
	// Required attributes by code: an active product that is listed in one of the
	// channels must have a value.
	Required map[string]Requirement `json:"required,omitempty"`
	// Name shown to the people of the shop, by locale.
	Name map[Locale]string `json:"name,omitempty"`
}

// Requirement says in which channels an attribute is required: in JSON true, or a
// list of channels.
type Requirement struct {
	All      bool
	Channels []Channel
}

// In reports whether the attribute is required in a channel.
func (r Requirement) In(c Channel) bool {
	if r.All {
		return true
	}
	for _, other := range r.Channels {
		if other == c {
			return true
		}
	}
	return false
}

// MarshalJSON implements [encoding/json.Marshaler].
func (r Requirement) MarshalJSON() ([]byte, error) {
	if r.All || len(r.Channels) == 0 {
		return json.Marshal(r.All)
	}
	return json.Marshal(r.Channels)
}

// UnmarshalJSON implements [encoding/json.Unmarshaler].
func (r *Requirement) UnmarshalJSON(data []byte) error {
	*r = Requirement{}
	if err := json.Unmarshal(data, &r.All); err == nil {
		return nil
	}
	if err := json.Unmarshal(data, &r.Channels); err != nil {
		return fmt.Errorf("catalog: required is true or a list of channels: %w", flywheel.ErrInvalid)
	}
	return nil
}

// checkAttributes reports attributes and requirements that do not exist.
func (s *schema) checkAttributes(codes []string, required map[string]Requirement, p problems) {
	for i, code := range codes {
		if s.attributes[code] == nil {
			p.notFound(fmt.Sprintf("attributes[%d]", i), "attribute", code)
		}
	}
	for _, code := range sortedKeys(required) {
		if s.attributes[code] == nil {
			p.notFound("required."+code, "attribute", code)
		}
		for _, c := range required[code].Channels {
			if s.channels[c] == nil {
				p.notFound("required."+code, "channel", string(c))
			}
		}
	}
}

// typeChain returns a type and all above it.
func (s *schema) typeChain(code string) []*ProductType {
	var list []*ProductType
	for t := s.types[code]; t != nil && len(list) <= len(s.types); t = s.types[t.Parent] {
		list = append(list, t)
	}
	return list
}
