package order

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
)

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

// Format implements fmt.Formatter: whatever the verb, nothing of a person is printed,
// so that none gets into logs and errors.
func (c Contact) Format(f fmt.State, _ rune) { io.WriteString(f, "order.Contact{hidden}") }

// LogValue implements slog.LogValuer: nothing of a person is logged.
func (c Contact) LogValue() slog.Value { return slog.StringValue("order.Contact{hidden}") }

// Format implements fmt.Formatter: only the country is printed.
func (a Address) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "order.Address{%s}", a.Country) }

// LogValue implements slog.LogValuer: only the country is logged.
func (a Address) LogValue() slog.Value { return slog.StringValue("order.Address{" + a.Country + "}") }
