package utm

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// ChannelGroup is a marketing channel: what brought a visit.
type ChannelGroup string

// The default channel group of Google Analytics 4.
const (
	DirectChannel   ChannelGroup = "Direct"
	CrossNetwork    ChannelGroup = "Cross-network"
	PaidShopping    ChannelGroup = "Paid Shopping"
	PaidSearch      ChannelGroup = "Paid Search"
	PaidSocial      ChannelGroup = "Paid Social"
	PaidVideo       ChannelGroup = "Paid Video"
	Display         ChannelGroup = "Display"
	PaidOther       ChannelGroup = "Paid Other"
	OrganicShopping ChannelGroup = "Organic Shopping"
	OrganicSocial   ChannelGroup = "Organic Social"
	OrganicVideo    ChannelGroup = "Organic Video"
	OrganicSearch   ChannelGroup = "Organic Search"
	Referral        ChannelGroup = "Referral"
	Email           ChannelGroup = "Email"
	Affiliates      ChannelGroup = "Affiliates"
	Audio           ChannelGroup = "Audio"
	SMS             ChannelGroup = "SMS"
	MobilePush      ChannelGroup = "Mobile Push Notifications"
	Unassigned      ChannelGroup = "Unassigned"
)

//go:embed sources.txt
var sources string

// Category is the kind of a source in the default channel group.
type Category string

// The categories.
const (
	SearchSource   Category = "search"
	ShoppingSource Category = "shopping"
	SocialSource   Category = "social"
	VideoSource    Category = "video"
)

// CategoryOf returns the category of a source, "" where it has none. Case and
// blanks around it do not matter.
func CategoryOf(source string) Category {
	return categories[strings.ToLower(strings.TrimSpace(source))]
}

var categories = func() map[string]Category {
	table := map[string]Category{}
	var current Category
	for line := range strings.Lines(sources) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "#") || line == "":
		case strings.HasPrefix(line, "["):
			current = Category(strings.Trim(line, "[]"))
		default:
			table[strings.ToLower(line)] = current
		}
	}
	return table
}()

// Rule assigns a channel where all its conditions hold. An empty condition holds
// always; a rule without any is refused.
type Rule struct {
	Channel                  ChannelGroup
	Source, Medium, Campaign Match
	Category                 Category // of the source
	Paid                     bool     // the medium is one of paid traffic, such as cpc
}

// Match is a condition on a text, without regard to case. Of those that are set,
// one must hold.
type Match struct {
	Is       []string // the whole text
	Contains []string
	Prefix   []string
	Suffix   []string
	Pattern  string // a regular expression (RE2) that matches the whole text
}

func (m *Match) empty() bool {
	return len(m.Is) == 0 && len(m.Contains) == 0 && len(m.Prefix) == 0 && len(m.Suffix) == 0 && m.Pattern == ""
}

// matcher is a compiled Match.
type matcher struct {
	is, contains, prefix, suffix []string
	pattern                      *regexp.Regexp
	any                          bool
}

func (m *Match) compile() (matcher, error) {
	lowered := func(texts []string) []string {
		out := slices.Clone(texts)
		for i := range out {
			out[i] = strings.ToLower(out[i])
		}
		return out
	}
	c := matcher{is: lowered(m.Is), contains: lowered(m.Contains), prefix: lowered(m.Prefix), suffix: lowered(m.Suffix), any: m.empty()}
	if m.Pattern != "" {
		if len(m.Pattern) > 1000 {
			return c, fmt.Errorf("a pattern of %d bytes, at most 1000: %w", len(m.Pattern), flywheel.ErrLimit)
		}
		pattern, err := regexp.Compile(`(?is)^(?:` + m.Pattern + `)$`)
		if err != nil {
			return c, fmt.Errorf("%w: %w", err, flywheel.ErrInvalid)
		}
		c.pattern = pattern
	}
	return c, nil
}

func (m *matcher) holds(text string) bool {
	has := func(list []string, f func(s, t string) bool) bool {
		for _, t := range list {
			if f(text, t) {
				return true
			}
		}
		return false
	}
	return m.any || slices.Contains(m.is, text) || has(m.contains, strings.Contains) || has(m.prefix, strings.HasPrefix) ||
		has(m.suffix, strings.HasSuffix) || m.pattern != nil && m.pattern.MatchString(text)
}

type compiled struct {
	rule                     Rule
	source, medium, campaign matcher
}

// Grouping assigns channels: rules of one's own, the default channel group, and
// further rules for what that leaves unassigned. The first rule that matches
// wins. It is immutable and safe for concurrent use; nil is the default group.
type Grouping struct{ before, after []compiled }

// NewGrouping compiles rules that are tried before and after the default channel
// group. A rule without a channel or without a condition, and a broken pattern,
// are a [*ParamError].
func NewGrouping(before, after []Rule) (*Grouping, error) {
	g := &Grouping{}
	for _, list := range []struct {
		name  string
		rules []Rule
		into  *[]compiled
	}{{"before", before, &g.before}, {"after", after, &g.after}} {
		for i, r := range list.rules {
			c, err := r.compile()
			if err != nil {
				return nil, refuse(fmt.Sprintf("%s[%d]", list.name, i), err)
			}
			*list.into = append(*list.into, c)
		}
	}
	return g, nil
}

