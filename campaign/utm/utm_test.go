package utm_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

var mail = utm.Params{Source: "mail", Medium: "email", Campaign: "spring-26"}

func tag(t require.TestingT, link string, p utm.Params, o utm.Options) string {
	tagger, err := utm.NewTagger(p, o)
	require.NoError(t, err)
	got, err := tagger.Tag(link)
	require.NoError(t, err)
	return got
}

func TestTagsAndLeavesAlone(t *testing.T) {
	const more = "utm_source=mail&utm_medium=email&utm_campaign=spring-26"
	for link, want := range map[string]string{
		"HTTPS://Shop.example":                      "HTTPS://Shop.example?" + more,
		"http://shop.example:8080?x":                "http://shop.example:8080?x&" + more,
		"https://[::1]:80/x":                        "https://[::1]:80/x?" + more,
		"https://u:p@shop.example/":                 "https://u:p@shop.example/?" + more,
		"https://shop.example/p?utm%5Fsource=a":     "https://shop.example/p?utm%5Fsource=a&utm_medium=email&utm_campaign=spring-26",
		"https://shop.example/p?UTM_SOURCE=a":       "https://shop.example/p?UTM_SOURCE=a&" + more, // U6: case counts
		"https://shop.example/p?utm_source":         "https://shop.example/p?utm_source&utm_medium=email&utm_campaign=spring-26",
		"https://shop.example/p?a=1&&b":             "https://shop.example/p?a=1&&b&" + more,
		"https://shop.example/p?%zz=1":              "https://shop.example/p?%zz=1&" + more,
		"https://shop.example/p?x=utm_source=1":     "https://shop.example/p?x=utm_source=1&" + more,
		"https://shop.example/p?my_utm_source=1":    "https://shop.example/p?my_utm_source=1&" + more,
		"https://shop.example/p?":                   "https://shop.example/p?" + more,
		"https://shop.example/?from=timeline#a#b?c": "https://shop.example/?from=timeline&" + more + "#a#b?c",
		"":                   "",
		"/relative?x=1":      "/relative?x=1",
		"//shop.example/x":   "//shop.example/x",
		"https://":           "https://",
		"https:///x":         "https:///x",
		"https:shop.example": "https:shop.example",
		"tel:+1":             "tel:+1",
		"javascript:alert('https://shop.example')":   "javascript:alert('https://shop.example')",
		" https://shop.example":                      " https://shop.example",
		"https://shop.example/{{ path }}":            "https://shop.example/{{ path }}",
		"https://shop.example/p?a={single}":          "https://shop.example/p?a={single}&" + more,
		"https://shop.example/p?utm_source=&x":       "https://shop.example/p?utm_source=&x&utm_medium=email&utm_campaign=spring-26",
		"https://shop.example/p?sig=a%2Fb%2fc==&e=%": "https://shop.example/p?sig=a%2Fb%2fc==&e=%&" + more,
	} {
		assert.Equal(t, want, tag(t, link, mail, utm.Options{}), link)
	}
	overwrite := utm.Options{Overwrite: true}
	for link, want := range map[string]string{
		"https://a.example/?utm_source=x&utm_source=y&b=1&utm_medium": "https://a.example/?utm_source=mail&b=1&utm_medium=email&utm_campaign=spring-26",
		"https://a.example/?b&utm%5Fsource=x&":                        "https://a.example/?b&utm%5Fsource=mail&utm_medium=email&utm_campaign=spring-26",
		"https://a.example/?utm_source=mail":                          "https://a.example/?utm_source=mail&utm_medium=email&utm_campaign=spring-26",
	} {
		assert.Equal(t, want, tag(t, link, mail, overwrite), link)
	}
	only := utm.Options{Domains: []string{"Shop.example."}}
	for link, tagged := range map[string]bool{
		"https://shop.example/x": true, "https://WWW.SHOP.EXAMPLE./x": true, "https://a.b.shop.example:1": true,
		"https://myshop.example/": false, "https://shop.example.evil.example": false, "https://shop.example@evil.example/": false,
		`https://evil.example\@shop.example/`: false, "https://evil.example?x=.shop.example": false, "https://evil.example#.shop.example": false,
	} {
		assert.Equal(t, tagged, strings.Contains(tag(t, link, mail, only), "utm_source=mail"), link)
	}
	assert.Equal(t, "https://a.example?utm_source=m&utm_term=t&utm_content=c&utm_id=7&utm_source_platform=p&utm_creative_format=f&utm_marketing_tactic=x",
		tag(t, "https://a.example", utm.Params{Source: "m", Term: "t", Content: "c", ID: "7", Platform: "p", Format: "f", Tactic: "x"}, utm.Options{}))
	assert.Equal(t, "https://a.example", tag(t, "https://a.example", utm.Params{}, utm.Options{}))
}

