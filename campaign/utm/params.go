package utm

import (
	"fmt"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
)

// Params are the campaign parameters of a link. Empty ones are not there.
type Params struct {
	Source   string `json:"utm_source,omitempty"`   // who sends: newsletter, google
	Medium   string `json:"utm_medium,omitempty"`   // how: email, cpc
	Campaign string `json:"utm_campaign,omitempty"` // for what: spring-26
	Term     string `json:"utm_term,omitempty"`
	Content  string `json:"utm_content,omitempty"` // which of several links
	ID       string `json:"utm_id,omitempty"`
	Platform string `json:"utm_source_platform,omitempty"`
	Format   string `json:"utm_creative_format,omitempty"`
	Tactic   string `json:"utm_marketing_tactic,omitempty"`
}

// keys are the parameters in the order in which a Tagger appends them.
var keys = [...]string{
	"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content",
	"utm_id", "utm_source_platform", "utm_creative_format", "utm_marketing_tactic",
}

func (p *Params) field(i int) *string {
	return [...]*string{&p.Source, &p.Medium, &p.Campaign, &p.Term, &p.Content, &p.ID, &p.Platform, &p.Format, &p.Tactic}[i]
}

// IsZero reports whether no parameter is there.
func (p Params) IsZero() bool { return p == Params{} }

// Set sets the parameter with the key, such as "utm_source". An unknown key is
// an error that matches flywheel.ErrInvalid.
func (p *Params) Set(key, value string) error {
	for i, k := range keys {
		if k == key {
			*p.field(i) = value
			return nil
		}
	}
	return refuse(key, fmt.Errorf("no campaign parameter: %w", flywheel.ErrInvalid))
}

// MaxValueBytes is the longest value that a link is tagged with.
const MaxValueBytes = 2048

func (p *Params) check() error {
	for i, k := range keys {
		v := *p.field(i)
		switch {
		case len(v) > MaxValueBytes:
			return refuse(k, fmt.Errorf("%d bytes, at most %d: %w", len(v), MaxValueBytes, flywheel.ErrLimit))
		case !utf8.ValidString(v):
			return refuse(k, fmt.Errorf("%q is not UTF-8: %w", v, flywheel.ErrInvalid))
		}
	}
	return nil
}

// ParamError names the parameter, the option or the rule that is refused. Its
// Field is such as "utm_source", "domains[2]" or "before[0]".
type ParamError struct{ flywheel.FieldError }

func (e *ParamError) Error() string { return "utm: " + e.FieldError.Error() }

// Unwrap returns the error about the field, which wraps the cause.
func (e *ParamError) Unwrap() error { return &e.FieldError }

func refuse(field string, err error) error {
	return &ParamError{flywheel.FieldError{Field: field, Err: err}}
}