func (r Rule) compile() (compiled, error) {
	c := compiled{rule: r}
	if r.Channel == "" {
		return c, fmt.Errorf("no channel: %w", flywheel.ErrInvalid)
	}
	if r.Source.empty() && r.Medium.empty() && r.Campaign.empty() && r.Category == "" && !r.Paid {
		return c, fmt.Errorf("no condition: %w", flywheel.ErrInvalid)
	}
	if !slices.Contains([]Category{"", SearchSource, ShoppingSource, SocialSource, VideoSource}, r.Category) {
		return c, fmt.Errorf("category %q is unknown: %w", r.Category, flywheel.ErrInvalid)
	}
	var err error
	for _, m := range []struct {
		name string
		from Match
		to   *matcher
	}{{"source", r.Source, &c.source}, {"medium", r.Medium, &c.medium}, {"campaign", r.Campaign, &c.campaign}} {
		if *m.to, err = m.from.compile(); err != nil {
			return c, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return c, nil
}

func (c *compiled) holds(source, medium, campaign string) bool {
	if r := &c.rule; r.Category != "" && categories[source] != r.Category || r.Paid && !paid(medium) {
		return false
	}
	return c.source.holds(source) && c.medium.holds(medium) && c.campaign.holds(campaign)
}

// Channel returns the channel of a source, medium and campaign. Case does not
// matter, nor blanks around the source.
func (g *Grouping) Channel(source, medium, campaign string) ChannelGroup {
	source, medium, campaign = strings.ToLower(strings.TrimSpace(source)), strings.ToLower(medium), strings.ToLower(campaign)
	if g != nil {
		for i := range g.before {
			if g.before[i].holds(source, medium, campaign) {
				return g.before[i].rule.Channel
			}
		}
	}
	c := standard(source, medium, campaign)
	if g != nil && c == Unassigned {
		for i := range g.after {
			if g.after[i].holds(source, medium, campaign) {
				return g.after[i].rule.Channel
			}
		}
	}
	return c
}

// Of returns the channel of a visit.
func (g *Grouping) Of(v Visit) ChannelGroup { return g.Channel(v.Source, v.Medium, v.Campaign) }

// standard is the default channel group, all in lower case.
func standard(source, medium, campaign string) ChannelGroup {
	kind, pays, shop := categories[source], paid(medium), shops(campaign)
	is := func(text string, list ...string) bool { return slices.Contains(list, text) }
	switch {
	case is(source, "", "(direct)") && is(medium, "", "(none)", "(not set)"):
		return DirectChannel
	case strings.Contains(campaign, "cross-network"):
		return CrossNetwork
	case pays && (kind == ShoppingSource || shop):
		return PaidShopping
	case pays && kind == SearchSource:
		return PaidSearch
	case pays && kind == SocialSource:
		return PaidSocial
	case pays && kind == VideoSource:
		return PaidVideo
	case is(medium, "display", "banner", "expandable", "interstitial", "cpm"):
		return Display
	case pays:
		return PaidOther
	case kind == ShoppingSource || shop:
		return OrganicShopping
	case kind == SocialSource || is(medium, "social", "social-network", "social-media", "sm", "social network", "social media"):
		return OrganicSocial
	case kind == VideoSource || strings.Contains(medium, "video"):
		return OrganicVideo
	case kind == SearchSource || medium == "organic":
		return OrganicSearch
	case is(medium, "referral", "app", "link"):
		return Referral
	case is(source, "email", "e-mail", "e_mail", "e mail") || is(medium, "email", "e-mail", "e_mail", "e mail"):
		return Email
	case medium == "affiliate":
		return Affiliates
	case medium == "audio":
		return Audio
	case source == "sms" || medium == "sms":
		return SMS
	case strings.HasSuffix(medium, "push") || strings.Contains(medium, "mobile") || strings.Contains(medium, "notification") || source == "firebase":
		return MobilePush
	}
	return Unassigned
}

// paid is ^(.*cp.*|ppc|retargeting|paid.*)$.
func paid(medium string) bool {
	return strings.Contains(medium, "cp") || medium == "ppc" || medium == "retargeting" || strings.HasPrefix(medium, "paid")
}

// shops is ^(.*(([^a-df-z]|^)shop|shopping).*)$: "shop" at the beginning, or after
// an e or what is no letter, or "shopping".
func shops(campaign string) bool {
	for from := 0; ; {
		i := strings.Index(campaign[from:], "shop")
		if i < 0 {
			return false
		}
		i += from
		if i == 0 || strings.HasPrefix(campaign[i:], "shopping") {
			return true
		}
		if c := campaign[i-1]; !(c >= 'a' && c <= 'z') || c == 'e' {
			return true
		}
		from = i + 1
	}
}