func TestStrictTagging(t *testing.T) {
	tagger, err := utm.NewTagger(mail, utm.Options{Strict: true, Domains: []string{"shop.example"}})
	require.NoError(t, err)
	for _, link := range []string{"mailto:a@b", "https://other.example", "https://shop.example/{{x}}", "", strings.Repeat("x", 10<<20)} {
		got, err := tagger.Tag(link)
		assert.ErrorIs(t, err, utm.ErrNotTaggable)
		assert.ErrorIs(t, err, flywheel.ErrInvalid)
		assert.Less(t, len(err.Error()), 400)
		assert.Equal(t, link, got)
	}
	for _, bad := range []struct {
		p    utm.Params
		o    utm.Options
		kind error
	}{
		{utm.Params{Source: "\xff"}, utm.Options{}, flywheel.ErrInvalid},
		{utm.Params{Term: strings.Repeat("x", utm.MaxValueBytes+1)}, utm.Options{}, flywheel.ErrLimit},
		{mail, utm.Options{Domains: []string{"shop.example/x"}}, flywheel.ErrInvalid},
		{mail, utm.Options{Domains: []string{" "}}, flywheel.ErrInvalid},
	} {
		_, err := utm.NewTagger(bad.p, bad.o)
		assert.ErrorIs(t, err, bad.kind)
	}
	var p utm.Params
	assert.ErrorIs(t, p.Set("utm_sauce", "x"), flywheel.ErrInvalid)
	assert.True(t, p.IsZero())
}

// Whatever the link, tagging twice is tagging once, the two methods agree, and
// the bytes before and after what is added stay.
func TestTaggingLaws(t *testing.T) {
	piece := rapid.SampledFrom([]string{"utm_source", "utm%5Fmedium", "%75tm_campaign", "UTM_source", "a", "=", "&", "?", "#", "%", "%2", "x=1", "&&", "+", "é", "{{"})
	rapid.Check(t, func(rt *rapid.T) {
		link := "https://shop.example/p" + strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(rt, "pieces"), "")
		overwrite := rapid.Bool().Draw(rt, "overwrite")
		got := tag(rt, link, mail, utm.Options{Overwrite: overwrite})
		require.Equal(rt, got, tag(rt, got, mail, utm.Options{Overwrite: overwrite}), "idempotent")
		if strings.Contains(link, "{{") {
			require.Equal(rt, link, got)
			return
		}
		head, fragment, has := strings.Cut(link, "#")
		if has {
			require.True(rt, strings.HasSuffix(got, "#"+fragment))
		}
		if !overwrite {
			require.True(rt, strings.HasPrefix(got, head))
		}
		_, err := utm.Read(got, utm.Lenient) // takes keys of other letters as well, which tagging leaves alone
		require.NoError(rt, err)
		if l, err := utm.Read(got, utm.Strict); overwrite && err == nil {
			require.Equal(rt, mail, utm.Params{Source: l.Params.Source, Medium: l.Params.Medium, Campaign: l.Params.Campaign})
		}
	})
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		link            string
		strict, lenient utm.Landing
	}{
		{"https://a.example/?utm_source=a+b&utm_campaign=%C3%A9", utm.Landing{Params: utm.Params{Source: "a b", Campaign: "é"}}, utm.Landing{Params: utm.Params{Source: "a b", Campaign: "é"}}},
		{"https://a.example/?UTM_Source=a&amp;utm_medium=b", utm.Landing{}, utm.Landing{Params: utm.Params{Source: "a", Medium: "b"}}},
		{"https://a.example/?utm_source=&utm_source=a", utm.Landing{Params: utm.Params{Source: "a"}}, utm.Landing{Params: utm.Params{Source: "a"}}},
		{"https://a.example/#/list?utm_source=a&utm_medium=b", utm.Landing{}, utm.Landing{Params: utm.Params{Source: "a", Medium: "b"}}},
		{"https://a.example/?x=1#utm_source=a", utm.Landing{}, utm.Landing{Params: utm.Params{Source: "a"}}},
		{"https://a.example/?utm_source=q#utm_source=a", utm.Landing{Params: utm.Params{Source: "q"}}, utm.Landing{Params: utm.Params{Source: "q"}}},
		{"https://a.example/?gclid=1&fbclid=2", utm.Landing{Clicks: []utm.Click{{"gclid", "1"}, {"fbclid", "2"}}}, utm.Landing{Clicks: []utm.Click{{"gclid", "1"}, {"fbclid", "2"}}}},
		{"https://a.example/?from=singlemessage&isappinstalled=0", utm.Landing{Share: "wechat"}, utm.Landing{Share: "wechat"}},
		{"https://a.example/?from=london", utm.Landing{}, utm.Landing{}},
		{"https://a.example/?isappinstalled=0", utm.Landing{Share: "wechat"}, utm.Landing{Share: "wechat"}},
		{"", utm.Landing{}, utm.Landing{}},
	} {
		got, err := utm.Read(c.link, utm.Strict)
		require.NoError(t, err, c.link)
		assert.Equal(t, c.strict, got, c.link)
		got, err = utm.Read(c.link, utm.Lenient)
		require.NoError(t, err, c.link)
		assert.Equal(t, c.lenient, got, c.link)
	}
	for _, link := range []string{"?utm_source=%zz", "?utm_source=%ff", "?utm_source=a&utm_source=b", "?utm_source=\xff"} {
		_, err := utm.Read("https://a.example/"+link, utm.Strict)
		assert.ErrorIs(t, err, flywheel.ErrInvalid, link)
		l, err := utm.Read("https://a.example/"+link, utm.Lenient)
		require.NoError(t, err)
		assert.NotEmpty(t, l.Params.Source)
	}
}

