package catalog

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Channel is a sales channel, such as a web shop or a marketplace.
type Channel string

// ChannelDef is a channel and how it speaks.
type ChannelDef struct {
	Code Channel `json:"code"`
	// Locales of its pages, in order; DefaultLocale is one of them, and the one to
	// which every text falls back.
	Locales       []Locale `json:"locales"`
	DefaultLocale Locale   `json:"default_locale"`
	// Currency of its prices, EUR where it is empty.
	Currency string `json:"currency,omitempty"`
	// TimeZone of local times, UTC where it is empty.
	TimeZone string `json:"time_zone,omitempty"`
	// Slugs is ASCIISlugs where it is empty; Reserved are slugs that no product
	// gets.
	Slugs    SlugMode `json:"slugs,omitempty"`
	Reserved []string `json:"reserved,omitempty"`
}

// channel is a compiled definition.
type channel struct {
	ChannelDef
	currency money.Currency
	zone     *time.Location
	reserved map[string]bool
}

// compile returns the channel, or adds what is wrong.
func (d ChannelDef) compile(p problems) *channel {
	c := &channel{ChannelDef: d, reserved: make(map[string]bool, len(d.Reserved))}
	if p.code("code", string(d.Code)); d.Code == anyChannel {
		p.invalid("code", "%q names no channel", d.Code)
	}
	c.Locales = nil
	for i, l := range d.Locales {
		normal, err := ParseLocale(string(l))
		if err != nil || containsLocale(c.Locales, normal) {
			p.invalid(fmt.Sprintf("locales[%d]", i), "%q is no locale, or there already", l)
			continue
		}
		c.Locales = append(c.Locales, normal)
	}
	if normal, err := ParseLocale(string(d.DefaultLocale)); err != nil || !containsLocale(c.Locales, normal) {
		p.invalid("default_locale", "%q is none of the locales", d.DefaultLocale)
	} else {
		c.DefaultLocale = normal
	}
	if c.Currency == "" {
		c.Currency = "EUR"
	}
	var err error
	if c.currency, err = money.ParseCurrency(c.Currency); err != nil {
		p.wrap("currency", err)
	}
	if c.TimeZone == "" {
		c.TimeZone = "UTC"
	}
	if c.zone, err = time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		p.invalid("time_zone", "%q is unknown", c.TimeZone)
	}
	switch c.Slugs {
	case "":
		c.Slugs = ASCIISlugs
	case ASCIISlugs, UnicodeSlugs:
	default:
		p.invalid("slugs", "%q is unknown", c.Slugs)
	}
	for _, r := range d.Reserved {
		c.reserved[r] = true
	}
	return c
}

// locale returns the first locale of the chain that the channel has.
func (c *channel) locale(s *schema, asked Locale) Locale {
	for _, l := range s.chain(c, asked) {
		if containsLocale(c.Locales, l) {
			return l
		}
	}
	return c.DefaultLocale
}

// localLayouts are the forms of a time without an offset.
var localLayouts = []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02T15:04:05.999999999", "2006-01-02"}

// parseTime reads a time with an offset, or a local one of the zone: one that the
// clocks skip moves forward, of one that they show twice the first is taken.
func parseTime(s string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC().Truncate(time.Microsecond), nil
	}
	for _, layout := range append([]string{"2006-01-02T15:04Z07:00"}, localLayouts...) {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if layout == "2006-01-02T15:04Z07:00" {
			return t.UTC(), nil
		}
		t = caltime.At(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone)
		return t.UTC().Truncate(time.Microsecond), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time: %w", firstRunes(s, 40), flywheel.ErrInvalid)
}

// timeText is the stored form of a time.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z") }
