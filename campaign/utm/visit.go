package utm

import (
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Visit is where a visit came from, in the words that a [Grouping] groups.
type Visit struct {
	Source   string
	Medium   string
	Campaign string
	// Kind says how it is known.
	Kind Kind
}

// Kind says how the source of a visit is known.
type Kind string

// The kinds, in the order in which they are tried.
const (
	// Tagged: by campaign parameters.
	Tagged Kind = "tagged"
	// Clicked: by a click id.
	Clicked Kind = "clicked"
	// Shared: by what a share button added.
	Shared Kind = "shared"
	// Referred: by the referrer.
	Referred Kind = "referred"
	// Continued: the referrer is the shop itself or a payment page. The visit
	// belongs to the touch that was there; it is no new one.
	Continued Kind = "continued"
	// Direct: by nothing.
	Direct Kind = "direct"
)

// Site says whose referrers continue a visit.
type Site struct {
	// Own are the shop's hosts, with their subdomains.
	Own []string
	// Payments are the hosts of payment pages and other detours, with their
	// subdomains; nil for [PaymentHosts].
	Payments []string
}

// PaymentHosts returns the hosts of common payment pages.
func PaymentHosts() []string {
	return []string{
		"3dsecure.io", "adyen.com", "afterpay.com", "affirm.com", "alipay.com", "checkout.com", "giropay.de", "ideal.nl", "klarna.com",
		"mollie.com", "payments.amazon.com", "paypal.com", "paytm.in", "paytm.com", "payu.com", "payu.in", "pay.google.com", "pay.weixin.qq.com",
		"przelewy24.pl", "razorpay.com", "sagepay.com", "securecode.com", "shop.app", "sofort.com", "stripe.com", "tenpay.com", "unionpay.com", "verifiedbyvisa.com", "worldpay.com",
	}
}

// Attribute tells where a visit came from by the address of its landing page,
// read leniently, and its referrer, either of which may be empty. Campaign
// parameters win, then a paid click id, then a click id of any kind, then a share
// button, then the referrer. Parameters without a source keep their medium and
// campaign and take the source of the click id or the referrer.
func (s Site) Attribute(landing, referrer string) Visit {
	l, _ := Read(landing, Lenient) // lenient reading does not fail
	clicked, click := clickOf(l.Clicks)
	referred := s.referred(referrer)
	switch {
	case l.Params.Source != "":
		return Visit{l.Params.Source, l.Params.Medium, l.Params.Campaign, Tagged}
	case clicked && click.Paid || clicked && referred.Kind == Direct:
		return l.under(Visit{Source: click.Source, Medium: click.Medium, Kind: Clicked})
	case l.Share != "":
		return l.under(Visit{Source: l.Share, Medium: "social", Kind: Shared})
	case clicked && referred.Kind != Continued:
		return l.under(Visit{Source: click.Source, Medium: click.Medium, Kind: Clicked})
	}
	return l.under(referred)
}

// under puts medium and campaign of the parameters over those that were found.
func (l *Landing) under(v Visit) Visit {
	if l.Params.Medium != "" {
		v.Medium, v.Kind = l.Params.Medium, Tagged
	}
	if l.Params.Campaign != "" {
		v.Campaign, v.Kind = l.Params.Campaign, Tagged
	}
	return v
}

func clickOf(clicks []Click) (bool, ClickSource) {
	var first ClickSource
	for i, c := range clicks {
		s := clickSources[c.Key]
		if s.Paid {
			return true, s
		}
		if i == 0 {
			first = s
		}
	}
	return len(clicks) > 0, first
}

// referred tells by the referrer alone. A host is looked up with and without its
// subdomains among the sources of the default channel group.
func (s Site) referred(referrer string) Visit {
	host, ok := hostOf(referrer)
	if !ok {
		if app, cut := strings.CutPrefix(strings.ToLower(referrer), "android-app://"); cut {
			name, _, _ := strings.Cut(app, "/")
			switch {
			case strings.HasPrefix(name, "com.google.android.googlequicksearchbox"):
				return Visit{Source: "google", Medium: "organic", Kind: Referred}
			case strings.HasPrefix(name, "com.google.android.gm"):
				return Visit{Source: "gmail", Medium: "email", Kind: Referred}
			case name != "":
				return Visit{Source: name, Medium: "referral", Kind: Referred}
			}
		}
		return Visit{Source: "(direct)", Medium: "(none)", Kind: Direct}
	}
	host = strings.ToLower(host)
	payments := s.Payments
	if payments == nil {
		payments = PaymentHosts()
	}
	if within(host, lower(s.Own)) || within(host, lower(payments)) {
		return Visit{Source: "(direct)", Medium: "(none)", Kind: Continued}
	}
	host = strings.TrimPrefix(host, "www.")
	if name := engine(host); name != "" {
		return Visit{Source: name, Medium: "organic", Kind: Referred}
	}
	medium := "referral"
	for name := host; strings.Contains(name, "."); {
		if c := categories[name]; c != "" {
			if c == SearchSource {
				medium = "organic"
			}
			host = name
			break
		}
		_, name, _ = strings.Cut(name, ".")
	}
	return Visit{Source: host, Medium: medium, Kind: Referred}
}

// engine returns the name of the search engine under whose own domain a host is:
// google for google.co.uk and cn.google.com, nothing for mail.google.com.
func engine(host string) string {
	labels := strings.Split(host, ".")
	for i, name := range labels[:len(labels)-1] {
		if categories[name] != SearchSource {
			if len(name) > 2 && name != "search" { // neither a country nor a device
				return ""
			}
			continue
		}
		switch rest := labels[i+1:]; {
		case len(rest) == 1, len(rest) == 2 && len(rest[0]) <= 3 && len(rest[1]) <= 3:
			return name
		}
		return ""
	}
	return ""
}

func lower(hosts []string) []string {
	out := make([]string, 0, len(hosts))
	for _, h := range hosts {
		if h = strings.ToLower(strings.Trim(strings.TrimSpace(h), ".")); h != "" {
			out = append(out, h)
		}
	}
	return out
}

// Properties under which an event carries where its visit came from: the names
// of the campaign parameters, and those of GA4 for the addresses.
const (
	PropertySource   = "utm_source"
	PropertyMedium   = "utm_medium"
	PropertyCampaign = "utm_campaign"
	PropertyLanding  = "page_location"
	PropertyReferrer = "page_referrer"
)

// OfEvent reads where an event's visit came from: by its campaign properties,
// else by its landing page and referrer. ok is false where the event says
// nothing of it. A property that is no string is an error.
func (s Site) OfEvent(e *flywheel.Event) (v Visit, ok bool, err error) {
	var text [5]string
	for i, name := range [...]string{PropertySource, PropertyMedium, PropertyCampaign, PropertyLanding, PropertyReferrer} {
		value, there := e.Properties[name]
		if !there || value == nil {
			continue
		}
		if text[i], there = value.(string); !there {
			return Visit{}, false, &flywheel.EventError{ID: e.ID, Field: "properties." + name, Err: fmt.Errorf("%T is no text: %w", value, flywheel.ErrInvalid)}
		}
	}
	switch {
	case text[0] != "" || text[1] != "" || text[2] != "":
		return Visit{text[0], text[1], text[2], Tagged}, true, nil
	case text[3] != "" || text[4] != "":
		return s.Attribute(text[3], text[4]), true, nil
	}
	return Visit{}, false, nil
}
