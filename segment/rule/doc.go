// Package rule is the condition language of Flywheel: who is in a segment, who
// sees an experiment, which basket earns a discount, when a journey goes on.
//
// # The problem
//
// The people who decide such things are not those who deploy the program, so
// conditions are data: written in a form, kept in a database, checked when they
// are saved, evaluated millions of times, and answered for ("why did I get this
// message?"). The form is the JSON that MongoDB and GrowthBook made familiar:
//
//	{"country": {"$in": ["DE", "AT"]}, "orders": {"$gte": 3}, "$not": {"tags": {"$elemMatch": {"$eq": "staff"}}}}
//
// # Concepts
//
// A condition is an object; all its entries must hold. A key is an attribute,
// by dotted path (address.city, tags.0, tags.length), or one of $and, $or, $nor
// and $not. Under an attribute stands a literal that it must equal, deeply, or
// an object of operators, all of which must hold. {"$savedGroup": {"id": "vip"}}
// stands for a group that is kept by name (see [ParseGroups]). The operators:
//
//	$eq $ne                          equality of scalars
//	$gt $gte $lt $lte                numbers, or texts (also dates as YYYY-MM-DD)
//	$in $nin $ini $nini              in a list; of a list attribute, any element
//	$inGroup $notInGroup             in a list that is kept elsewhere, by name
//	$exists $type                    there and not null; the JSON type
//	$regex $regexi                   RE2 pattern anywhere in a text
//	$veq $vne $vgt $vgte $vlt $vlte  versions
//	$all $alli $elemMatch $size      what is in a list, how much
//	$not                             the negation
//
// In a strict rule over an attribute that the schema calls a list, a literal text,
// number or truth value, also of $eq, asks whether the list has it: {"segments": "vip"}.
// No list could equal it.
//
// A final i ignores case. Types are strict: 5 is not "5", and only numbers are
// ordered with numbers and texts with texts (by UTF-16 code units, as in a
// browser). A missing attribute is null. An empty $and or $or holds.
//
// [Compile] is strict: unknown operators, attributes that a [Schema] does not
// have, operands that can never be met, malformed patterns and whatever exceeds
// the limits are refused with an [*Error] that names the place. With
// [Options.Lenient] it reads what other evaluators wrote; there, what cannot be
// evaluated fails, also under $not, so that a rule from the future shows nothing
// to anyone by accident.
//
// A [Rule] is matched against a map, or against a [Record]: attributes prepared
// once in numbered slots, for one subject and many rules. [Rule.Explain]
// reports which comparisons were made; the last of them decided.
//
// [Prune] evaluates a condition as far as the attributes that are known decide
// it, for a server that sends a browser only what is left to ask.
//
// # Limits
//
// Strict rules: 1 MiB of source, 64 levels of conditions, 10,000 values in a
// list, 1,000 characters in a pattern. Patterns run in time linear in the text
// (Go's RE2), so none can be made to hang.
//
// # Numbers
//
// Numbers are float64, as in JSON; integers beyond 2^53 are compared inexactly.
// Identifiers should be texts.
//
// # Cost
//
// A rule is compiled to tests with jumps (see program.go): no allocation, one
// test per comparison, none for the logic. Six terms over a record take about
// 40 ns on one core of a 2020s server, over a map about 300 ns.
//
// # Sources
//
// The meaning of operators is that of GrowthBook's SDK specification 0.12.0,
// whose 583 cases for conditions are the reference test. S. C. Kleene (1952),
// Introduction to Metamathematics, §64: the strong three-valued logic.
//
// # Concurrency
//
// Rules and schemas are immutable and safe for concurrent use. A record belongs
// to one goroutine while it is being set.
package rule