func TestClean(t *testing.T) {
	for link, want := range map[string]string{
		"https://a.example/p?b=1&utm_source=x&gclid=2#f":                       "https://a.example/p?b=1#f",
		"https://a.example/p?utm_source=x":                                     "https://a.example/p",
		"https://a.example/p?from=timeline&isappinstalled=0":                   "https://a.example/p",
		"https://a.example/p?from=london&isappinstalled=0&to=%C3%A9&amp;UTM_X": "https://a.example/p?from=london&to=%C3%A9",
		"https://a.example/p?from=london":                                      "https://a.example/p?from=london",
		"https://a.example/p":                                                  "https://a.example/p",
		"https://a.example/p?":                                                 "https://a.example/p",
	} {
		assert.Equal(t, want, utm.Clean(link), link)
	}
}

func TestAttribute(t *testing.T) {
	site := utm.Site{Own: []string{"shop.example"}}
	const page = "https://shop.example/p"
	for _, c := range []struct {
		landing, referrer string
		want              utm.Visit
		channel           utm.ChannelGroup
	}{
		{page + "?utm_source=mail&utm_medium=email&utm_campaign=x", "https://www.google.com/", utm.Visit{"mail", "email", "x", utm.Tagged}, utm.Email},
		{page, "", utm.Visit{"(direct)", "(none)", "", utm.Direct}, utm.DirectChannel},
		{page, "https://www.google.co.uk/search?q=x", utm.Visit{"google", "organic", "", utm.Referred}, utm.OrganicSearch},
		{page, "https://www.google.com/", utm.Visit{"google", "organic", "", utm.Referred}, utm.OrganicSearch},
		{page, "https://cn.bing.com/", utm.Visit{"bing", "organic", "", utm.Referred}, utm.OrganicSearch},
		{page, "https://mail.google.com/", utm.Visit{"mail.google.com", "referral", "", utm.Referred}, utm.Referral},
		{page, "https://google.evil.example/", utm.Visit{"google.evil.example", "referral", "", utm.Referred}, utm.Referral},
		{page, "https://l.facebook.com/l.php", utm.Visit{"l.facebook.com", "referral", "", utm.Referred}, utm.OrganicSocial},
		{page, "https://Blog.example/x", utm.Visit{"blog.example", "referral", "", utm.Referred}, utm.Referral},
		{page, "https://checkout.shop.example/", utm.Visit{"(direct)", "(none)", "", utm.Continued}, utm.DirectChannel},
		{page, "https://www.paypal.com/x", utm.Visit{"(direct)", "(none)", "", utm.Continued}, utm.DirectChannel},
		{page + "?fbclid=1", "https://shop.example/", utm.Visit{"(direct)", "(none)", "", utm.Continued}, utm.DirectChannel},
		{page + "?gclid=1", "https://www.google.com/", utm.Visit{"google", "cpc", "", utm.Clicked}, utm.PaidSearch},
		{page + "?fbclid=1", "", utm.Visit{"facebook", "social", "", utm.Clicked}, utm.OrganicSocial},
		{page + "?fbclid=1&gclid=2", "", utm.Visit{"google", "cpc", "", utm.Clicked}, utm.PaidSearch},
		{page + "?mc_eid=1", "https://mail.example/", utm.Visit{"mailchimp", "email", "", utm.Clicked}, utm.Email},
		{page + "?gclid=1&utm_campaign=brand", "", utm.Visit{"google", "cpc", "brand", utm.Tagged}, utm.PaidSearch},
		{page + "?from=timeline&isappinstalled=0", "", utm.Visit{"wechat", "social", "", utm.Shared}, utm.OrganicSocial},
		{page + "?from=timeline&isappinstalled=0&utm_source=mail&utm_medium=email", "", utm.Visit{"mail", "email", "", utm.Tagged}, utm.Email},
		{page + "?from=london", "", utm.Visit{"(direct)", "(none)", "", utm.Direct}, utm.DirectChannel},
		{page, "android-app://com.google.android.gm/", utm.Visit{"gmail", "email", "", utm.Referred}, utm.Email},
		{page, "android-app://org.telegram.messenger", utm.Visit{"org.telegram.messenger", "referral", "", utm.Referred}, utm.Referral},
		{page, "android-app://com.google.android.googlequicksearchbox/", utm.Visit{"google", "organic", "", utm.Referred}, utm.OrganicSearch},
		{page, "about:blank", utm.Visit{"(direct)", "(none)", "", utm.Direct}, utm.DirectChannel},
		{"", "", utm.Visit{"(direct)", "(none)", "", utm.Direct}, utm.DirectChannel},
	} {
		got := site.Attribute(c.landing, c.referrer)
		assert.Equal(t, c.want, got, "%s from %s", c.landing, c.referrer)
		assert.Equal(t, c.channel, (*utm.Grouping)(nil).Of(got), "%s from %s", c.landing, c.referrer)
	}
	none := utm.Site{Payments: []string{}}
	assert.Equal(t, utm.Referred, none.Attribute(page, "https://www.paypal.com/").Kind, "an empty list is none")
	for _, host := range utm.PaymentHosts() {
		assert.Equal(t, utm.Continued, site.Attribute(page, "https://x."+host+"/").Kind, host)
	}
}

