package utm_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/campaign/utm"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

func TestReference(t *testing.T) {
	t.Run("utm", tagging)
	t.Run("channel_group", grouping)
}

func tagging(t *testing.T) {
	var file struct {
		Schema string `json:"schema"`
		Tzdata string `json:"tzdata"`
		Rules  string `json:"rules"`
		Cases  []struct {
			ID      string            `json:"id"`
			URL     string            `json:"url"`
			Params  map[string]string `json:"params"`
			Options struct {
				Overwrite bool     `json:"overwrite"`
				Domains   []string `json:"domains"`
				Strict    bool     `json:"strict"`
			} `json:"options"`
			Expect string `json:"expect"`
			Why    string `json:"why"`
		} `json:"cases"`
	}
	decoder := json.NewDecoder(bytes.NewReader(testkit.Reference(t, "campaign", "utm.json")))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&file))
	require.NotEmpty(t, file.Cases)
	for _, c := range file.Cases {
		t.Run(c.ID, func(t *testing.T) {
			var p utm.Params
			for key, value := range c.Params {
				require.NoError(t, p.Set(key, value))
			}
			tagger, err := utm.NewTagger(p, utm.Options{Overwrite: c.Options.Overwrite, Domains: c.Options.Domains})
			require.NoError(t, err)
			got, err := tagger.Tag(c.URL)
			require.NoError(t, err)
			require.Equal(t, c.Expect, got, c.Why)
			again, err := tagger.Tag(got)
			require.NoError(t, err)
			require.Equal(t, got, again, "U9: tagging is idempotent")
			require.Equal(t, got, byURL(t, c.URL, c.Params, c.Options.Overwrite, c.Options.Domains), "the second method")
		})
	}
}

// byURL is the second method: the rules U1 to U9 over a parsed address.
func byURL(t *testing.T, link string, params map[string]string, overwrite bool, domains []string) string {
	u, err := url.Parse(link)
	if err != nil || !slices.Contains([]string{"http", "https"}, strings.ToLower(u.Scheme)) || u.Hostname() == "" || strings.Contains(link, "{{") {
		return link
	}
	if len(domains) > 0 && !slices.ContainsFunc(domains, func(d string) bool {
		host := strings.ToLower(u.Hostname())
		return host == strings.ToLower(d) || strings.HasSuffix(host, "."+strings.ToLower(d))
	}) {
		return link
	}
	head, fragment, hasFragment := strings.Cut(link, "#")
	path, query, hasQuery := strings.Cut(head, "?")
	literal := func(s string) string {
		return strings.NewReplacer("+", "%20", "%7E", "~").Replace(url.QueryEscape(s))
	}
	parts := strings.Split(query, "&")
	for _, key := range []string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id", "utm_source_platform", "utm_creative_format", "utm_marketing_tactic"} {
		value, ok := params[key]
		if !ok || value == "" {
			continue
		}
		count := 0
		parts = slices.DeleteFunc(parts, func(part string) bool {
			raw, _, _ := strings.Cut(part, "=")
			name, err := url.PathUnescape(raw)
			if err != nil || name != key {
				return false
			}
			count++
			return overwrite && count > 1
		})
		for i, part := range parts {
			raw, _, _ := strings.Cut(part, "=")
			if name, err := url.PathUnescape(raw); err == nil && name == key && overwrite {
				parts[i] = raw + "=" + literal(value)
			}
		}
		if count == 0 {
			if parts[len(parts)-1] == "" {
				parts = parts[:len(parts)-1]
			}
			parts = append(parts, key+"="+literal(value))
			hasQuery = true
		}
	}
	out := path
	if hasQuery {
		out += "?" + strings.Join(parts, "&")
	}
	if hasFragment {
		out += "#" + fragment
	}
	return out
}

type groupCase struct {
	Source   string `json:"source"`
	Medium   string `json:"medium"`
	Campaign string `json:"campaign"`
	Channel  string `json:"channel"`
}

func grouping(t *testing.T) {
	var file struct {
		Groups []groupCase `json:"channel_group"`
	}
	require.NoError(t, json.Unmarshal(testkit.Reference(t, "attribution", "goldens_measurement.json"), &file))
	if len(file.Groups) == 0 {
		t.Skip("the file has no section channel_group")
	}
	for _, c := range file.Groups {
		got := (*utm.Grouping)(nil).Channel(c.Source, c.Medium, c.Campaign)
		require.Equal(t, utm.ChannelGroup(c.Channel), got, "%+v", c)
		require.Equal(t, got, byPatterns(c.Source, c.Medium, c.Campaign), "the second method")
	}
}

var (
	paidPattern = regexp.MustCompile(`(?i)^(.*cp.*|ppc|retargeting|paid.*)$`)
	shopPattern = regexp.MustCompile(`^(.*(([^a-df-z]|^)shop|shopping).*)$`)
)

// byPatterns is the second method: the table of the rules, with the published
// regular expressions.
func byPatterns(source, medium, campaign string) utm.ChannelGroup {
	source, medium, campaign = strings.ToLower(strings.TrimSpace(source)), strings.ToLower(medium), strings.ToLower(campaign)
	kind := utm.CategoryOf(source)
	pays := paidPattern.MatchString(medium)
	shop := kind == utm.ShoppingSource || shopPattern.MatchString(campaign)
	matches := func(pattern, text string) bool { return regexp.MustCompile(`^(?:` + pattern + `)$`).MatchString(text) }
	for _, r := range []struct {
		channel utm.ChannelGroup
		holds   bool
	}{
		{utm.DirectChannel, matches(`|\(direct\)`, source) && matches(`|\(none\)|\(not set\)`, medium)},
		{utm.CrossNetwork, matches(`.*cross-network.*`, campaign)},
		{utm.PaidShopping, shop && pays},
		{utm.PaidSearch, kind == utm.SearchSource && pays},
		{utm.PaidSocial, kind == utm.SocialSource && pays},
		{utm.PaidVideo, kind == utm.VideoSource && pays},
		{utm.Display, matches(`display|banner|expandable|interstitial|cpm`, medium)},
		{utm.PaidOther, pays},
		{utm.OrganicShopping, shop},
		{utm.OrganicSocial, kind == utm.SocialSource || matches(`social|social-network|social-media|sm|social network|social media`, medium)},
		{utm.OrganicVideo, kind == utm.VideoSource || matches(`.*video.*`, medium)},
		{utm.OrganicSearch, kind == utm.SearchSource || medium == "organic"},
		{utm.Referral, matches(`referral|app|link`, medium)},
		{utm.Email, matches(`e[-_ ]?mail`, source) || matches(`e[-_ ]?mail`, medium)},
		{utm.Affiliates, medium == "affiliate"},
		{utm.Audio, medium == "audio"},
		{utm.SMS, source == "sms" || medium == "sms"},
		{utm.MobilePush, matches(`.*push|.*mobile.*|.*notification.*`, medium) || source == "firebase"},
	} {
		if r.holds {
			return r.channel
		}
	}
	return utm.Unassigned
}

// The embedded list is the published one, row by row.
func TestSourcesAreThePublishedOnes(t *testing.T) {
	f, err := os.Open(testkit.Data(t, "attribution/ga4_source_categories.csv"))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 820)
	for _, row := range rows[1:] {
		require.Equal(t, strings.ToLower(strings.TrimPrefix(row[1], "SOURCE_CATEGORY_")), string(utm.CategoryOf(row[0])), row[0])
	}
}
