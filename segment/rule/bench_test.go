package rule

import "testing"

const sixTerms = `{
	"country": {"$in": ["DE", "AT", "CH"]},
	"age": {"$gte": 18, "$lt": 65},
	"plan": "pro",
	"orders": {"$gt": 3},
	"newsletter": true
}`

var sixTypes = map[string]Type{"country": String, "age": Int, "plan": String, "orders": Int, "newsletter": Bool, "city": String}

var sixAttrs = map[string]any{"country": "CH", "age": 41.0, "plan": "pro", "orders": 12.0, "newsletter": true}

// BenchmarkMatch evaluates a condition of six terms that all hold, so that
// none is saved by an early decision.
func BenchmarkMatch(b *testing.B) {
	schema, err := NewSchema(sixTypes)
	if err != nil {
		b.Fatal(err)
	}
	r, err := Compile([]byte(sixTerms), &Options{Schema: schema})
	if err != nil {
		b.Fatal(err)
	}
	record := schema.NewRecord()
	record.Load(sixAttrs)
	b.Run("over=record", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !r.MatchRecord(record) {
				b.Fatal("no match")
			}
		}
	})
	b.Run("over=map", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !r.Match(sixAttrs) {
				b.Fatal("no match")
			}
		}
	})
	b.Run("explain", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if !r.ExplainRecord(record).Match {
				b.Fatal("no match")
			}
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile([]byte(sixTerms), nil); err != nil {
			b.Fatal(err)
		}
	}
}