func TestOfEvent(t *testing.T) {
	var site utm.Site
	event := func(p map[string]any) *flywheel.Event { return &flywheel.Event{ID: "1", Properties: p} }
	v, ok, err := site.OfEvent(event(map[string]any{"utm_source": "google", "utm_medium": "cpc", "page_location": "https://a.example/?utm_source=x"}))
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, utm.Visit{"google", "cpc", "", utm.Tagged}, v)
	v, ok, err = site.OfEvent(event(map[string]any{"page_location": "https://a.example/?utm_source=x"}))
	require.NoError(t, err)
	assert.True(t, ok)
	assert.Equal(t, "x", v.Source)
	_, ok, err = site.OfEvent(event(map[string]any{"utm_source": nil, "color": 3.0}))
	require.NoError(t, err)
	assert.False(t, ok)
	_, _, err = site.OfEvent(event(map[string]any{"utm_source": 3.0}))
	assert.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestGroupingWithRules(t *testing.T) {
	g, err := utm.NewGrouping([]utm.Rule{
		{Channel: "Branded Search", Category: utm.SearchSource, Paid: true, Campaign: utm.Match{Contains: []string{"Brand"}}},
		{Channel: "AI", Source: utm.Match{Is: []string{"ChatGPT.com"}, Suffix: []string{".openai.com"}}},
		{Channel: "Partner", Source: utm.Match{Prefix: []string{"partner-"}, Pattern: `p\d+`}},
	}, []utm.Rule{{Channel: "Print", Medium: utm.Match{Is: []string{"print", "qr"}}}})
	require.NoError(t, err)
	for _, c := range []struct {
		source, medium, campaign string
		want                     utm.ChannelGroup
	}{
		{"google", "cpc", "my BRAND", "Branded Search"},
		{"google", "cpc", "x", utm.PaidSearch},
		{"google", "organic", "brand", utm.OrganicSearch},
		{"chatgpt.com", "referral", "", "AI"},
		{"a.openai.com", "referral", "", "AI"},
		{"partner-x", "referral", "", "Partner"},
		{"P12", "referral", "", "Partner"},
		{"p12x", "referral", "", utm.Referral},
		{"flyer", "QR", "", "Print"},
		{"flyer", "poster", "", utm.Unassigned},
		{"google shopping", "cpc", "", utm.PaidShopping}, // as published in mixed case
	} {
		assert.Equal(t, c.want, g.Channel(c.source, c.medium, c.campaign), "%+v", c)
	}
	for _, r := range []utm.Rule{
		{}, {Channel: "x"}, {Source: utm.Match{Is: []string{"a"}}}, {Channel: "x", Category: "radio"},
		{Channel: "x", Source: utm.Match{Pattern: "("}}, {Channel: "x", Medium: utm.Match{Pattern: strings.Repeat("a", 1001)}},
	} {
		_, err := utm.NewGrouping(nil, []utm.Rule{r})
		require.Error(t, err)
		assert.Contains(t, err.Error(), "after[0]")
	}
}

