// Package jsonread reads JSON that a store of this module has written, several times
// as fast as encoding/json. Reading a hundred thousand rows for a feed is mostly reading
// their bodies.
//
//	r := jsonread.New(`{"sku":"tea","tags":["green","loose"]}`)
//	for r.Open('{'); r.More(); {
//		switch r.Key() {
//		case "sku":
//			sku = r.Text()
//		case "tags":
//			for r.Open('['); r.More(); {
//				tags = append(tags, r.Text())
//			}
//		default:
//			rest = r.Raw()
//		}
//	}
//	if !r.Done() {
//		return json.Unmarshal(...) // says what is wrong, and where
//	}
//
// A text without escapes is a part of what is read and keeps all of it in memory.
// A [Reader] takes whatever it understands and is no judge of syntax: it ends on every
// input, never reads beyond it, and reports by [Reader.Done] whether it came to the end
// of a value without meeting anything that it did not expect. What it reads of JSON is
// what encoding/json reads. Memory is that of the values; time is linear.
package jsonread
