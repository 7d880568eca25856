package live_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/live"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// did is an event at so many hours after noon.
func did(hours int, customer, name string) live.Entry {
	at := noon.Add(time.Duration(hours) * time.Hour)
	return live.Entry{Event: flywheel.Event{ID: fmt.Sprint(hours, customer, name), Name: name, Time: at, Customer: flywheel.CustomerID(customer)}, Received: at}
}

func defined(src ...string) *live.Engine {
	e := live.New(nil)
	for _, s := range src {
		d, err := live.ParseDefinition([]byte(s))
		if err == nil {
			err = e.Define(noon, nil, d)
		}
		if err != nil {
			panic(err)
		}
	}
	return e
}

const hot = `{"name": "hot", "leaves": {"views": {"events": ["view_item"], "window": "P7D"}, "bought": {"events": ["purchase"], "window": "P7D"}},
	"rule": {"views": {"$gte": 2}, "bought": 0}}`

func Example() {
	e := defined(hot)
	for _, entry := range []live.Entry{did(0, "ann", "view_item"), did(1, "ann", "view_item"), did(2, "bob", "view_item")} {
		if err := e.Apply(&entry, entry.Received); err != nil {
			fmt.Println(err)
			return
		}
	}
	e.Advance(noon.AddDate(0, 0, 30), -1)
	for _, t := range e.Changes() {
		fmt.Println(t.Member, t.Enter, t.At.Format(time.DateTime), t.Cause)
	}
	// Output:
	// ann true 2026-03-02 13:00:00 event
	// ann false 2026-03-09 12:00:00 time
}

func ExampleEngine_Explain() {
	e := defined(hot)
	first, second := did(0, "ann", "view_item"), did(1, "ann", "view_item")
	e.Apply(&first, noon)
	e.Apply(&second, noon.Add(time.Hour))
	var why live.Explanation
	why, err := e.Explain("hot", "ann", noon.Add(2*time.Hour))
	fmt.Println(why.In, "until", why.Next.Format(time.DateTime), err)
	for _, term := range why.Terms {
		fmt.Println(term.Leaf, term.Value)
	}
	for _, reason := range why.Reasons {
		fmt.Println(reason)
	}
	// Output:
	// true until 2026-03-09 12:00:00 <nil>
	// bought 0
	// views 2
	// views $gte 2: yes, is 2
	// bought 0: yes, is 0
}

func ExampleEngine_Define() {
	log := []live.Entry{did(0, "ann", "purchase"), did(1, "bob", "purchase"), did(2, "bob", "purchase")}
	e := live.New(nil)
	for i := range log {
		e.Apply(&log[i], log[i].Received)
	}
	loyal := live.Definition{Name: "loyal", Leaves: map[string]live.Leaf{"n": {Events: []string{"purchase"}}}, Rule: []byte(`{"n": {"$gte": 2}}`)}
	var report live.Report
	report, err := e.Try(noon.Add(3*time.Hour), slices.Values(log), loyal)
	fmt.Println(report.Size, "of", report.Known, err)
	err = e.Define(noon.Add(3*time.Hour), slices.Values(log), loyal)
	fmt.Println(e.Changes(), err)
	err = e.Retire("loyal", noon.Add(4*time.Hour))
	fmt.Println(len(e.Changes()), len(e.Definitions()), err)
	// Output:
	// 1 of 2 <nil>
	// [{loyal  bob false true 2026-03-02 15:00:00 +0000 UTC definition}] <nil>
	// 1 0 <nil>
}

func ExampleEngine_Link() {
	e := defined(`{"name": "looker", "leaves": {"v": {"events": ["view_item"]}}, "rule": {"v": {"$gte": 1}}}`)
	nameless := did(0, "", "view_item")
	nameless.Visitor = "phone"
	e.Apply(&nameless, noon)
	e.Link("phone", "ann", noon, noon.Add(time.Hour))
	in, _ := e.Has("looker", "ann")
	owner, _ := e.Owner("phone")
	fmt.Println(in, owner)
	e.Unlink("phone", "ann", noon.Add(2*time.Hour))
	in, _ = e.Has("looker", "ann")
	fmt.Println(in)
	// Output:
	// true ann
	// false
}

