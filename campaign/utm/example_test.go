package utm_test

import (
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// A mail's links are tagged, and what comes back is told its channel.
func Example() {
	tagger, err := utm.NewTagger(utm.Params{Source: "newsletter", Medium: "email", Campaign: "spring-26"}, utm.Options{Domains: []string{"shop.example"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, link := range []string{"https://shop.example/p/1?color=red#reviews", "https://partner.example/", "mailto:help@shop.example"} {
		tagged, _ := tagger.Tag(link) // never an error unless Strict
		fmt.Println(tagged)
	}
	site := utm.Site{Own: []string{"shop.example"}}
	var channels *utm.Grouping // the default group
	for _, visit := range [][2]string{
		{"https://shop.example/?utm_source=newsletter&utm_medium=email", ""},
		{"https://shop.example/?gclid=Cj0", "https://www.google.com/"},
		{"https://shop.example/", "https://www.google.com/"},
		{"https://shop.example/thanks", "https://www.paypal.com/"},
	} {
		v := site.Attribute(visit[0], visit[1])
		fmt.Println(v.Kind, v.Source, "is", channels.Of(v))
	}
	// Output:
	// https://shop.example/p/1?color=red&utm_source=newsletter&utm_medium=email&utm_campaign=spring-26#reviews
	// https://partner.example/
	// mailto:help@shop.example
	// tagged newsletter is Email
	// clicked google is Paid Search
	// referred google is Organic Search
	// continued (direct) is Direct
}

func ExampleNewGrouping() {
	channels, err := utm.NewGrouping([]utm.Rule{
		{Channel: "Assistants", Source: utm.Match{Is: []string{"chatgpt.com", "perplexity.ai"}}},
		{Channel: "Brand Search", Category: utm.SearchSource, Paid: true, Campaign: utm.Match{Contains: []string{"brand"}}},
	}, []utm.Rule{{Channel: "Print", Medium: utm.Match{Is: []string{"print"}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(channels.Channel("chatgpt.com", "referral", ""))
	fmt.Println(channels.Channel("google", "cpc", "brand-uk"))
	fmt.Println(channels.Channel("flyer", "print", "may"))
	fmt.Println(channels.Channel("bing", "organic", ""))
	// Output:
	// Assistants
	// Brand Search
	// Print
	// Organic Search
}

func ExampleRead() {
	l, err := utm.Read("https://shop.example/?UTM_Source=mail&amp;utm_medium=email&from=timeline&isappinstalled=0", utm.Lenient)
	fmt.Println(l.Params.Source, l.Params.Medium, l.Share, err)
	_, err = utm.Read("https://shop.example/?utm_source=a&utm_source=b", utm.Strict)
	link, ok := errors.AsType[*utm.LinkError](err)
	fmt.Println(ok, link.Err)
	// Output:
	// mail email wechat <nil>
	// true utm_source is there twice: invalid
}

func ExampleClean() {
	fmt.Println(utm.Clean("https://shop.example/p?color=red&utm_source=mail&gclid=1&from=timeline&isappinstalled=0#top"))
	// Output: https://shop.example/p?color=red#top
}

func ExampleClickSourceOf() {
	source, ok := utm.ClickSourceOf("gclid")
	fmt.Println(source.Source, source.Medium, source.Paid, ok)
	l, _ := utm.Read("https://shop.example/?fbclid=IwAR0", utm.Lenient)
	var click utm.Click = l.Clicks[0]
	fmt.Println(click.Key, click.Value)
	// Output:
	// google cpc true true
	// fbclid IwAR0
}

func ExampleCategoryOf() {
	fmt.Println(utm.CategoryOf("bing"), utm.CategoryOf("pinterest.com"), utm.CategoryOf("blog.example") == "")
	// Output: search social true
}

func ExamplePaymentHosts() {
	site := utm.Site{Own: []string{"shop.example"}, Payments: append(utm.PaymentHosts(), "bank.example")}
	fmt.Println(site.Attribute("https://shop.example/thanks", "https://3ds.bank.example/").Kind)
	// Output: continued
}

func ExampleSite_OfEvent() {
	e := flywheel.Event{ID: "1", Name: "view_item", Properties: map[string]any{utm.PropertySource: "google", utm.PropertyMedium: "cpc"}}
	v, ok, err := utm.Site{}.OfEvent(&e)
	fmt.Println(v.Source, v.Medium, v.Kind, ok, err)
	// Output: google cpc tagged true <nil>
}

func ExampleParams_Set() {
	var p utm.Params
	err := p.Set("utm_sauce", "mail")
	bad, _ := errors.AsType[*utm.ParamError](err)
	fmt.Println(bad.Field, errors.Is(err, flywheel.ErrInvalid), p.IsZero())
	_, err = utm.NewGrouping([]utm.Rule{{Channel: "x"}}, nil)
	field, _ := errors.AsType[*flywheel.FieldError](err)
	fmt.Println(field.Field)
	// Output:
	// utm_sauce true true
	// before[0]
}
