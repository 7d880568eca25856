package collect_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/collect"
	"github.com/flywheel-go/flywheel/segment/heatmap"
)

const browser = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// A page posts a view and a click, which become events and a point of a heat map.
func Example() {
	var points []heatmap.Point
	sink := flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for i := range events {
			e := &events[i]
			fmt.Println(e.Name, e.Lines, e.Time.Format(time.TimeOnly), e.Properties[collect.PropertyPage])
			if _, p, ok := collect.Point(e); ok {
				points = append(points, p)
			}
			if page, depth, ok := collect.Depth(e); ok {
				fmt.Println(page, depth)
			}
		}
		return nil
	})
	handler, err := collect.New(collect.Options{
		Sink:   sink,
		Record: func(_ context.Context, c collect.Consent) error { fmt.Println(c.Version, c.Text); return nil },
		Now:    func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		panic(err)
	}
	batch := `{"id":"batch-0001","visitor":"visitor-01","session":"session-01","sent":100000,
		"consent":{"text":"We count visits.","version":"2026-03","at":40000},"events":[
		{"type":"view","at":90000,"page":"/mugs","sku":"mug-blue"},
		{"type":"click","at":95000,"page":"/mugs","selector":"#buy","x":0.5,"y":0.25},
		{"type":"scroll","at":100000,"page":"/mugs","depth":0.75}]}`
	r := httptest.NewRequest(http.MethodPost, "https://shop.example/fw.js", strings.NewReader(batch))
	r.Header.Set("Origin", "https://shop.example")
	r.Header.Set("User-Agent", browser)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, handler.Stats())
	m, err := heatmap.New(points, 2, 2)
	fmt.Println(m.Cells, err)
	// Output:
	// 2026-03 We count visits.
	// view_item [{mug-blue 0 0}] 11:59:50 /mugs
	// click [] 11:59:55 /mugs
	// scroll [] 12:00:00 /mugs
	// /mugs 0.75
	// 204 {3 0 0 0 0 0}
	// [[0 1] [0 0]] <nil>
}

func ExampleBot() {
	fmt.Println(collect.Bot(browser), collect.Bot("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"), collect.Bot(""))
	fmt.Println(len(collect.Script) < 3000)
	// Output:
	// false true true
	// true
}