// Any texts give the channel of the published patterns.
func TestGroupingAgainstPatterns(t *testing.T) {
	text := rapid.SampledFrom([]string{"", "google", "facebook.com", "youtube", "amazon", "x", "(direct)", "email", "sms", "firebase", "(none)", "cpc", "CPM", "ppc", "paid-x",
		"xpaid", "retargeting", "banner", "e_mail", "video-ad", "push", "webpush", "mobile", "social media", "affiliate", "audio", "app", "cross-network-1", "bookshop", "e-shop", "eshop", "shopping", "shop", "1shop", "myshopping", "Shoes"})
	rapid.Check(t, func(t *rapid.T) {
		s, m, c := text.Draw(t, "source"), text.Draw(t, "medium"), text.Draw(t, "campaign")
		require.Equal(t, byPatterns(s, m, c), (*utm.Grouping)(nil).Channel(s, m, c))
	})
}

func FuzzTag(f *testing.F) {
	f.Add("https://shop.example/p?a=1&utm_source=x#f")
	f.Add("https://[::1")
	f.Add("http://a\\@b?%75tm_source")
	f.Fuzz(func(t *testing.T, link string) {
		for _, o := range []utm.Options{{}, {Overwrite: true}, {Domains: []string{"shop.example"}}} {
			got := tag(t, link, mail, o)
			if again := tag(t, got, mail, o); again != got {
				t.Fatalf("%q, then %q", got, again)
			}
		}
		if _, err := utm.Read(link, utm.Lenient); err != nil {
			t.Fatal(err)
		}
		_, _ = utm.Read(link, utm.Strict)
		if c := utm.Clean(link); utm.Clean(c) != c {
			t.Fatalf("%q is not clean: %q", c, utm.Clean(c))
		}
		utm.Site{Own: []string{"shop.example"}}.Attribute(link, link)
	})
}

func BenchmarkTag(b *testing.B) {
	for name, link := range map[string]string{"plain": "https://shop.example/p/running-shoes-42", "query": "https://shop.example/p/running-shoes-42?color=red&size=42&utm_source=partner#reviews"} {
		for _, o := range []utm.Options{{}, {Overwrite: true, Domains: []string{"shop.example"}}} {
			suffix := "/add"
			if o.Overwrite {
				suffix = "/overwrite"
			}
			b.Run("link="+name+suffix, func(b *testing.B) {
				tagger, err := utm.NewTagger(mail, o)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := tagger.Tag(link); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkChannel(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if (*utm.Grouping)(nil).Channel("partner-a", "affiliate", "p1") != utm.Affiliates {
			b.Fatal("wrong")
		}
	}
}
