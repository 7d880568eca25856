package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Aspect is a side of a product that readers ask about, and the words for it.
type Aspect struct {
	// Name is how the aspect is called in a summary, such as "fit".
	Name string
	// Terms are words and phrases that speak of it; a word also stands for its plural.
	Terms []string
	// Good and Bad are words that praise or condemn this aspect although elsewhere
	// they may mean nothing, or the contrary: a low price, a low quality.
	Good, Bad []string
	// SaysGood and SaysBad are words and phrases that name the aspect and judge it at
	// once: "true to size", "fell apart".
	SaysGood, SaysBad []string
}

// Lexicon is what [Summarize] knows of a language. Words are in lower case, phrases
// of at most [MaxPhrase] words.
type Lexicon struct {
	// Language is a tag; posts of another language are passed over.
	Language string
	Aspects  []Aspect
	// Good and Bad are words and phrases that judge whatever they are near.
	Good, Bad []string
	// Negations turn the judgments behind them, up to NegationReach words on.
	Negations     []string
	NegationReach int
	// Contrasts begin a clause of its own: "but", "although".
	Contrasts []string
	// Excess makes a judgment of what follows: "too".
	Excess []string
}

// MaxPhrase is the most words of a phrase in a [Lexicon].
const MaxPhrase = 5

// entry is what a phrase means.
type entry struct {
	aspect   int // -1: any
	polarity int // 0: names the aspect only
	kind     entryKind
}

type entryKind uint8

const (
	ofTerm entryKind = iota + 1
	ofOpinion
	ofLocal // an opinion for one aspect
	ofBoth
	ofNegation
	ofContrast
	ofExcess
)

// compiled is a lexicon ready for use.
type compiled struct {
	language string
	reach    int
	names    []string
	entries  map[string][]entry
}

func compile(l *Lexicon) (*compiled, error) {
	if len(l.Aspects) == 0 {
		return nil, fmt.Errorf("review: %w", field("lexicon.aspects", fmt.Errorf("none: %w", flywheel.ErrInvalid)))
	}
	c := &compiled{language: l.Language, reach: l.NegationReach, entries: map[string][]entry{}}
	var err error
	add := func(where string, phrases []string, e entry) {
		for _, p := range phrases {
			tokens := tokenize(p)
			if len(tokens) == 0 || len(tokens) > MaxPhrase {
				err = fmt.Errorf("review: %w", field("lexicon."+where, fmt.Errorf("%.40q is not of 1 to %d words: %w", p, MaxPhrase, flywheel.ErrInvalid)))
				return
			}
			key := strings.Join(tokens, " ")
			if !slices.Contains(c.entries[key], e) {
				c.entries[key] = append(c.entries[key], e)
			}
		}
	}
	for i, a := range l.Aspects {
		if a.Name == "" || slices.Contains(c.names, a.Name) {
			return nil, fmt.Errorf("review: %w", field(fmt.Sprintf("lexicon.aspects[%d].name", i), fmt.Errorf("%.40q is missing or there twice: %w", a.Name, flywheel.ErrInvalid)))
		}
		c.names = append(c.names, a.Name)
		at := fmt.Sprintf("aspects[%d]", i)
		add(at+".terms", a.Terms, entry{i, 0, ofTerm})
		add(at+".terms", plurals(a.Terms), entry{i, 0, ofTerm})
		add(at+".good", a.Good, entry{i, 1, ofLocal})
		add(at+".bad", a.Bad, entry{i, -1, ofLocal})
		add(at+".says_good", a.SaysGood, entry{i, 1, ofBoth})
		add(at+".says_bad", a.SaysBad, entry{i, -1, ofBoth})
	}
	add("good", l.Good, entry{-1, 1, ofOpinion})
	add("bad", l.Bad, entry{-1, -1, ofOpinion})
	add("negations", l.Negations, entry{-1, 0, ofNegation})
	add("contrasts", l.Contrasts, entry{-1, 0, ofContrast})
	add("excess", l.Excess, entry{-1, -1, ofExcess})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func plurals(terms []string) (list []string) {
	for _, t := range terms {
		switch {
		case strings.HasSuffix(t, "s"), strings.HasSuffix(t, "ing"):
		case strings.HasSuffix(t, "y") && len(t) > 1 && !strings.ContainsRune("aeiou", rune(t[len(t)-2])):
			list = append(list, t[:len(t)-1]+"ies")
		case strings.HasSuffix(t, "sh"), strings.HasSuffix(t, "ch"), strings.HasSuffix(t, "x"):
			list = append(list, t+"es")
		default:
			list = append(list, t+"s")
		}
	}
	return list
}

// list splits words and phrases at commas.
func list(text string) []string {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.Join(strings.Fields(parts[i]), " ")
	}
	return parts
}