func ExampleEngine_Set() {
	e := defined(`{"name": "likely", "leaves": {"p": {"attribute": "propensity"}}, "rule": {"p": {"$gte": 0.8}}}`)
	entry := did(0, "ann", "view_item")
	e.Feed(&entry)
	e.Set("ann", "propensity", 0.9, noon.Add(time.Hour))
	e.SetZone("ann", time.FixedZone("somewhere", 3600), noon.Add(time.Hour))
	fmt.Println(e.Changes()[0].Cause, slices.Collect(e.Of("ann")))
	e.Forget("ann")
	size, _ := e.Size("likely")
	fmt.Println(size)
	// Output:
	// attribute [likely]
	// 0
}

func ExampleRestore() {
	e := defined(hot)
	first, second := did(0, "ann", "view_item"), did(1, "ann", "view_item")
	e.Feed(&first)
	again, err := live.Restore(e.Snapshot(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	again.Feed(&second)
	members, _ := again.Members("hot")
	set, _ := again.Bitmap("hot")
	fmt.Println(slices.Collect(members), again.ID(set.Minimum()), again.Next().Format(time.DateTime))
	// Output: [ann] ann 2026-03-09 12:00:00
}

func ExampleSampleOf() {
	fmt.Println(live.SampleOf("newsletter", "ann") < 1000)
	// Output: false
}

// Somebody who begins to check out and does not buy within a day.
func ExampleStep() {
	e := defined(`{"name": "abandoned", "leaves": {"n": {"agg": "sequence", "window": "P7D", "steps": [
		{"events": ["add_to_cart"]}, {"events": ["begin_checkout"], "within": "P1D"}, {"events": ["purchase"], "within": "P1D", "not": true}]}},
		"rule": {"n": {"$gte": 1}}}`)
	for _, entry := range []live.Entry{did(0, "ann", "add_to_cart"), did(1, "ann", "begin_checkout"), did(2, "bob", "add_to_cart"), did(3, "bob", "begin_checkout"), did(4, "bob", "purchase")} {
		e.Feed(&entry)
	}
	e.Advance(noon.AddDate(0, 0, 3), -1)
	for _, t := range e.Changes() {
		fmt.Println(t.Member, t.Enter, t.At.Format(time.DateTime))
	}
	// Output: ann true 2026-03-03 13:00:00
}

func ExampleDefinitionError() {
	d := live.Definition{Name: "odd", Leaves: map[string]live.Leaf{"n": {Window: "PT0S"}}, Rule: []byte(`{"n": 1}`)}
	var wrong *live.DefinitionError
	err := live.New(&live.Options{}).Define(noon, nil, d)
	fmt.Printf("%T %v\n", wrong, err)
	// Output: *live.DefinitionError live: segment "odd": leaves.n.window: duration "PT0S" is no time: invalid
}

func ExampleParseDefinition() {
	_, err := live.ParseDefinition([]byte(`{"name": "a", "leafs": {}}`))
	fmt.Println(err)
	// Output: live: definition: json: leafs (offset 21): unknown field "leafs": invalid
}

// A store keeps a row for each customer; an engine gets those that an event is about.
func ExampleEngine_Put() {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	d := live.Definition{Name: "hot", Leaves: map[string]live.Leaf{"n": {Events: []string{"view_item"}, Window: "PT1H"}}, Rule: []byte(`{"n": {"$gte": 2}}`)}
	e := live.New(nil)
	if err := e.Define(now, nil, d); err != nil {
		fmt.Println(err)
		return
	}
	rows := map[live.Alias]live.Part{}
	ann := live.Alias{Customer: "ann"}
	for i := range 2 {
		at := now.Add(time.Duration(i) * time.Minute)
		if err := e.Put(ann, rows[ann].Data); err != nil {
			fmt.Println(err)
			return
		}
		if err := e.Apply(&live.Entry{Event: flywheel.Event{Name: "view_item", Customer: "ann", Time: at}, Received: at}, at); err != nil {
			fmt.Println(err)
			return
		}
		for p := range e.Parts() {
			rows[p.Alias] = p
		}
		e.Clear()
	}
	fmt.Println(rows[ann].Segments, rows[ann].Due.Format("15:04"))
	// Output: [hot] 13:00
}
