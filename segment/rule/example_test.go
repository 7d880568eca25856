package rule_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/rule"
)

func Example() {
	loyal, err := rule.Compile([]byte(`{
		"country": {"$in": ["DE", "AT"]},
		"orders":  {"$gte": 3},
		"$not":    {"tags": {"$elemMatch": {"$eq": "staff"}}}
	}`), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	anna := map[string]any{"country": "AT", "orders": 5, "tags": []string{"newsletter"}}
	fmt.Println(loyal.Match(anna))
	fmt.Println(loyal.Explain(map[string]any{"country": "AT", "orders": 1}).Decisive())
	// Output:
	// true
	// orders $gte 3: no, is 1
}

func ExampleCompile_strict() {
	schema, _ := rule.NewSchema(map[string]rule.Type{"country": rule.String, "age": rule.Int})
	for _, src := range []string{
		`{"country": {"$where": "sleep(1000)"}}`,
		`{"$or": [{"country": "DE"}, {"age": {"$gt": "20"}}]}`,
		`{"password": {"$exists": true}}`,
		`{"country": "DE", "country": "AT"}`,
	} {
		_, err := rule.Compile([]byte(src), &rule.Options{Schema: schema})
		fmt.Println(errors.Is(err, flywheel.ErrInvalid), err)
	}
	// Output:
	// true country.$where: $where: rule: unknown operator: invalid
	// true $or[1].age.$gt: "20" for an attribute of type int: rule: wrong operand: invalid
	// true password: password: rule: unknown attribute: invalid
	// true country: rule: json: country (offset 27): key "country" twice: invalid
}

func ExampleCompile_groups() {
	r, err := rule.Compile([]byte(`{"id": {"$inGroup": "testers"}}`), &rule.Options{
		Groups: map[string][]any{"testers": {"c-1", "c-7"}},
	})
	fmt.Println(r.Match(map[string]any{"id": "c-7"}), err)
	// Output: true <nil>
}

func ExampleMustCompile() {
	fmt.Println(rule.MustCompile(`{"plan": "pro"}`).Match(map[string]any{"plan": "free"}))
	// Output: false
}

func ExampleSchema() {
	schema, err := rule.NewSchema(map[string]rule.Type{"plan": rule.String, "orders": rule.Int})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := rule.Compile([]byte(`{"plan": "pro", "orders": {"$gt": 3}}`), &rule.Options{Schema: schema})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, _ := schema.Slot("plan")
	orders, _ := schema.Slot("orders")
	record := schema.NewRecord()
	for _, n := range []float64{2, 4} { // one record serves all subjects
		record.SetString(plan, "pro")
		record.SetNumber(orders, n)
		fmt.Println(r.MatchRecord(record))
	}
	// Output:
	// false
	// true
}

func ExampleRule_Explain() {
	r := rule.MustCompile(`{"$or": [{"plan": "pro"}, {"$not": {"orders": {"$lt": 10}}}]}`)
	for _, attrs := range []map[string]any{
		{"plan": "free", "orders": 12},
		{"plan": "free", "orders": 3},
	} {
		e := r.Explain(attrs)
		fmt.Println(e.Match)
		for _, term := range e.Terms {
			fmt.Println("  ", term)
		}
	}
	// Output:
	// true
	//    plan "pro": no, is "free"
	//    orders not $lt 10: yes, is 12
	// false
	//    plan "pro": no, is "free"
	//    orders not $lt 10: no, is 3
}

func ExampleRule_MarshalJSON() {
	var promotion struct {
		Name string     `json:"name"`
		When *rule.Rule `json:"when"`
	}
	err := json.Unmarshal([]byte(`{"name": "spring", "when": {"orders": {"$gte": 1}}}`), &promotion)
	fmt.Println(err, promotion.When.Match(map[string]any{"orders": 2}))
	out, _ := json.Marshal(promotion)
	fmt.Println(string(out))
	// Output:
	// <nil> true
	// {"name":"spring","when":{"orders":{"$gte":1}}}
}

func ExampleRule_Paths() {
	fmt.Println(rule.MustCompile(`{"a.b": 1, "$or": [{"c": {"$size": 2}}, {"a.b": 3}]}`).Paths())
	// Output: [a.b c c.length]
}

func ExampleParseGroups() {
	groups, err := rule.ParseGroups([]byte(`{
		"vip":  {"type": "list", "attributeKey": "id", "values": ["u1", "u2"]},
		"good": {"type": "condition", "condition": {"$or": [{"$savedGroup": {"id": "vip"}}, {"orders": {"$gte": 10}}]}}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := rule.Compile([]byte(`{"$savedGroup": {"id": "good"}}`), &rule.Options{Saved: groups})
	fmt.Println(groups.IDs(), err, r.Match(map[string]any{"id": "u2"}), r.Match(map[string]any{"id": "u3", "orders": 4}))
	// Output: [good vip] <nil> true false
}

func ExamplePrune() {
	src := []byte(`{"country": "DE", "$or": [{"plan": "pro"}, {"cart": {"$gt": 50}}]}`)
	for _, known := range []map[string]any{
		{"country": "DE", "plan": "free"},
		{"country": "AT"},
	} {
		left, err := rule.Prune(src, known, nil)
		fmt.Println(left.Decided, left.Match, string(left.Rest), err)
	}
	// Output:
	// false false {"$or":[{"cart":{"$gt":50}}]} <nil>
	// true false  <nil>
}

// One record serves all subjects; here it is loaded from maps, then by attribute.
func ExampleRecord() {
	schema, err := rule.NewSchema(map[string]rule.Type{"plan": rule.String, "newsletter": rule.Bool, "tags": rule.Any})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := rule.Compile([]byte(`{"newsletter": true, "tags": {"$elemMatch": {"$eq": "vip"}}}`), &rule.Options{Schema: schema})
	if err != nil {
		fmt.Println(err)
		return
	}
	record := schema.NewRecord()
	record.Load(map[string]any{"plan": "pro", "newsletter": true, "tags": []string{"vip"}})
	fmt.Println(r.MatchRecord(record))

	newsletter, _ := schema.Slot("newsletter")
	tags, _ := schema.Slot("tags")
	record.Reset()
	record.SetBool(newsletter, true)
	record.Set(tags, []string{"new"})
	fmt.Println(r.ExplainRecord(record).Decisive())
	fmt.Println(len(schema.Attributes()), "attributes")
	// Output:
	// true
	// tags $elemMatch {"$eq":"vip"}: no, is ["new"]
	// 3 attributes
}
