package order

import "slices"

// Contact is how the shop reaches whoever bought.
type Contact struct {
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Address is where goods or papers go.
type Address struct {
	Name     string   `json:"name,omitempty"`
	Street   []string `json:"street,omitempty"`
	Postcode string   `json:"postcode,omitempty"`
	City     string   `json:"city,omitempty"`
	Region   string   `json:"region,omitempty"`
	// Country is the two-letter code of ISO 3166-1.
	Country string `json:"country,omitempty"`
}

func (a *Address) clone() *Address {
	if a == nil {
		return nil
	}
	c := *a
	c.Street = slices.Clone(a.Street)
	return &c
}
