// Package recommend learns from what customers look at and buy, and answers with a
// ranked, filtered and explained list that knows the event of a moment ago.
//
// # The problem
//
// A shop with thousands of items shows ten. Popular items are a fair guess for
// everyone and a poor one for each; what was chosen by those who chose the same is
// better, if it is measured that it is, if sold-out items and the second size of one
// shirt stay away, and if a customer can be told why.
//
// # Three ways in
//
// From rows: [NewMatrix] takes who chose what, [Auto] chooses a model by trying several
// kinds on choices that they have not seen, and a [Server] answers. This is what most
// shops want:
//
//	chosen, err := recommend.Auto{}.Learn(choices, nil)
//	server := recommend.NewServer(chosen.Scorer, items)
//	answer, err := server.Answer(recommend.Query{History: cart})
//
// From sessions: [SessionMatrix] and [SessionKNN], or [Auto.LearnSessions].
//
// From events: a [Service] is a [flywheel.Sink]: it records facts as [Interaction]
// values in a [Store], each once; [Service.Train] builds a [Model] of what is bought
// together with its significance ([LogLikelihood], [Cosine], [Lift]).
// [Dataset.Matrix] turns the same facts, net of what was removed, refunded or
// disliked, into rows for all other models.
//
// # Models
//
// A [Learner] holds parameters and fits an immutable [Scorer], which scores every item
// for a [History]. Rows are asked for by their history like anybody else, so new
// customers and new events need no training. There are [Popularity], [ItemKNN],
// [UserKNN], [RP3beta], [EASE], [SLIM], [IALS], [BPR], [SessionKNN], [Content],
// [CoOccurrence], [Sequential] and [Again]; [Recent] lets late items count more, [Filled] orders what
// a model knows nothing of, and a [Blend] adds models up with weights that [FitWeights]
// learns on validation data. Figures on public data are in TestProtocolFigures.
//
// Beside models: [Itemsets] and [Rules] for people who look at what sells together,
// [Counts.Complements] and [Substitutes], [BuyAgain], [RecentlyViewed],
// [Items.NewArrivals], and [Segments] for those of whom nothing is known. A cart is
// completed by any model of baskets that is asked with the cart as the history.
//
// # Serving
//
// A [Server] filters inside retrieval: sold-out, withdrawn and unpublished items, allow
// and deny lists and a predicate never make a list short while eligible items are
// left. Rules of the list (caps, pins, slots, variants, boosts, variety) are a
// [rerank.Plan]. Model and items are swapped by one atomic pointer. An [Answer] says
// when it is a fallback and why it is short. [Explained.Sentence] tells a shopper why.
//
// Between trainings an [Overlay] keeps histories and, for models that are [Live], the
// model itself up to date. A [Snapshot] carries a model to other processes, sealed
// against changes; a [Trainer] trains on the facts of a Service, keeps snapshots and puts
// the newest into the servers of all processes. [Vectors] and [HNSW] find the best of many vectors.
//
// An [Explorer] gives a place to chance and logs with which probability; [Judge]
// estimates from such a log what another policy would have earned.
//
// # Two processes, a restart, a bad event
//
// A Service in a segment.Runner has its facts in the store, each once by its ID,
// whatever process has the turn; after a restart it goes on at its place in the log. An
// event that cannot be a fact is parked by the runner. A Trainer trains in one process
// and every other loads the newest snapshot; one that was cut or changed is refused and
// the model before it goes on serving.
//
// # Is it any good
//
// [Split], [Fold] and [Dataset.HoldOutLast] hold out, [Leaks] checks that they did, an
// [Exam] or [SessionExam] ranks every item against every other and measures,
// [PairedBootstrap] and [PermutationTest] say whether a difference is more than chance.
//
// # Units
//
// Counts are groups or rows, not pieces: buying a hundred of an item says it once.
// Times come from the facts alone, never from a clock. The same facts give the same
// bytes whatever the number of processors. Equal scores are ordered by item: numbers by
// value, then SKUs by bytes (in a [Model] by bytes alone).
//
// # Sources
//
// Each model names its own. Measures and rules: Dunning (1993), Accurate Methods for
// the Statistics of Surprise and Coincidence; Agrawal and Srikant (1994), Fast
// Algorithms for Mining Association Rules; Han, Pei and Yin (2000), Mining Frequent
// Patterns without Candidate Generation; Deshpande and Karypis (2004), Item-based
// top-N recommendation algorithms; Järvelin and Kekäläinen (2002), Cumulated gain-based
// evaluation of IR techniques.
//
// A Service, a Store, a Model, a Scorer and a Server are safe for concurrent use.
package recommend