// English returns the lexicon of English reviews of goods of all kinds. It is a
// copy: change it as a shop's goods need.
func English() *Lexicon {
	return &Lexicon{
		Language:      "en",
		NegationReach: 4,
		Negations: list(`not, no, never, n't, don't, doesn't, didn't, isn't, aren't, wasn't, weren't, won't, wouldn't, can't, cannot, couldn't, shouldn't,
			hasn't, haven't, hadn't, ain't, nothing, without, hardly, barely, lacks, lack, neither, nor, far from, anything but, none of, zero`),
		Contrasts: list(`but, although, though, however, yet, while, whereas, except, unfortunately, sadly, luckily, otherwise, despite`),
		Excess:    list(`too, way too, far too, a bit too, a little too, overly`),
		Good: list(`good, great, excellent, amazing, awesome, fantastic, perfect, perfectly, wonderful, superb, lovely, love, loved, loves, nice, nicely, best, brilliant, outstanding,
			impressive, impressed, pleased, happy, satisfied, solid, decent, beautiful, beautifully, top notch, first class, spot on, flawless, flawlessly, impeccable, ideal, fine,
			terrific, stunning, gorgeous, reliable, superior, exceptional, incredible, a joy, a dream, delighted, thrilled, well, better than expected, exceeded my expectations,
			no complaints, no problems, no problem, no issues, no issue, can't fault, cannot fault, can't complain, nothing to complain about, no regrets, as described, as advertised, recommend, worked great, like a charm, second to none, pleasant, enjoyable,
			fabulous, phenomenal, magnificent, marvelous, enjoy, enjoyed, adore, pleasantly surprised, couldn't be happier, could not be happier, couldn't be better, could not be better, couldn't ask for better, high end, premium, five stars, smooth, smoothly, a pleasure, hats off, improved, like the, like this, like how, liked, i like, plenty of, much better, even better, better than, surprisingly good, works well`),
		Bad: list(`bad, badly, poor, poorly, terrible, terribly, awful, horrible, worst, worse, disappointing, disappointed, disappointment, disappoints, useless, mediocre, hate, hated, annoying, frustrating, unacceptable,
			rubbish, garbage, trash, crap, junk, lousy, subpar, below average, defective, faulty, flawed, problem, issue, unreliable, inferior, dreadful, pathetic, a joke, a letdown, let down, lets it down,
			could be better, could have been better, should be better, leaves much to be desired, not worth, not what i expected, complaint, regret, avoid, fails, failed, ridiculous, unhappy, unsatisfied, dissatisfied, so so, meh, weak, lacking, nightmare, wrong,
			not great, nothing special, a mess, appalling, shocking, abysmal, hit and miss, underwhelming, unimpressed, unimpressive, sucks, sucked, a pain, frustrated, annoyed, not up to par, not up to scratch, not good enough, a disaster, hopeless, questionable, iffy, could be, crooked, sloppy, expected better, expected more, hoped for better, look elsewhere, problems, issues, complaints, needs improvement`),
		Aspects: []Aspect{
			{
				Name: "fit", Terms: list(`fit, size, sizing, sleeve, waist, toe box`),
				Good: list(`true, right, snug, as expected, accurate`), Bad: list(`small, big, large, tight, loose, narrow, wide, short, long, off, inconsistent, baggy, wrong`),
				SaysGood: list(`true to size, fits well, fit well, fits perfectly, fit perfectly, fits great, fit great, fits like a glove, fit like a glove, fits as expected, fit as expected, fits nicely, fits just right, perfect fit, great fit, good fit, right size, fits true, fits beautifully, fit beautifully`),
				SaysBad: list(`runs small, run small, runs large, run large, runs big, run big, runs narrow, run narrow, runs wide, runs short, too small, too big, too tight, too loose, too large, too narrow, too wide, too short, too long, size up, sized up, size down, sized down,
					one size up, a size up, a size down, doesn't fit, didn't fit, don't fit, does not fit, did not fit, do not fit, poor fit, wrong size, fits weird, fits tight, fits loose, fits small, a size bigger, a size smaller, rides up, pinches, baggy`),
			},
			{
				Name: "comfort", Terms: list(`comfort, cushioning, padding, insole, support`),
				Good: list(`soft, plush`), Bad: list(`hard, stiff, thin, flat`),
				SaysGood: list(`comfortable, comfy, cozy, cosy, comfortably, easy on the feet, walking on clouds, like a cloud, wear them all day, wear it all day, wear all day, soft and warm, so soft, super soft, very soft`),
				SaysBad:  list(`uncomfortable, uncomfy, itchy, scratchy, itches, blisters, blister, hurt my feet, hurts my feet, hurt my back, digs into, dig into, rubs, rub my, sore, hurt after, hurts after, chafes`),
			},
			{
				Name: "quality", Terms: list(`quality, workmanship, craftsmanship, construction, stitching, finish, build, seam, build quality`),
				Good: list(`high, solid, sturdy`), Bad: list(`low, cheap, cheaply, loose, sloppy, crooked, flimsy`),
				SaysGood: list(`well made, well built, well constructed, well crafted, beautifully made, sturdy, solidly built, feels solid, high quality, good quality, great quality, top quality, robust, rock solid, feels premium, built like a tank`),
				SaysBad:  list(`poorly made, badly made, cheaply made, flimsy, feels cheap, looks cheap and, low quality, poor quality, bad quality, cheap plastic, shoddy, cheap feeling, loose threads, cheap and nasty, rickety, wobbly, wobbles`),
			},
			{
				Name: "durability", Terms: list(`durability, longevity, lifespan`),
				Good: list(`long`), Bad: list(`short`),
				SaysGood: list(`durable, holds up, held up, holding up, still going strong, still works, still looks new, still look new, like new after, lasted, lasts for years, last for years, built to last, made to last, after years, indestructible, hard wearing, wears well, withstood, still like new, signs of wear not, no signs of wear, no sign of wear, good as new`),
				SaysBad: list(`broke, broken, breaks, fell apart, falling apart, falls apart, fall apart, stopped working, quit working, wore out, worn out, wears out, ripped, tore, torn, cracked, came apart, coming apart, came off, snapped, died after, died within, peeling, peeled, faded, fades, fading, shrank, shrunk, unraveled, unraveling,
					lasted only, only lasted, lasted two weeks, didn't last, did not last, doesn't last, won't last, dead after, gave out, rusted, rusts, rusting, split, hole in, holes in, pilling, pilled, chipped, came unglued, leaks, leaked, leaking, bent, scratches easily, dents easily, breaks easily, tears easily, rips easily, stains easily`),
			},
			{
				Name: "price", Terms: list(`price, cost, value, money, price tag, deal`),
				Good: list(`fair, reasonable, right, unbeatable, competitive, worth, cheap, sensible, low`), Bad: list(`high, steep, expensive, excessive, outrageous, ridiculous, hefty`),
				SaysGood: list(`good value, great value, excellent value, worth every penny, worth the money, worth it, worth the price, worth every cent, well worth, bang for the buck, bang for your buck, affordable, inexpensive, bargain, a steal, great deal, good deal, reasonably priced, well priced, great price, good price, fairly priced, money well spent, value for money, won't break the bank, cheap and cheerful, cheap price, so cheap, very cheap, money's worth`),
				SaysBad:  list(`overpriced, expensive, pricey, costly, not worth, waste of money, rip off, ripoff, too much money, too high, costs too much, cost too much, a waste, poor value, money down the drain, wasted my money, pay extra`),
			},
			{
				Name: "delivery", Terms: list(`delivery, shipping, shipment, courier, carrier, order arrived, package arrived, parcel`),
				Good: list(`fast, quick, quickly, prompt, promptly, swift, speedy, early, on time, rapid, free`), Bad: list(`slow, slowly, late, delayed, lost, missing, forever, weeks`),
				SaysGood: list(`fast delivery, arrived early, arrived on time, arrived quickly, arrived promptly, came quickly, came fast, came early, arrived fast, next day, came on time, delivered on time, arrived the next day, delivered early, delivered quickly, two days early, ahead of schedule, sooner than expected, earlier than expected, fast shipping, quick delivery, shipped fast, shipped quickly`),
				SaysBad:  list(`arrived late, came late, took weeks, took forever to arrive, never arrived, never came, weeks to arrive, took a month, days late, week late, weeks late, delivered late, slow shipping, delivered to the wrong, took ages to arrive, still waiting, later than promised, later than expected, arrived later, came later, hasn't arrived, has not arrived, left in the rain, lost in transit, took over a month`),
			},
			{
				Name: "packaging", Terms: list(`packaging, box, package, wrapping, wrapper, bubble wrap`),
				Good: list(`secure, careful, carefully, intact, sturdy, neat, recyclable, protective`), Bad: list(`damaged, crushed, torn, open, opened, dented, flimsy, excessive, wasteful, smashed, ripped, broken, squashed`),
				SaysGood: list(`well packaged, well packed, carefully packed, nicely packaged, carefully wrapped, securely packed, beautifully packaged, packed securely, beautifully wrapped, packed well`),
				SaysBad:  list(`poorly packaged, badly packaged, poorly packed, badly packed, so much plastic, too much plastic, damaged in transit, arrived damaged, came damaged, arrived broken, came broken, arrived scratched, arrived dented, arrived smashed`),
			},
			{
				Name: "look", Terms: list(`look, style, design, color, colour, appearance, pattern, print, shade, photo, picture`),
				Good: list(`vibrant, bright, vivid, sleek, elegant, modern, rich, accurate, true, classy`), Bad: list(`dull, off, ugly, different, faded, dated, washed out, misleading, boring, darker, lighter, drab`),
				SaysGood: list(`stylish, beautiful, gorgeous, pretty, looks great, look great, looks good, look good, looks amazing, look amazing, looks fantastic, eye catching, cute, attractive, elegant, sleek, lots of compliments, so many compliments, many compliments, compliments, good looking, looks lovely, look lovely, looks beautiful, looks even better, handsome, looks stunning, looks nice, look nice, looks expensive, look exactly like, looks exactly like, just like the picture, just like the pictures, just like the photo, exactly as pictured, as pictured`),
				SaysBad:  list(`ugly, hideous, looks cheap, look cheap, looks nothing like, look nothing like, looks different, unattractive, tacky, doesn't look like, does not look like, not as pictured, nothing like the picture, nothing like the photo, nothing like the pictures, nothing like the photos, color is off, gaudy, garish, an eyesore`),
			},
			{
				Name: "material", Terms: list(`material, fabric, leather, cotton, wool, cloth, plastic, wood, metal, lining, zipper, zip`),
				Good: list(`soft, thick, breathable, stretchy, sturdy, durable, real, genuine, warm, strong, heavy duty, luxurious`), Bad: list(`thin, cheap, rough, scratchy, itchy, stiff, see through, flimsy, fake, coarse, sheer, torn, ripped, frayed, jams, sticks, stuck, sticky, transparent`),
				SaysGood: list(`breathable, real leather, genuine leather`),
				SaysBad:  list(`see through, paper thin, fake leather`),
			},
			{
				Name: "sound", Terms: list(`sound, audio, bass, volume, treble, microphone, mic, speaker, noise cancelling, noise canceling, sound quality`),
				Good: list(`clear, crisp, rich, loud, deep, balanced, full, punchy, warm`), Bad: list(`tinny, muffled, quiet, distorted, muddy, low, crackling, thin, hollow, flat, crackles, static`),
				SaysGood: list(`crystal clear, sounds great, sounds amazing, sounds fantastic, sounds good`),
				SaysBad:  list(`tinny, muffled, crackles, crackling, sounds awful, sounds terrible, sounds bad, sounds hollow`),
			},
			{
				Name: "noise", Terms: list(`noise, fan noise, noise level, humming`),
				Good: list(`low, quiet, minimal`), Bad: list(`loud, high, constant, unbearable`),
				SaysGood: list(`quiet, silent, whisper quiet, super quiet, barely hear it, hardly hear it, can't hear it, runs quietly, noiseless, very quiet, so quiet`),
				SaysBad:  list(`noisy, too loud, so loud, very loud, incredibly loud, extremely loud, rattles, rattling, squeaks, squeaky, squeak, buzzing, buzzes, whining, grinding noise, loud as, deafening, hums, clunks, makes a loud`),
			},
			{
				Name: "battery", Terms: list(`battery, battery life, charge, charging, charger`),
				Good: list(`long, fast, quick, quickly, lasts, lasting, strong, forever, all day, days`), Bad: list(`short, slow, slowly, drains, dies, drained, dead, weak, low, hours only, hour, swells, overheats`),
				SaysGood: list(`lasts all day, lasts for days, lasts days, lasts all week, charges fast, charges quickly, long lasting battery, lasts a week, holds a charge, holds its charge, charges in no time`),
				SaysBad:  list(`won't charge, doesn't charge, won't hold a charge, doesn't hold a charge, drains fast, drains quickly, dies quickly, needs constant charging, charges slowly, dies after, barely lasts`),
			},
			{
				Name: "ease of use", Terms: list(`setup, set up, installation, assembly, instruction, manual, interface, controls, app, menu, usability`),
				Good: list(`easy, simple, quick, clear, straightforward, intuitive, effortless, painless, helpful, breeze`), Bad: list(`hard, difficult, confusing, complicated, unclear, missing, clunky, buggy, crashes, slow, tedious, useless, tiny, cryptic`),
				SaysGood: list(`easy to use, easy to set up, easy to install, easy to assemble, simple to use, user friendly, intuitive, easy to clean, easy to put together, straightforward, a breeze, simple to install, simple to set up, easy assembly, easy setup, went together easily, plug and play, easy to operate, idiot proof`),
				SaysBad:  list(`hard to use, difficult to use, hard to set up, hard to install, hard to assemble, difficult to assemble, difficult to install, confusing, complicated, hard to clean, difficult to clean, not intuitive, impossible to assemble, hours to assemble, hard to put together, difficult to set up, a pain to assemble, a pain to clean, fiddly, unintuitive, hard to read, impossible to open`),
			},
			{
				Name: "performance", Terms: list(`performance, speed, power, suction, motor, engine, processor, connection, signal, bluetooth, camera, screen, grip, traction`),
				Good: list(`fast, strong, powerful, quick, snappy, responsive, stable, instant, sharp, bright, clear, crisp`), Bad: list(`slow, weak, laggy, sluggish, unstable, drops, dropping, underpowered, blurry, dim, grainy, intermittent, slippery, glitchy, unresponsive, dull`),
				SaysGood: list(`powerful, works great, works perfectly, works like a charm, works well, works flawlessly, does the job, gets the job done, does what it says, does exactly what, heats up quickly, works as advertised, works as described, super fast, lightning fast, cleans well, responsive, works wonders, does its job, cuts like butter, works as expected`),
				SaysBad:  list(`doesn't work, does not work, didn't work, did not work, don't work, do not work, not powerful enough, underpowered, laggy, lags, sluggish, keeps disconnecting, disconnects, overheats, slow to respond, freezes, keeps freezing, crashes, barely works, hardly works, won't turn on, wouldn't turn on, takes forever to heat, overheating, struggles with`),
			},
			{
				Name: "service", Terms: list(`service, customer service, customer support, support team, seller, staff, return, refund, warranty, company, representative`),
				Good: list(`helpful, friendly, responsive, fast, quick, polite, easy, hassle free, prompt, honest, courteous, honored`), Bad: list(`rude, slow, unhelpful, unresponsive, useless, ignored, refused, difficult, denied, dishonest, impossible, dismissive`),
				SaysGood: list(`replied quickly, answered quickly, replaced it right away, sent a replacement, sent me a replacement, refunded me, full refund, no questions asked, went above and beyond, bent over backwards, out of their way, out of her way, out of his way`),
				SaysBad:  list(`never replied, never answered, no response, refused to refund, won't refund, ignored my, no reply, never responded, refuses to refund, refused to help, never got back`),
			},
			{
				Name: "taste", Terms: list(`taste, flavor, flavour, aftertaste, texture, aroma`),
				Good: list(`rich, sweet, fresh, strong, natural, smooth, balanced, bold, authentic`), Bad: list(`bland, bitter, stale, artificial, chemical, sour, salty, weak, off, burnt, metallic, watery, chalky, gritty`),
				SaysGood: list(`delicious, tasty, yummy, tastes great, tastes amazing, tastes good, taste great, tastes fresh, flavorful, mouthwatering, tastes like homemade`),
				SaysBad:  list(`bland, tastes awful, tastes bad, tastes terrible, tasteless, too sweet, too bitter, too salty, inedible, tastes like cardboard, tastes like chemicals, stale, flavorless, tastes off, tastes horrible`),
			},
			{
				Name: "smell", Terms: list(`smell, scent, odor, odour, fragrance`),
				Good: list(`fresh, light, subtle, pleasant, nice`), Bad: list(`strong, chemical, overpowering, awful, weird, foul, musty, lingers, unbearable, faint`),
				SaysGood: list(`smells great, smells amazing, smells good, smells lovely, smells fresh, smells wonderful, smells divine, smells heavenly`),
				SaysBad:  list(`smells bad, smells awful, smells terrible, stinks, smells like chemicals, smells like plastic, reeks, stink, smelly, smells like gasoline, chemical smell, smells weird, smells horrible, smells funny, gave me a headache`),
			},
			{
				Name: "weight", Terms: list(`weight`),
				Good: list(`light, low`), Bad: list(`heavy, high`),
				SaysGood: list(`lightweight, light weight, so light, very light, super light, surprisingly light, really light, is light, are light, light enough, incredibly light, extremely light, easy to carry, light as a feather`),
				SaysBad:  list(`too heavy, very heavy, so heavy, heavier than, bulky, weighs a ton, cumbersome, heavy to carry, too bulky`),
			},
		},
	}
}
